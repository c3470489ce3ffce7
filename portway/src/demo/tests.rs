//! The demo server over HTTP, as the two eras of clients speak to it.

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct Demo {
    url: String,
    client: reqwest::Client,
    _stop: tokio_util::sync::DropGuard,
}

impl Demo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), super::PATH);
        let shutdown = CancellationToken::new();
        let serving = tokio_util::task::TaskTracker::new();
        serving.spawn(super::serve(listener, shutdown.clone()));
        Self { url, client: crate::test_client(), _stop: shutdown.drop_guard() }
    }

    fn post(&self, body: &Value) -> reqwest::RequestBuilder {
        self.client
            .post(&self.url)
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
    }

    /// A call of the modern era: everything in one request. The messages of the answer, the result last.
    async fn modern(&self, method: &str, name: Option<&str>, mut params: Value) -> Vec<Value> {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
            "progressToken": "p1",
        });
        let mut request = self
            .post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        messages(request.send().await.unwrap()).await
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let messages = self.modern("tools/call", Some(tool), json!({ "name": tool, "arguments": arguments })).await;
        messages.last().unwrap()["result"].clone()
    }
}

/// The JSON-RPC messages of an answer, whether JSON or an event stream.
async fn messages(response: reqwest::Response) -> Vec<Value> {
    assert!(response.status().is_success(), "{}", response.status());
    let text = response.text().await.unwrap();
    let lines: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect();
    if lines.is_empty() { vec![serde_json::from_str(&text).unwrap()] } else { lines }
}

#[tokio::test]
async fn a_legacy_client_initializes_lists_and_calls() {
    let demo = Demo::start().await;
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
    let response = demo.post(&initialize).send().await.unwrap();
    let session = response.headers()["mcp-session-id"].clone();
    let initialized = messages(response).await.pop().unwrap();
    assert_eq!(initialized["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(initialized["result"]["serverInfo"]["title"], "Portway demo");

    let in_session = |body: Value| {
        demo.post(&body).header("mcp-session-id", session.clone()).header("mcp-protocol-version", "2025-06-18")
    };
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(in_session(ready).send().await.unwrap().status(), 202);
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = messages(in_session(list).send().await.unwrap()).await.pop().unwrap();
    let mut names: Vec<&str> =
        listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["chart", "convert_units", "countdown", "echo", "fail", "whoami"]);
    let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": { "name": "echo", "arguments": { "text": "hi" } } });
    let called = messages(in_session(call).send().await.unwrap()).await.pop().unwrap();
    assert_eq!(called["result"]["content"][0]["text"], "hi");
}

#[tokio::test]
async fn a_modern_client_discovers_and_uses_everything() {
    let demo = Demo::start().await;
    let discovered = demo.modern("server/discover", None, json!({})).await.pop().unwrap();
    assert!(discovered["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")));

    assert_eq!(demo.call("echo", json!({ "text": "hi" })).await["content"][0]["text"], "hi");
    let converted = demo.call("convert_units", json!({ "value": 1, "from": "mile", "to": "metre" })).await;
    assert_eq!(converted["structuredContent"]["value"], 1609.344);
    let chart = demo.call("chart", json!({ "values": [3, 1, 4] })).await;
    assert_eq!(
        (&chart["content"][1]["type"], &chart["content"][1]["mimeType"]),
        (&json!("image"), &json!("image/png"))
    );
    for (tool, arguments) in [
        ("fail", json!({})),
        ("chart", json!({ "values": [] })),
        ("convert_units", json!({ "value": 1, "from": "mile", "to": "kelvin" })),
        ("countdown", json!({ "from": 99 })),
    ] {
        assert_eq!(demo.call(tool, arguments).await["isError"], true, "{tool}");
    }

    let read = |uri: &'static str| demo.modern("resources/read", Some(uri), json!({ "uri": uri }));
    let greeting = read("demo://greeting/Ana").await.pop().unwrap();
    assert_eq!(greeting["result"]["contents"][0]["text"], "Hello, Ana!");
    let prompt = demo.modern("prompts/get", Some("tour"), json!({ "name": "tour" })).await.pop().unwrap();
    assert_eq!(prompt["result"]["messages"][0]["role"], "user");
}

#[tokio::test]
async fn a_countdown_reports_each_step_before_its_result() {
    let demo = Demo::start().await;
    let arguments = json!({ "name": "countdown", "arguments": { "from": 3, "pause_ms": 1 } });
    let messages = demo.modern("tools/call", Some("countdown"), arguments).await;
    let steps: Vec<f64> = messages.iter().filter_map(|message| message["params"]["progress"].as_f64()).collect();
    assert_eq!(steps, [1.0, 2.0, 3.0]);
    assert!(messages.last().unwrap()["result"]["content"][0]["text"].as_str().unwrap().contains("Lift-off"));
}

#[tokio::test]
async fn whoami_names_headers_and_never_values() {
    let demo = Demo::start().await;
    let result = demo.call("whoami", json!({})).await;
    assert_eq!(result["structuredContent"]["authorization_arrived"], false);
    let names = result["structuredContent"]["header_names"].to_string();
    assert!(names.contains("mcp-protocol-version") && !names.contains("2026-07-28"), "{names}");
}

#[tokio::test]
async fn atk_26_pages_of_other_origins_are_refused() {
    let demo = Demo::start().await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for (header, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
        let response = demo.post(&ping).header(header, value).send().await.unwrap();
        assert_eq!(response.status(), 403, "{header}");
    }
}
