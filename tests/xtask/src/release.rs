//! `cargo xtask release`: the programs as they are deployed. The node is built twice: once to count what it does under
//! load, then by what was counted (profile-guided optimization). A call runs through so much code, each part of it once,
//! that most of its time was spent on reading instructions; with the rare parts out of the way there are fewer to read.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::command::{command, output, run as run_command, target_directory};
use crate::console;

#[derive(Args)]
pub(crate) struct Options {
    /// Where the programs are put; target/deploy when nothing is said
    #[arg(long)]
    out: Option<PathBuf>,
    /// Take web-admin/dist as it lies there: Node is not needed then
    #[arg(long)]
    console_as_it_is: bool,
}

const NODE: &str = "portway-data-plane";
const CONTROL_PLANE: &str = "portway-control-plane";
const BENCH: &str = "portway-bench";

pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.console_as_it_is {
        console::build()?;
    }
    let out = planes(options.out.as_deref())?;
    println!("{CONTROL_PLANE} and {NODE} are in {}", out.display());
    Ok(())
}

/// Builds both planes and answers where they are.
pub(crate) fn planes(out: Option<&Path>) -> Result<PathBuf> {
    let target = target_directory()?;
    let work = target.join("profile");
    let out = out.map_or_else(|| target.join("deploy"), Path::to_path_buf);
    let profdata = profdata()?;

    // One after the other: together programs would share the features of their dependencies.
    cargo(&["--package", CONTROL_PLANE, "--package", NODE], None)?;
    cargo(&["--package", BENCH], None)?;
    let release = target.join("release");

    let counts = work.join("counts");
    for old in [&counts, &work.join("counted")] {
        if old.exists() {
            std::fs::remove_dir_all(old)?;
        }
    }
    std::fs::create_dir_all(work.join("counted"))?;
    let counting = node(&work.join("counting"), &format!("-Cprofile-generate={}", counts.display()))?;
    let programs = work.join("programs");
    put(&programs, &[&release.join(CONTROL_PLANE), &counting])?;
    let mut train = command(release.join(BENCH), &["train"]);
    run_command(train.arg("--programs").arg(&programs)).context("the run that is counted did not finish")?;

    let counted = work.join("counted/new.profdata");
    run_command(Command::new(profdata).arg("merge").arg("--output").arg(&counted).arg(&counts))?;
    // Cargo sees the name of the file, not what is in it.
    let named = work.join(format!("counted/{:016x}.profdata", digest(&std::fs::read(&counted)?)));
    std::fs::rename(&counted, &named)?;
    let optimized = node(&work.join("optimized"), &format!("-Cprofile-use={}", named.display()))?;
    put(&out, &[&release.join(CONTROL_PLANE), &optimized])?;
    Ok(out)
}

/// The node, built with flags for all that it consists of. With a target, so that they are not for what runs while it
/// is built.
fn node(folder: &Path, flags: &str) -> Result<PathBuf> {
    let host = output(&mut command("rustc", &["--print", "host-tuple"]))?;
    let host = host.trim();
    let place = folder.to_string_lossy();
    cargo(&["--package", NODE, "--target", host, "--target-dir", &place], Some(flags))?;
    Ok(folder.join(host).join("release").join(NODE))
}

fn cargo(words: &[&str], flags: Option<&str>) -> Result<()> {
    let mut build = command("cargo", &["build", "--release", "--locked"]);
    build.args(words);
    if let Some(flags) = flags {
        build.env("RUSTFLAGS", flags);
    }
    run_command(&mut build)
}

fn put(folder: &Path, programs: &[&Path]) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for program in programs {
        let name = program.file_name().context("a program without a name")?;
        let place = folder.join(name);
        // One that runs cannot be written, but it can be replaced.
        if place.exists() {
            std::fs::remove_file(&place)?;
        }
        std::fs::copy(program, &place).with_context(|| format!("copying {}", program.display()))?;
    }
    Ok(())
}

/// What reads the counts: a part of the toolchain that rustup brings when it is asked.
fn profdata() -> Result<PathBuf> {
    let libraries = output(&mut command("rustc", &["--print", "target-libdir"]))?;
    let tool = Path::new(libraries.trim()).with_file_name("bin").join("llvm-profdata");
    if !tool.exists() {
        run_command(&mut command("rustup", &["component", "add", "llvm-tools"]))?;
    }
    if !tool.exists() {
        bail!("{} is missing: `rustup component add llvm-tools`", tool.display());
    }
    Ok(tool)
}

fn digest(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
