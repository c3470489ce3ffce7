//! What Portway says where it is itself an MCP client: in the playground, and when it looks at a server that somebody is
//! about to register. How requests are written and answers read, in both eras. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The newest revision without a handshake, and the newest with one.
pub const MODERN: &str = "2026-07-28";
pub const LEGACY: &str = "2025-11-25";

pub const VERSION_HEADER: &str = "mcp-protocol-version";
pub const SESSION_HEADER: &str = "mcp-session-id";

/// Codes of 2026-07-28: header mismatch, missing capability, unsupported version.
const HEADER_MISMATCH: i64 = -32020;
const UNSUPPORTED_VERSION: i64 = -32022;

/// Ids of requests: none occurs twice in a session.
const FIRST: u64 = 1;
const SECOND: u64 = 2;

/// A JSON-RPC message as it is to be POSTed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub method: String,
    /// `None` for a notification.
    pub id: Option<u64>,
    /// Besides those that every message has.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What was agreed by a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub version: String,
    pub session: Option<String>,
}

/// What the answer to `server/discover` says about a server (versioning, Backward Compatibility).
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Modern,
    Legacy,
    /// Nothing: it refuses us, or is ill.
    Unknown,
}

/// The first message to a server that nothing is known about.
pub fn discover() -> Message {
    modern("server/discover", json!({}), &[])
}

/// A request that stands alone (2026-07-28). `mirrored` are arguments that the tool wants as headers as well.
pub fn modern(method: &str, params: Value, mirrored: &[(String, String)]) -> Message {
    let target = target(method, &params).map(header_value);
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": client_info(),
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = with_meta(params, meta);
    let mut headers = vec![header(VERSION_HEADER, MODERN), header("mcp-method", method)];
    headers.extend(target.map(|target| ("mcp-name".to_owned(), target)));
    headers.extend(mirrored.iter().cloned());
    Message { headers, ..request(FIRST, method, &params) }
}

/// The first message of a handshake.
pub fn initialize() -> Message {
    let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client_info() });
    request(FIRST, "initialize", &params)
}

/// The last one.
pub fn initialized(agreed: &Agreed) -> Message {
    let method = "notifications/initialized";
    let body = json!({ "jsonrpc": "2.0", "method": method }).to_string();
    Message { method: method.to_owned(), id: None, headers: agreed.headers(), body }
}

/// A request after it.
pub fn legacy(agreed: &Agreed, method: &str, params: &Value) -> Message {
    Message { headers: agreed.headers(), ..request(SECOND, method, params) }
}

impl Agreed {
    /// Reads the answer to `initialize`.
    pub fn of(result: &Value, session: Option<&str>) -> Self {
        let version = result.get("protocolVersion").and_then(Value::as_str).unwrap_or(LEGACY);
        Self { version: version.to_owned(), session: session.map(str::to_owned) }
    }

    pub fn headers(&self) -> Vec<(String, String)> {
        let session = self.session.as_ref().map(|id| header(SESSION_HEADER, id));
        std::iter::once(header(VERSION_HEADER, &self.version)).chain(session).collect()
    }
}

/// The answer among what a server sent: alone, or as one of several events.
pub fn answer<'a>(id: Option<u64>, texts: impl IntoIterator<Item = &'a str>) -> Option<Value> {
    let read = |text| serde_json::from_str::<Value>(text).ok().filter(|message| is_answer(id, message));
    texts.into_iter().find_map(read)
}

fn is_answer(id: Option<u64>, message: &Value) -> bool {
    let is_ours = id.is_some() && message.get("id").and_then(Value::as_u64) == id;
    // What cannot be read is answered without an id.
    let is_blind = message.get("id").is_none_or(Value::is_null) && message.get("method").is_none();
    (is_ours && message.get("result").is_some()) || ((is_ours || is_blind) && message.get("error").is_some())
}

pub fn verdict(status: u16, answer: Option<&Value>) -> Verdict {
    let lists = |list: Option<&Value>| {
        let list = list.and_then(Value::as_array);
        list.is_some_and(|versions| versions.iter().any(|version| version == MODERN))
    };
    let as_modern = |is_modern: bool| if is_modern { Verdict::Modern } else { Verdict::Legacy };
    if let Some(result) = answer.and_then(|answer| answer.get("result")) {
        return as_modern(lists(result.get("supportedVersions")));
    }
    let error = answer.and_then(|answer| answer.get("error"));
    match error.and_then(|error| error.get("code")).and_then(Value::as_i64) {
        Some(UNSUPPORTED_VERSION) => as_modern(lists(error.and_then(|error| error.pointer("/data/supported")))),
        Some(code) if (UNSUPPORTED_VERSION..=HEADER_MISMATCH).contains(&code) => Verdict::Modern,
        // A gateway's own refusals: its server was not asked.
        Some(-32014..=-32010) => Verdict::Unknown,
        _ if matches!(status, 401 | 403 | 429 | 500..) => Verdict::Unknown,
        _ => Verdict::Legacy,
    }
}

/// Whether a server wants arguments as headers that it did not get.
pub fn wants_headers(answer: &Value) -> bool {
    answer.pointer("/error/code").and_then(Value::as_i64) == Some(HEADER_MISMATCH)
}

