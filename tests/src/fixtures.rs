//! MCP servers on the official SDKs (`tests/fixtures`), run as processes; each ends with the test.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::PATIENCE;
use crate::fakes::mcp_server::Era;

/// A running fixture.
pub struct Fixture {
    pub url: String,
    _process: Child,
    /// It serves until this is closed, which also a killed test does.
    _input: ChildStdin,
}

impl Fixture {
    pub async fn start(era: Era) -> Self {
        let name = if era == Era::Legacy { "legacy.mjs" } else { "modern.mjs" };
        let mut process = Command::new("node")
            .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `cargo xtask test --only clients` installs the fixtures' packages");
        let input = process.stdin.take().expect("piped");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it starts in time");
        let line = line.expect("text").expect("it says where it listens");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let url = said["url"].as_str().expect("a URL").to_owned();
        Self { url, _process: process, _input: input }
    }
}
