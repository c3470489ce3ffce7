//! One run: the stage, the rounds, the memory, the report.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use url::Url;

use crate::machine::Machine;
use crate::memory::{self, FULL, QUICK};
use crate::messages::{self, Door};
use crate::people::Person;
use crate::report::{Absolute, Bound, Figure, Report};
use crate::rounds::{self, Candidate, Effort, Sample, Series, added_ratio, difference, ratio};
use crate::scim;
use crate::stage::{Node, OTHER_CORE, PROXY_CORE, Stage};
use crate::{controls, lockout, records};

const CONNECTIONS: usize = 32;
/// Sign-ins per server: the calls of a run carry so many different tokens.
const TOKENS: usize = 4;

const CAREFUL: Effort = Effort { rounds: 7, round_ms: 3_000, warm_up_ms: 500 };
const HASTY: Effort = Effort { rounds: 2, round_ms: 700, warm_up_ms: 200 };

#[derive(Debug, Clone, Args)]
pub struct Options {
    /// A few short rounds and a small tenant: shows that everything works, not what it costs
    #[arg(long)]
    pub quick: bool,
    /// Measure this alone (repeatable)
    #[arg(long, value_enum)]
    pub only: Vec<Part>,
    /// Write docs/benchmarks.md
    #[arg(long)]
    pub write: bool,
    /// A PostgreSQL server with the logins `gateway_app` and `gateway_system`: SCIM is measured there, too
    #[arg(long)]
    pub postgres: Option<Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Calls per second and CPU per call at 32 connections
    Throughput,
    /// Added latency at one connection, everything on one core
    Latency,
    /// Resident memory: idle, a large tenant, sessions, streams
    Memory,
    /// What limits and call records add to a call, in memory and with Redis
    Controls,
    /// 2,000 calls a second for ten minutes: whether every one is in the log; only when named
    Records,
    /// How long somebody who left can still call, on three nodes
    Lockout,
    /// A first sync of an identity provider
    Scim,
}

/// The candidates of one kind of measurement.
struct Field {
    direct: Series,
    nginx: Series,
    relay: Series,
    modern: Series,
    legacy: Series,
}

pub async fn run(options: &Options, programs: &Path) -> Result<Report> {
    let wants = |part| options.only.is_empty() || options.only.contains(&part);
    let effort = if options.quick { HASTY } else { CAREFUL };
    let mut report = Report::default();
    let mut stage = Stage::start(programs, None).await?;
    let node = stage.start_node("node", true).await?;
    let owner = stage.tenant().await?;
    if wants(Part::Throughput) {
        let field = field(&stage, &node, &owner, Where::Far, effort).await?;
        throughput(&field, &mut report);
    }
    if wants(Part::Latency) {
        let field = field(&stage, &node, &owner, Where::Near, effort).await?;
        latency(&field, &mut report);
    }
    if wants(Part::Controls) {
        let figures = controls::measure(&mut stage, &node, &owner, effort, &mut report.notes).await?;
        report.figures.extend(figures);
    }
    if wants(Part::Memory) {
        let scale = if options.quick { QUICK } else { FULL };
        let figures = memory::measure(&stage, &owner, scale, &mut report.notes).await?;
        report.figures.extend(figures);
    }
    if wants(Part::Lockout) {
        let scale = if options.quick { lockout::QUICK } else { lockout::FULL };
        let figures = lockout::measure(&stage, &owner, &node, scale, &mut report.notes).await?;
        report.figures.extend(figures);
    }
    let scale = if options.quick { scim::QUICK } else { scim::FULL };
    if wants(Part::Scim) {
        report.figures.extend(scim::measure(&owner, "SQLite", scale, !options.quick).await?);
    }
    let records = options.only.contains(&Part::Records);
    if let Some(postgres) = options.postgres.as_ref().filter(|_| records || wants(Part::Scim)) {
        drop((node, stage));
        let stage = Stage::start(programs, Some(postgres)).await?;
        let owner = stage.tenant().await?;
        if wants(Part::Scim) {
            report.figures.extend(scim::measure(&owner, "PostgreSQL", scale, !options.quick).await?);
        }
        if records {
            let seconds = if options.quick { records::QUICK_S } else { records::FULL_S };
            report.figures.extend(records::measure(&stage, &owner, seconds, &mut report.notes).await?);
        }
    }
    if options.quick {
        report.notes.push("A quick run: too short for its figures to mean much.".to_owned());
    }
    Ok(report)
}

/// The page for the documentation.
pub fn page(report: &Report) -> String {
    #[expect(clippy::disallowed_methods, reason = "the date of a report is when it was made")]
    let date = chrono::Utc::now().format("%Y-%m-%d").to_string();
    report.page(&Machine::here(), &date)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Upstream and load generator on the other core, 32 connections.
    Far,
    /// Everything on the proxy's core, one connection.
    Near,
}

