//! `portway node …`.

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{ConnectionArgs, NodeCommand};
use crate::platform::Platform;
use crate::terminal;

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
    /// Live connections of processes that carry this identity.
    streams: Vec<Stream>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    version: String,
    tenants: Vec<Followed>,
}

/// A tenant that a node follows.
#[derive(Debug, Deserialize)]
struct Followed {
    lag: u64,
    rejects: Vec<Value>,
}

impl Node {
    fn row(&self) -> [String; 6] {
        let status = match (&self.revoked_at, self.streams.len()) {
            (Some(_), _) => "revoked".to_owned(),
            (None, 0) => "away".to_owned(),
            (None, 1) => "connected".to_owned(),
            (None, streams) => format!("connected ({streams})"),
        };
        let followed = || self.streams.iter().flat_map(|stream| &stream.tenants);
        let version = self.streams.first().map(|stream| stream.version.clone()).unwrap_or_default();
        let lag = followed().map(|tenant| tenant.lag).max().map(|lag| lag.to_string()).unwrap_or_default();
        let rejects: usize = followed().map(|tenant| tenant.rejects.len()).sum();
        [self.name.clone(), self.pool.clone(), status, version, lag, rejects.to_string()]
    }
}

/// Does what was asked, on standard output.
pub async fn run(command: NodeCommand) -> anyhow::Result<()> {
    match command {
        NodeCommand::Enrol { name, pool, connection } => {
            enrol(&connection, &json!({ "name": name, "pool": pool })).await
        }
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

/// There is no way back: a node that was revoked by mistake is enrolled anew, with another secret.
async fn revoke(connection: &ConnectionArgs, name: &str, yes: bool) -> anyhow::Result<()> {
    let platform = Platform::connect(connection)?;
    let nodes: Vec<Node> = platform.list(&["nodes"]).await?;
    let node = nodes.iter().find(|node| node.name == name && node.revoked_at.is_none());
    let node = node.with_context(|| format!("no node in use has the name {name}; see `portway node list`"))?;
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
    let rows: Vec<[String; 6]> = nodes.iter().map(Node::row).collect();
    terminal::table(["NAME", "POOL", "STATUS", "VERSION", "BEHIND", "REJECTS"], &rows);
    Ok(())
}
