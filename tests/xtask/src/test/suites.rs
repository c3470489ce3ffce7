//! The test runner, with a database of its own.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use super::{postgres::Postgres, preflight};
use crate::command::{command, output, run as run_command};

/// How many tests passed and failed, as the closing line of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    passed: u64,
    failed: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Runs all Rust tests; leaves their number in `totals` also when some failed.
pub(super) fn run(runner_arguments: &[String], totals: &mut Option<Totals>) -> Result<()> {
    let with_nextest = output(&mut command("cargo", &["nextest", "--version"])).is_ok();
    let words: &[&str] = if with_nextest {
        &["nextest", "run", "--workspace", "--no-tests", "warn"]
    } else {
        println!("cargo-nextest is not installed: falling back to `cargo test`, which is slower here.");
        println!("To install it (some ten minutes): cargo install cargo-nextest --locked");
        &["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    // Compiled first: what does not compile is not a failing test, and the server does not idle meanwhile.
    run_command(&mut command("cargo", &["test", "--workspace", "--lib", "--bins", "--tests", "--no-run", "--quiet"]))?;
    // Some tests run the programs themselves.
    run_command(&mut command("cargo", &["build", "--workspace", "--bins", "--quiet"]))?;
    let postgres = Postgres::start()?;
    let mut tests = command("cargo", words);
    tests.args(runner_arguments).env_remove("PORTWAY_UPDATE").env("PORTWAY_TEST_POSTGRES_URL", postgres.url());
    if let Some(chromium) = preflight::chromium() {
        tests.env("PORTWAY_TEST_CHROMIUM", chromium);
    }
    // nextest reports on standard error, libtest on standard output. A failed test's output, which nextest repeats, holds
    // libtest's line too: only the runner's own counts.
    let summary = if with_nextest { "Summary [" } else { "test result: " };
    let (report, other) =
        if with_nextest { (Stdio::piped(), Stdio::inherit()) } else { (Stdio::inherit(), Stdio::piped()) };
    let mut child = tests.stderr(report).stdout(other).spawn().context("cannot start the test runner")?;
    let mut counted = Totals::default();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            eprintln!("{line}");
            counted.add(summary, &line);
        }
    }
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            counted.add(summary, &line);
        }
    }
    let status = child.wait()?;
    let failed = counted.failed;
    *totals = Some(counted);
    if !status.success() {
        bail!("{failed} tests failed ({status})");
    }
    Ok(())
}

impl Totals {
    /// Takes the numbers from a line that starts with `summary`; other lines count nothing.
    fn add(&mut self, summary: &str, line: &str) {
        if !line.trim_start().starts_with(summary) {
            return;
        }
        self.passed += number_before(line, " passed");
        self.failed += number_before(line, " failed") + number_before(line, " timed out");
    }
}

/// `…: 12 passed, …` → 12
fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split_once(word).map(|(before, _)| before).unwrap_or_default();
    let digits = before.rsplit(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Totals;

    #[test]
    fn totals_come_from_summaries() {
        let check = |summary: &str, lines: &[&str], passed: u64, failed: u64| {
            let mut totals = Totals::default();
            lines.iter().for_each(|line| totals.add(summary, line));
            assert_eq!(totals, Totals { passed, failed }, "{lines:?}");
        };
        let nextest = "     Summary [   9.004s] 9 tests run: 5 passed (1 slow), 3 failed, 1 timed out, 2 skipped";
        let repeated = "    test result: FAILED. 0 passed; 1 failed; 0 ignored";
        check("Summary [", &["     Summary [   0.004s] 3 tests run: 3 passed, 0 skipped"], 3, 0);
        check("Summary [", &[repeated, nextest, repeated, "        PASS [   0.1s] it 7 passed"], 5, 4);
        let first = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured";
        let second = "test result: FAILED. 1 passed; 4 failed; 0 ignored";
        check("test result: ", &[first, second, "running 9 tests"], 3, 4);
    }
}
