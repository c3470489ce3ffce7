//! Files that are generated and committed: a test compares, `cargo xtask gen` rewrites.

use std::path::{Path, PathBuf};

/// Compares a committed file, named from the repository's root, with what it should hold. With `PORTWAY_UPDATE` set it
/// writes the file instead.
#[track_caller]
pub fn assert_up_to_date(path: &str, expected: &str) {
    let file = root().join(path);
    if updating() {
        std::fs::write(&file, expected).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == expected, "{path} is stale: run `cargo xtask gen` and commit what changes");
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}

#[expect(clippy::disallowed_methods, reason = "`cargo xtask gen` says so")]
fn updating() -> bool {
    std::env::var_os("PORTWAY_UPDATE").is_some()
}
