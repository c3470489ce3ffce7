//! A PostgreSQL of our own: a fresh cluster in a temporary folder, on a free port of loopback.
//!
//! It ends with us however we end. The server is the child of a small shell that waits for its standard input to close,
//! which the kernel does also when we are killed; a destructor alone would not run on Ctrl-C.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::command::{command, find, output};

const SUPERUSER: &str = "postgres";
const READY_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Each test may hold several pools, and several tests run at once.
const CONNECTIONS_MAX: u32 = 300;

/// Runs the server given as arguments after the folder, until standard input closes; then removes the folder.
/// INT is PostgreSQL's fast shutdown: sessions are ended, not waited for.
const WATCH: &str = r#"folder=$1; shift
trap '' INT TERM HUP
"$@" </dev/null >>"$folder/log" 2>&1 & server=$!
cat >/dev/null
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder""#;

pub(crate) struct Postgres {
    watcher: Child,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Returns when the server accepts connections. For tests: a crash loses what it was told.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(&["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"])
    }

    /// The same as it comes, for measurements.
    pub(crate) fn start_durable() -> Result<Self> {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        let binaries = binaries()?;
        let user = unprivileged_user()?;
        let folder = std::env::temp_dir().join(format!("portway-test-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let started = Self::start_in(&binaries, user, &folder, settings);
        if started.is_err() {
            // Best effort: the reason it did not start is worth more than the reason a folder is left.
            drop(fs::remove_dir_all(&folder));
        }
        started
    }

    /// URL of the superuser's database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/postgres", self.port)
    }

    /// As the superuser.
    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        self.answer(sql).map(drop)
    }

    /// The same, and what is answered: rows alone, as text.
    pub(crate) fn answer(&self, sql: &str) -> Result<String> {
        let settings = ["--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"];
        let script = self.folder.join("script.sql");
        fs::write(&script, sql).with_context(|| format!("writing {}", script.display()))?;
        let mut psql = command(binaries()?.join("psql"), &settings);
        output(psql.arg("--dbname").arg(self.url()).arg("--file").arg(script))
    }

    fn start_in(binaries: &Path, user: Option<(u32, u32)>, folder: &Path, settings: &[&str]) -> Result<Self> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if let Some((uid, gid)) = user {
            chown(folder, Some(uid), Some(gid))?;
        }
        let data = folder.join("data");
        let mut initdb = as_user(user, binaries.join("initdb"), folder);
        initdb.args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "--username", SUPERUSER]);
        output(initdb.arg("--pgdata").arg(&data)).context("initdb failed")?;

        let port = free_port()?;
        let mut watcher = as_user(user, "sh", folder);
        watcher.args(["-c", WATCH, "postgres-watcher"]).arg(folder).arg(binaries.join("postgres"));
        watcher.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        watcher.args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("max_connections={CONNECTIONS_MAX}")]);
        watcher.args(settings);
        watcher.arg("-c").arg(format!("unix_socket_directories={}", folder.display()));
        // A group of its own: Ctrl-C in the terminal ends the tests first, and the server after them.
        let watcher = watcher.stdin(Stdio::piped()).process_group(0).spawn().context("cannot start postgres")?;
        let server = Self { watcher, folder: folder.to_owned(), port };
        server.wait_until_ready(binaries)?;
        Ok(server)
    }

    fn wait_until_ready(&self, binaries: &Path) -> Result<()> {
        let deadline = Instant::now() + READY_TIMEOUT;
        let port = self.port.to_string();
        let asked = ["-q", "-h", "127.0.0.1", "-p", &port, "-U", SUPERUSER];
        while !command(binaries.join("pg_isready"), &asked).status()?.success() {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start within {} s:\n{log}", READY_TIMEOUT.as_secs());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        drop(self.watcher.wait());
    }
}

/// The folder with `initdb` and `postgres`: behind the search path's link, or where Debian keeps them.
pub(super) fn binaries() -> Result<PathBuf> {
    let complete = |folder: &Path| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).is_file());
    let linked = find("postgres").and_then(|file| file.parent().map(Path::to_owned));
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    // Numbers of equal length compare as text; the newest last.
    versions.sort();
    let found = linked.into_iter().chain(versions.into_iter().rev()).find(|folder| complete(folder));
    found.context("PostgreSQL is not installed (`initdb` and `postgres` were not found)")
}

/// PostgreSQL refuses to run as root: the user to run as then, as (uid, gid).
fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    let user = ["postgres", "nobody"].into_iter().find(|user| id(&["-u", user]).is_ok());
    let user = user.context("PostgreSQL cannot run as root, and there is no user `postgres` or `nobody`")?;
    Ok(Some((id(&["-u", user])?, id(&["-g", user])?)))
}

fn id(arguments: &[&str]) -> Result<u32> {
    Ok(output(&mut command("id", arguments))?.trim().parse()?)
}

fn as_user(user: Option<(u32, u32)>, program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    // Not in the repository, which that user may be unable to enter.
    command.current_dir(folder);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::Postgres;

    #[test]
    fn the_server_and_its_folder_end_with_the_guard() {
        let server = Postgres::start().unwrap();
        let (folder, port) = (server.folder.clone(), server.port);
        assert!(server.url().contains(&port.to_string()));
        assert!(folder.join("data/PG_VERSION").is_file());
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        drop(server);
        assert!(!folder.exists());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
