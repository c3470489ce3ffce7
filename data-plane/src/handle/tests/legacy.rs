//! Legacy clients at a legacy upstream.

use axum::body::Body;
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::upstream::{FakeUpstream, Speaks};
use super::world::{ANA, BOB, DEMO, World, call, initialize};

#[tokio::test]
async fn a_session_from_initialize_to_delete() {
    let world = World::start(Speaks::Legacy).await;
    let mut ide = world.ide(ANA, "demo").await;
    let opened = ide.post(&initialize("2025-06-18")).await;
    assert_eq!(opened.status, 200);
    assert_eq!(
        opened.json(),
        json!({"jsonrpc": "2.0", "id": 0, "result": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}, "resources": {"subscribe": true}},
            "serverInfo": {"name": "fake", "version": "1"},
        }})
    );
    let told = world.upstream.saw(|seen| seen.method() == "initialize").await;
    assert_eq!(told.body["params"]["capabilities"], initialize("")["params"]["capabilities"]);
    assert_eq!(told.body["params"]["clientInfo"], json!({"name": "test-ide", "version": "9"}));

    assert_eq!(ide.call(1, "echo").await.status, 400, "no session header");
    ide.session = opened.header("mcp-session-id").to_owned();
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let accepted = ide.post(&initialized).await;
    assert_eq!((accepted.status.as_u16(), accepted.body.len()), (202, 0));
    assert_eq!(ide.post(&json!({"jsonrpc": "2.0", "id": "p", "method": "ping"})).await.json()["result"], json!({}));
    let echoed = ide.call("x-1", "echo").await.json();
    assert_eq!((&echoed["id"], &echoed["result"]["content"][0]["text"]), (&json!("x-1"), &json!("{\"a\":1}")));
    let list = ide.post(&json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})).await.json();
    assert_eq!(list["result"]["tools"][0]["name"], "echo");
    let tasks = json!({"jsonrpc": "2.0", "id": 4, "method": "tasks/list"});
    let unknown = ide.post(&tasks).await;
    assert_eq!((unknown.status.as_u16(), unknown.json()["error"]["code"].as_i64()), (200, Some(-32601)));
    assert_eq!(world.upstream.methods(), ["initialize", "notifications/initialized", "tools/call", "tools/list"]);

    let get = ide.request(Method::GET).await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST, DELETE, OPTIONS"));
    assert_eq!(ide.request(Method::DELETE).await.status, 204);
    world.upstream.saw(|seen| seen.http == Method::DELETE && seen.headers.contains_key("mcp-session-id")).await;
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(ide.request(method).await.status, 404);
    }
    assert_eq!(ide.call(5, "echo").await.status, 404);
}

