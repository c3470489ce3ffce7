//! The playground: the control plane calls the gateway in a person's name.

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::people::{Person, Reply as Answer};
use world::{World, on_both};

use crate::accounts::stage;

async fn try_it(person: &Person, server: &str, method: &str, params: Value) -> Answer {
    person.post(&format!("servers/{server}/playground"), json!({"method": method, "params": params})).await
}

async fn call(person: &Person, server: &str, tool: &str, arguments: Value) -> Value {
    try_it(person, server, "tools/call", json!({"name": tool, "arguments": arguments})).await.ok()
}

fn text(tried: &Value) -> &str {
    tried["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {tried}"))
}

/// The JSON-RPC methods that were sent, in order.
fn said(tried: &Value) -> Vec<&str> {
    let exchanges = tried["exchanges"].as_array().expect("a list");
    exchanges.iter().map(|one| one["name"].as_str().expect("a method")).collect()
}

on_both! {
    async fn a_try_is_a_call_like_any_other(setup: Setup) {
        let world = setup.start().await;
        let owner = world.tenant("acme").await;
        for (slug, era, version) in [("old", Era::Legacy, "2025-11-25"), ("new", Era::Modern, "2026-07-28")] {
            let upstream = McpServer::start(era).await;
            let server = owner.register_server(slug, upstream.url.as_str()).await;
            let listed = try_it(&owner, &server, "tools/list", json!({})).await.ok();
            assert_eq!(listed["result"]["tools"][0]["name"], "echo", "{listed}");
            assert_eq!(listed["protocol_version"], version);
            let called = call(&owner, &server, "echo", json!({"a": 1})).await;
            assert_eq!(text(&called), r#"{"a":1}"#);

            // What is shown has nothing in it that opens anything.
            let shown = called.to_string();
            assert!(!shown.contains("eyJ") && shown.contains("Bearer •••"), "{shown}");
            // Nor did anything of ours go upstream.
            assert!(upstream.seen().iter().all(|seen| !seen.headers.contains_key(AUTHORIZATION)));
            let names = said(&called);
            match era {
                Era::Legacy => {
                    assert_eq!(names, ["server/discover", "initialize", "notifications/initialized", "tools/call"]);
                }
                Era::Modern => assert_eq!(names, ["server/discover", "tools/call"]),
            }
        }
        // The log has it, with its person and the console as its client.
        let mut calls = json!(null);
        for _ in 0..100 {
            calls = owner.get("calls?method=tools/call").await.ok();
            if calls["items"].as_array().is_some_and(|items| items.len() == 2) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(calls["items"].as_array().map(Vec::len), Some(2), "{calls}");
        assert_eq!(calls["items"][0]["principal"]["id"], owner.id().await.as_str(), "{calls}");
        assert!(calls["items"][0].to_string().contains("portway-console"), "{calls}");
    }
}

#[tokio::test]
async fn only_people_with_a_grant_may_try_and_only_as_themselves() {
    let world = World::start().await;
    let upstream = McpServer::start(Era::Modern).await;
    let owner = world.tenant("acme").await;
    let server = owner.register_server("github", upstream.url.as_str()).await;
    let (ana, admin) = (owner.invite("ana", "member").await, owner.invite("ada", "admin").await);
    try_it(&ana, &server, "tools/list", json!({})).await.refused(404, "not_found");
    try_it(&admin, &server, "tools/list", json!({})).await.refused(403, "forbidden");
    owner.grant(&server, &ana).await;
    assert!(try_it(&ana, &server, "tools/list", json!({})).await.ok()["result"]["tools"].is_array());
    // What is switched off is refused by the gateway, as for everybody.
    owner.patch(&format!("servers/{server}/tool-switches"), json!({"off": ["echo"]})).await.ok();
    world.synced("acme").await;
    let refused = call(&ana, &server, "echo", json!({})).await;
    assert!(refused["result"]["isError"] == true || refused["error"]["code"].is_number(), "{refused}");
    // A key is no person who is there.
    let key = ana.post("keys", json!({"name": "ci", "expires_in_days": 1})).await.ok();
    let secret = key["secret"].as_str().expect("shown once");
    let url = format!("{}/api/v1/tenants/acme/servers/{server}/playground", ana.auth_origin());
    let by_key = world::http::builder().build().expect("a client").post(url).bearer_auth(secret);
    let by_key = by_key.json(&json!({"method": "tools/list"})).send().await.expect("an answer");
    assert_eq!(by_key.status(), 403);
    // Methods are those of the list, and no others.
    try_it(&ana, &server, "initialize", json!({})).await.refused(400, "invalid");
    try_it(&ana, &server, "tools/list", json!([1])).await.refused(400, "invalid");
}

#[tokio::test]
async fn a_missing_account_is_said_with_its_link_and_a_connected_one_is_used() {
    let stage = stage(World::setup(), json!({})).await;
    let ana = stage.owner.invite("ana", "member").await;
    let missing = call(&ana, &stage.server, "whoami", json!({})).await;
    assert!(missing.to_string().contains("/t/acme/connect/github"), "{missing}");
    stage.connect(&ana, "ana").await;
    let answered = call(&ana, &stage.server, "whoami", json!({})).await;
    assert!(text(&answered).starts_with("Bearer "), "{answered}");
}

#[tokio::test]
async fn members_of_a_virtual_server_are_called_in_their_own_era() {
    let world = World::start().await;
    let (old, new) = (McpServer::start(Era::Legacy).await, McpServer::start(Era::Modern).await);
    let owner = world.tenant("acme").await;
    let old_id = owner.register_server("old", old.url.as_str()).await;
    let new_id = owner.register_server("new-one", new.url.as_str()).await;
    let members = json!([{"server_id": old_id, "alias": "old"}, {"server_id": new_id, "alias": "new"}]);
    let body = json!({"slug": "both", "display_name": "Both", "members": members});
    let both = owner.post("servers", body).await.ok()["id"].as_str().expect("an id").to_owned();
    for tool in ["new_echo", "old_echo"] {
        let called = call(&owner, &both, tool, json!({"from": tool})).await;
        assert_eq!(text(&called), format!(r#"{{"from":"{tool}"}}"#), "{called}");
    }
}

#[tokio::test]
async fn servers_that_want_headers_stream_for_ever_or_are_away() {
    let mut world = World::start().await;
    let upstream = McpServer::start(Era::Modern).await;
    let owner = world.tenant("acme").await;
    let server = owner.register_server("github", upstream.url.as_str()).await;

    // An argument that belongs into a header as well (x-mcp-header).
    upstream.on("tools/list", |_| {
        let schema = json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
        let tool = json!({"name": "deploy", "inputSchema": schema});
        Reply::Result(json!({"tools": [tool], "ttlMs": 0, "cacheScope": "private", "resultType": "complete"}))
    });
    upstream.on("tools/call", |seen| {
        let region = seen.headers.get("mcp-param-region").and_then(|value| value.to_str().ok()).map(str::to_owned);
        match region {
            Some(region) => {
                Reply::Result(json!({"content": [{"type": "text", "text": region}], "resultType": "complete"}))
            }
            None => {
                let error = json!({"code": -32020, "message": "Mcp-Param-Region is missing"});
                let body = json!({"jsonrpc": "2.0", "id": seen.json()["id"], "error": error});
                Reply::Raw(axum::response::IntoResponse::into_response((
                    axum::http::StatusCode::BAD_REQUEST,
                    axum::Json(body),
                )))
            }
        }
    });
    let deployed = call(&owner, &server, "deploy", json!({"region": "eu"})).await;
    assert_eq!(text(&deployed), "eu");

    // A stream that goes on after its answer is not waited for.
    upstream.on("tools/call", |_| {
        Reply::StreamThenHang(vec![
            json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "hm"}}),
            json!({"jsonrpc": "2.0", "id": "$id", "result": {"content": [{"type": "text", "text": "done"}], "resultType": "complete"}}),
        ])
    });
    assert_eq!(text(&call(&owner, &server, "deploy", json!({"region": "eu"})).await), "done");

    // The gateway is away: that is said, and is nobody's error page.
    let mut nodes = std::mem::take(&mut world.nodes);
    nodes[0].stop().await;
    let away = call(&owner, &server, "deploy", json!({})).await;
    assert!(away["problem"].is_string() && away["result"].is_null(), "{away}");
}
