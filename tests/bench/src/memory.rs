//! What a node keeps in memory: nothing yet, a large tenant, idle sessions, idle streams. Measured on nodes of their own,
//! each fresh, one after the other: resident memory remembers every peak.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;

use crate::browser::Browser;
use crate::load::{Plan, Until};
use crate::messages::{self, Door};
use crate::people::Person;
use crate::processes::{pinned, resident_bytes, wrapped};
use crate::report::{Bound, Figure};
use crate::rounds::load;
use crate::stage::{Node, OTHER_CORE, Stage};
use crate::wire::{Connection, header, status};

/// Numbers the bounds speak of, or smaller ones that say less.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    pub servers: usize,
    pub users: usize,
    pub sessions: usize,
    pub streams: usize,
}

pub const FULL: Scale = Scale { servers: 1_000, users: 1_000, sessions: 10_000, streams: 10_000 };
pub const QUICK: Scale = Scale { servers: 50, users: 20, sessions: 1_000, streams: 500 };

/// Time for what a request set in motion to come to rest.
const SETTLE: Duration = Duration::from_secs(2);
const SIGN_UPS_AT_ONCE: usize = 4;

/// A private network that nobody here is in.
const SOMEWHERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);

const MB: f64 = 1_000_000.0;
const KB: f64 = 1_000.0;

/// Measures everything; what could not be measured is said in the notes.
pub async fn measure(stage: &Stage, owner: &Person, scale: Scale, notes: &mut Vec<String>) -> Result<Vec<Figure>> {
    let is_full = scale.users == FULL.users;
    let bound = |limit| is_full.then(|| Bound::less(limit, None)).flatten();
    let doors = (stage.door(owner, "legacy-far").await, stage.door(owner, "modern-far").await);
    let mut figures = Vec::new();

    let node = stage.start_node("node-idle", false).await?;
    tokio::time::sleep(SETTLE).await;
    figures.push(Figure::new("resident memory, a node that just started", "MB", resident(&node)? / MB, None));
    drop(node);

    let legacy = fresh(stage, "node-sessions", &doors.0).await?;
    let before = resident(&legacy)?;
    open_sessions(&legacy, &doors.0, scale.sessions)?;
    tokio::time::sleep(SETTLE).await;
    let each = (resident(&legacy)? - before) / scale.sessions as f64 / KB;
    figures.push(Figure::new(format!("per idle legacy session, {} open", scale.sessions), "KB", each, bound(6.0)));
    drop(legacy);

    for (era, name, door) in [("legacy", "node-streams", &doors.0), ("modern", "node-listen", &doors.1)] {
        let node = fresh(stage, name, door).await?;
        let what = format!("per idle {era} stream, {} open", scale.streams);
        match streams(&node, era, door, scale.streams).await? {
            Some(each) => figures.push(Figure::new(what, "KB", each / KB, bound(20.0))),
            None => notes.push(format!("No {era} streams were measured: the node does not offer them.")),
        }
    }

    populate(owner, scale).await?;
    let node = stage.start_node("node-large", false).await?;
    first_call(&node, &doors.1).await?;
    tokio::time::sleep(SETTLE).await;
    let what = format!("resident memory, {} servers and {} users subscribed", scale.servers, scale.users);
    figures.push(Figure::new(what, "MB", resident(&node)? / MB, bound(60.0)));
    if !is_full {
        notes.push("Memory was measured at a smaller scale than the bounds are for.".to_owned());
    }
    Ok(figures)
}

fn resident(node: &Node) -> Result<f64> {
    Ok(resident_bytes(node.process.pid())? as f64)
}

/// A node that has subscribed to the tenant and warmed up.
async fn fresh(stage: &Stage, name: &'static str, door: &Door) -> Result<Node> {
    let node = stage.start_node(name, false).await?;
    if door.path.contains("legacy") {
        session(node.address, door).await?;
    } else {
        first_call(&node, door).await?;
    }
    tokio::time::sleep(SETTLE).await;
    Ok(node)
}

async fn first_call(node: &Node, door: &Door) -> Result<()> {
    let mut connection = Connection::connect(node.address).await?;
    connection.write(messages::modern_call(door).as_bytes()).await?;
    let answer = connection.read().await?.context("the node closed the connection")?;
    if status(answer.head) != Some(200) {
        bail!("a call failed: {}", String::from_utf8_lossy(answer.head));
    }
    Ok(())
}

