//! Whether every call is in the log when 2,000 come each second for ten minutes, and whether nothing grows meanwhile. On
//! PostgreSQL as it comes, with its log on disk.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{Instant, sleep};

use crate::load::{Plan, Until};
use crate::messages;
use crate::people::Person;
use crate::processes::resident_bytes;
use crate::report::{Bound, Figure};
use crate::rounds;
use crate::stage::{Node, OTHER_CORE, Stage};

pub const FULL_S: u64 = 600;
pub const QUICK_S: u64 = 10;

const CALLS_PER_S: u32 = 2_000;
const CONNECTIONS: usize = 32;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For what waits on the node when the calls have ended.
const CATCH_UP_MAX: Duration = Duration::from_secs(300);

/// What was seen while the calls came.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    waiting: f64,
    resident: u64,
}

pub async fn measure(stage: &Stage, owner: &Person, seconds: u64, notes: &mut Vec<String>) -> Result<Vec<Figure>> {
    let node = stage.start_node("node", true).await?;
    let requests = vec![messages::modern_call(&stage.door(owner, "modern-far").await)];
    let plan = Plan {
        target: node.address,
        connections: CONNECTIONS,
        requests,
        warm_up_ms: 0,
        until: Until::ElapsedMs(seconds * 1_000),
        calls_per_s: Some(CALLS_PER_S),
    };
    let before = recorded(owner).await?;
    let begin = resident_bytes(node.process.pid())?;
    let load = tokio::task::spawn_blocking(move || rounds::load(&plan, OTHER_CORE));
    let seen = watch(&node, || load.is_finished()).await?;
    let outcome = load.await??;
    let ended = Instant::now();
    let expected = before + outcome.calls_in_all;
    while recorded(owner).await? < expected && ended.elapsed() < CATCH_UP_MAX {
        sleep(LOOK_EVERY).await;
    }
    let stored = recorded(owner).await? - before;
    let (dropped, grown) = (node.metric("portway_usage_dropped_total").await?, seen.resident.saturating_sub(begin));
    notes.push(format!(
        "Records: {CALLS_PER_S} calls a second for {seconds} s through one node, stored on PostgreSQL with its log on disk, \
         by a control plane at lower priority on the core of upstream and load."
    ));
    let nothing = Bound::less(0.0, None);
    Ok(vec![
        Figure::new(
            "calls made",
            "/s",
            outcome.calls as f64 / outcome.seconds,
            Bound::more(0.99 * f64::from(CALLS_PER_S), None),
        ),
        Figure::new(
            format!("calls of {} that are not in the log", outcome.calls_in_all),
            "",
            outcome.calls_in_all as f64 - stored as f64,
            nothing,
        ),
        Figure::new("records dropped by the node", "", dropped, nothing),
        Figure::new("records that waited on the node, at most", "", seen.waiting, Bound::less(50_000.0, None)),
        Figure::new("until the last record was stored", "s", ended.elapsed().as_secs_f64(), None),
        Figure::new("growth of the node", "MB", grown as f64 / 1e6, None),
    ])
}

async fn watch(node: &Node, is_over: impl Fn() -> bool) -> Result<Seen> {
    let mut seen = Seen::default();
    while !is_over() {
        seen.waiting = seen.waiting.max(node.gauge("portway_usage_queue").await?);
        seen.resident = resident_bytes(node.process.pid())?;
        sleep(LOOK_EVERY).await;
    }
    Ok(seen)
}

/// Calls in the roll-ups, which count each record once.
async fn recorded(owner: &Person) -> Result<u64> {
    let usage = owner.get("usage?bucket=hour").await.ok();
    usage.pointer("/all/total/calls").and_then(serde_json::Value::as_u64).context("a number of calls")
}
