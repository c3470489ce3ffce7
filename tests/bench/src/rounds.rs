//! Interleaved rounds: every candidate is measured once per round, so that whatever else the machine does meanwhile falls
//! on all of them. Compared is within a round; reported is the median over the rounds.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::load::{Outcome, Plan, Until};
use crate::processes::{cpu, pinned};
use crate::stage::OTHER_CORE;

const UNMEASURED_CONNECTIONS: usize = 32;

/// Something that answers calls.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub name: &'static str,
    pub target: SocketAddr,
    pub requests: Vec<String>,
    /// The proxy whose CPU time counts; none when the upstream is asked directly.
    pub pid: Option<u32>,
}

/// How hard, how long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    pub round_ms: u64,
    pub warm_up_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub calls_per_s: f64,
    /// Of the proxy, per call.
    pub cpu_us: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
}

/// The samples of one candidate, one per round.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: &'static str,
    pub samples: Vec<Sample>,
}

impl Series {
    /// The middle one of what `value` reads from every round.
    pub fn median(&self, value: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(value).collect())
    }
}

/// Measures all candidates, round by round.
pub fn run(candidates: &[Candidate], effort: Effort, connections: usize, load_core: usize) -> Result<Vec<Series>> {
    let mut series: Vec<Series> =
        candidates.iter().map(|candidate| Series { name: candidate.name, samples: Vec::new() }).collect();
    for _ in 0..effort.rounds {
        for (candidate, series) in candidates.iter().zip(&mut series) {
            series.samples.push(sample(candidate, effort, connections, load_core)?);
        }
    }
    Ok(series)
}

fn sample(candidate: &Candidate, effort: Effort, connections: usize, load_core: usize) -> Result<Sample> {
    let plan = Plan {
        target: candidate.target,
        connections,
        requests: candidate.requests.clone(),
        warm_up_ms: effort.warm_up_ms,
        until: Until::ElapsedMs(effort.round_ms),
        calls_per_s: None,
    };
    let spent = || candidate.pid.map(cpu).transpose();
    let before = spent()?;
    let outcome = load(&plan, load_core).with_context(|| format!("measuring {}", candidate.name))?;
    let cpu_us = before.zip(spent()?).map_or(0.0, |(before, after)| {
        after.saturating_sub(before).as_secs_f64() * 1e6 / outcome.calls_in_all.max(1) as f64
    });
    let Outcome { calls, seconds, p50_us, p99_us, p999_us, .. } = outcome;
    Ok(Sample { calls_per_s: calls as f64 / seconds, cpu_us, p50_us, p99_us, p999_us })
}

/// Calls that are not measured, and how many they were.
pub fn many(target: SocketAddr, requests: &[String], calls: u64) -> Result<u64> {
    let plan = Plan {
        target,
        connections: UNMEASURED_CONNECTIONS,
        requests: requests.to_vec(),
        warm_up_ms: 0,
        until: Until::Calls(calls),
        calls_per_s: None,
    };
    Ok(load(&plan, OTHER_CORE)?.calls_in_all)
}

/// Runs the load generator as a process on a core.
pub fn load(plan: &Plan, core: usize) -> Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("load");
    let mut child = pinned(core, &command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("standard input")?;
    stdin.write_all(&serde_json::to_vec(plan)?)?;
    drop(stdin);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("the load generator gave up");
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The middle value; the mean of the middle two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(lower), at(upper))
}

/// The ratio of two series round by round: median, least and greatest. A round whose divisor says nothing is left out.
pub fn ratio(of: &Series, to: &Series, value: impl Fn(&Sample) -> f64) -> Spread {
    let pairs = of.samples.iter().zip(&to.samples);
    spread(pairs.map(|(of, to)| value(of) / value(to)))
}

/// What a candidate adds to asking directly, as a ratio to what another adds.
pub fn added_ratio(of: &Series, to: &Series, direct: &Series, value: impl Fn(&Sample) -> f64) -> Spread {
    let rounds = of.samples.iter().zip(&to.samples).zip(&direct.samples);
    spread(rounds.map(|((of, to), direct)| (value(of) - value(direct)) / (value(to) - value(direct))))
}

/// A difference round by round.
pub fn difference(of: &Series, to: &Series, value: impl Fn(&Sample) -> f64) -> Spread {
    let pairs = of.samples.iter().zip(&to.samples);
    spread(pairs.map(|(of, to)| value(of) - value(to)))
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let least = values.iter().copied().fold(f64::NAN, f64::min);
    let greatest = values.iter().copied().fold(f64::NAN, f64::max);
    Spread { median: median(values), least, greatest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Series {
        let sample = |value: &f64| Sample { calls_per_s: *value, cpu_us: 0.0, p50_us: 0.0, p99_us: 0.0, p999_us: 0.0 };
        Series { name: "x", samples: values.iter().map(sample).collect() }
    }

    #[test]
    fn medians() {
        fn check(values: &[f64], expected: f64) {
            assert!((median(values.to_vec()) - expected).abs() < 1e-9, "{values:?}");
        }
        check(&[3.0], 3.0);
        check(&[9.0, 1.0, 5.0], 5.0);
        check(&[4.0, 1.0], 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        let value = |sample: &Sample| sample.calls_per_s;
        let found = ratio(&series(&[2.0, 40.0, 9.0]), &series(&[1.0, 10.0, 3.0]), value);
        assert_eq!(found, Spread { median: 3.0, least: 2.0, greatest: 4.0 });
        let added = added_ratio(&series(&[5.0, 7.0]), &series(&[3.0, 4.0]), &series(&[1.0, 4.0]), value);
        assert_eq!(added, Spread { median: 2.0, least: 2.0, greatest: 2.0 });
        let more = difference(&series(&[5.0, 7.0]), &series(&[3.0, 4.0]), value);
        assert_eq!(more, Spread { median: 2.5, least: 2.0, greatest: 3.0 });
    }
}
