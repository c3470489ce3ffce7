//! `portway node …`.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{ConnectionArgs, NodeCommand};
use crate::platform::{Api, Platform};
use crate::terminal;

const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
struct Enrolled {
    secret: String,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    name: String,
    pool: String,
    revoked_at: Option<String>,
    draining_since: Option<String>,
    /// Live connections of processes that carry this identity.
    streams: Vec<Stream>,
    /// Replicas of the control plane that did not say which nodes they have.
    silent_replicas: usize,
}

#[derive(Debug, Deserialize)]
struct Stream {
    version: String,
    load: Option<Load>,
    tenants: Vec<Followed>,
}

/// What a process is busy with.
#[derive(Debug, Deserialize)]
struct Load {
    calls: u32,
    streams: u32,
    draining: bool,
}

/// A tenant that a node follows.
#[derive(Debug, Deserialize)]
struct Followed {
    lag: u64,
    rejects: Vec<Value>,
}

impl Node {
    fn row(&self) -> [String; 7] {
        let state = match (&self.revoked_at, &self.draining_since, self.streams.len()) {
            (Some(_), ..) => "revoked",
            (None, _, 0) => "away",
            (None, Some(_), _) if self.is_empty() => "drained",
            (None, Some(_), _) => "draining",
            (None, None, _) => "connected",
        };
        let status = match self.streams.len() {
            0 | 1 => state.to_owned(),
            streams => format!("{state} ({streams})"),
        };
        let followed = || self.streams.iter().flat_map(|stream| &stream.tenants);
        let version = self.streams.first().map(|stream| stream.version.clone()).unwrap_or_default();
        let lag = followed().map(|tenant| tenant.lag).max().map(|lag| lag.to_string()).unwrap_or_default();
        let rejects: usize = followed().map(|tenant| tenant.rejects.len()).sum();
        let load = match self.load() {
            Some((calls, streams)) => format!("{calls} + {streams}"),
            None => String::new(),
        };
        [self.name.clone(), self.pool.clone(), status, version, load, lag, rejects.to_string()]
    }

    /// Calls and streams of all its processes, if each says.
    fn load(&self) -> Option<(u64, u64)> {
        let loads: Option<Vec<&Load>> = self.streams.iter().map(|stream| stream.load.as_ref()).collect();
        let loads = loads.filter(|loads| !loads.is_empty())?;
        let sum = |of: fn(&Load) -> u32| loads.iter().map(|load| u64::from(of(load))).sum();
        Some((sum(|load| load.calls), sum(|load| load.streams)))
    }

    /// Whether every process says that it takes nobody in and has nothing to do.
    fn is_empty(&self) -> bool {
        let draining = |stream: &Stream| stream.load.as_ref().is_some_and(|load| load.draining);
        self.silent_replicas == 0 && self.load() == Some((0, 0)) && self.streams.iter().all(draining)
    }
}

/// Does what was asked, on standard output.
pub async fn run(command: NodeCommand) -> anyhow::Result<()> {
    match command {
        NodeCommand::Enrol { name, pool, connection } => {
            enrol(&connection, &json!({ "name": name, "pool": pool })).await
        }
        NodeCommand::Drain { name, wait, connection } => drain(&connection, &name, wait).await,
        NodeCommand::Resume { name, connection } => resume(&connection, &name).await,
        NodeCommand::Revoke { name, yes, connection } => revoke(&connection, &name, yes).await,
        NodeCommand::List { connection } => list(&connection).await,
    }
}

/// The secret stands alone on standard output, so that it can go into a file.
async fn enrol(connection: &ConnectionArgs, body: &Value) -> anyhow::Result<()> {
    let answer: Value = Platform::connect(connection)?.post(&["nodes"], body).await?;
    if connection.json {
        terminal::say(&answer.to_string());
        return Ok(());
    }
    let enrolled: Enrolled = serde_json::from_value(answer)?;
    terminal::note(
        "Enrolled. Give the node this secret (PORTWAY_NODE_CONTROL_PLANE__NODE_SECRET); it is not shown again:",
    );
    terminal::say(&enrolled.secret);
    Ok(())
}

async fn drain(connection: &ConnectionArgs, name: &str, wait_s: Option<u64>) -> anyhow::Result<()> {
    let platform = Platform::connect(connection)?;
    let id = in_use(&platform, name).await?.id;
    let asked: Node = platform.patch(&["nodes", &id], &json!({ "draining": true })).await?;
    let Some(wait_s) = wait_s else {
        terminal::note(&format!("{name} is draining; `portway node list` says when it is drained"));
        return Ok(());
    };
    if asked.streams.is_empty() {
        bail!("{name} is draining, but no process of it is connected: watch the node itself");
    }
    let until = Instant::now() + Duration::from_secs(wait_s);
    loop {
        let node: Node = platform.get_with(&["nodes", &id], &[]).await?;
        if node.is_empty() {
            terminal::note(&format!("{name} is drained: its processes can be stopped"));
            return Ok(());
        }
        if Instant::now() >= until {
            let (calls, streams) = node.load().context("a process of the node does not say what it is busy with")?;
            bail!("{name} is draining still: {calls} calls and {streams} streams are under way after {wait_s} s");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn resume(connection: &ConnectionArgs, name: &str) -> anyhow::Result<()> {
    let platform = Platform::connect(connection)?;
    let id = in_use(&platform, name).await?.id;
    let _: Node = platform.patch(&["nodes", &id], &json!({ "draining": false })).await?;
    terminal::note(&format!("{name} is in use again"));
    Ok(())
}

async fn in_use(platform: &Api, name: &str) -> anyhow::Result<Node> {
    let nodes: Vec<Node> = platform.list(&["nodes"]).await?;
    let node = nodes.into_iter().find(|node| node.name == name && node.revoked_at.is_none());
    node.with_context(|| format!("no node in use has the name {name}; see `portway node list`"))
}

/// There is no way back: a node that was revoked by mistake is enrolled anew, with another secret.
async fn revoke(connection: &ConnectionArgs, name: &str, yes: bool) -> anyhow::Result<()> {
    let platform = Platform::connect(connection)?;
    let node = in_use(&platform, name).await?;
    let question = format!("The node {name} stops for good; calls through it fail. Type {name} to go on:");
    if !yes && !terminal::confirm(&question, name) {
        bail!("nothing was changed");
    }
    platform.delete(&["nodes", &node.id]).await?;
    terminal::note(&format!("Revoked {name}"));
    Ok(())
}

async fn list(connection: &ConnectionArgs) -> anyhow::Result<()> {
    let answer: Vec<Value> = Platform::connect(connection)?.list(&["nodes"]).await?;
    if connection.json {
        terminal::say(&Value::from(answer).to_string());
        return Ok(());
    }
    let nodes: Vec<Node> = answer.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
    if let Some(silent) = nodes.iter().map(|node| node.silent_replicas).max().filter(|silent| *silent > 0) {
        terminal::note(&format!(
            "{silent} of the control plane's replicas did not answer: nodes connected there look away"
        ));
    }
    let rows: Vec<[String; 7]> = nodes.iter().map(Node::row).collect();
    terminal::table(["NAME", "POOL", "STATUS", "VERSION", "CALLS + STREAMS", "BEHIND", "REJECTS"], &rows);
    Ok(())
}
