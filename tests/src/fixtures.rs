//! MCP servers on the official SDKs and an OpenID provider (`tests/fixtures`), run as processes; each ends with the test.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::PATIENCE;
use crate::fakes::mcp_server::Era;

/// A running fixture.
pub struct Fixture {
    pub url: String,
    _process: Child,
    /// It serves until this is closed, which also a killed test does.
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Fixture {
    pub async fn start(era: Era) -> Self {
        Self::run(if era == Era::Legacy { "legacy.mjs" } else { "modern.mjs" }, None).await
    }

    /// Any script of the folder, with one argument perhaps.
    pub async fn run(name: &str, argument: Option<&str>) -> Self {
        let mut process = Command::new(crate::conformance::node())
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name))
            .args(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `cargo xtask test --only clients` installs the fixtures' packages");
        let input = process.stdin.take().expect("piped");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let said = read(&mut lines).await;
        let url = said["url"].as_str().expect("a URL").to_owned();
        Self { url, _process: process, input, lines }
    }

    /// Writes a line and waits for one.
    pub async fn tell(&mut self, line: &Value) -> Value {
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("it listens");
        read(&mut self.lines).await
    }
}

async fn read(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it answers in time");
    serde_json::from_str(&line.expect("text").expect("a line")).expect("JSON")
}
