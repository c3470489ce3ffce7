//! Clients that nobody here wrote and a real Chromium, driven as processes. `tests/clients` says what each line means.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::fakes::mcp_server::Era;
use crate::people::{PASSWORD, Person};
use crate::{PATIENCE, conformance};

/// Which client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    /// The official TypeScript SDK, v1: the legacy era.
    V1Legacy,
    /// The official TypeScript SDK, v2, pinned to the modern era.
    V2Modern,
    /// The official Python SDK, which finds out the era.
    Python,
    /// `mcp-remote` between the gateway and an IDE that knows local servers only.
    McpRemote,
    /// The MCP Inspector's command line, told the era.
    Inspector(Era),
}

/// An IDE built on somebody else's client.
pub struct SdkIde {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    next_id: u64,
    /// Authorization URLs it asked to open, in order.
    pub authorizations: Vec<String>,
}

fn clients() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients")
}

impl Sdk {
    /// What to run, without the gateway's URL.
    fn command(self) -> Command {
        let node = |script: &str| {
            let mut command = Command::new(conformance::node());
            command.arg(clients().join(script));
            command
        };
        let mut command;
        match self {
            Self::V1Legacy | Self::V2Modern => {
                command = Command::new("node");
                command.arg(clients().join("ide.mjs")).arg(if self == Self::V1Legacy { "legacy" } else { "modern" });
            }
            Self::Python => {
                command = Command::new(clients().join(".venv/bin/python"));
                command.arg(clients().join("ide.py"));
            }
            Self::McpRemote => command = node("mcp-remote.mjs"),
            Self::Inspector(era) => {
                let inspector = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";
                command = node("inspector.mjs");
                command.arg(conformance::folder().join(inspector));
                command.arg(if era == Era::Legacy { "legacy" } else { "modern" });
            }
        }
        command
    }
}

impl SdkIde {
    pub fn start(sdk: Sdk, url: &str) -> Self {
        let mut command = sdk.command();
        command.arg(url);
        Self::run_command(command)
    }

    /// A legacy client that can be asked everything; it has its token already.
    pub fn host(url: &str, access_token: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(clients().join("host.mjs")).args([url, access_token]);
        Self::run_command(command)
    }

    fn run_command(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it runs; `cargo xtask test --only clients` installs the clients");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { _process: process, input, output, next_id: 0, authorizations: Vec::new() }
    }

    /// Connects; when the browser must open, `person` signs in with Chromium and decides. Answers what the browser saw.
    pub async fn connect_as(&mut self, person: &Person, decision: &str) -> (Result<Value, String>, Option<Value>) {
        self.ask("connect", json!({})).await;
        match self.line().await {
            line if line["event"] == "authorize" => {
                let url = line["url"].as_str().expect("a URL").to_owned();
                self.authorizations.push(url.clone());
                let seen = chromium(&url, person, decision).await;
                (self.answer().await, Some(seen))
            }
            line => (outcome(&line), None),
        }
    }

    /// Any other operation of the script.
    pub async fn run(&mut self, op: &str, input: Value) -> Result<Value, String> {
        self.ask(op, input).await;
        self.answer().await
    }

    async fn ask(&mut self, op: &str, mut input: Value) {
        self.next_id += 1;
        input["id"] = self.next_id.into();
        input["op"] = op.into();
        self.input.write_all(format!("{input}\n").as_bytes()).await.expect("it listens");
    }

    async fn answer(&mut self) -> Result<Value, String> {
        loop {
            let line = self.line().await;
            if line["id"] == self.next_id {
                return outcome(&line);
            }
            if line["event"] == "authorize" {
                return Err(format!("it asks to sign in again: {}", line["url"]));
            }
        }
    }

    async fn line(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE * 2, self.output.next_line()).await.expect("the IDE answers");
        let line = line.expect("readable").expect("the IDE lives");
        serde_json::from_str(&line).expect("JSON lines")
    }
}

fn outcome(line: &Value) -> Result<Value, String> {
    if line["ok"] == true {
        Ok(line["value"].clone())
    } else {
        Err(line["error"].as_str().unwrap_or("unknown").to_owned())
    }
}

/// The person's real browser; answers the pages it saw and where it ended.
pub async fn chromium(url: &str, person: &Person, decision: &str) -> Value {
    let plan = json!({"userName": person.user_name, "password": PASSWORD, "decision": decision});
    let output = Command::new("node")
        .arg(clients().join("browser.mjs"))
        .args([&chromium_path(), url, &plan.to_string()])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE * 3, output).await.expect("the browser comes back").expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON line")
}

/// A real browser that does what it is told, step by step (`tests/clients/steps.mjs`); answers the page after each.
pub async fn chromium_steps(steps: Value) -> Vec<Value> {
    let plan = json!({"steps": steps});
    let output = Command::new("node")
        .arg(clients().join("steps.mjs"))
        .args([&chromium_path(), &plan.to_string()])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE * 3, output).await.expect("the browser comes back").expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON line")
}

#[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says where Chromium is")]
fn chromium_path() -> String {
    std::env::var("PORTWAY_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}
