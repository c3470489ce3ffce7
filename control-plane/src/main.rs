//! The control plane's binary: `serve`, `migrate`, and what an operator does once.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use control_plane::config::Config;
use control_plane::domain::clock::SystemClock;
use control_plane::telemetry::{self, LogFormat};
use control_plane::{Listeners, store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn std::error::Error>;

/// The control plane of Portway.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Configuration file (TOML); `PORTWAY_CONTROL_…` variables override it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[arg(long, global = true, value_enum, default_value = "json")]
    log_format: LogFormat,
    /// What to log: `info`, `info,control_plane=debug`.
    #[arg(long, global = true, default_value = "info")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run until SIGTERM or Ctrl-C.
    Serve,
    /// Bring the database schema up to date.
    Migrate,
    /// Read the configuration and list every mistake.
    CheckConfig,
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a start that fails tells the operator why, whatever the log format")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    telemetry::start(cli.log_format, &cli.log)?;
    let config = Config::load(cli.config.as_deref())?;
    // PostgreSQL and gRPC over TLS share one provider; a second call finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match cli.command {
        Command::Serve => serve(config).await,
        Command::Migrate => Ok(store::migrate(&config.database).await?),
        Command::CheckConfig => Ok(()),
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let listeners = Listeners {
        http: TcpListener::bind(config.listen).await?,
        grpc: TcpListener::bind(config.grpc_listen).await?,
        admin: TcpListener::bind(config.admin_listen).await?,
    };
    let shutdown = CancellationToken::new();
    let running = control_plane::start(config, Arc::new(SystemClock), listeners, shutdown.clone()).await?;
    tracing::info!(public_origin = running.app.config.public_origin, "control plane is up");
    running.app.tasks.spawn("signals", async move {
        tokio::select! {
            () = control_plane::tasks::stop_signal() => shutdown.cancel(),
            () = shutdown.cancelled() => {}
        }
    });
    running.join().await;
    Ok(())
}
