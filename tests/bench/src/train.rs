//! What a node does most, for a compiler that learns from it (profile-guided optimization): calls of both eras, answered
//! in JSON and in event streams, limited or not, and the sessions and streams around them.
//!
//! Nothing is measured. The node has to be built to count (`-C profile-generate`), and writes what it counted when it ends.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::memory::{self, Held};
use crate::messages;
use crate::people::Person;
use crate::rounds;
use crate::stage::{Node, Stage};

/// Calls of the two kinds that are most of a node's work; what else there is gets a part of them each.
const CALLS: u64 = 60_000;
const OTHER_CALLS: u64 = 6_000;
const STREAMS: usize = 100;

/// Runs to the end of the node. `programs` is the folder with the binaries.
pub async fn run(programs: &Path) -> Result<()> {
    let stage = Stage::without_proxies(programs).await?;
    let node = stage.start_node("node", true).await?;
    let owner = stage.tenant().await?;
    for (name, path) in [("modern-events", "modern-events"), ("legacy-events", "legacy-events"), ("limited", "modern")]
    {
        let server = owner.register_server(name, &format!("http://{}/{path}", stage.echo.far)).await;
        owner.grant_everyone(&server).await;
        if name == "limited" {
            let windows = json!([{"limit": 36_000_000, "per": "hour"}]);
            let rule = json!({"name": "limit", "servers": [server], "key": ["subject", "tool"], "windows": windows});
            owner.post("limit-rules", rule).await.ok();
        }
    }
    for (server, calls) in [("modern-far", CALLS), ("modern-events", OTHER_CALLS), ("limited", OTHER_CALLS)] {
        let request = messages::modern_call(&stage.door(&owner, server).await);
        rounds::many(node.address, &[request], calls)?;
    }
    for (server, calls) in [("legacy-far", CALLS), ("legacy-events", OTHER_CALLS)] {
        let door = stage.door(&owner, server).await;
        rounds::many(node.address, &[messages::initialize(&door)], OTHER_CALLS / 10)?;
        let session = memory::session(node.address, &door).await?;
        rounds::many(node.address, &[messages::legacy_call(&door, &session)], calls)?;
    }
    streams(&stage, &node, &owner).await?;
    node.process.end().context("the node did not end by itself")
}

/// Streams that open and end.
async fn streams(stage: &Stage, node: &Node, owner: &Person) -> Result<()> {
    for era in ["legacy", "modern"] {
        let door = stage.door(owner, &format!("{era}-far")).await;
        let requests = memory::requests(node, era, &[door], STREAMS).await?;
        drop(Held::open(node, requests).await?);
    }
    Ok(())
}
