//! Trying a server in the console.

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::mcp_client::{Answered, Exchange};
use crate::app::playground::{self, Outcome, Tried};
use crate::domain::ids::ServerId;
use crate::domain::limits::TRY_SHOWN_BYTES_MAX;
use crate::domain::mcp_client::SESSION_HEADER;
use crate::http::extract::{Json, Target, TenantScope};
use crate::http::problem::Problem;

/// Shown in place of what opens something.
const HIDDEN: &str = "•••";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryBody {
    method: TryMethod,
    /// Of the JSON-RPC request; what the protocol adds is added.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    params: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub(crate) enum TryMethod {
    #[serde(rename = "tools/list")]
    ToolsList,
    #[serde(rename = "tools/call")]
    ToolsCall,
    #[serde(rename = "prompts/list")]
    PromptsList,
    #[serde(rename = "prompts/get")]
    PromptsGet,
    #[serde(rename = "resources/list")]
    ResourcesList,
    #[serde(rename = "resources/templates/list")]
    TemplatesList,
    #[serde(rename = "resources/read")]
    ResourcesRead,
}

impl TryMethod {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ToolsList => "tools/list",
            Self::ToolsCall => "tools/call",
            Self::PromptsList => "prompts/list",
            Self::PromptsGet => "prompts/get",
            Self::ResourcesList => "resources/list",
            Self::TemplatesList => "resources/templates/list",
            Self::ResourcesRead => "resources/read",
        }
    }
}

/// What came of it: one of `result`, `error` and `problem`.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Tried)]
pub(crate) struct TriedView {
    /// The revision of MCP that was spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol_version: Option<String>,
    duration_ms: u64,
    /// The server's result, as JSON-RPC has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    /// The server's or the gateway's error, as JSON-RPC has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    /// Why there was no answer, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// All that was sent and came back, in order.
    exchanges: Vec<ExchangeView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Exchange)]
struct ExchangeView {
    /// The JSON-RPC method.
    name: String,
    duration_ms: u64,
    request: SentView,
    /// Absent: nothing came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<AnsweredView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExchangeRequest)]
struct SentView {
    /// As HTTP has it.
    method: &'static str,
    url: String,
    headers: Vec<HeaderView>,
    body: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExchangeResponse)]
struct AnsweredView {
    status: u16,
    headers: Vec<HeaderView>,
    body: String,
    /// The body went on.
    truncated: bool,
}

/// What opens something is hidden.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExchangeHeader)]
struct HeaderView {
    name: String,
    value: String,
}

/// Send one request to a server through the gateway, in your own name: it is authorized, limited and recorded like any
/// other. For people who are signed in.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/servers/{server}/playground", tag = "servers",
    operation_id = "try_server", params(("server" = ServerId, Path)), request_body = TryBody,
    responses((status = 200, body = TriedView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Json(body): Json<TryBody>,
) -> Result<Json<TriedView>, Problem> {
    let tried = playground::run(&ctx, id, body.method.as_str(), body.params).await?;
    Ok(Json(view(tried)))
}

fn view(Tried { url, protocol_version, duration, exchanges, outcome }: Tried) -> TriedView {
    let exchanges = exchanges.into_iter().map(|one| exchange(&url, one)).collect();
    let duration_ms = millis(duration);
    let view = TriedView { protocol_version, duration_ms, exchanges, ..TriedView::default() };
    match outcome {
        Outcome::Result(result) => TriedView { result: Some(result), ..view },
        Outcome::Error(error) => TriedView { error: Some(error), ..view },
        Outcome::Problem(problem) => TriedView { problem: Some(problem), ..view },
    }
}

fn exchange(url: &str, Exchange { message, duration, answer }: Exchange) -> ExchangeView {
    let own = [("authorization", "Bearer"), ("accept", "application/json, text/event-stream")];
    let own = own.into_iter().chain([("content-type", "application/json")]);
    let own = own.map(|(name, value)| header(name, value));
    let headers = own.chain(message.headers.iter().map(|(name, value)| header(name, value))).collect();
    let request = SentView { method: "POST", url: url.to_owned(), headers, body: message.body };
    ExchangeView { name: message.method, duration_ms: millis(duration), request, response: answer.ok().map(answered) }
}

fn answered(Answered { status, headers, body, .. }: Answered) -> AnsweredView {
    let truncated = body.len() > TRY_SHOWN_BYTES_MAX;
    let shown = body.get(..TRY_SHOWN_BYTES_MAX).unwrap_or(&body);
    AnsweredView {
        status: status.as_u16(),
        headers: headers_of(&headers),
        body: String::from_utf8_lossy(shown).into_owned(),
        truncated,
    }
}

fn headers_of(headers: &HeaderMap) -> Vec<HeaderView> {
    headers.iter().map(|(name, value)| header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))).collect()
}

fn header(name: &str, value: &str) -> HeaderView {
    let value = match name {
        "authorization" => format!("{value} {HIDDEN}"),
        SESSION_HEADER => HIDDEN.to_owned(),
        _ => value.to_owned(),
    };
    HeaderView { name: name.to_owned(), value }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
