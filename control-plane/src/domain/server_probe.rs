//! What a look at an MCP server finds out before it is registered. Every word in it is the server's own: bounded, and
//! for people to read. Pure.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::limits::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, PROBE_TOOLS_MAX};
use super::mcp_client::MODERN;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServerProbe {
    pub outcome: ProbeOutcome,
    /// What to make of it, in words.
    pub detail: String,
    /// Revisions of MCP that the server says it speaks, or the one that it agreed to.
    pub protocol_versions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ProbedServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// What it shows to somebody without a credential.
    pub tools: Vec<ProbedTool>,
    pub has_more_tools: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<ProbedAuthorization>,
    /// The outbound method that fits what was found.
    pub suggested_auth: SuggestedAuth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProbeOutcome {
    /// It speaks MCP to everybody.
    Answers,
    /// It asks who calls.
    NeedsAuthorization,
    /// Something answers, and it is no MCP server over streamable HTTP.
    NotMcp,
    Unreachable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestedAuth {
    None,
    OauthPerUser,
    SharedHeader,
}

/// As the server calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProbedServer {
    pub name: String,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProbedTool {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Where people would authorize Portway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProbedAuthorization {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    pub scopes: Vec<String>,
    pub registration: ClientRegistration,
}

/// How Portway becomes a client there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientRegistration {
    /// By itself.
    Automatic,
    /// Somebody registers one by hand.
    Manual,
    /// The server does not say.
    Unknown,
}

impl ServerProbe {
    /// With nothing found but this.
    pub fn of(outcome: ProbeOutcome, detail: impl Into<String>) -> Self {
        Self {
            outcome,
            detail: detail.into(),
            protocol_versions: Vec::new(),
            server: None,
            instructions: None,
            tools: Vec::new(),
            has_more_tools: false,
            authorization: None,
            suggested_auth: SuggestedAuth::None,
        }
    }

    /// Reads the answer to `server/discover`, or to `initialize`.
    pub fn read_about(&mut self, about: &Value) {
        let versions = about.get("supportedVersions").and_then(Value::as_array);
        self.protocol_versions = match versions {
            Some(versions) => versions.iter().filter_map(Value::as_str).take(20).map(short).collect(),
            None => about.get("protocolVersion").and_then(Value::as_str).map(short).into_iter().collect(),
        };
        if self.protocol_versions.is_empty() && versions.is_some() {
            self.protocol_versions.push(MODERN.to_owned());
        }
        let info = about.pointer("/_meta/io.modelcontextprotocol~1serverInfo").or_else(|| about.get("serverInfo"));
        self.server = info.and_then(|info| {
            let text = |key: &str| info.get(key).and_then(Value::as_str).map(short);
            Some(ProbedServer {
                name: text("title").filter(|title| !title.is_empty()).or_else(|| text("name"))?,
                version: text("version").unwrap_or_default(),
            })
        });
        self.instructions = about.get("instructions").and_then(Value::as_str).map(long);
    }

    /// Reads the answer to `tools/list`.
    pub fn read_tools(&mut self, result: &Value) {
        let listed = result.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.has_more_tools = result.get("nextCursor").is_some_and(Value::is_string) || listed.len() > PROBE_TOOLS_MAX;
        let tools = listed.iter().filter_map(|tool| {
            let text = |key: &str| tool.get(key).and_then(Value::as_str);
            let (title, description) = (text("title").map(short), text("description").map(long));
            Some(ProbedTool { name: short(text("name")?), title, description })
        });
        self.tools = tools.take(PROBE_TOOLS_MAX).collect();
    }
}

fn short(text: &str) -> String {
    visible(text, NAME_CHARS_MAX)
}

fn long(text: &str) -> String {
    visible(text, DESCRIPTION_CHARS_MAX)
}

fn visible(text: &str, chars_max: usize) -> String {
    text.chars().filter(|letter| !letter.is_control() || *letter == '\n').take(chars_max).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_eras_say_who_they_are() {
        let mut probe = ServerProbe::of(ProbeOutcome::Answers, "");
        probe.read_about(&json!({
            "protocolVersion": "2025-11-25", "serverInfo": { "name": "git\u{7}hub", "version": "1.2" },
            "instructions": "Be kind.",
        }));
        assert_eq!(probe.protocol_versions, ["2025-11-25"]);
        assert_eq!(probe.server, Some(ProbedServer { name: "github".to_owned(), version: "1.2".to_owned() }));
        assert_eq!(probe.instructions.as_deref(), Some("Be kind."));
        probe.read_about(&json!({
            "supportedVersions": ["2026-07-28", "2025-11-25"],
            "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "x", "title": "Search", "version": "2" } },
        }));
        assert_eq!(probe.protocol_versions, ["2026-07-28", "2025-11-25"]);
        assert_eq!(probe.server.unwrap().name, "Search");
    }

    #[test]
    fn a_servers_words_are_bounded() {
        let mut probe = ServerProbe::of(ProbeOutcome::Answers, "");
        let tool = json!({ "name": "n".repeat(10_000), "description": "d".repeat(10_000) });
        probe.read_tools(&json!({ "tools": vec![tool; PROBE_TOOLS_MAX + 1] }));
        assert_eq!((probe.tools.len(), probe.has_more_tools), (PROBE_TOOLS_MAX, true));
        assert_eq!(probe.tools[0].name.len(), NAME_CHARS_MAX);
        probe.read_tools(&json!({ "tools": [7, { "title": "nameless" }], "nextCursor": null }));
        assert_eq!((probe.tools.len(), probe.has_more_tools), (0, false));
        probe.read_about(&json!("no object"));
        assert_eq!((probe.server, probe.protocol_versions.len()), (None, 0));
    }
}
