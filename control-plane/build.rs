//! Embeds every file of `data/presets`, so that adding one is adding a file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/presets");

#[expect(clippy::disallowed_methods, reason = "cargo says in the environment where generated code goes")]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut paths =
        fs::read_dir(FOLDER)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let mut code = String::from("const FILES: &[(&str, &str)] = &[\n");
    for path in &paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // Writing to a text cannot fail.
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push_str("];\n");
    let folder = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&folder).join("presets.rs"), code)
}