/// Opens a legacy session and answers its id.
pub async fn session(target: SocketAddr, door: &Door) -> Result<String> {
    let mut connection = Connection::connect(target).await?;
    connection.write(messages::initialize(door).as_bytes()).await?;
    let answer = connection.read().await?.context("the node closed the connection")?;
    let id = header(answer.head, "mcp-session-id");
    Ok(id.with_context(|| format!("no session: {}", String::from_utf8_lossy(answer.head)))?.to_owned())
}

/// Many handshakes over few connections, as behind a balancer: the sessions stay, the sockets do not.
fn open_sessions(node: &Node, door: &Door, count: usize) -> Result<()> {
    let until = Until::Calls(count as u64);
    let plan =
        Plan { target: node.address, connections: 8, requests: vec![messages::initialize(door)], warm_up_ms: 0, until };
    load(&plan, OTHER_CORE).map(drop)
}

/// Resident bytes per open stream; `None` when the node does not offer any.
async fn streams(node: &Node, era: &str, door: &Door, count: usize) -> Result<Option<f64>> {
    let request = match era {
        "legacy" => messages::legacy_stream(door, &session(node.address, door).await?),
        _ => messages::modern_listen(door),
    };
    let mut probe = Connection::connect(node.address).await?;
    probe.write(request.as_bytes()).await?;
    let head = probe.read_head().await?;
    let is_stream = header(&head, "content-type").is_some_and(|mime| mime.starts_with("text/event-stream"));
    if status(&head) != Some(200) || !is_stream {
        return Ok(None);
    }
    let before = resident(node)?;
    let requests = match era {
        // One session has one stream: a second one would end the first.
        "legacy" => sessions_for_streams(node, door, count).await?,
        _ => vec![request],
    };
    let plan = Plan { target: node.address, connections: count, requests, warm_up_ms: 0, until: Until::Calls(0) };
    let held = tokio::task::spawn_blocking(move || Held::open(&plan)).await??;
    tokio::time::sleep(SETTLE).await;
    let each = (resident(node)? - before) / count as f64;
    drop(held);
    Ok(Some(each))
}

async fn sessions_for_streams(node: &Node, door: &Door, count: usize) -> Result<Vec<String>> {
    let mut requests = Vec::with_capacity(count);
    for _ in 0..count {
        requests.push(messages::legacy_stream(door, &session(node.address, door).await?));
    }
    Ok(requests)
}

/// The process that holds the client's ends of streams.
struct Held(std::process::Child);

impl Held {
    fn open(plan: &Plan) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), serde_json::to_vec(plan)?)?;
        command.arg("hold").arg("--plan").arg(file.path());
        let files = format!("--nofile={0}:{0}", plan.connections + 1_000);
        let command = wrapped(&["prlimit", &files], &command);
        let mut child = pinned(OTHER_CORE, &command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        let stdout = child.stdout.take().context("standard output")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut said)?;
        let held = Self(child);
        if said.trim() != "open" {
            bail!("not every stream could be opened");
        }
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Registers servers and lets people join, until the tenant is as large as wanted.
async fn populate(owner: &Person, scale: Scale) -> Result<()> {
    let owner = Arc::new(owner.clone());
    let mut people = JoinSet::new();
    for number in 1..u32::try_from(scale.users)? {
        if people.len() >= SIGN_UPS_AT_ONCE {
            people.join_next().await.transpose()?;
        }
        let owner = owner.clone();
        people.spawn(async move {
            // From networks of their own: sign-ins are limited by address.
            let browser = Browser::at(&Ipv4Addr::from_bits(SOMEWHERE.to_bits() + number).to_string());
            owner.invite_to(browser, &format!("person-{number}"), "member").await
        });
    }
    while people.join_next().await.transpose()?.is_some() {}
    for number in 4..scale.servers {
        let url = format!("https://mcp-{number}.example.com/mcp");
        let server = owner.register_server(&format!("server-{number}"), &url).await;
        owner.grant_everyone(&server).await;
    }
    Ok(())
}
