//! A scriptable MCP server of either era. It answers the ordinary methods by itself, keeps every request it saw, and
//! lets a test script the answer to any method.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::provider::Provider;

/// Which protocol generation the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` handshake, sessions, 2025-11-25.
    Legacy,
    /// Metadata per request, 2026-07-28.
    Modern,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub http_method: Method,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn method(&self) -> String {
        self.json()["method"].as_str().unwrap_or_default().to_owned()
    }
}

/// A scripted answer.
pub enum Reply {
    /// `result` of the JSON-RPC response, as `application/json`.
    Result(Value),
    /// Messages on an event stream; `{id}` of the request is put into those that have `"id": "$id"`, and its progress
    /// token into `"progressToken": "$token"`.
    Stream(Vec<Value>),
    /// Stream these, then never end.
    StreamThenHang(Vec<Value>),
    /// Anything at all.
    Raw(Response),
    /// No answer.
    Hang,
}

type Script = Box<dyn FnMut(&Seen) -> Reply + Send>;

struct Inner {
    era: Era,
    seen: Mutex<Vec<Seen>>,
    scripts: Mutex<HashMap<String, Script>>,
    sessions: Mutex<HashSet<String>>,
    /// Counts what hangs and was dropped by the gateway.
    dropped: tokio::sync::watch::Sender<usize>,
    guard: Mutex<Option<Guard>>,
}

/// Says whether a token is one that lives.
type Knows = Arc<dyn Fn(String) -> BoxFuture<'static, bool> + Send + Sync>;

/// Lets in whom a provider vouches for.
#[derive(Clone)]
struct Guard {
    knows: Knows,
    /// What the server says of itself (RFC 9728).
    metadata: Value,
}

/// The server; stops when dropped.
pub struct McpServer {
    pub url: Url,
    inner: Arc<Inner>,
    stop: CancellationToken,
}

impl McpServer {
    pub async fn start(era: Era) -> Self {
        let inner = Arc::new(Inner {
            era,
            seen: Mutex::default(),
            scripts: Mutex::default(),
            sessions: Mutex::default(),
            dropped: tokio::sync::watch::channel(0).0,
            guard: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound")).parse().expect("a URL");
        let stop = CancellationToken::new();
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let stopped = stop.clone().cancelled_owned();
        crate::spawn(async move {
            tokio::select! {
                served = async { axum::serve(listener, router).await } => served.expect("serving"),
                () = stopped => {}
            }
        });
        Self { url, inner, stop }
    }

    /// Answers every `method` from now on with what `script` says; `GET` is the stream of a legacy session.
    pub fn on(&self, method: &str, script: impl FnMut(&Seen) -> Reply + Send + 'static) {
        self.inner.scripts.lock().unwrap().insert(method.to_owned(), Box::new(script));
    }

    /// From now on only bearers of the provider's tokens are let in; others hear where to get one. Members of `change`
    /// replace those of the server's metadata.
    pub fn guard(&self, provider: &Provider, change: &Value) {
        let vouching = provider.clone();
        let knows = move |token: String| std::future::ready(vouching.knows(&token));
        self.guard_by(&provider.origin, knows, change);
    }

    /// The same with a provider that is no fake: `knows` asks it about a token.
    pub fn guard_by<F>(&self, issuer: &str, knows: impl Fn(String) -> F + Send + Sync + 'static, change: &Value)
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let mut metadata =
            json!({"resource": self.url, "authorization_servers": [issuer], "scopes_supported": ["read"]});
        for (name, value) in change.as_object().expect("an object") {
            metadata[name] = value.clone();
        }
        let knows: Knows = Arc::new(move |token| knows(token).boxed());
        *self.inner.guard.lock().unwrap() = Some(Guard { knows, metadata });
    }

    /// Everything that arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// What arrived with this JSON-RPC method.
    pub fn seen_method(&self, method: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|one| one.method() == method).collect()
    }

    /// Forgets all sessions, as a restarted server does.
    pub fn forget_sessions(&self) {
        self.inner.sessions.lock().unwrap().clear();
    }

    /// Waits until the gateway dropped `count` hanging answers.
    pub async fn dropped(&self, count: usize) {
        self.inner.dropped.subscribe().wait_for(|dropped| *dropped >= count).await.expect("the server lives");
    }
}

impl Drop for McpServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let seen = Seen { http_method: parts.method, headers: parts.headers, body };
    if let Some(answer) = guarded(&inner, parts.uri.path(), &seen.headers).await {
        return answer;
    }
    inner.seen.lock().unwrap().push(seen.clone());
    let (json, mut method) = (seen.json(), seen.method());
    if seen.http_method == Method::GET {
        "GET".clone_into(&mut method);
    }
    if let Some(refusal) = refuse(&inner, &seen, &json, &method) {
        return refusal;
    }
    let scripted = inner.scripts.lock().unwrap().get_mut(&method).map(|script| script(&seen));
    match scripted {
        Some(reply) => render(&inner, &json, reply),
        None => ordinary(&inner, &json, &method),
    }
}

