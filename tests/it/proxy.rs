//! Calls through a node: what gets through, what is refused, and in which words.

use reqwest::Method;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, Reply};
use world::ide::Ide;
use world::people::Person;

use crate::scene::{Scene, scene};

#[tokio::test]
async fn a_call_is_relayed_and_recorded() {
    let Scene { world: _world, upstream, owner, mut ide } = scene(Era::Legacy).await;
    assert_eq!(ide.initialize().await.status, 200);
    let tools = ide.request("tools/list", json!({})).await.json();
    assert_eq!(tools["result"]["tools"][0]["x-unknown"], json!([1.0, 1e3]), "unknown members survive");
    let answer = ide.call_tool("echo", json!({"text": "hi"})).await.json();
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"text":"hi"}"#);
    let record = recorded(&owner, "tools/call").await;
    let expected = json!({"/method": "tools/call", "/target": "echo", "/outcome": "ok", "/fault": "none", "/error_reason": "",
        "/principal/id": owner.id().await, "/client/name": "test-ide", "/client/version": "1.2", "/client/protocol": "2025-11-25",
        "/upstream_protocol": "2025-11-25", "/node_id": "node-1"});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(record.pointer(field), Some(value), "{field} of {record}");
    }
    assert!(record["bytes_in"].as_u64() > Some(0) && record["duration_us"].as_u64() > Some(0));
    for seen in upstream.seen() {
        assert!(
            seen.headers.get("authorization").is_none() && seen.headers.get("cookie").is_none(),
            "{:?}",
            seen.headers
        );
    }
}

/// The newest record of a method, once it arrived.
async fn recorded(person: &Person, method: &str) -> Value {
    let path = format!("calls?method={method}&limit=1");
    let newest = || async { person.get(&path).await.ok()["items"].get(0).cloned() };
    world::eventually("the record arrives", || async { newest().await.is_some() }).await;
    newest().await.unwrap()
}

#[tokio::test]
async fn a_modern_call_is_relayed() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Modern).await;
    let discovered = ide.modern("server/discover", json!({})).await;
    assert_eq!(discovered.json()["result"]["supportedVersions"], json!(["2026-07-28"]), "{}", discovered.body);
    let answer = ide.modern("tools/call", json!({"name": "echo", "arguments": {"n": 1}})).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], r#"{"n":1}"#, "{}", answer.body);
    let seen = upstream.seen_method("tools/call").pop().unwrap();
    assert_eq!(seen.headers["mcp-method"], "tools/call");
    assert_eq!(seen.headers["mcp-name"], "echo");
    assert_eq!(seen.headers["mcp-protocol-version"], "2026-07-28");
    assert_eq!(ide.modern("logging/setLevel", json!({"level": "debug"})).await.status, 404, "removed in 2026-07-28");
}

#[tokio::test]
async fn progress_streams_and_the_token_is_the_clients_own() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    upstream.on("tools/call", |_| {
        Reply::Stream(vec![
            json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": "$token", "progress": 1}}),
            json!({"jsonrpc": "2.0", "id": "$id", "result": {"content": []}}),
        ])
    });
    ide.initialize().await;
    let answer =
        ide.request("tools/call", json!({"name": "slow", "arguments": {}, "_meta": {"progressToken": "mine"}})).await;
    let events = answer.events();
    assert_eq!(events[0]["params"]["progressToken"], "mine", "{}", answer.body);
    assert_eq!(events[1]["id"], answer.json()["id"]);
    let upstream_token = &upstream.seen_method("tools/call")[0].json()["params"]["_meta"]["progressToken"];
    assert_ne!(upstream_token, "mine", "two clients may choose the same token");
}

#[tokio::test]
async fn a_session_goes_on_when_the_upstream_forgot_its_own_and_ends_with_delete() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    ide.initialize().await;
    ide.call_tool("echo", json!({})).await;
    upstream.forget_sessions();
    let answer = ide.call_tool("echo", json!({"again": true})).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], r#"{"again":true}"#, "{}", answer.body);
    assert_eq!(ide.send(Method::DELETE, Value::Null, &[]).await.status.as_u16() / 100, 2);
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 404);
}

/// Servers built from the SDK's well-known example say 400 and -32000 where the specification says 404.
#[tokio::test]
async fn a_session_also_goes_on_when_the_upstream_says_so_in_its_own_way() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    ide.initialize().await;
    let mut forgotten = true;
    upstream.on("tools/call", move |_| {
        if !std::mem::take(&mut forgotten) {
            return Reply::Result(json!({"content": []}));
        }
        let error = json!({"code": -32000, "message": "Bad Request: No valid session ID provided"});
        let body = json!({"jsonrpc": "2.0", "error": error, "id": null}).to_string();
        let answer = axum::response::Response::builder().status(400).header("content-type", "application/json");
        Reply::Raw(answer.body(body.into()).unwrap())
    });
    let answer = ide.call_tool("echo", json!({})).await;
    assert_eq!(answer.json()["result"], json!({"content": []}), "{}", answer.body);
    assert_eq!((upstream.seen_method("initialize").len(), upstream.seen_method("tools/call").len()), (2, 2));
}

