//! `cargo xtask dev | test | tidy | gen | release | bench`: the commands of this repository.
//!
//! Depends on none of our crates, so that it builds in seconds and works while they do not compile.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on its standard streams")]

mod bench;
mod command;
mod console;
mod dev;
mod generate;
mod release;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of this repository")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build and start everything on loopback; prints the URLs and a sign-in
    Dev(dev::Options),
    /// Run every suite, cheapest first
    Test(test::Options),
    /// Check the rules that the compiler does not know
    Tidy,
    /// Rewrite the generated files that are committed
    Gen(generate::Options),
    /// Build the programs as they are deployed
    Release(release::Options),
    /// Measure what a node costs, beside nginx
    Bench(bench::Options),
}

fn main() -> ExitCode {
    if let Some(compiled) = test::fuzz::as_wrapper() {
        return compiled;
    }
    let outcome = match Arguments::parse().task {
        Task::Dev(options) => dev::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Tidy => tidy::run(),
        Task::Gen(options) => generate::run(&options),
        Task::Release(options) => release::run(&options),
        Task::Bench(options) => bench::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