#[tokio::test]
async fn old_and_unknown_versions_are_negotiated() {
    let world = World::start(Speaks::Legacy).await;
    for (asked, told) in [("2024-11-05", "2025-03-26"), ("2025-03-26", "2025-03-26"), ("1999-01-01", "2025-11-25")] {
        let answer = world.ide(ANA, "demo").await.post(&initialize(asked)).await;
        assert_eq!(answer.json()["result"]["protocolVersion"], told, "{asked}");
    }
    let ide = world.legacy(ANA, "demo").await;
    let mut headers = ide.headers();
    headers.push(("mcp-protocol-version", "2025-01-01"));
    let answer = world.send(Method::POST, DEMO, &headers, call(1, "echo").to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"]["code"].as_i64()), (400, Some(-32022)));
}

#[tokio::test]
async fn atk_10_a_session_is_worth_nothing_to_anybody_else() {
    let world = World::start(Speaks::Legacy).await;
    let ana = world.legacy(ANA, "demo").await;
    let mut bob = world.ide(BOB, "demo").await;
    bob.session.clone_from(&ana.session);
    assert_eq!(bob.call(1, "echo").await.status, 404, "another user");
    assert_eq!(bob.request(Method::DELETE).await.status, 404, "another user cannot end it");
    let mut elsewhere = world.ide(ANA, "hasty").await;
    elsewhere.session.clone_from(&ana.session);
    assert_eq!(elsewhere.call(1, "echo").await.status, 404, "another server");
    bob.session = "up-1".into();
    assert_eq!(bob.call(1, "echo").await.status, 404, "an upstream's id");
    assert_eq!(ana.call(1, "echo").await.status, 200);
    assert!(!ana.session.contains("up-"));
}

#[tokio::test]
async fn atk_11_equal_ids_of_two_clients_never_meet() {
    let world = World::start(Speaks::Legacy).await;
    let (ana, bob) = (world.legacy(ANA, "demo").await, world.legacy(BOB, "demo").await);
    let mine = |text: &str| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": text}});
    let (a, b) = (mine("ana's"), mine("bob's"));
    for _ in 0..10 {
        let (to_ana, to_bob) = tokio::join!(ana.post(&a), bob.post(&b));
        assert_eq!(to_ana.json()["result"]["content"][0]["text"], "\"ana's\"");
        assert_eq!(to_bob.json()["result"]["content"][0]["text"], "\"bob's\"");
        assert_eq!((to_ana.json()["id"].as_i64(), to_bob.json()["id"].as_i64()), (Some(1), Some(1)));
    }
    let calls = world.upstream.seen().into_iter().filter(|seen| seen.method() == "tools/call");
    let (ids, sessions): (std::collections::HashSet<String>, std::collections::HashSet<Vec<u8>>) =
        calls.map(|seen| (seen.body["id"].to_string(), seen.headers["mcp-session-id"].as_bytes().to_vec())).unzip();
    assert_eq!((ids.len(), sessions.len(), ids.contains("1")), (20, 2, false));
}

#[tokio::test]
async fn another_node_and_a_restarted_upstream_are_healed_unseen() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let other = world.another_node();
    let mut there = other.ide(ANA, "demo").await;
    there.session.clone_from(&ide.session);
    let (first, second) = tokio::join!(there.call(1, "echo"), there.call(2, "echo"));
    assert_eq!((first.json()["id"].as_i64(), second.json()["id"].as_i64()), (Some(1), Some(2)));
    let opened = || world.upstream.methods().iter().filter(|method| *method == "initialize").count();
    assert_eq!(opened(), 2, "single-flight");
    let again = world.upstream.seen().into_iter().rfind(|seen| seen.method() == "initialize").expect("again");
    assert_eq!(again.body["params"]["clientInfo"]["name"], "test-ide");
    assert_eq!(again.body["params"]["capabilities"], json!({"sampling": {}, "elicitation": {}}));
    assert_eq!(again.body["params"]["protocolVersion"], "2025-11-25");

    world.upstream.forget_sessions();
    let healed = ide.call(3, "echo").await;
    assert_eq!((healed.json()["id"].as_i64(), opened()), (Some(3), 3));
}

#[tokio::test]
async fn a_stream_passes_frame_by_frame_with_the_clients_own_ids() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let answer = ide.call("s", "stream").await;
    assert_eq!(answer.header("x-accel-buffering"), "no");
    let events = answer.events();
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(
        (&events[0]["method"], &events[0]["params"]["progressToken"]),
        (&json!("notifications/progress"), &json!("tok"))
    );
    assert_eq!(events[1]["method"], "notifications/message");
    assert_eq!(events[2]["method"], "sampling/createMessage");
    assert_eq!((&events[3]["id"], &events[3]["result"]["content"][0]["type"]), (&json!("s"), &json!("text")));

    let mut headers = ide.headers();
    headers.push(("accept", "application/json"));
    let plain = world.send(Method::POST, DEMO, &headers, call(7, "stream").to_string()).await;
    assert_eq!(plain.json()["id"], 7, "a client without streams gets the answer alone");
    let refusal = world.upstream.saw(|seen| seen.body["id"] == "s-1").await;
    assert_eq!(refusal.body["error"]["code"], -32601, "and cannot be asked");
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_upstream_under_the_upstreams_id() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    for (id, tool) in [(json!(5), "hang"), (json!("five"), "hang_stream")] {
        let cancel = async {
            let seen = world.upstream.saw(|seen| seen.body["params"]["name"] == tool).await;
            let params = json!({"requestId": id, "reason": "enough"});
            let note = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
            assert_eq!(ide.post(&note).await.status, 202);
            seen.body["id"].clone()
        };
        let (answer, upstream_id) = tokio::join!(ide.call(id.clone(), tool), cancel);
        let told = world.upstream.saw(|seen| seen.body["params"]["requestId"] == upstream_id).await;
        assert_eq!((told.method(), &told.body["params"]["reason"]), ("notifications/cancelled", &json!("enough")));
        assert!(answer.events().iter().all(|event| event.get("result").is_none()));
    }
    world.upstream.saw_abandoned(2).await;
}

#[tokio::test]
async fn a_legacy_client_that_disconnects_has_not_cancelled() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "hasty").await;
    let response = world.open(Method::POST, &ide.path, &ide.headers(), call(1, "hang_stream").to_string()).await;
    let mut body = response.into_body();
    body.frame().await.expect("a frame").expect("whole");
    drop(body);
    // The call ends by its own time limit, and is recorded as the upstream's failure, not as a cancellation.
    world.upstream.saw_abandoned(1).await;
    world.counted("outcome=\"error\",reason=\"upstream.timeout\"} 1").await;
}

