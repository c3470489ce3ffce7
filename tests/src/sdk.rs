//! The official SDKs and a real Chromium, driven as processes. `tests/clients` says what each line means.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::PATIENCE;
use crate::people::{PASSWORD, Person};

/// Which SDK line: v1 speaks the legacy era, v2 is pinned to the modern one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    V1Legacy,
    V2Modern,
}

/// An IDE built on the official TypeScript SDK.
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

impl SdkIde {
    pub fn start(sdk: Sdk, url: &str) -> Self {
        let era = if sdk == Sdk::V2Modern { "modern" } else { "legacy" };
        let mut process = Command::new("node")
            .arg(clients().join("ide.mjs"))
            .args([era, url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `cargo xtask test` installs the clients' packages");
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

    /// Any other operation of `ide.mjs`.
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

#[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says where Chromium is")]
fn chromium_path() -> String {
    std::env::var("PORTWAY_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned())
}
