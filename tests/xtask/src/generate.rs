//! `cargo xtask gen`: rewrites committed generated files, by the same tests that compare them.
//! The contents come from the contract tests alone, so that check and update cannot disagree.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::command;
use crate::test::postgres::Postgres;

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing; fail when a file is stale
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut tests = command::command("cargo", &["test", "--workspace", "--test", "it", "contract::"]);
    // The schema is told by a migrated database.
    let postgres = Postgres::start()?;
    tests.env("PORTWAY_TEST_POSTGRES_URL", postgres.url());
    if options.check {
        tests.env_remove("PORTWAY_UPDATE");
    } else {
        tests.env("PORTWAY_UPDATE", "1");
    }
    let advice = if options.check { "run `cargo xtask gen` and commit the result" } else { "no file could be written" };
    command::run(&mut tests).context(advice)
}
