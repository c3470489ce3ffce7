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
use crate::stage::{Node, OTHER_CORE, SERVERS as STAGE_SERVERS, Stage, may_have_files};
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
pub const QUICK: Scale = Scale { servers: 50, users: 20, sessions: 1_000, streams: 1_000 };

/// Time for what a request set in motion to come to rest.
const SETTLE: Duration = Duration::from_secs(2);
const SIGN_UPS_AT_ONCE: usize = 4;
/// Streams of one person at a time, with room for the warm-up: a node allows 256.
const STREAMS_EACH: usize = 200;

/// ADR 0022.
const STREAM_KB_MAX: f64 = 48.0;

/// A private network that nobody here is in.
const SOMEWHERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);

const MB: f64 = 1_000_000.0;
const KB: f64 = 1_000.0;

/// Measures everything; what could not be measured is said in the notes.
pub async fn measure(stage: &Stage, owner: &Person, scale: Scale, notes: &mut Vec<String>) -> Result<Vec<Figure>> {
    let is_full = scale.users == FULL.users;
    let bound = |limit| is_full.then(|| Bound::less(limit, None)).flatten();
    let mut figures = Vec::new();

    let node = stage.start_node("node-idle", false).await?;
    tokio::time::sleep(SETTLE).await;
    figures.push(Figure::new("resident memory, a node that just started", "MB", resident(&node)? / MB, None));
    drop(node);

    let door = stage.door(owner, "legacy-far").await;
    let what = format!("per idle legacy session, {} open", scale.sessions);
    figures.push(Figure::new(what, "KB", sessions(stage, &door, scale.sessions).await? / KB, bound(6.0)));

    let count = scale.streams.min(streams_that_fit()?);
    if count < scale.streams {
        notes.push(format!("A process may open files for {count} streams here, not for {}.", scale.streams));
    }
    let listeners = join(owner, 1, count.div_ceil(STREAMS_EACH)).await?;
    for (era, name) in [("legacy", "node-streams"), ("modern", "node-listen")] {
        let mut doors = Vec::new();
        for listener in &listeners {
            doors.push(stage.door(listener, &format!("{era}-far")).await);
        }
        let what = format!("per idle {era} stream, {count} open");
        match streams(stage, name, era, &doors, count).await? {
            Some(each) => figures.push(Figure::new(what, "KB", each / KB, bound(STREAM_KB_MAX))),
            None => notes.push(format!("No {era} streams were measured: the node does not offer them.")),
        }
    }

    join(owner, listeners.len() + 1, scale.users.saturating_sub(listeners.len() + 1)).await?;
    register(owner, scale.servers).await;
    let node = stage.start_node("node-large", false).await?;
    first_call(&node, &stage.door(owner, "modern-far").await).await?;
    tokio::time::sleep(SETTLE).await;
    let what = format!("resident memory, {} servers and {} users subscribed", scale.servers, scale.users);
    figures.push(Figure::new(what, "MB", resident(&node)? / MB, bound(60.0)));
    if !is_full {
        notes.push("Memory was measured at a smaller scale than the bounds are for.".to_owned());
    }
    Ok(figures)
}

/// How many streams a node has files for: two each, and some for everything else.
fn streams_that_fit() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().nth(1));
    let files: usize = files.and_then(|files| files.parse().ok()).unwrap_or(usize::MAX);
    if may_have_files() { Ok(usize::MAX) } else { Ok(files.saturating_sub(1_000) / 2) }
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

/// Resident bytes per session. The first tenth makes the node ready for the rest, which are what is counted.
async fn sessions(stage: &Stage, door: &Door, count: usize) -> Result<f64> {
    let node = fresh(stage, "node-sessions", door).await?;
    open_sessions(&node, door, count / 10)?;
    tokio::time::sleep(SETTLE).await;
    let before = resident(&node)?;
    open_sessions(&node, door, count)?;
    tokio::time::sleep(SETTLE).await;
    Ok((resident(&node)? - before) / count as f64)
}