/// Whether the gateway would have passed this on to a server that wants a handshake: behind a virtual server, both kinds
/// may be.
pub fn wants_handshake(answer: &Value) -> bool {
    let code = answer.pointer("/error/data/code").or_else(|| answer.pointer("/result/_meta/portway~1error/code"));
    code.and_then(Value::as_str) == Some("upstream.legacy_only")
}

/// Arguments that a tool's schema wants as headers (`x-mcp-header`, streamable HTTP, Custom Headers).
pub fn mirrored(schema: &Value, arguments: &Value) -> Vec<(String, String)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let named = properties.into_iter().flatten().filter_map(|(name, property)| {
        let header = property.get("x-mcp-header")?.as_str()?;
        let value = match arguments.get(name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        Some((format!("mcp-param-{}", header.to_ascii_lowercase()), header_value(&value)))
    });
    named.collect()
}

/// What stands in `Mcp-Name`.
fn target<'a>(method: &str, params: &'a Value) -> Option<&'a str> {
    let key = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return None,
    };
    params.get(key)?.as_str()
}

/// Visible ASCII goes as it is, all else in the encoding of its own.
fn header_value(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.trim() == text
        && !text.starts_with("=?base64?");
    if is_plain { text.to_owned() } else { format!("=?base64?{}?=", STANDARD.encode(text)) }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn with_meta(params: Value, meta: Value) -> Value {
    let mut params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    params.insert("_meta".to_owned(), meta);
    Value::Object(params)
}

fn request(id: u64, method: &str, params: &Value) -> Message {
    let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
    Message { method: method.to_owned(), id: Some(id), headers: Vec::new(), body }
}

fn client_info() -> Value {
    json!({ "name": "portway-console", "title": "Portway console", "version": env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modern_request_says_in_headers_what_it_says_in_the_body() {
        let message = modern("tools/call", json!({ "name": "grüße", "arguments": {} }), &[]);
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!(body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], MODERN);
        assert_eq!(body["params"]["name"], "grüße");
        let expected = [
            header(VERSION_HEADER, MODERN),
            header("mcp-method", "tools/call"),
            header("mcp-name", "=?base64?Z3LDvMOfZQ==?="),
        ];
        assert_eq!(message.headers, expected);
        assert_eq!(modern("tools/list", json!({}), &[]).headers.len(), 2);
    }

    #[test]
    fn answers_are_found_among_notifications_and_requests() {
        let events = [
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            "no JSON",
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#,
        ];
        assert_eq!(answer(Some(FIRST), events).unwrap()["result"], json!({ "tools": [] }));
        assert!(answer(Some(FIRST), [r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}"#]).is_some());
        assert!(answer(Some(FIRST), [r#"{"jsonrpc":"2.0","id":2,"result":{}}"#]).is_none());
        assert!(answer(Some(FIRST), ["[1]", ""]).is_none());
    }

    #[test]
    fn what_the_first_answer_says_about_the_server() {
        fn check(status: u16, body: &str, expected: Verdict) {
            assert_eq!(verdict(status, answer(Some(FIRST), [body]).as_ref()), expected, "{status} {body}");
        }
        let error =
            |code: i64, data: &str| format!(r#"{{"id":1,"error":{{"code":{code},"message":"","data":{data}}}}}"#);
        check(200, r#"{"id":1,"result":{"supportedVersions":["2026-07-28"]}}"#, Verdict::Modern);
        check(200, r#"{"id":1,"result":{"supportedVersions":["2025-11-25"]}}"#, Verdict::Legacy);
        check(400, &error(-32022, r#"{"supported":["2025-11-25"]}"#), Verdict::Legacy);
        check(400, &error(-32022, r#"{"supported":["2027-01-01","2026-07-28"]}"#), Verdict::Modern);
        check(400, &error(-32021, "null"), Verdict::Modern);
        check(404, &error(-32601, "null"), Verdict::Legacy);
        check(400, "", Verdict::Legacy);
        check(200, &error(-32012, "null"), Verdict::Unknown);
        for status in [401, 403, 429, 500, 503] {
            check(status, "", Verdict::Unknown);
        }
    }

    #[test]
    fn a_member_that_wants_a_handshake_is_heard_in_both_forms() {
        assert!(wants_handshake(&json!({ "error": { "code": -32013, "data": { "code": "upstream.legacy_only" } } })));
        let refused = json!({ "isError": true, "_meta": { "portway/error": { "code": "upstream.legacy_only" } } });
        assert!(wants_handshake(&json!({ "result": refused })));
        assert!(!wants_handshake(&json!({ "result": {} })) && !wants_handshake(&json!({ "error": { "code": 1 } })));
    }

    #[test]
    fn arguments_become_headers_where_the_schema_says_so() {
        let schema = json!({ "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" }, "n": { "x-mcp-header": "N" },
            "deep": { "x-mcp-header": "Deep" }, "other": { "type": "string" }, "absent": { "x-mcp-header": "Absent" },
        }});
        let arguments = json!({ "region": " eu ", "n": 7, "deep": {}, "other": "x" });
        let mut found = mirrored(&schema, &arguments);
        found.sort();
        assert_eq!(found, [header("mcp-param-n", "7"), header("mcp-param-region", "=?base64?IGV1IA==?=")]);
        assert!(mirrored(&json!(true), &json!({})).is_empty());
    }
}
