//! The real program, as a newcomer starts it: becomes ready on a fresh data folder, stops, and does so again on the same
//! data. Everything else tests the crates from inside one process.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::postgres::free_port;
use crate::command::{command, run as run_command, target_directory};

const READY_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

pub(super) fn run() -> Result<()> {
    // Of the whole workspace, as the suites: one package alone has other features, and would be compiled once more.
    run_command(&mut command("cargo", &["build", "--workspace", "--bins", "--quiet"]))?;
    let program = target_directory()?.join("debug/portway");
    let data_dir = std::env::temp_dir().join(format!("portway-start-{}", std::process::id()));
    // The same port twice: a data folder keeps its port, because tokens and clients name it.
    let port = free_port()?.to_string();
    let first = start(&program, &data_dir, &port).context("first start");
    let outcome = first.and_then(|()| start(&program, &data_dir, &port).context("start on existing data"));
    drop(std::fs::remove_dir_all(&data_dir));
    outcome
}

/// `portway dev --exit-when-ready` ends with success once both planes answer `/ready` and have shut down again.
fn start(program: &Path, data_dir: &Path, port: &str) -> Result<()> {
    let mut portway = command(program, &["dev", "--exit-when-ready"]);
    let log_path = data_dir.with_extension("log");
    let log = std::fs::File::create(&log_path)?;
    portway
        .args(["--port", port])
        .arg("--data-dir")
        .arg(data_dir)
        .stdin(Stdio::null())
        .stderr(log.try_clone()?)
        .stdout(log);
    let mut child = portway.spawn().context("cannot start portway")?;
    let deadline = Instant::now() + READY_TIMEOUT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(POLL_INTERVAL);
    };
    let said = std::fs::read_to_string(&log_path)?;
    std::fs::remove_file(&log_path)?;
    match status {
        None => bail!("`portway dev` was not ready within {} s:\n{said}", READY_TIMEOUT.as_secs()),
        Some(status) if !status.success() => bail!("`portway dev` failed ({status}):\n{said}"),
        // The point of the command is to tell people where to go.
        Some(_) if !said.contains(&format!(":{port}/")) => {
            bail!("`portway dev` printed no URL of port {port}:\n{said}")
        }
        Some(_) => Ok(()),
    }
}
