//! Modern clients.

use axum::body::Body;
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::upstream::Speaks;
use super::world::{ANA, DEMO, World, modern};

async fn read(response: http::Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("whole").to_bytes();
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn discover_list_and_call_without_a_session() {
    let world = World::start(Speaks::Modern).await;
    let ide = world.ide(ANA, "demo").await;
    let (status, found) = read(ide.modern(&modern("d", "server/discover", json!({}))).await).await;
    assert_eq!(status, 200);
    assert_eq!(found["result"]["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(
        found["result"]["capabilities"],
        json!({
            "tools": {"listChanged": true}, "extensions": {"io.modelcontextprotocol/tasks": {}},
        })
    );
    assert_eq!((&found["id"], &found["result"]["resultType"]), (&json!("d"), &json!("complete")));

    let body = modern(2, "tools/call", json!({"name": "echo", "arguments": {"a": 1}}));
    let (status, called) = read(ide.modern(&body).await).await;
    assert_eq!((status, called["id"].as_i64()), (200, Some(2)));
    let seen = world.upstream.saw(|seen| seen.method() == "tools/call").await;
    assert_eq!(seen.headers["mcp-protocol-version"], "2026-07-28");
    assert_eq!(
        (&seen.headers["mcp-method"], &seen.headers["mcp-name"]),
        (&"tools/call".parse().expect("value"), &"echo".parse().expect("value"))
    );
    assert!(!seen.headers.contains_key("mcp-session-id"));
    let meta = &seen.body["params"]["_meta"];
    let capabilities = &meta["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(capabilities, &json!({"sampling": {}, "extensions": {"x/y": {}}}), "as the client declared them");
    assert_eq!(
        (&meta["progressToken"], &meta["io.modelcontextprotocol/clientInfo"]["name"]),
        (&seen.body["id"], &json!("test-ide"))
    );
    let discovers = world.upstream.methods().iter().filter(|method| *method == "server/discover").count();
    assert_eq!(discovers, 2, "one probe, one of the client's");
}

#[tokio::test]
async fn names_outside_ascii_travel_in_the_sentinel() {
    let world = World::start(Speaks::Modern).await;
    let ide = world.ide(ANA, "demo").await;
    let body = modern(1, "tools/call", json!({"name": "ä", "arguments": {}}));
    let mut headers = ide.headers();
    headers.extend([
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?w6Q=?="),
    ]);
    let (status, _) = read(world.open(Method::POST, DEMO, &headers, body.to_string()).await).await;
    assert_eq!(status, 200);
    let seen = world.upstream.saw(|seen| seen.method() == "tools/call").await;
    assert_eq!(seen.headers["mcp-name"], "=?base64?w6Q=?=");
}

#[tokio::test]
async fn atk_09_a_header_that_disagrees_with_the_body_is_refused() {
    let world = World::start(Speaks::Modern).await;
    let ide = world.ide(ANA, "demo").await;
    let good = modern(1, "tools/call", json!({"name": "hang"}));
    let version = ("mcp-protocol-version", "2026-07-28");
    let method = ("mcp-method", "tools/call");
    let mut unsupported = good.clone();
    unsupported["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2027-01-01");
    let mut bare = good.clone();
    bare["params"].as_object_mut().expect("object").remove("_meta");
    for (body, headers, status, code) in [
        (&good, vec![version, method, ("mcp-name", "echo")], 400, -32020),
        (&good, vec![version, method], 400, -32020),
        (&good, vec![version, ("mcp-method", "tools/list"), ("mcp-name", "hang")], 400, -32020),
        (&good, vec![("mcp-protocol-version", "2025-11-25"), method, ("mcp-name", "hang")], 400, -32020),
        (&good, vec![method, ("mcp-name", "hang")], 400, -32020),
        (&bare, vec![version, method, ("mcp-name", "hang")], 400, -32602),
        (&unsupported, vec![("mcp-protocol-version", "2027-01-01"), method, ("mcp-name", "hang")], 400, -32022),
    ] {
        let mut all = ide.headers();
        all.extend(&headers);
        let (got, answer) = read(world.open(Method::POST, DEMO, &all, body.to_string()).await).await;
        assert_eq!(
            (got, answer["error"]["code"].as_i64(), &answer["id"]),
            (status, Some(code), &json!(1)),
            "{headers:?}"
        );
    }
    for removed in ["ping", "initialize", "logging/setLevel", "resources/subscribe", "tasks/list", "no/such"] {
        let (status, answer) = read(ide.modern(&modern("r", removed, json!({}))).await).await;
        assert_eq!(
            (status, answer["error"]["code"].as_i64(), &answer["id"]),
            (404, Some(-32601), &json!("r")),
            "{removed}"
        );
    }
    assert_eq!(world.upstream.seen().len(), 0);
}

#[tokio::test]
async fn a_legacy_upstream_makes_modern_clients_fall_back() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.ide(ANA, "demo").await;
    let (status, answer) = read(ide.modern(&modern(1, "server/discover", json!({}))).await).await;
    assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32022)));
    assert_eq!(answer["error"]["data"]["supported"], json!(["2025-11-25", "2025-06-18", "2025-03-26"]));
    assert_eq!(world.legacy(ANA, "demo").await.call(1, "echo").await.status, 200);
}

#[tokio::test]
async fn closing_the_stream_cancels_upstream() {
    let world = World::start(Speaks::Modern).await;
    let ide = world.ide(ANA, "demo").await;
    let mut body = ide.modern(&modern(1, "tools/call", json!({"name": "hang_stream"}))).await.into_body();
    body.frame().await.expect("a frame").expect("whole");
    drop(body);
    world.upstream.saw_abandoned(1).await;

    let waiting = modern(2, "tools/call", json!({"name": "hang"}));
    tokio::select! {
        _ = ide.modern(&waiting) => panic!("it hangs"),
        _ = world.upstream.saw(|seen| seen.body["params"]["name"] == "hang") => {}
    }
    world.upstream.saw_abandoned(2).await;
    world.counted("outcome=\"cancelled\",reason=\"client.gone\"} 1").await;
}
