//! The official SDK's modern client with a token that it was given, driven as a process (`tests/clients/modern.mjs`).

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::PATIENCE;

pub struct ModernIde {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    next_id: u64,
    /// What it said by itself and nobody asked for yet.
    events: VecDeque<Value>,
}

impl ModernIde {
    pub fn start(url: &str, token: &str) -> Self {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients/modern.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .args([url, token])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `cargo xtask test --only clients` installs the clients' packages");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { _process: process, input, output, next_id: 0, events: VecDeque::new() }
    }

    /// One operation of the script.
    pub async fn run(&mut self, op: &str, mut input: Value) -> Result<Value, String> {
        self.next_id += 1;
        input["id"] = self.next_id.into();
        input["op"] = json!(op);
        self.input.write_all(format!("{input}\n").as_bytes()).await.expect("it listens");
        loop {
            let line = self.line().await;
            match (line["id"] == self.next_id, line["ok"] == true) {
                (false, _) => self.events.push_back(line),
                (true, true) => return Ok(line["value"].clone()),
                (true, false) => return Err(line["error"].as_str().unwrap_or("unknown").to_owned()),
            }
        }
    }

    /// Waits until it says this by itself.
    pub async fn heard(&mut self, event: &str) -> Value {
        if let Some(position) = self.events.iter().position(|line| line["event"] == event) {
            return self.events.remove(position).expect("found");
        }
        loop {
            let line = self.line().await;
            if line["event"] == event {
                return line;
            }
            self.events.push_back(line);
        }
    }

    async fn line(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE * 2, self.output.next_line()).await.expect("it answers in time");
        serde_json::from_str(&line.expect("readable").expect("it lives")).expect("JSON lines")
    }
}
