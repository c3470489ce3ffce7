//! The web console: its packages, its checks, its build, and its stories in a browser.

use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result};

use crate::command::{command, root, run as run_command, target_directory};
use crate::test::postgres::Postgres;
use crate::test::{clients, preflight};

fn folder() -> PathBuf {
    root().join("web-admin")
}

/// Brings `web-admin/dist` up to date. A build of nothing new is left out.
pub(crate) fn build() -> Result<()> {
    install()?;
    let folder = folder();
    let built = folder.join("dist/index.html").metadata().and_then(|file| file.modified());
    if built.is_ok_and(|built| newest_source().is_some_and(|source| source <= built)) {
        return Ok(());
    }
    run_command(command("npm", &["run", "--silent", "build"]).current_dir(folder)).context("the console does not build")
}

/// Lint, types, unused code, tests, build and its size.
pub(crate) fn check() -> Result<()> {
    install()?;
    run_command(command("npm", &["run", "--silent", "check"]).current_dir(folder()))
}

/// The stories, in the distribution's Chromium and against the real programs: all of them with everything in one process,
/// then the two longest with the planes apart, on PostgreSQL and with nodes that share a Redis.
pub(crate) fn stories() -> Result<()> {
    build()?;
    clients::install_node()?;
    clients::timed("tests/editors", clients::node_packages)?;
    clients::timed("tests/editors", clients::python_packages)?;
    // Of the whole workspace, as the suites: one package alone has other features, and would be compiled once more.
    run_command(&mut command("cargo", &["build", "--workspace", "--bins", "--quiet"]))?;
    run_command(&mut told(&[])?)?;
    let postgres = Postgres::start()?;
    let mut apart = told(&["admin-story", "developer-story"])?;
    run_command(apart.env("PORTWAY_TEST_POSTGRES_URL", postgres.url()))
}

/// The stories whose files are called so; all of them without a name.
fn told(names: &[&str]) -> Result<Command> {
    let mut stories = command("npm", &["run", "--silent", "e2e", "--"]);
    stories.args(names).current_dir(folder()).env("PORTWAY_BINARY", target_directory()?.join("debug/portway"));
    if let Some(chromium) = preflight::chromium() {
        stories.env("PORTWAY_TEST_CHROMIUM", chromium);
    }
    Ok(stories)
}

fn install() -> Result<()> {
    clients::timed("web-admin", clients::node_packages)
}

/// When the youngest file was written that the build reads.
fn newest_source() -> Option<SystemTime> {
    let written = |path: &PathBuf| path.metadata().ok()?.modified().ok();
    let (mut newest, mut folders) = (None, vec![folder()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            let is_made =
                ["node_modules", "dist", "test-results", "screenshots", "e2e"].iter().any(|name| path.ends_with(name));
            if path.is_dir() {
                folders.extend((!is_made).then_some(path));
            } else {
                newest = newest.max(written(&path));
            }
        }
    }
    newest
}
