//! The packages that tests use, as locked: clients that nobody here wrote and a browser, the servers that stand behind the
//! gateway, and the official suites with the newer Node that they need. Nothing is installed twice.

use std::path::Path;
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, Result};

use crate::command::{command, root, run as run_command};

const NODE_PACKAGES: [&str; 3] = ["tests/clients", "tests/fixtures", "tests/conformance"];
const PYTHON_PACKAGES: &str = "tests/clients";

pub(super) fn install() -> Result<()> {
    install_node()?;
    timed(PYTHON_PACKAGES, python_packages)
}

pub(crate) fn install_node() -> Result<()> {
    NODE_PACKAGES.into_iter().try_for_each(|folder| timed(folder, node_packages))
}

pub(crate) fn timed(folder: &str, install: fn(&Path) -> Result<&'static str>) -> Result<()> {
    let started = Instant::now();
    let outcome = install(&root().join(folder)).with_context(|| format!("cannot install the packages of {folder}"))?;
    println!("{folder}: {outcome} in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

pub(crate) fn node_packages(folder: &Path) -> Result<&'static str> {
    // npm writes the first file last.
    if is_newer(&folder.join("node_modules/.package-lock.json"), &folder.join("package-lock.json")) {
        return Ok("Node packages are up to date");
    }
    // What was downloaded once is taken from npm's cache. The suites ask for a newer Node than the one that installs
    // them; they bring it, so npm need not warn.
    let words = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
    // The distribution's Chromium is used: no browser is downloaded.
    run_command(command("npm", &words).current_dir(folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    Ok("Node packages installed")
}

pub(crate) fn python_packages(folder: &Path) -> Result<&'static str> {
    let installed = folder.join(".venv/installed");
    if is_newer(&installed, &folder.join("requirements.txt")) {
        return Ok("Python packages are up to date");
    }
    run_command(command("python3", &["-m", "venv", "--clear", ".venv"]).current_dir(folder))?;
    let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"];
    run_command(command(folder.join(".venv/bin/python"), &words).current_dir(folder))?;
    std::fs::write(&installed, "").context("cannot note that they are installed")?;
    Ok("Python packages installed")
}

/// Whether `file` was written after `source`.
fn is_newer(file: &Path, source: &Path) -> bool {
    let written = |file: &Path| -> Option<SystemTime> { file.metadata().ok()?.modified().ok() };
    written(file).is_some_and(|time| Some(time) >= written(source))
}
