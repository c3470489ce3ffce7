//! The fuzz targets, each for a minute, all at once. On stable Rust and without `cargo fuzz`: libFuzzer is linked in,
//! and only our crates are instrumented, through a compiler wrapper that is this very program. What they depend on is
//! taken as the suites built it, so that the stage costs little more than its minute.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::command::{command, root, run as run_command, target_directory};

const TARGETS: [&str; 3] = ["decoder", "sse", "seals"];
const SECONDS: &str = "60";
/// One input, and what is more than that is a hang.
const INPUT_BYTES_MAX: &str = "8192";
const INPUT_SECONDS_MAX: &str = "10";

/// What `cargo fuzz` passes for `--sanitizer none`.
const INSTRUMENT: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Clink-dead-code",
    "-Ccodegen-units=1",
];
/// Says that this program was started as the compiler's wrapper.
const AS_WRAPPER: &str = "PORTWAY_XTASK_INSTRUMENT";

pub(super) fn run() -> Result<()> {
    let target = target_directory()?;
    let work = target.join("fuzz");
    let this = keep_this_program(&work)?;
    // Of the whole workspace, as the suites: one package alone has other features, and would be compiled once more.
    let mut build = command("cargo", &["build", "--workspace", "--quiet", "--features", "portway-fuzz/libfuzzer"]);
    build.args(TARGETS.iter().flat_map(|target| ["--bin", target]));
    run_command(build.env("RUSTC_WORKSPACE_WRAPPER", this).env(AS_WRAPPER, "1"))?;
    let mut running = Vec::new();
    for name in TARGETS {
        running.push((name, start(name, &target.join("debug").join(name), &work.join(name))?));
    }
    let ended: Vec<_> = running.into_iter().map(|(name, mut child)| (name, child.wait())).collect();
    for (name, status) in ended {
        let (status, log) = (status?, std::fs::read(work.join(name).join("log"))?);
        let log = String::from_utf8_lossy(&log);
        if !status.success() {
            bail!("{name}: {status}\n{}\n{}", tail(&log), artifacts(&work.join(name)));
        }
        let figure = |key| log.lines().find_map(|line: &str| line.strip_prefix(key)).unwrap_or("?").trim();
        let (runs, found) = (figure("stat::number_of_executed_units:"), figure("stat::new_units_added:"));
        println!("{name}: {runs} inputs, {found} of them new to the code");
    }
    Ok(())
}

/// A copy of this program: the file it was started from is gone when an earlier stage has built the workspace, this
/// program included.
fn keep_this_program(folder: &Path) -> Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    let running = if running.exists() { running.to_owned() } else { std::env::current_exe()? };
    std::fs::create_dir_all(folder)?;
    let copy = folder.join("xtask");
    std::fs::copy(running, &copy).with_context(|| format!("cannot copy this program to {}", copy.display()))?;
    Ok(copy)
}

fn start(name: &str, program: &Path, work: &Path) -> Result<std::process::Child> {
    // What is learned stays in the target folder; the seeds are committed and only read.
    let (corpus, found) = (work.join("corpus"), work.join("found"));
    std::fs::create_dir_all(&corpus)?;
    drop(std::fs::remove_dir_all(&found));
    std::fs::create_dir_all(&found)?;
    Command::new(program)
        .arg(corpus)
        .arg(root().join("data-plane/fuzz/seeds").join(name))
        .args([format!("-max_total_time={SECONDS}"), format!("-timeout={INPUT_SECONDS_MAX}")])
        .args([format!("-max_len={INPUT_BYTES_MAX}"), format!("-artifact_prefix={}/", found.display())])
        .args(["-print_final_stats=1", "-verbosity=1"])
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(work.join("log"))?)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

/// The end of what a target said: the panic and the stack.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(60)).map(|line| format!("  {line}\n")).collect()
}

/// The inputs that broke it, where they are and what they hold.
fn artifacts(work: &Path) -> String {
    let files = std::fs::read_dir(work.join("found")).into_iter().flatten().flatten();
    let shown = files.map(|file| {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        format!("{}: {:?}\n", file.path().display(), String::from_utf8_lossy(&bytes))
    });
    shown.collect()
}

/// When cargo started this program in place of the compiler: compiles, with instrumentation where it is wanted.
#[expect(clippy::disallowed_methods, reason = "how the stage tells its own program what it is for")]
pub(crate) fn as_wrapper() -> Option<ExitCode> {
    std::env::var_os(AS_WRAPPER)?;
    let mut arguments = std::env::args_os().skip(1);
    let mut rustc = Command::new(arguments.next()?);
    let arguments: Vec<_> = arguments.collect();
    let is = |word: &str| arguments.iter().any(|argument| argument == word);
    // Not the questions cargo asks the compiler, and nothing that runs while we build.
    if is("--crate-name") && !is("build_script_build") && !is("proc-macro") {
        rustc.args(INSTRUMENT);
    }
    let status = rustc.args(&arguments).status().ok()?;
    Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
