//! A scripted MCP server on loopback: what a tool does is its name.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    Legacy,
    Modern,
}

/// One request that arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) http: Method,
    pub(super) headers: HeaderMap,
    pub(super) raw: Bytes,
    pub(super) body: Value,
}

impl Seen {
    pub(super) fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }
}

#[derive(Clone)]
pub(super) struct FakeUpstream {
    pub(super) url: String,
    speaks: Speaks,
    script: Option<Script>,
    seen: Arc<watch::Sender<Vec<Seen>>>,
    sessions: Arc<Mutex<HashSet<String>>>,
    /// Streams and calls that were dropped before they ended.
    abandoned: Arc<watch::Sender<usize>>,
    /// Standing streams, by session. `None`: this upstream offers none.
    listeners: Arc<Mutex<Option<Listeners>>>,
}

/// Answers before all else, if it has an answer.
type Script = Arc<dyn Fn(&Seen) -> Option<Response<Body>> + Send + Sync>;

type Listeners = HashMap<String, mpsc::Sender<Result<Bytes, Infallible>>>;

/// Counts when it goes.
struct Guard(Arc<watch::Sender<usize>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count += 1);
    }
}

impl FakeUpstream {
    pub(super) async fn start(speaks: Speaks) -> Self {
        Self::start_with(speaks, None).await
    }

    /// A modern server; `script` answers what it wants to.
    pub(super) async fn scripted(script: impl Fn(&Seen) -> Option<Response<Body>> + Send + Sync + 'static) -> Self {
        Self::start_with(Speaks::Modern, Some(Arc::new(script))).await
    }

    pub(super) async fn scripted_legacy(
        script: impl Fn(&Seen) -> Option<Response<Body>> + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(Speaks::Legacy, Some(Arc::new(script))).await
    }

    async fn start_with(speaks: Speaks, script: Option<Script>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
        let fake = Self {
            url,
            speaks,
            script,
            seen: Arc::default(),
            sessions: Arc::default(),
            abandoned: Arc::default(),
            listeners: Arc::default(),
        };
        let service = Router::new().fallback(answer).with_state(fake.clone());
        crate::tasks::Tasks::default().spawn("fake upstream", async move {
            axum::serve(listener, service).await.expect("serves");
        });
        fake
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    pub(super) fn methods(&self) -> Vec<String> {
        self.seen().iter().map(|seen| seen.method().to_owned()).collect()
    }

    /// Waits until a request arrives that `is` it.
    pub(super) async fn saw(&self, is: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let all = seen.wait_for(|all| all.iter().any(&is)).await.expect("lives");
        all.iter().find(|seen| is(seen)).expect("found").clone()
    }

    /// The same among what comes after the first `count`.
    pub(super) async fn saw_after(&self, count: usize, is: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let all = seen.wait_for(|all| all.iter().skip(count).any(&is)).await.expect("lives");
        all.iter().skip(count).find(|seen| is(seen)).expect("waited for it").clone()
    }

    pub(super) async fn saw_abandoned(&self, count: usize) {
        self.abandoned.subscribe().wait_for(|seen| *seen >= count).await.expect("lives");
    }

    /// From now on it has standing streams.
    pub(super) fn offer_streams(&self) {
        *self.listeners.lock().expect("lock") = Some(HashMap::new());
    }

    /// Sends text on all standing streams; answers how many there are.
    pub(super) async fn push(&self, text: impl Into<Bytes>) -> usize {
        let listeners: Vec<_> =
            self.listeners.lock().expect("lock").iter().flatten().map(|(_, to)| to.clone()).collect();
        let (text, mut heard) = (text.into(), 0);
        for to in listeners {
            heard += usize::from(to.send(Ok(text.clone())).await.is_ok());
        }
        heard
    }

    /// A message on all standing streams.
    pub(super) async fn say(&self, message: &Value) -> usize {
        self.push(format!("data: {message}\n\n")).await
    }

    /// Waits until nobody listens any more.
    pub(super) async fn alone(&self) {
        let listeners: Vec<_> =
            self.listeners.lock().expect("lock").iter().flatten().map(|(_, to)| to.clone()).collect();
        for to in listeners {
            to.closed().await;
        }
    }

    /// Ends the standing streams.
    pub(super) fn hang_up(&self) {
        self.listeners.lock().expect("lock").iter_mut().for_each(HashMap::clear);
    }

    fn listen(&self, headers: &HeaderMap) -> Response<Body> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // The rest of a call that was left with a pause.
        if let Some(id) = header("last-event-id").strip_prefix("paused-") {
            let id: Value = serde_json::from_str(id).expect("an id");
            return event_answer(&[json!({"jsonrpc": "2.0", "id": id, "result": {"content": [], "x": "rest"}})]);
        }
        let mut listeners = self.listeners.lock().expect("lock");
        let Some(listeners) = listeners.as_mut() else { return raw_answer(405, "text/plain", "no streams here") };
        let session = header("mcp-session-id").to_owned();
        if listeners.get(&session).is_some_and(|before| !before.is_closed()) {
            return raw_answer(409, "text/plain", "one stream per session");
        }
        let (to, received) = mpsc::channel(64);
        listeners.insert(session, to);
        raw_answer(200, "text/event-stream", Body::from_stream(ReceiverStream::new(received)))
    }

