//! What limits and call records add to a warm call: the same call with and without them, in turns.
//!
//! A node cannot be told to keep no records. What sending them costs is seen while the control plane stands still: then a
//! node's queue is full, and records are made and dropped. Making one is in every figure.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::load::{Plan, Until};
use crate::messages;
use crate::people::Person;
use crate::report::{Bound, Figure};
use crate::rounds::{self, Candidate, Effort, Sample, Series, difference};
use crate::stage::{Node, OTHER_CORE, Stage};

const CONNECTIONS: usize = 32;
/// The design's bound: limits and records, without Redis.
const CPU_US_MAX: f64 = 10.0;
/// Records that a node queues for the control plane: more than that are dropped.
const QUEUE_RECORDS: u64 = 50_000;
/// As many as can be told apart, and the greatest numbers that a limit takes.
const KEYS: [&[&str]; 4] = [&["tenant"], &["subject"], &["server", "tool"], &["subject", "server", "tool"]];
const PER_HOUR: u64 = 36_000_000;

/// With the stage's first node, and another one that has a Redis.
pub async fn measure(
    stage: &mut Stage,
    node: &Node,
    owner: &Person,
    effort: Effort,
    notes: &mut Vec<String>,
) -> Result<Vec<Figure>> {
    let redis = stage.start_redis()?;
    let settings = [("PORTWAY_NODE_REDIS__URL", format!("redis://{redis}"))];
    let shared = stage.start_node_with("node-redis", false, &settings).await?;
    let limited = owner.register_server("limited", &format!("http://{}/modern", stage.echo.far)).await;
    owner.grant_everyone(&limited).await;
    for (number, key) in KEYS.iter().enumerate() {
        let windows = json!([{"limit": PER_HOUR, "per": "hour"}, {"limit": PER_HOUR * 24, "per": "day"}]);
        let rule = json!({"name": format!("limit {number}"), "servers": [limited], "key": key, "windows": windows});
        owner.post("limit-rules", rule).await.ok();
    }
    let plain = vec![messages::modern_call(&stage.door(owner, "modern-far").await)];
    let limited = vec![messages::modern_call(&stage.door(owner, "limited").await)];
    let candidate = |name, node: &Node, requests: &[String]| Candidate {
        name,
        target: node.address,
        requests: requests.to_vec(),
        pid: Some(node.process.pid()),
    };
    let candidates = [
        candidate("plain", node, &plain),
        candidate("limited", node, &limited),
        candidate("plain, Redis", &shared, &plain),
        candidate("limited, Redis", &shared, &limited),
    ];
    let series = rounds::run(&candidates, effort, CONNECTIONS, OTHER_CORE)?;
    let [in_memory, limited_in_memory, with_redis, limited_with_redis] =
        <[Series; 4]>::try_from(series).ok().context("a series per candidate")?;
    let trips = trips(&shared, limited, redis)?;
    let silent = silent(stage, &candidate("silent", node, &plain), effort)?;

    let cpu = |sample: &Sample| sample.cpu_us;
    let limits = difference(&limited_in_memory, &in_memory, cpu);
    let sending = (in_memory.median(cpu) - silent.median(cpu)).max(0.0);
    let bound = Bound::less(CPU_US_MAX, None);
    let trip = Bound::less(1.05, None);
    notes.push(format!(
        "Controls: {} limits of two windows each on every call of one server and none on another's. Records: what a call costs \
         less what it costs while the control plane stands still, when records are made and dropped. Making one is in both.",
        KEYS.len()
    ));
    Ok(vec![
        Figure::spread("CPU of limits, in memory", "µs", limits, None),
        Figure::new("CPU of sending call records", "µs", sending, None),
        Figure::new("CPU of both", "µs", limits.median + sending, bound),
        Figure::spread("CPU of limits, with Redis", "µs", difference(&limited_with_redis, &with_redis, cpu), None),
        Figure::new("round trips to Redis per limited call", "", trips, trip),
    ])
}

/// Scripts that Redis ran for each call of a number of them.
fn trips(node: &Node, requests: Vec<String>, redis: SocketAddr) -> Result<f64> {
    let plan = Plan {
        target: node.address,
        connections: CONNECTIONS,
        requests,
        warm_up_ms: 0,
        until: Until::Calls(5_000),
        calls_per_s: None,
    };
    let before = scripts(redis)?;
    let outcome = rounds::load(&plan, OTHER_CORE)?;
    Ok((scripts(redis)? - before) / outcome.calls_in_all.max(1) as f64)
}

/// Scripts that Redis has run.
fn scripts(redis: SocketAddr) -> Result<f64> {
    let mut connection = TcpStream::connect(redis)?;
    connection.write_all(b"INFO commandstats\r\nQUIT\r\n")?;
    let mut said = String::new();
    connection.read_to_string(&mut said)?;
    let calls = |line: &str| {
        let rest = ["cmdstat_evalsha:", "cmdstat_eval:"].iter().find_map(|name| line.strip_prefix(name))?;
        rest.strip_prefix("calls=")?.split(',').next()?.parse::<f64>().ok()
    };
    Ok(said.lines().filter_map(calls).sum())
}

/// The same calls while the control plane stands still and the node's queue is full.
fn silent(stage: &Stage, candidate: &Candidate, effort: Effort) -> Result<Series> {
    let pid = stage.pid("control-plane")?;
    signal("STOP", pid)?;
    let fill = Plan {
        target: candidate.target,
        connections: CONNECTIONS,
        requests: candidate.requests.clone(),
        warm_up_ms: 0,
        until: Until::Calls(QUEUE_RECORDS * 5 / 4),
        calls_per_s: None,
    };
    let measured = rounds::load(&fill, OTHER_CORE)
        .and_then(|_| rounds::run(std::slice::from_ref(candidate), effort, CONNECTIONS, OTHER_CORE));
    signal("CONT", pid)?;
    measured?.pop().context("a series")
}

fn signal(name: &str, pid: u32) -> Result<()> {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status()?;
    if !status.success() {
        bail!("the control plane takes no signal");
    }
    Ok(())
}