async fn field(stage: &Stage, node: &Node, owner: &Person, place: Where, effort: Effort) -> Result<Field> {
    let (suffix, echo, relay, relay_name) = match place {
        Where::Far => ("far", stage.echo.far, stage.relay.far, "relay"),
        Where::Near => ("near", stage.echo.near, stage.relay.near, "relay-near"),
    };
    let (mut modern, mut legacy) = (Vec::new(), Vec::new());
    for _ in 0..TOKENS {
        modern.push(messages::modern_call(&stage.door(owner, &format!("modern-{suffix}")).await));
        let door = stage.door(owner, &format!("legacy-{suffix}")).await;
        legacy.push(messages::legacy_call(&door, &memory::session(node.address, &door).await?));
    }
    // The same bytes go to all; only the path is each one's own.
    let token = "x".repeat(modern.first().map_or(0, |text| token_length(text)));
    let plain = |path: String| vec![messages::modern_call(&Door { path, host: stage.host(), token: token.clone() })];
    let candidates = [
        Candidate { name: "direct", target: echo, requests: plain("/modern".to_owned()), pid: None },
        Candidate {
            name: "nginx",
            target: stage.nginx,
            requests: plain(format!("/{suffix}/modern")),
            pid: Some(stage.pid("nginx")?),
        },
        Candidate {
            name: "relay",
            target: relay,
            requests: plain("/modern".to_owned()),
            pid: Some(stage.pid(relay_name)?),
        },
        Candidate { name: "modern", target: node.address, requests: modern, pid: Some(node.process.pid()) },
        Candidate { name: "legacy", target: node.address, requests: legacy, pid: Some(node.process.pid()) },
    ];
    let series = match place {
        Where::Far => rounds::run(&candidates, effort, CONNECTIONS, OTHER_CORE),
        Where::Near => rounds::run(&candidates, effort, 1, PROXY_CORE),
    }?;
    let [direct, nginx, relay, modern, legacy] =
        <[Series; 5]>::try_from(series).ok().context("a series per candidate")?;
    Ok(Field { direct, nginx, relay, modern, legacy })
}

fn token_length(request: &str) -> usize {
    let token = request.split_once("Bearer ").and_then(|(_, rest)| rest.split_once("\r\n"));
    token.map_or(0, |(token, _)| token.len())
}

fn throughput(field: &Field, report: &mut Report) {
    let (cpu, rate) = (|sample: &Sample| sample.cpu_us, |sample: &Sample| sample.calls_per_s);
    for (series, what) in [(&field.modern, "modern"), (&field.legacy, "legacy")] {
        let bound = Bound::less(2.5, Some(2.0));
        let ratio = ratio(series, &field.nginx, cpu);
        report.figures.push(Figure::spread(format!("CPU per call, {what}"), "× nginx", ratio, bound));
    }
    for (series, what) in [(&field.modern, "modern"), (&field.legacy, "legacy")] {
        let bound = Bound::more(0.40, Some(0.55));
        let ratio = ratio(series, &field.nginx, rate);
        report.figures.push(Figure::spread(format!("calls/s on one core, {what}"), "× nginx", ratio, bound));
    }
    let controls = difference(&field.modern, &field.relay, cpu);
    let bound = Bound::less(30.0, Some(20.0));
    report.figures.push(Figure::spread("CPU of the controls: modern less relay", "µs", controls, bound));
    let relay = ratio(&field.relay, &field.nginx, cpu);
    report.figures.push(Figure::spread("CPU per call, relay, for comparison", "× nginx", relay, None));
    report.throughput = absolutes(field);
}

fn latency(field: &Field, report: &mut Report) {
    type Read = fn(&Sample) -> f64;
    let percentiles: [(&str, Read, Option<Bound>); 3] = [
        ("p50", |sample| sample.p50_us, Bound::less(3.0, Some(2.6))),
        ("p99", |sample| sample.p99_us, None),
        ("p99.9", |sample| sample.p999_us, None),
    ];
    for (series, what) in [(&field.modern, "modern"), (&field.legacy, "legacy")] {
        for (percentile, read, bound) in percentiles {
            let added = added_ratio(series, &field.nginx, &field.direct, read);
            report.figures.push(Figure::spread(format!("added {percentile}, {what}"), "× nginx", added, bound));
        }
    }
    report.latency = absolutes(field);
}

fn absolutes(field: &Field) -> Vec<Absolute> {
    let absolute = |series: &Series| Absolute {
        name: series.name.to_owned(),
        calls_per_s: series.median(|sample| sample.calls_per_s),
        cpu_us: series.median(|sample| sample.cpu_us),
        p50_us: series.median(|sample| sample.p50_us),
        p99_us: series.median(|sample| sample.p99_us),
        p999_us: series.median(|sample| sample.p999_us),
    };
    [&field.direct, &field.nginx, &field.relay, &field.modern, &field.legacy].map(absolute).into()
}
