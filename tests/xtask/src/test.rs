//! `cargo xtask test`: every suite, cheapest first. Stops at the first stage that fails, and says how long each took.
//!
//! Starts what the suites need on free ports and stops it again; touches no server that was running before.

pub(crate) mod clients;
mod deploy;
pub(crate) mod fuzz;
pub(crate) mod postgres;
pub(crate) mod preflight;
mod start;
mod suites;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::command::{command, run as run_command};
use crate::console;
use crate::tidy;

/// Private items are documented too, and doc comments of arguments are the text of `--help`, where a URL is a URL.
const DOC_LINTS: &str = "--deny warnings --allow rustdoc::private_intra_doc_links --allow rustdoc::bare_urls";

#[derive(Args)]
pub(crate) struct Options {
    /// Run this stage alone (repeatable)
    #[arg(long, value_enum)]
    only: Vec<Stage>,
    /// Leave this stage out (repeatable)
    #[arg(long, value_enum)]
    skip: Vec<Stage>,
    /// Leave out what is slow and rarely breaks: docs, fuzz and start
    #[arg(long)]
    fast: bool,
    /// Arguments for the test runner, such as a part of a test's name
    #[arg(last = true)]
    runner_arguments: Vec<String>,
}

/// In the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// What is installed, and whether it is new enough
    Preflight,
    /// cargo fmt --check
    Fmt,
    /// The rules of this repository
    Tidy,
    /// The web console: lint, types, unused code, tests, build and its size
    Console,
    /// Lints, for all targets
    Clippy,
    /// Lints of the documentation
    Docs,
    /// Packages of the client tests, as locked
    Clients,
    /// What lies in deploy/: images, compose, chart, alerts, dashboards
    Deploy,
    /// All Rust tests, with their own PostgreSQL; generated files are compared here
    Nextest,
    /// Stories in a browser: the console against the real program
    Stories,
    /// Each fuzz target for a minute
    Fuzz,
    /// The real program starts, becomes ready and stops; twice on the same data
    Start,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut times: Vec<(Stage, Duration)> = Vec::new();
    let mut totals = None;
    let mut outcome = Ok(());
    for stage in options.stages() {
        println!("\n── {}", stage.name());
        let started = Instant::now();
        let result = stage.run(options, &mut totals);
        times.push((stage, started.elapsed()));
        println!("── {}: {} in {:.1} s", stage.name(), verdict(&result), started.elapsed().as_secs_f64());
        if result.is_err() {
            outcome = result.with_context(|| {
                format!("stage {0} failed; `cargo xtask test --only {0}` runs it alone", stage.name())
            });
            break;
        }
    }
    print_times(&times);
    if let Err(error) = &outcome {
        println!("\nfailed: {error:#}");
    }
    // The closing line: what a reader of the log, human or not, looks for.
    if let Some(totals) = totals {
        println!("\n{totals}");
    }
    outcome
}

impl Options {
    fn stages(&self) -> Vec<Stage> {
        let slow = [Stage::Docs, Stage::Fuzz, Stage::Start];
        let wanted = |stage: &&Stage| {
            let chosen =
                if self.only.is_empty() { !(self.fast && slow.contains(stage)) } else { self.only.contains(stage) };
            chosen && !self.skip.contains(stage)
        };
        Stage::value_variants().iter().filter(wanted).copied().collect()
    }
}

impl Stage {
    fn run(self, options: &Options, totals: &mut Option<suites::Totals>) -> Result<()> {
        match self {
            Stage::Preflight => preflight::run(),
            Stage::Fmt => {
                run_command(&mut command("cargo", &["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
            }
            Stage::Tidy => tidy::run(),
            Stage::Console => console::check(),
            Stage::Clippy => {
                let arguments = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
                run_command(&mut command("cargo", &arguments))
            }
            Stage::Docs => {
                let arguments = ["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"];
                run_command(command("cargo", &arguments).env("RUSTDOCFLAGS", DOC_LINTS))
            }
            Stage::Clients => clients::install(),
            Stage::Deploy => deploy::run(),
            Stage::Nextest => suites::run(&options.runner_arguments, totals),
            Stage::Stories => console::stories(),
            Stage::Fuzz => fuzz::run(),
            Stage::Start => start::run(),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

fn verdict(result: &Result<()>) -> &'static str {
    if result.is_ok() { "ok" } else { "FAILED" }
}

fn print_times(times: &[(Stage, Duration)]) {
    println!();
    for (stage, time) in times {
        println!("{:>12} {:>8.1} s", stage.name(), time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:>12} {:>8.1} s", "total", total.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum as _};

    use super::{Options, Stage};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn stages_are_chosen() {
        let check = |line: &str, expected: &[Stage]| {
            let words = std::iter::once("test").chain(line.split_whitespace());
            assert_eq!(Line::parse_from(words).options.stages(), expected, "{line}");
        };
        check("", Stage::value_variants());
        check("--only tidy", &[Stage::Tidy]);
        check("--only nextest --only fmt -- servers", &[Stage::Fmt, Stage::Nextest]);
        check("--only start --fast", &[Stage::Start]);
        let quick = [
            Stage::Preflight,
            Stage::Fmt,
            Stage::Tidy,
            Stage::Console,
            Stage::Clients,
            Stage::Deploy,
            Stage::Nextest,
            Stage::Stories,
        ];
        check("--fast --skip clippy", &quick);
    }
}
