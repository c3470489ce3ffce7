//! `cargo xtask dev`: builds the console and the front door, and becomes the latter. Adds no behaviour of its own.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{command, console};

#[derive(Args)]
pub(crate) struct Options {
    /// Port of the gateway on loopback [default: what `portway dev` chooses]
    #[arg(long)]
    port: Option<u16>,
    /// Folder for the database and the generated keys [default: .dev in the repository]
    #[arg(long)]
    data_dir: Option<std::path::PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    // Before the program, which looks for it.
    console::build()?;
    // Two steps: the build shows its progress, the start shows only what `portway dev` has to say.
    let build = ["build", "--package", "portway", "--bin", "portway"];
    command::run(&mut command::command("cargo", &build))?;

    let data_dir = match &options.data_dir {
        Some(folder) => std::path::absolute(folder)?,
        None => command::root().join(".dev"),
    };
    let mut portway = command::command("cargo", &["run", "--quiet", "--package", "portway", "--bin", "portway", "--"]);
    portway.arg("dev").arg("--data-dir").arg(data_dir);
    if let Some(port) = options.port {
        portway.arg("--port").arg(port.to_string());
    }
    // Replaces this process (cargo does the same), so that Ctrl-C and SIGTERM reach portway without a middleman.
    Err(portway.exec()).context("cannot start portway")
}