#[tokio::test]
async fn without_a_token_nothing_tells_whether_a_server_exists() {
    let Scene { world, owner, .. } = scene(Era::Legacy).await;
    let ask = async |method: Method, path: &str| {
        let ide = Ide::new(&format!("{}{path}", world.gateway_origin));
        let answer = ide.send(method, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), &[]).await;
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        (answer.status.as_u16(), headers.join("\n"), answer.body)
    };
    for method in [Method::POST, Method::GET, Method::HEAD, Method::DELETE, Method::PUT] {
        let (status, headers, body) = ask(method.clone(), "/acme/mcp/github/server").await;
        assert_eq!(status, 401, "{method}");
        let other = ask(method, "/acme/mcp/nothing/server").await;
        assert_eq!(
            (other.0, other.1.replace("nothing", "github"), other.2.replace("nothing", "github")),
            (status, headers, body)
        );
    }
    assert_eq!(ask(Method::POST, "/nobody/mcp/github/server").await.0, 404, "no such tenant");
    let metadata = |server: &str| {
        format!("{}/.well-known/oauth-protected-resource/acme/mcp/{server}/server", world.gateway_origin)
    };
    let client = owner.browser.client();
    for server in ["github", "nothing"] {
        let document: Value = client.get(metadata(server)).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["resource"], owner.url(server).as_str());
    }
    let unknown = client.get(format!("{}/.well-known/whatever", world.gateway_origin)).send().await.unwrap();
    assert_eq!(
        (
            unknown.status().as_u16(),
            unknown.headers()["content-type"].to_str().unwrap().starts_with("application/json")
        ),
        (404, true)
    );
}

#[tokio::test]
async fn with_a_token_an_unknown_server_and_one_not_granted_answer_alike() {
    let Scene { world, upstream, owner, .. } = scene(Era::Legacy).await;
    owner.register_server("private", upstream.url.as_str()).await;
    let open = owner.register_server("open", upstream.url.as_str()).await;
    let ana = owner.invite("ana", "member").await;
    let grant = owner.grant(&open, &ana).await;
    let ide = ana.ide("open").await;
    owner.delete(&format!("servers/{open}/grants/{}", grant["id"].as_str().unwrap())).await.ok();
    world.synced("acme").await;
    // Her token is for `open`, which exists but is not granted any more; and one for a retired server.
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let not_granted = ide.send(Method::POST, body.clone(), &[]).await;
    owner.delete(&format!("servers/{open}?confirm=open")).await.ok();
    world.synced("acme").await;
    let unknown = ide.send(Method::POST, body, &[]).await;
    assert_eq!(not_granted.status, 404);
    assert_eq!((unknown.status, &unknown.body), (not_granted.status, &not_granted.body), "byte for byte");
}

#[tokio::test]
async fn an_older_epoch_is_refused_everywhere_at_once() {
    let Scene { world, owner, upstream, .. } = scene(Era::Legacy).await;
    let server = owner.register_server("open", upstream.url.as_str()).await;
    owner.grant_everyone(&server).await;
    let ana = owner.invite("ana", "member").await;
    let id = ana.id().await;
    let mut ide = ana.ide("open").await;
    assert_eq!(ide.initialize().await.status, 200);
    owner.patch(&format!("users/{id}"), json!({"status": "deactivated"})).await.ok();
    world.synced("acme").await;
    let refused = ide.call_tool("echo", json!({})).await;
    assert_eq!(refused.status, 401, "{}", refused.body);
    assert_eq!(ide.refresh().await.json()["error"], "invalid_grant");
    assert_eq!(ana.get("session").await.status, 401);
    // Coming back does not bring old tokens back.
    owner.patch(&format!("users/{id}"), json!({"status": "active"})).await.ok();
    world.synced("acme").await;
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 401);
}

#[tokio::test]
async fn a_hostile_or_broken_upstream_is_named_and_its_answer_kept_out() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    ide.initialize().await;
    let answer = |status: u16, kind: &'static str, body: &'static str| {
        move || {
            axum::response::Response::builder()
                .status(status)
                .header("content-type", kind)
                .header("set-cookie", "stolen=1")
                .header("www-authenticate", "Bearer realm=\"evil\"")
                .body(body.into())
                .unwrap()
        }
    };
    for (make, code) in [
        (
            Box::new(answer(401, "text/plain", "who")) as Box<dyn Fn() -> axum::response::Response + Send>,
            "upstream.credential_refused",
        ),
        (Box::new(answer(500, "text/html", "<h1>stack trace</h1>")), "upstream."),
        (Box::new(answer(429, "text/plain", "slow down")), "upstream."),
        (Box::new(answer(200, "text/html", "<h1>hi</h1>")), "upstream.bad_response"),
        (
            Box::new(answer(200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":99999,\"result\":{}}")),
            "upstream.bad_response",
        ),
        (Box::new(answer(200, "application/json", "{\"jsonrpc\":")), "upstream.bad_response"),
    ] {
        upstream.on("tools/call", move |_| Reply::Raw(make()));
        let refused = ide.call_tool("echo", json!({})).await;
        assert_eq!(refused.status, 200, "{}", refused.body);
        assert_eq!(refused.json()["result"]["isError"], true, "{}", refused.body);
        let text = refused.json()["result"].to_string();
        assert!(text.contains(code), "{code}: {text}");
        assert!(!text.contains("stack trace"));
        for header in ["set-cookie", "www-authenticate"] {
            assert!(refused.headers.get(header).is_none(), "{header}");
        }
    }
}

#[tokio::test]
async fn a_modern_client_that_goes_away_cancels_its_call() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Modern).await;
    upstream.on("tools/call", |_| {
        Reply::StreamThenHang(vec![json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": "$token", "progress": 1}})])
    });
    let call = ide.modern("tools/call", json!({"name": "slow", "arguments": {}}));
    tokio::time::timeout(std::time::Duration::from_millis(500), call).await.expect_err("it hangs");
    tokio::time::timeout(world::PATIENCE, upstream.dropped(1)).await.expect("the upstream sees the cancellation");
}
