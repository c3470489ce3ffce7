//! The data folder of `portway dev`: the database, the log, and secrets made on the first start that only the owner of
//! the folder may read. One process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

const OWNER_ONLY_DIR: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;
const PORT: &str = "port";

/// A folder this process holds.
pub(super) struct DataDir {
    path: PathBuf,
    /// Held while we run.
    _lock: File,
}

impl DataDir {
    /// Makes the folder if it is missing and takes it for this process.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(OWNER_ONLY_DIR)
            .create(path)
            .with_context(|| format!("cannot make the data folder {}", path.display()))?;
        let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(OWNER_ONLY_FILE)
            .open(&lock_path)
            .with_context(|| format!("cannot write in the data folder {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "another portway dev uses the data folder {}: stop it, or pass another --data-dir",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).context(format!("cannot lock {}", lock_path.display())),
        }
    }

    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The secret kept under `name`, if there is one.
    pub(super) fn find_secret(&self, name: &str) -> anyhow::Result<Option<SecretString>> {
        let path = self.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context(format!("cannot read {}", path.display())),
        }
    }

    /// Keeps a secret under `name`, readable by the owner only.
    pub(super) fn keep_secret(&self, name: &str, secret: &SecretString) -> anyhow::Result<()> {
        let path = self.join(name);
        let write = || -> io::Result<()> {
            // Written aside and renamed: a crash leaves the old secret or the new one, never half of it.
            let aside = self.join(&format!("{name}.new"));
            let mut file =
                OpenOptions::new().create(true).write(true).truncate(true).mode(OWNER_ONLY_FILE).open(&aside)?;
            writeln!(file, "{}", secret.expose_secret())?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// The port the folder was made with: issuers and gateway URLs kept in it name that port.
    pub(super) fn find_port(&self) -> anyhow::Result<Option<u16>> {
        let text = self.find_secret(PORT)?;
        let broken = || format!("{} holds no port", self.join(PORT).display());
        text.map(|text| text.expose_secret().parse().with_context(broken)).transpose()
    }

    pub(super) fn keep_port(&self, port: u16) -> anyhow::Result<()> {
        self.keep_secret(PORT, &port.to_string().into())
    }

    /// The database as the control plane's configuration spells it. The file is made here, because SQLite would make it,
    /// and later the files beside it, readable by everyone.
    pub(super) fn database_url(&self) -> anyhow::Result<SecretString> {
        let path = self.join("portway.sqlite");
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(OWNER_ONLY_FILE)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        Ok(format!("sqlite://{escaped}?mode=rwc").into())
    }

    /// A fresh log file; the one of the start before is kept beside it.
    pub(super) fn open_log(&self) -> anyhow::Result<File> {
        let path = self.join("dev.log");
        if path.is_file() {
            fs::rename(&path, self.join("dev.log.1")).context("cannot move the last log aside")?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(OWNER_ONLY_FILE)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secrets_are_kept_for_their_owner_only_and_survive_a_second_start() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("a/b");
        let data = DataDir::open(&path).unwrap();
        assert!(data.find_secret("kek").unwrap().is_none());
        data.keep_secret("kek", &"s3cret".to_owned().into()).unwrap();
        assert_eq!((mode(&path), mode(&data.join("kek"))), (OWNER_ONLY_DIR, OWNER_ONLY_FILE));
        drop(data);
        let again = DataDir::open(&path).unwrap();
        assert_eq!(again.find_secret("kek").unwrap().unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::open(folder.path()).unwrap();
        let refused = DataDir::open(folder.path()).err().unwrap().to_string();
        assert!(refused.contains("--data-dir"), "{refused}");
        drop(first);
        DataDir::open(folder.path()).unwrap();
    }

    #[test]
    fn the_last_log_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        data.open_log().unwrap().write_all(b"first").unwrap();
        data.open_log().unwrap();
        assert_eq!(fs::read(data.join("dev.log.1")).unwrap(), b"first");
        assert_eq!(fs::read(data.join("dev.log")).unwrap(), b"");
    }
}