/// The answer to whoever has no token, and where they get one.
async fn guarded(inner: &Inner, path: &str, headers: &HeaderMap) -> Option<Response> {
    let Guard { knows, metadata } = inner.guard.lock().unwrap().clone()?;
    if path.starts_with("/.well-known/oauth-protected-resource") {
        return Some(axum::Json(metadata).into_response());
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match bearer {
        Some(token) if knows(token.to_owned()).await => None,
        _ => {
            let challenge = "Bearer error=\"invalid_token\"";
            Some((StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response())
        }
    }
}

/// What a strict server of the era refuses before looking at the method.
fn refuse(inner: &Inner, seen: &Seen, json: &Value, method: &str) -> Option<Response> {
    if seen.http_method == Method::DELETE {
        let session = seen.headers.get("mcp-session-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        return Some(status(if inner.sessions.lock().unwrap().remove(session) { 204 } else { 404 }));
    }
    let is_listening = method == "GET" && inner.scripts.lock().unwrap().contains_key("GET");
    if seen.http_method != Method::POST && !is_listening {
        return Some(status(405));
    }
    match inner.era {
        Era::Modern if !json["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].is_string() => {
            let error = json!({"jsonrpc": "2.0", "id": json["id"], "error": {"code": -32022, "message": "modern only",
                "data": {"supported": ["2026-07-28"], "requested": null}}});
            Some((StatusCode::BAD_REQUEST, axum::Json(error)).into_response())
        }
        Era::Legacy if method != "initialize" => {
            let session = seen.headers.get("mcp-session-id").and_then(|id| id.to_str().ok());
            match session {
                None => Some(status(400)),
                Some(id) if !inner.sessions.lock().unwrap().contains(id) => Some(status(404)),
                Some(_) => None,
            }
        }
        _ => None,
    }
}

fn status(code: u16) -> Response {
    StatusCode::from_u16(code).expect("a status").into_response()
}

fn ordinary(inner: &Inner, json: &Value, method: &str) -> Response {
    if json.get("id").is_none() {
        return status(202);
    }
    let mut result = match method {
        "initialize" => {
            let session = uuid::Uuid::new_v4().to_string();
            inner.sessions.lock().unwrap().insert(session.clone());
            let result = json!({"protocolVersion": json["params"]["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "fake", "version": "1"}});
            let body = json!({"jsonrpc": "2.0", "id": json["id"], "result": result});
            return ([("mcp-session-id", session)], axum::Json(body)).into_response();
        }
        "server/discover" => {
            json!({"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "ttlMs": 0, "cacheScope": "private"})
        }
        "tools/list" => {
            json!({"tools": [{"name": "echo", "description": "Says it back", "inputSchema": {"type": "object"}, "x-unknown": [1.0, 1e3]}], "ttlMs": 0, "cacheScope": "private"})
        }
        "tools/call" => json!({"content": [{"type": "text", "text": json["params"]["arguments"].to_string()}]}),
        "ping" => json!({}),
        _ => {
            let error =
                json!({"jsonrpc": "2.0", "id": json["id"], "error": {"code": -32601, "message": "no such method"}});
            let code = if inner.era == Era::Modern { StatusCode::NOT_FOUND } else { StatusCode::OK };
            return (code, axum::Json(error)).into_response();
        }
    };
    if inner.era == Era::Modern {
        result["resultType"] = "complete".into();
    }
    axum::Json(json!({"jsonrpc": "2.0", "id": json["id"], "result": result})).into_response()
}

fn render(inner: &Arc<Inner>, json: &Value, reply: Reply) -> Response {
    match reply {
        Reply::Result(result) => {
            axum::Json(json!({"jsonrpc": "2.0", "id": json["id"], "result": result})).into_response()
        }
        Reply::Raw(response) => response,
        Reply::Stream(messages) => events(frames(json, &messages), None),
        Reply::StreamThenHang(messages) => events(frames(json, &messages), Some(Dropped(inner.clone()))),
        Reply::Hang => events(Vec::new(), Some(Dropped(inner.clone()))),
    }
}

fn frames(request: &Value, messages: &[Value]) -> Vec<Bytes> {
    let fill = |message: &Value| {
        let mut message = message.clone();
        if message.get("id") == Some(&json!("$id")) {
            message["id"] = request["id"].clone();
        }
        if message.pointer("/params/progressToken") == Some(&json!("$token")) {
            message["params"]["progressToken"] = request["params"]["_meta"]["progressToken"].clone();
        }
        Bytes::from(format!("event: message\ndata: {message}\n\n"))
    };
    messages.iter().map(fill).collect()
}

struct Dropped(Arc<Inner>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.send_modify(|count| *count += 1);
    }
}

fn events(frames: Vec<Bytes>, hang: Option<Dropped>) -> Response {
    let head = futures::stream::iter(frames.into_iter().map(Ok::<_, std::io::Error>));
    let body = match hang {
        None => Body::from_stream(head),
        Some(guard) => Body::from_stream(head.chain(futures::stream::once(async move {
            let _guard = guard;
            futures::future::pending().await
        }))),
    };
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
