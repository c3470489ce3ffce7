//! What `portway dev` says when everything runs: five lines for a person, or one JSON object for a program.

use std::path::PathBuf;

use control_plane::domain::snippets::snippets;
use serde::Serialize;

use super::data::DataDir;
use super::setup::{self, Setup};
use crate::terminal;

/// Everything a person or a program needs to know about a started `portway dev`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) origin: String,
    /// One-time link with which the first owner sets up the account; absent once that happened.
    pub(super) setup_url: Option<String>,
    pub(super) home_url: String,
    /// The demo server behind the gateway.
    pub(super) gateway_url: Option<String>,
    clients: Option<ClientLines>,
    pub(super) operator_token_file: PathBuf,
}

/// What adds the demo server to each IDE.
#[derive(Debug, Serialize)]
struct ClientLines {
    claude_code: String,
    cursor: String,
    vscode: String,
    codex: String,
}

impl Report {
    pub(super) fn new(setup: Setup, data: &DataDir, origin: String) -> Self {
        let clients = setup.gateway_url.as_deref().map(|url| {
            let lines = snippets(setup::SERVER, url);
            ClientLines {
                claude_code: lines.claude_code,
                cursor: lines.cursor_link,
                vscode: lines.vscode_command,
                codex: lines.codex,
            }
        });
        Self {
            origin,
            setup_url: setup.setup_url,
            home_url: setup.home_url,
            gateway_url: setup.gateway_url,
            clients,
            operator_token_file: data.join(setup::OPERATOR_TOKEN),
        }
    }

    pub(super) fn print(&self, as_json: bool) {
        if as_json {
            return terminal::say(&serde_json::to_string(self).unwrap_or_default());
        }
        self.lines().iter().for_each(|line| terminal::say(line));
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let entry = match &self.setup_url {
            Some(link) => format!("Set up       {link}"),
            None => format!("Sign in      {}", self.home_url),
        };
        let clients = self.clients.iter().flat_map(|clients| {
            [
                format!("Claude Code  {}", clients.claude_code),
                format!("Cursor       {}", clients.cursor),
                format!("VS Code      {}", clients.vscode),
                format!("Codex        {}", clients.codex),
            ]
        });
        std::iter::once(entry).chain(clients).collect()
    }
}