    /// As after a restart.
    pub(super) fn forget_sessions(&self) {
        self.sessions.lock().expect("lock").clear();
    }
}

pub(super) fn json_answer(status: u16, body: &Value) -> Response<Body> {
    raw_answer(status, "application/json", body.to_string())
}

pub(super) fn raw_answer(status: u16, content_type: &str, body: impl Into<Body>) -> Response<Body> {
    Response::builder().status(status).header("content-type", content_type).body(body.into()).expect("valid")
}

fn events(messages: &[Value]) -> Vec<Result<Bytes, Infallible>> {
    let mut out = vec![Ok(Bytes::from_static(b": hello\r\n\r\n"))];
    out.extend(messages.iter().map(|message| Ok(Bytes::from(format!("event: message\ndata: {message}\n\n")))));
    out
}

fn event_answer(messages: &[Value]) -> Response<Body> {
    raw_answer(200, "text/event-stream", Body::from_stream(futures::stream::iter(events(messages))))
}

async fn answer(State(fake): State<FakeUpstream>, method: Method, headers: HeaderMap, raw: Bytes) -> Response<Body> {
    let body: Value = serde_json::from_slice(&raw).unwrap_or_default();
    let seen = Seen { http: method.clone(), headers: headers.clone(), raw, body: body.clone() };
    fake.seen.send_modify(|all| all.push(seen.clone()));
    if let Some(response) = fake.script.as_ref().and_then(|script| script(&seen)) {
        return response;
    }
    if method == Method::DELETE {
        return raw_answer(204, "text/plain", "");
    }
    if method == Method::GET && fake.speaks == Speaks::Legacy {
        return match fake.knows(&headers) {
            true => fake.listen(&headers),
            false => raw_answer(404, "text/plain", "no such session"),
        };
    }
    let id = body["id"].clone();
    let error = |status, code: i64, data: Value| {
        json_answer(
            status,
            &json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": "no", "data": data}}),
        )
    };
    match (fake.speaks, body["method"].as_str().unwrap_or_default()) {
        (_, "") => raw_answer(202, "text/plain", ""),
        (Speaks::Legacy, "server/discover") => error(404, -32601, Value::Null),
        (Speaks::Modern, "initialize") => error(400, -32022, json!({"supported": ["2026-07-28"]})),
        (Speaks::Modern, "server/discover") => json_answer(200, &discovered(&id)),
        (Speaks::Legacy, "initialize") => fake.initialize(&id, &body),
        (Speaks::Legacy, _) if !fake.knows(&headers) => raw_answer(404, "text/plain", "no such session"),
        (_, name) if name.starts_with("notifications/") => raw_answer(202, "text/plain", ""),
        (_, "tools/list") => {
            json_answer(200, &json!({"jsonrpc": "2.0", "id": id, "result": {"tools": [{"name": "echo"}]}}))
        }
        (_, "ping" | "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe") => {
            json_answer(200, &json!({"jsonrpc": "2.0", "id": id, "result": {}}))
        }
        (_, "tools/call") => fake.call(&id, &body["params"]).await,
        _ => error(200, -32601, Value::Null),
    }
}

fn discovered(id: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": {
        "supportedVersions": ["2026-07-28", "2031-01-01"],
        "capabilities": {"tools": {"listChanged": true}, "extensions": {"io.modelcontextprotocol/tasks": {}}},
        "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
    }})
}

