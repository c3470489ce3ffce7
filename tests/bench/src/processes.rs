//! Programs pinned to a core, and what the kernel says they cost.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// `/proc/<pid>/stat` counts in these, on every Linux architecture we know.
const TICKS_PER_S: u64 = 100;

/// A running program; killed when dropped.
pub struct Process {
    name: &'static str,
    child: Child,
}

impl Process {
    /// Starts a program on one core; what it says goes to a file that is named after it.
    pub fn start(name: &'static str, core: usize, command: &Command, folder: &Path) -> Result<Self> {
        let log = log_file(folder, name);
        let log = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut pinned = pinned(core, command);
        pinned.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = pinned.spawn().with_context(|| format!("starting {name} (is util-linux installed?)"))?;
        Ok(Self { name, child })
    }

    /// Name and process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Asks it to end, and waits until it has; it has to end well.
    pub fn end(mut self) -> Result<()> {
        let asked = Command::new("sh").args(["-c", "kill \"$0\"", &self.pid().to_string()]).status()?;
        let status = self.child.wait()?;
        if !asked.success() || !status.success() {
            bail!("{} ended with {status}", self.name);
        }
        Ok(())
    }

    /// Whether it is still there.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends one way or the other; there is nobody to tell.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

pub fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

/// The same command, bound to a core. Environment and arguments are kept.
pub fn pinned(core: usize, command: &Command) -> Command {
    wrapped(&["taskset", "--cpu-list", &core.to_string()], command)
}

/// The same command with another program in front of it, which becomes it.
pub fn wrapped(front: &[&str], command: &Command) -> Command {
    let mut words = front.iter();
    let mut all = Command::new(words.next().unwrap_or(&"env"));
    all.args(words).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => all.env(key, value),
            None => all.env_remove(key),
        };
    }
    all
}

/// User and system time of a process so far, its finished threads included.
pub fn cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let ticks = ticks(&text).with_context(|| format!("{path} is not as expected: {text}"))?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_S))
}

/// Memory of a process that is in RAM.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    Ok(kib.with_context(|| format!("{path} has no VmRSS"))? * 1024)
}

/// The 14th and 15th field; the second is a name in parentheses that may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system) = (fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?);
    Some(user + system)
}

/// An address on loopback that was free a moment ago.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        fn check(stat: &str, expected: Option<u64>) {
            assert_eq!(ticks(stat), expected, "{stat}");
        }
        check("7 (a b) c) S 1 7 7 0 -1 4194304 120 0 0 0 41 9 0 0 20 0 1 0", Some(50));
        check("7 (x) S 1", None);
        check("", None);
        let own = std::process::id();
        assert!(cpu(own).is_ok() && resident_bytes(own).unwrap() > 100_000);
    }

    #[test]
    fn a_wrapped_command_keeps_what_it_was_told() {
        let mut command = Command::new("node");
        command.arg("--flag").env("A", "1");
        let all = wrapped(&["taskset", "--cpu-list", "0"], &command);
        let words: Vec<_> = all.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(
            (all.get_program().to_string_lossy().as_ref(), words.join(" ").as_str()),
            ("taskset", "--cpu-list 0 node --flag")
        );
        assert_eq!(all.get_envs().count(), 1);
    }
}
