//! `cargo xtask tidy`: the rules of this repository that the compiler does not know, over `git ls-files`.
//!
//! Reads files, changes none. Every finding names the file, the line and what to do instead. Sizes are hints, they
//! never fail. Who may do what is in the constants of [`imports`] and [`arrows`]: those lists only shrink.

mod arrows;
mod contract;
mod imports;
mod sizes;
mod source;
mod text;

use std::fmt;

use anyhow::{Result, bail};

use crate::command::{command, output, root};

/// A broken rule. `line` is 0 when it is about the file as a whole.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

/// A text file of the repository, tracked or about to be.
struct File {
    path: String,
    text: String,
}

pub(crate) fn run() -> Result<()> {
    let files = files()?;
    let mut findings = arrows::check(&output(&mut command(
        "cargo",
        &["metadata", "--format-version", "1", "--no-deps", "--offline"],
    ))?)?;
    findings.extend(contract::check(&files));
    for file in &files {
        findings.extend(text::check(file));
        if file.path.ends_with(".rs") {
            findings.extend(imports::check(&file.path, &source::code_only(&file.text)));
        }
    }
    for hint in files.iter().flat_map(sizes::hints) {
        println!("hint: {hint}");
    }
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} files, no findings", files.len());
        return Ok(());
    }
    bail!("tidy: {} findings", findings.len())
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.message),
            line => write!(formatter, "{}:{line}: {}", self.path, self.message),
        }
    }
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

/// Tracked files and new ones that are not ignored; what is not UTF-8 (images) has no rules.
fn files() -> Result<Vec<File>> {
    let listed = output(&mut command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    let read =
        |path: &str| Some(File { path: path.to_owned(), text: std::fs::read_to_string(root().join(path)).ok()? });
    Ok(paths.filter_map(read).collect())
}
