//! The programs that look at `deploy/`: from Python packages, frozen in `tests/deploy/requirements.txt`, and Prometheus'
//! own from Debian's package. Installed into `tests/deploy` where they are missing; the machine itself stays as it is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::command::{command, find, output, root};
use crate::test::clients::{python_packages, timed};

const PYTHON_PACKAGES: &str = "tests/deploy";
const PROMETHEUS: &str = "prometheus";

pub(super) struct Tools {
    pub(super) helm: PathBuf,
    pub(super) hadolint: PathBuf,
    pub(super) compose: PathBuf,
    pub(super) kubernetes_validate: PathBuf,
    pub(super) promtool: PathBuf,
}

impl Tools {
    pub(super) fn find() -> Result<Self> {
        timed(PYTHON_PACKAGES, python_packages)?;
        let programs = root().join(PYTHON_PACKAGES).join(".venv/bin");
        Ok(Self {
            helm: programs.join("helm"),
            hadolint: programs.join("hadolint"),
            compose: programs.join("docker-compose"),
            kubernetes_validate: programs.join("kubernetes-validate"),
            promtool: promtool()?,
        })
    }
}

/// On the search path, or out of Debian's package. The package is not installed: it would start a server.
fn promtool() -> Result<PathBuf> {
    if let Some(promtool) = find("promtool") {
        return Ok(promtool);
    }
    let folder = root().join(PYTHON_PACKAGES).join(".prometheus");
    let promtool = folder.join("usr/bin/promtool");
    if !promtool.is_file() {
        unpack(&folder).context("promtool is missing; it comes with Prometheus (Debian: the package prometheus)")?;
    }
    Ok(promtool)
}

fn unpack(folder: &Path) -> Result<()> {
    if find("apt-get").is_none() || find("dpkg").is_none() {
        bail!("this is no Debian: put promtool on the search path");
    }
    fs::create_dir_all(folder)?;
    let download = || output(command("apt-get", &["download", "--quiet", PROMETHEUS]).current_dir(folder));
    if download().is_err() {
        // A fresh machine knows no packages yet.
        output(&mut command("apt-get", &["update", "--quiet"]))?;
        download()?;
    }
    let package = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("apt-get downloaded nothing")?;
    output(command("dpkg", &["--extract"]).arg(&package).arg(folder))?;
    fs::remove_file(&package)?;
    println!("{PROMETHEUS}: unpacked into {}", folder.display());
    Ok(())
}
