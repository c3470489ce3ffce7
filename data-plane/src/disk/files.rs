//! Sealed files in one folder: AES-256-GCM under a key derived from the operator's. The name is part of what is sealed,
//! so no file passes for another. Written aside, synced and renamed: a crash leaves the old file or the new one.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

use crate::config::StateConfig;

const FORMAT: [u8; 8] = *b"pwstate1";
const SUFFIX: &str = ".sealed";
const HALF_WRITTEN: &str = ".new";
const OWNER_ONLY_DIR: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// Why a node cannot use its state folder; it does not start then.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("state_dir: cannot use {path}: {cause}")]
    Folder { path: PathBuf, cause: io::Error },
    #[error("state_dir: another node uses {0}; every node needs a folder of its own")]
    InUse(PathBuf),
    #[error("state_key: the key cannot be used")]
    Key,
}

/// What is in a file.
#[derive(Debug)]
pub(crate) enum Found {
    Missing,
    /// Of another key or format, or damaged.
    Refused,
    Contents(Zeroizing<Vec<u8>>),
}

/// A state folder this process holds.
pub struct Files {
    dir: PathBuf,
    key: LessSafeKey,
    /// Held while we run.
    _lock: File,
}

impl Files {
    /// Makes the folder if it is missing and takes it for this process.
    pub fn open(config: &StateConfig) -> Result<Self, StateError> {
        let failed = |cause| StateError::Folder { path: config.dir.clone(), cause };
        DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIR).create(&config.dir).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(OWNER_ONLY_FILE)
            .open(config.dir.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::InUse(config.dir.clone())),
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let key = derived(config.key.bytes()).ok_or(StateError::Key)?;
        remove_half_written(&config.dir);
        Ok(Self { dir: config.dir.clone(), key, _lock: lock })
    }

    /// Names of the files there are.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter_map(|name| Some(name.strip_suffix(SUFFIX)?.to_owned())).collect()
    }

    /// Of a regular file.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        fs::symlink_metadata(self.path(name)).ok().filter(fs::Metadata::is_file).map(|file| file.len())
    }

    pub(crate) fn read(&self, name: &str) -> Found {
        let sealed = match fs::read(self.path(name)) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Missing,
            Err(_) => return Found::Refused,
        };
        self.unseal(name, &sealed).map_or(Found::Refused, Found::Contents)
    }

    pub(crate) fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        let sealed = self.seal(name, contents).ok_or_else(|| io::Error::other("sealing failed"))?;
        let aside = self.dir.join(format!("{name}{HALF_WRITTEN}"));
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(OWNER_ONLY_FILE).open(&aside)?;
        file.write_all(&sealed)?;
        file.sync_all()?;
        fs::rename(&aside, self.path(name))?;
        sync(&self.dir)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| sync(&self.dir)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}{SUFFIX}"))
    }

    fn seal(&self, name: &str, contents: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).ok()?;
        let mut out = Vec::with_capacity(FORMAT.len() + NONCE_LEN + contents.len() + 16);
        out.extend_from_slice(&FORMAT);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(contents);
        let (_, body) = out.split_at_mut(FORMAT.len() + NONCE_LEN);
        let tag = self.key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(name), body).ok()?;
        out.extend_from_slice(tag.as_ref());
        Some(out)
    }

    fn unseal(&self, name: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, body) = sealed.strip_prefix(&FORMAT)?.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut contents = Zeroizing::new(body.to_vec());
        let length = self.key.open_in_place(nonce, aad(name), &mut contents).ok()?.len();
        contents.truncate(length);
        Some(contents)
    }
}

/// What a crash left; the file it was to replace is whole.
fn remove_half_written(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_str().is_some_and(|name| name.ends_with(HALF_WRITTEN)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn aad(name: &str) -> Aad<Vec<u8>> {
    Aad::from([&FORMAT, name.as_bytes()].concat())
}

fn derived(key: &[u8; 32]) -> Option<LessSafeKey> {
    let derived = Salt::new(HKDF_SHA256, b"portway").extract(key);
    let derived = derived.expand(&[b"node state"], &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(derived)))
}

/// A rename is on disk only when its folder is.
fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StateKey;

    fn open(dir: &Path, key: u8) -> Files {
        Files::open(&StateConfig { dir: dir.to_owned(), key: StateKey::from_bytes([key; 32]) }).unwrap()
    }

    fn contents(found: Found) -> Option<Vec<u8>> {
        match found {
            Found::Contents(contents) => Some(contents.to_vec()),
            Found::Missing | Found::Refused => None,
        }
    }

    #[test]
    fn a_file_is_read_with_its_key_under_its_name_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let files = open(dir.path(), 1);
        assert!(matches!(files.read("a"), Found::Missing));
        files.write("a", b"old").unwrap();
        files.write("a", b"marker-secret").unwrap();
        assert_eq!(contents(files.read("a")).as_deref(), Some(&b"marker-secret"[..]));
        let bytes = fs::read(dir.path().join("a.sealed")).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"marker"), "nothing is in clear");
        fs::copy(dir.path().join("a.sealed"), dir.path().join("b.sealed")).unwrap();
        assert!(matches!(files.read("b"), Found::Refused), "under another name");
        for cut in [0, 4, 8, 20, bytes.len() - 1] {
            fs::write(dir.path().join("c.sealed"), &bytes[..cut]).unwrap();
            assert!(matches!(files.read("c"), Found::Refused), "{cut}");
        }
        let mut names = files.names();
        names.sort();
        assert_eq!(names, ["a", "b", "c"]);
        files.remove("b").unwrap();
        files.remove("b").unwrap();
        drop(files);
        assert!(matches!(open(dir.path(), 2).read("a"), Found::Refused), "another key");
    }

    #[test]
    fn a_folder_has_one_node_and_no_other_readers() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("x/state");
        let files = open(&inner, 1);
        files.write("a", b"x").unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(inner.clone()), mode(inner.join("a.sealed"))), (0o700, 0o600));
        let second = Files::open(&StateConfig { dir: inner, key: StateKey::from_bytes([1; 32]) });
        assert!(matches!(second, Err(StateError::InUse(_))));
    }
}
