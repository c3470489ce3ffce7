//! The `portway` binary: reads the command line, calls the library, and turns a failure into words and an exit code.

use std::process::ExitCode;

use clap::Parser;
use portway::cli::{Cli, Command};
use portway::{apply, commands, dev, doctor, terminal};

#[tokio::main]
async fn main() -> ExitCode {
    // One provider for every socket of this process, named once; the call fails only if it was made before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let done = match Cli::parse().command {
        Command::Dev(args) => dev::run(&args).await.map(|()| ExitCode::SUCCESS),
        Command::Tenant(command) => commands::tenant(command).await.map(|()| ExitCode::SUCCESS),
        Command::Node(command) => commands::node(command).await.map(|()| ExitCode::SUCCESS),
        Command::Apply(args) => apply::apply(&args).await,
        Command::Export(args) => apply::export(&args).await,
        Command::Presets(args) => commands::presets(&args).map(|()| ExitCode::SUCCESS),
        Command::Keys(command) => commands::keys(command).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(args) => doctor::run(&args).await,
        Command::Audit(command) => commands::audit(command).await.map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            terminal::note(&format!("error: {failure:#}"));
            ExitCode::FAILURE
        }
    }
}
