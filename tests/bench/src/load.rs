//! The load generator: a closed loop over keep-alive connections, in one thread. Every answer is checked; an answer
//! that is not the expected one ends the measurement, so that nobody measures how fast errors are.
//!
//! Runs as a process of its own, so that it can be pinned: a [`Plan`] on standard input, an [`Outcome`] on standard
//! output.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::histogram::Histogram;
use crate::wire::{Connection, status};

/// Stands for the JSON-RPC id in the text of a request; every call gets its own of the same length.
pub const ID: &str = "1000000000";
const FIRST_ID: u64 = 1_000_000_000;
const IDS_PER_CONNECTION: u64 = 50_000_000;

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub target: SocketAddr,
    pub connections: usize,
    /// Whole requests, head and body; connections take turns.
    pub requests: Vec<String>,
    pub warm_up_ms: u64,
    pub until: Until,
    /// Of all connections together; none: as many as go.
    #[serde(default)]
    pub calls_per_s: Option<u32>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    ElapsedMs(u64),
    /// All connections together, at least.
    Calls(u64),
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// In the measured time.
    pub calls: u64,
    /// With the warm-up.
    pub calls_in_all: u64,
    pub seconds: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
}

pub async fn run(plan: Plan) -> Result<Outcome> {
    let plan = Arc::new(plan);
    let mut connections = JoinSet::new();
    let begun = Instant::now();
    for number in 0..plan.connections {
        connections.spawn(connection(plan.clone(), number, begun));
    }
    let (mut histogram, mut calls_in_all) = (Histogram::default(), 0);
    while let Some(done) = connections.join_next().await {
        let (latencies, calls) = done??;
        histogram.merge(&latencies);
        calls_in_all += calls;
    }
    let seconds = begun.elapsed().saturating_sub(Duration::from_millis(plan.warm_up_ms)).as_secs_f64();
    let us = |share| histogram.quantile(share) as f64 / 1_000.0;
    let (p50_us, p99_us, p999_us) = (us(0.5), us(0.99), us(0.999));
    Ok(Outcome { calls: histogram.total(), calls_in_all, seconds, p50_us, p99_us, p999_us })
}

async fn connection(plan: Arc<Plan>, number: usize, begun: Instant) -> Result<(Histogram, u64)> {
    let text = plan.requests.get(number % plan.requests.len().max(1)).context("a plan without requests")?;
    let id_at = text.find(ID).context("a request without an id")?;
    let mut request = text.clone().into_bytes();
    let mut connection = Connection::connect(plan.target).await?;
    let (mut histogram, mut calls) = (Histogram::default(), 0);
    let warm = begun + Duration::from_millis(plan.warm_up_ms);
    let first_id = FIRST_ID + number as u64 % 150 * IDS_PER_CONNECTION;
    loop {
        if let Some(rate) = plan.calls_per_s {
            // Connections take turns. One that is late does not wait: the rate is held on the whole.
            let place = calls * plan.connections as u64 + number as u64;
            let due = begun + Duration::from_secs_f64(place as f64 / f64::from(rate.max(1)));
            tokio::time::sleep_until(due.into()).await;
        }
        let sent = Instant::now();
        let is_over = match plan.until {
            Until::ElapsedMs(ms) => sent >= warm + Duration::from_millis(ms),
            Until::Calls(all) => calls * plan.connections as u64 >= all,
        };
        if is_over {
            return Ok((histogram, calls));
        }
        let id = (first_id + calls).to_string();
        let place = request.get_mut(id_at..id_at + ID.len()).context("an id of another length")?;
        place.copy_from_slice(id.as_bytes());
        connection.write(&request).await?;
        let answer = connection.read().await?.context("the connection was closed")?;
        if status(answer.head) != Some(200) || !answer.body.windows(id.len()).any(|window| window == id.as_bytes()) {
            let text = [answer.head, b"\r\n\r\n", answer.body].concat();
            bail!("not the answer to {id}:\n{}", String::from_utf8_lossy(&text));
        }
        calls += 1;
        if sent >= warm {
            histogram.record(u64::try_from(sent.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

/// Opens `plan.connections` streams that stay open as long as their connections are kept.
pub async fn hold(plan: Plan) -> Result<Vec<Connection>> {
    let mut open = Vec::with_capacity(plan.connections);
    for number in 0..plan.connections {
        let text = plan.requests.get(number % plan.requests.len().max(1)).context("a plan without requests")?;
        let mut connection = Connection::connect(plan.target).await?;
        let id = (FIRST_ID + number as u64).to_string();
        let request = text.replacen(ID, &id, 1);
        connection.write(request.as_bytes()).await?;
        let head = connection.read_head().await?;
        if status(&head) != Some(200) {
            // Asked once more, for the words of the refusal.
            let mut again = Connection::connect(plan.target).await?;
            again.write(request.as_bytes()).await?;
            let said = again.read().await?.map(|answer| String::from_utf8_lossy(answer.body).into_owned());
            bail!("no stream {number}: {} {}", String::from_utf8_lossy(&head), said.unwrap_or_default());
        }
        open.push(connection);
    }
    Ok(open)
}