impl FakeUpstream {
    fn initialize(&self, id: &Value, body: &Value) -> Response<Body> {
        let mut sessions = self.sessions.lock().expect("lock");
        let session = format!("up-{}", self.seen.borrow().len());
        sessions.insert(session.clone());
        let version = &body["params"]["protocolVersion"];
        let result = json!({
            "protocolVersion": version,
            "capabilities": {"tools": {}, "resources": {"subscribe": true}},
            "serverInfo": {"name": "fake", "version": "1"},
        });
        let mut response = event_answer(&[json!({"jsonrpc": "2.0", "id": id, "result": result})]);
        response.headers_mut().insert("mcp-session-id", HeaderValue::from_str(&session).expect("ASCII"));
        response
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let session = headers.get("mcp-session-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.sessions.lock().expect("lock").contains(session)
    }

    /// Asks what the arguments say, with the id "s-1", and answers the call once it has the answer or the withdrawal.
    fn asking(&self, params: &Value, fine: Value) -> Response<Body> {
        let ask = json!({"jsonrpc": "2.0", "id": "s-1", "method": params["arguments"]["method"],
            "params": params["arguments"]["params"]});
        let withdrawn = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": "s-1", "reason": "enough"}});
        let mut first = events(&[ask]);
        if params["arguments"]["withdraw"] == true {
            first.extend(events(&[withdrawn]));
        }
        let mut seen = self.seen.subscribe();
        let replies = |all: &Vec<Seen>| all.iter().filter(|seen| seen.body["id"] == "s-1").count();
        let before = replies(&seen.borrow());
        let last = futures::stream::once(async move {
            seen.wait_for(|all| replies(all) > before).await.expect("lives");
            events(&[fine]).pop().expect("one")
        });
        raw_answer(200, "text/event-stream", Body::from_stream(futures::stream::iter(first).chain(last)))
    }

    async fn call(&self, id: &Value, params: &Value) -> Response<Body> {
        let result = |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": result});
        let fine = result(json!({"content": [{"type": "text", "text": params["arguments"].to_string()}]}));
        let token = &params["_meta"]["progressToken"];
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": 1}});
        let stray = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}});
        let log =
            json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "hi"}});
        let ask = json!({"jsonrpc": "2.0", "id": "s-1", "method": "sampling/createMessage", "params": {}});
        let refused = |status: u16| raw_answer(status, "text/plain", "internal detail 10.0.0.7");
        match params["name"].as_str().unwrap_or_default() {
            "stream" => event_answer(&[progress, stray, log, ask, fine]),
            "ask" => self.asking(params, fine),
            "paused" => {
                let first = format!("id: paused-{id}\nretry: 10\ndata: \n\n");
                raw_answer(200, "text/event-stream", first)
            }
            "left" => {
                let first = format!("id: paused-{id}\ndata: {progress}\n\n");
                let pending = futures::stream::once(std::future::pending());
                let stream = futures::stream::iter([Ok::<_, Infallible>(Bytes::from(first))]).chain(pending);
                raw_answer(200, "text/event-stream", Body::from_stream(stream))
            }
            "forging" => {
                let meta = json!({"portway/error": {"code": "x"}, "io.modelcontextprotocol/serverInfo": {}, "a/b": 1});
                json_answer(200, &result(json!({"content": [], "_meta": meta})))
            }
            "cut" => event_answer(&[progress]),
            "hang" => {
                let _guard = Guard(self.abandoned.clone());
                std::future::pending().await
            }
            "hang_stream" => {
                let guard = Guard(self.abandoned.clone());
                let pending = futures::stream::once(async move {
                    let _guard = guard;
                    std::future::pending().await
                });
                let stream = futures::stream::iter(events(&[progress])).chain(pending);
                raw_answer(200, "text/event-stream", Body::from_stream(stream))
            }
            "tool_error" => json_answer(200, &result(json!({"content": [], "isError": true}))),
            "s401" => {
                let mut response = refused(401);
                response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"up\""));
                response
            }
            "s403" => refused(403),
            "s418" => refused(418),
            "s500" => refused(500),
            "s429" => {
                let mut response = refused(429);
                response.headers_mut().insert("retry-after", HeaderValue::from_static("7"));
                response
            }
            "redirect" => {
                let mut response = refused(307);
                response.headers_mut().insert("location", HeaderValue::from_static("/elsewhere"));
                response
            }
            "garbage" => raw_answer(200, "application/json", "{\"jsonrpc\":"),
            "html" => raw_answer(200, "text/html", "<html>"),
            "wrong_id" => json_answer(200, &json!({"jsonrpc": "2.0", "id": 1, "result": {}})),
            "no_answer" => raw_answer(202, "text/plain", ""),
            "huge" => raw_answer(200, "application/json", vec![b' '; crate::limits::FRAME_BYTES_MAX + 1]),
            "huge_event" => {
                let data = Bytes::from(vec![b'x'; 1 << 20]);
                let chunks = std::iter::repeat_n(Ok::<_, Infallible>(data), 18);
                let stream = futures::stream::iter([Ok(Bytes::from_static(b"data: "))].into_iter().chain(chunks));
                raw_answer(200, "text/event-stream", Body::from_stream(stream))
            }
            "headers" => {
                let mut response = json_answer(200, &fine);
                for (name, value) in
                    [("set-cookie", "a=b"), ("www-authenticate", "Basic"), ("server", "fake/1"), ("x-internal", "1")]
                {
                    response.headers_mut().insert(name, HeaderValue::from_static(value));
                }
                response
            }
            _ => json_answer(StatusCode::OK.as_u16(), &fine),
        }
    }
}
