//! Where the log of `portway dev` goes: a file in the data folder, so that the terminal keeps its five lines.

use std::sync::Mutex;

use anyhow::anyhow;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::data::DataDir;

const FILTER: &str = "info,control_plane=debug,data_plane=debug,portway=debug,sqlx=warn,h2=warn";

/// Starts logging, to standard error if `verbose`.
pub(super) fn start(data: &DataDir, verbose: bool) -> anyhow::Result<()> {
    let lines = fmt().with_env_filter(EnvFilter::try_new(FILTER)?);
    if verbose {
        lines.with_writer(std::io::stderr).try_init()
    } else {
        lines.with_ansi(false).with_writer(Mutex::new(data.open_log()?)).try_init()
    }
    .map_err(|error| anyhow!("cannot start the log: {error}"))
}