/// Many handshakes over few connections, as behind a balancer: the sessions stay, the sockets do not.
fn open_sessions(node: &Node, door: &Door, count: usize) -> Result<()> {
    let until = Until::Calls(count as u64);
    let plan = Plan {
        target: node.address,
        connections: 8,
        requests: vec![messages::initialize(door)],
        warm_up_ms: 0,
        until,
        calls_per_s: None,
    };
    load(&plan, OTHER_CORE).map(drop)
}

/// Resident bytes per open stream; `None` when the node does not offer any. The first tenth makes the node ready for
/// the rest, which are what is counted.
async fn streams(stage: &Stage, name: &'static str, era: &str, doors: &[Door], count: usize) -> Result<Option<f64>> {
    let door = doors.first().context("nobody listens")?;
    let node = fresh(stage, name, door).await?;
    if !offers_streams(&node, era, door).await? {
        return Ok(None);
    }
    let counted = count - count / 10;
    let first = requests(&node, era, doors, count / 10).await?;
    let rest = requests(&node, era, doors, counted).await?;
    let first = Held::open(&node, first).await?;
    tokio::time::sleep(SETTLE).await;
    let before = resident(&node)?;
    let rest = Held::open(&node, rest).await?;
    tokio::time::sleep(SETTLE).await;
    let each = (resident(&node)? - before) / counted as f64;
    drop((first, rest));
    Ok(Some(each))
}

async fn offers_streams(node: &Node, era: &str, door: &Door) -> Result<bool> {
    let request = request(node, era, door).await?;
    let mut probe = Connection::connect(node.address).await?;
    probe.write(request.as_bytes()).await?;
    let head = probe.read_head().await?;
    let is_stream = header(&head, "content-type").is_some_and(|mime| mime.starts_with("text/event-stream"));
    Ok(status(&head) == Some(200) && is_stream)
}

/// One request for each of `count` streams; people take turns.
pub async fn requests(node: &Node, era: &str, doors: &[Door], count: usize) -> Result<Vec<String>> {
    let mut requests = Vec::with_capacity(count);
    for door in doors.iter().cycle().take(count) {
        requests.push(request(node, era, door).await?);
    }
    Ok(requests)
}

/// A legacy session has one stream: each is in a session of its own.
async fn request(node: &Node, era: &str, door: &Door) -> Result<String> {
    Ok(match era {
        "legacy" => messages::legacy_stream(door, &session(node.address, door).await?),
        _ => messages::modern_listen(door),
    })
}

/// The process that holds the client's ends of streams.
pub struct Held(std::process::Child);

impl Held {
    pub async fn open(node: &Node, requests: Vec<String>) -> Result<Self> {
        let connections = requests.len();
        let plan = Plan {
            target: node.address,
            connections,
            requests,
            warm_up_ms: 0,
            until: Until::Calls(0),
            calls_per_s: None,
        };
        tokio::task::spawn_blocking(move || Self::start(&plan)).await?
    }

    fn start(plan: &Plan) -> Result<Self> {
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

/// Lets `count` people join, beginning with that number.
async fn join(owner: &Person, first: usize, count: usize) -> Result<Vec<Person>> {
    let owner = Arc::new(owner.clone());
    let (mut joining, mut people) = (JoinSet::new(), Vec::new());
    for number in first..first + count {
        if joining.len() >= SIGN_UPS_AT_ONCE {
            people.extend(joining.join_next().await.transpose()?);
        }
        let owner = owner.clone();
        // From networks of their own: sign-ins are limited by address.
        let address = Ipv4Addr::from_bits(SOMEWHERE.to_bits() + u32::try_from(number)?);
        joining.spawn(async move {
            let browser = Browser::at(&address.to_string());
            owner.invite_to(browser, &format!("person-{number}"), "member").await
        });
    }
    while let Some(joined) = joining.join_next().await {
        people.push(joined?);
    }
    Ok(people)
}

/// Registers servers until there are as many as wanted.
async fn register(owner: &Person, count: usize) {
    for number in STAGE_SERVERS..count {
        let url = format!("https://mcp-{number}.example.com/mcp");
        let server = owner.register_server(&format!("server-{number}"), &url).await;
        owner.grant_everyone(&server).await;
    }
}
