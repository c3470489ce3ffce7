//! Facts about the machine, without which absolutes mean nothing.

use std::process::Command;

/// What a report says about where it was made.
#[derive(Debug, Clone)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub kernel: String,
    pub rustc: String,
    pub nginx: String,
    pub revision: String,
    /// Runnable processes, averaged over the last minute, when the run began.
    pub load: String,
}

impl Machine {
    pub fn here() -> Self {
        let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = file("/proc/cpuinfo");
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            processor: model.map_or("unknown", |(_, model)| model.trim()).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: first_line(Command::new("rustc").arg("--version")),
            nginx: first_line(Command::new("nginx").arg("-v")).replace("nginx version: ", ""),
            revision: first_line(Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=10"])),
            load: file("/proc/loadavg").split_whitespace().next().unwrap_or("unknown").to_owned(),
        }
    }
}

/// nginx tells its version on standard error.
fn first_line(command: &mut Command) -> String {
    let said = command.output().map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&said).lines().next().unwrap_or("unknown").to_owned()
}