#[tokio::test]
async fn atk_08_ambiguous_messages_never_reach_the_upstream() {
    let world = World::with(FakeUpstream::start(Speaks::Legacy).await, |config| config.body_bytes_max = 4096);
    let ide = world.legacy(ANA, "demo").await;
    let before = world.upstream.seen().len();
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":{}{}}}}}"#, "[".repeat(99), "]".repeat(99));
    for (body, status, code) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"hang"}}"#, 400, -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","n\u0061me":"hang"}}"#, 400, -32700),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[{"b":1,"b":2}]}}}"#,
            400,
            -32700,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"hang"}}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","METHOD":"tools/call"}"#, 400, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600), // nothing was asked
        ("{} {}", 400, -32700),
        ("\u{feff}{}", 400, -32700),
        ("", 400, -32700),
        (&deep, 400, -32700),
    ] {
        let answer = ide.post_raw(body.to_owned()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"]["code"].as_i64()), (status, Some(code)), "{body}");
    }
    let missing = ide.post(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}})).await;
    assert_eq!((missing.status.as_u16(), missing.json()["error"]["code"].as_i64()), (200, Some(-32602)));
    let large = ide.post_raw(vec![b' '; 4097]).await;
    assert_eq!(large.status, 413);
    let chunks = (0..5).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1000]));
    let chunked = ide.post_raw(Body::from_stream(futures::stream::iter(chunks))).await;
    assert_eq!(chunked.status, 413);
    let mut headers = ide.headers();
    headers.push(("content-type", "text/plain"));
    assert_eq!(world.send(Method::POST, DEMO, &headers, call(1, "echo").to_string()).await.status, 415);
    assert_eq!(ide.request(Method::PUT).await.status, 405);
    assert_eq!(world.upstream.seen().len(), before);
}

#[tokio::test]
async fn what_is_not_edited_arrives_byte_for_byte() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let odd = r#"{ "params" :{"arguments":{"n":1.50e+1, "u":"\u00e4"},"name":"echo" ,"x-new":[ ]}, "id":"one","method":"tools/call","jsonrpc":"2.0","ext":null}"#;
    assert_eq!(ide.post_raw(odd).await.json()["id"], "one");
    let seen = world.upstream.saw(|seen| seen.method() == "tools/call").await;
    let id = seen.body["id"].to_string();
    assert_eq!(seen.raw, odd.replace("\"one\"", &id));
}

#[tokio::test]
async fn a_modern_only_upstream_says_so_to_a_legacy_client() {
    let world = World::start(Speaks::Modern).await;
    let answer = world.ide(ANA, "demo").await.post(&initialize("2025-11-25")).await;
    let error = &answer.json()["error"];
    assert_eq!((answer.status.as_u16(), &error["data"]["code"]), (200, &json!("upstream.modern_only")));
    assert_eq!(error["code"], Value::from(-32013));
}

#[tokio::test]
async fn a_stopping_node_ends_its_calls_and_says_so() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let stop = async {
        world.upstream.saw(|seen| seen.body["params"]["name"] == "hang").await;
        world.upstream.saw(|seen| seen.body["params"]["name"] == "hang_stream").await;
        world.node.tasks.close().await;
    };
    let (plain, stream, ()) = tokio::join!(ide.call(1, "hang"), ide.call(2, "hang_stream"), stop);
    assert_eq!(plain.json()["result"]["_meta"]["portway/error"]["code"], "gateway.stopping");
    let last = match stream.header("content-type") {
        "text/event-stream" => stream.events().pop().expect("an end"),
        _ => stream.json(),
    };
    assert_eq!(last["result"]["_meta"]["portway/error"]["code"], "gateway.stopping");
}

#[tokio::test]
async fn a_node_that_is_full_says_so() {
    let world = World::with(FakeUpstream::start(Speaks::Legacy).await, |config| config.buffer_bytes_max = 64 * 1024);
    let ide = world.legacy(ANA, "demo").await;
    let big = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "echo", "arguments": "x".repeat(40 * 1024)}});
    let answer = ide.post(&big).await.json();
    assert_eq!(answer["result"]["_meta"]["portway/error"]["code"], "gateway.busy", "no room for request and answer");
    let bigger = ide.post_raw(vec![b' '; 65 * 1024]).await;
    assert_eq!((bigger.status.as_u16(), bigger.header("retry-after")), (503, "1"));
    assert_eq!(ide.call(2, "echo").await.json()["id"], 2, "the memory came back");
}
