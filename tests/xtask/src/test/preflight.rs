//! What the suites need from the machine. Installs Debian packages where it may, else says exactly what to type.

use anyhow::{Context as _, Result, bail};

use super::postgres;
use crate::command::{command, find, output, run as run_command};

const NODE_MAJOR_MIN: u32 = 20;

/// Names under which distributions ship Chromium, which the browser tests drive.
const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

pub(super) fn run() -> Result<()> {
    let missing = missing_packages();
    if !missing.is_empty() {
        install(&missing)?;
    }
    let node = output(&mut command("node", &["--version"])).context("install Node 20 or newer: https://nodejs.org")?;
    let npm = output(&mut command("npm", &["--version"])).context("install npm, it comes with Node")?;
    if node_major(&node).is_none_or(|major| major < NODE_MAJOR_MIN) {
        bail!("Node {NODE_MAJOR_MIN} or newer is needed, this is {}", node.trim());
    }
    let postgres = output(&mut command(postgres::binaries()?.join("postgres"), &["--version"]))?;
    println!("{}", output(&mut command("rustc", &["--version"]))?.trim());
    println!("node {}, npm {}", node.trim(), npm.trim());
    println!("{}", postgres.trim());
    println!("{}", output(&mut command("python3", &["--version"]))?.trim());
    println!("{}", output(&mut command("redis-server", &["--version"]))?.trim());
    println!("chromium at {}", chromium().context("no Chromium found")?.display());
    Ok(())
}

/// The browser for the end-to-end tests.
pub(crate) fn chromium() -> Option<std::path::PathBuf> {
    CHROMIUM.iter().find_map(|name| find(name))
}

fn missing_packages() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if postgres::binaries().is_err() {
        missing.push("postgresql");
    }
    if chromium().is_none() {
        missing.push("chromium");
    }
    if find("redis-server").is_none() {
        missing.push("redis-server");
    }
    // Debian's Python comes without the means to make a virtual environment.
    if output(&mut command("python3", &["-c", "import ensurepip, venv"])).is_err() {
        missing.push("python3-venv");
    }
    missing
}

/// Installs Debian packages where it may.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    let by_hand = format!("apt-get update && apt-get install --yes --no-install-recommends {list}");
    if find("apt-get").is_none() {
        bail!("missing: {list} (on Debian: `{by_hand}`)");
    }
    if output(&mut command("id", &["-u"]))?.trim() != "0" {
        bail!("missing: {list}. Type:\n  sudo sh -c '{by_hand}'");
    }
    println!("installing {list}");
    run_command(&mut command("apt-get", &["update", "--quiet"]))?;
    let mut install = command("apt-get", &["install", "--yes", "--quiet", "--no-install-recommends"]);
    run_command(install.args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
        .with_context(|| format!("could not install; by hand: `{by_hand}`"))
}

/// `v20.20.2` → 20
fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::node_major;

    #[test]
    fn node_versions() {
        let check = |version: &str, expected: Option<u32>| assert_eq!(node_major(version), expected, "{version}");
        check("v20.20.2\n", Some(20));
        check("v9", Some(9));
        check("20.1.0", None);
        check("", None);
    }
}
