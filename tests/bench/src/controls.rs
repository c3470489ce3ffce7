//! What limits and call records add to a warm call: the same call with and without them, in turns.
//!
//! A node cannot be told to keep no records. What sending them costs is seen beside a node whose way to the control plane
//! is held: its queue is full, and records are made and dropped. Making one is in every figure.
//!
//! The cores of a machine share parts, so a call costs more while the other core works. A loop of the least priority keeps
//! that one busy all the time, for every candidate alike.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::messages;
use crate::people::Person;
use crate::processes::{Process, wrapped};
use crate::report::{Bound, Figure};
use crate::rounds::{self, Candidate, Effort, Sample, Series, difference};
use crate::stage::{Node, OTHER_CORE, Stage};
use crate::way::Way;

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
    let way = Way::to(stage.grpc).await?;
    let settings = [("PORTWAY_NODE_CONTROL_PLANE__URL", format!("http://{}", way.entry))];
    let silent = stage.start_node_with("node-silent", false, &settings).await?;
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
        candidate("silent", &silent, &plain),
    ];
    // It has to know what it serves before it hears no more. Meanwhile this thread carries what it hears.
    let (address, requests) = (silent.address, plain.clone());
    tokio::task::spawn_blocking(move || rounds::many(address, &requests, 100)).await??;
    way.hold();
    rounds::many(silent.address, &plain, QUEUE_RECORDS * 5 / 4)?;
    let series = {
        let _busy = busy(stage)?;
        rounds::run(&candidates, effort, CONNECTIONS, OTHER_CORE)?
    };
    let [in_memory, limited_in_memory, with_redis, limited_with_redis, silent] =
        <[Series; 5]>::try_from(series).ok().context("a series per candidate")?;
    let trips = trips(&shared, &limited, redis)?;

    let cpu = |sample: &Sample| sample.cpu_us;
    let limits = difference(&limited_in_memory, &in_memory, cpu);
    let sending = difference(&in_memory, &silent, cpu);
    let both = limits.median + sending.median;
    let bound = Bound::less(CPU_US_MAX, None);
    let trip = Bound::less(1.05, None);
    notes.push(format!(
        "Controls: {} limits of two windows each on every call of one server and none on another's. Records: what a call costs \
         less what it costs on a node that does not reach the control plane, where records are made and dropped. Making one \
         is in both. A loop keeps the other core busy.",
        KEYS.len()
    ));
    Ok(vec![
        Figure::spread("CPU of limits, in memory", "µs", limits, None),
        Figure::spread("CPU of sending call records", "µs", sending, None),
        Figure::new("CPU of both", "µs", both, bound),
        Figure::spread("CPU of limits, with Redis", "µs", difference(&limited_with_redis, &with_redis, cpu), None),
        Figure::new("round trips to Redis per limited call", "", trips, trip),
    ])
}

/// Works all the time, where nothing else wants to.
fn busy(stage: &Stage) -> Result<Process> {
    let mut command = Command::new("sh");
    command.args(["-c", "while :; do :; done"]);
    stage.start_program("busy", OTHER_CORE, &wrapped(&["nice", "-n", "19"], &command))
}

/// Scripts that Redis ran for each call of a number of them.
fn trips(node: &Node, requests: &[String], redis: SocketAddr) -> Result<f64> {
    let before = scripts(redis)?;
    let calls = rounds::many(node.address, requests, 5_000)?;
    Ok((scripts(redis)? - before) / calls.max(1) as f64)
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
