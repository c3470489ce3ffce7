//! `cargo xtask bench`: builds the programs as they are deployed, sees to nginx, and lets `portway-bench` measure. Not a
//! part of `cargo xtask test`: what a machine costs is no test.

mod call_log;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::command::{command, find, root, run as run_command, target_directory};
use crate::release;
use crate::test::postgres::Postgres;
use crate::test::preflight::install;

#[derive(Args)]
pub(crate) struct Options {
    /// A few short rounds and a small tenant: shows that everything works, not what it costs
    #[arg(long)]
    quick: bool,
    /// Measure this alone (repeatable)
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Write docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Calls per second and CPU per call at 32 connections
    Throughput,
    /// Added latency at one connection, everything on one core
    Latency,
    /// Resident memory: idle, a large tenant, sessions, streams
    Memory,
    /// What limits and call records add to a call, in memory and with Redis
    Controls,
    /// 2,000 calls a second for ten minutes on PostgreSQL: whether every one is in the log; only when named
    Records,
    /// How long somebody who left can still call, on three nodes
    Lockout,
    /// A first sync of an identity provider: 10,000 people, 500 groups, 50,000 memberships
    Scim,
    /// Searches of the call log over ten million rows on PostgreSQL, with plans; only when named
    CallLog,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.only.contains(&Part::CallLog) {
        call_log::run(options.quick, options.write)?;
        if options.only.len() == 1 {
            return Ok(());
        }
    }
    for (program, package) in [("nginx", "nginx-light"), ("redis-server", "redis-server")] {
        if find(program).is_none() {
            install(&[package])?;
        }
    }
    let programs = release::planes(None)?;
    let mut bench = command(target_directory()?.join("release/portway-bench"), &["run"]);
    bench.arg("--programs").arg(&programs).arg("--page").arg(page()).args(options.words());
    let needs_postgres = options.wants(Part::Scim) || options.only.contains(&Part::Records);
    let postgres = needs_postgres.then(postgres).transpose()?;
    if let Some(postgres) = &postgres {
        bench.arg("--postgres").arg(postgres.url());
    }
    run_command(&mut bench).context("the measurement did not finish")
}

/// A server that keeps what it is told, with the logins of a deployment.
fn postgres() -> Result<Postgres> {
    let server = Postgres::start_durable()?;
    for (login, group) in [("gateway_app", "portway_app"), ("gateway_system", "portway_system")] {
        server.run(&format!("CREATE ROLE {group} NOLOGIN; CREATE ROLE {login} LOGIN IN ROLE {group}"))?;
    }
    Ok(server)
}

fn page() -> PathBuf {
    root().join("docs/benchmarks.md")
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// As `portway-bench` takes them.
    fn words(&self) -> Vec<String> {
        let flag = |set: bool, name: &str| set.then(|| name.to_owned());
        let only = self.only.iter().filter(|part| **part != Part::CallLog);
        let only = only.filter_map(|part| part.to_possible_value());
        let only = only.flat_map(|part| ["--only".to_owned(), part.get_name().to_owned()]);
        flag(self.quick, "--quick").into_iter().chain(flag(self.write, "--write")).chain(only).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Options;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn options_are_handed_on() {
        let check = |line: &str, expected: &str| {
            let words = std::iter::once("bench").chain(line.split_whitespace());
            assert_eq!(Line::parse_from(words).options.words().join(" "), expected);
        };
        check("", "");
        check("--only call-log --only memory", "--only memory");
        check("--write --only memory --quick --only latency", "--quick --write --only memory --only latency");
    }
}
