//! What upstreams ask of legacy clients, and who may answer.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::upstream::Speaks;
use super::world::{ANA, BOB, Ide, World, initialize};

/// A client that declares all there is, on a call that asks.
async fn asked(ide: &Ide<'_>, method: &str, params: Value) -> (Value, axum::body::Body) {
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "ask", "arguments": {"method": method, "params": params}}});
    let response = ide.world.open(Method::POST, &ide.path, &ide.headers(), call.to_string()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let first = body.frame().await.expect("a frame").expect("whole").into_data().expect("data");
    let mut events = crate::mcp::sse::Parser::new(1 << 16).feed(&first).expect("short");
    (serde_json::from_slice(&events.remove(0).data).expect("JSON"), body)
}

fn answer(id: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": {"content": {"type": "text", "text": "42"}}})
}

async fn last(body: axum::body::Body) -> Value {
    let rest = body.collect().await.expect("whole").to_bytes();
    let events = crate::mcp::sse::Parser::new(1 << 16).feed(&rest).expect("short");
    serde_json::from_slice(&events.last().expect("an end").data).expect("JSON")
}

fn capabilities(capabilities: Value) -> Value {
    let mut body = initialize("2025-11-25");
    body["params"]["capabilities"] = capabilities;
    body
}

async fn ide<'w>(world: &'w World, declared: Value) -> Ide<'w> {
    let mut ide = world.ide(ANA, "demo").await;
    let answer = ide.post(&capabilities(declared)).await;
    ide.session = answer.header("mcp-session-id").to_owned();
    ide
}

#[tokio::test]
async fn a_question_is_answered_under_the_upstreams_own_id() {
    let world = World::start(Speaks::Legacy).await;
    let ide = ide(&world, json!({"sampling": {}, "elicitation": {}, "roots": {"listChanged": true}})).await;
    for (method, params) in [
        ("sampling/createMessage", json!({"messages": [], "maxTokens": 1})),
        ("elicitation/create", json!({"message": "who?", "requestedSchema": {}})),
        ("roots/list", json!({"_meta": {"progressToken": 7, "portway/x": 1}})),
    ] {
        let before = world.upstream.seen().len();
        let (question, body) = asked(&ide, method, params.clone()).await;
        assert_eq!(question["method"], method);
        let shown = question["id"].as_str().expect("a sealed id").to_owned();
        assert!(!shown.contains("s-1"));
        if method == "roots/list" {
            assert_eq!(question["params"]["_meta"], json!({"progressToken": shown}), "a token of ours");
            let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress",
                "params": {"progressToken": shown, "progress": 0.5}});
            assert_eq!(ide.post(&progress).await.status, 202);
            let told = world.upstream.saw(|seen| seen.method() == "notifications/progress").await;
            assert_eq!(told.body["params"], json!({"progressToken": 7, "progress": 0.5}));
        } else {
            assert_eq!(question["params"], params);
        }
        let raw =
            format!(r#"{{ "result": {{"n": 1.50,"_meta":{{"portway/error":1}}}},"id":"{shown}" ,"jsonrpc":"2.0"}}"#);
        let accepted = ide.post_raw(raw).await;
        assert_eq!((accepted.status.as_u16(), accepted.body.len()), (202, 0));
        assert_eq!(last(body).await["result"]["content"][0]["type"], "text");
        let seen = world.upstream.seen();
        let told = seen.iter().skip(before).find(|seen| seen.body["id"] == "s-1").expect("told");
        assert_eq!(told.raw, r#"{ "result": {"n": 1.50,"_meta":{}},"id":"s-1" ,"jsonrpc":"2.0"}"#);
        let session = seen.iter().find(|seen| seen.method() == "tools/call").expect("called");
        assert_eq!(told.headers["mcp-session-id"], session.headers["mcp-session-id"]);
    }
}

#[tokio::test]
async fn a_refusal_by_the_client_is_an_answer_too() {
    let world = World::start(Speaks::Legacy).await;
    let ide = ide(&world, json!({"sampling": {}})).await;
    let (question, body) = asked(&ide, "sampling/createMessage", json!({})).await;
    let refusal = json!({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "User rejected"}});
    assert_eq!(ide.post(&refusal).await.status, 202);
    let told = world.upstream.saw(|seen| seen.body["id"] == "s-1").await;
    assert_eq!(told.body["error"], json!({"code": -1, "message": "User rejected"}));
    last(body).await;
}

#[tokio::test]
async fn what_the_client_did_not_declare_is_answered_for_it_and_never_shown() {
    let world = World::start(Speaks::Legacy).await;
    for (declared, method, params, code) in [
        (json!({}), "sampling/createMessage", json!({}), json!(-32601)),
        (json!({"sampling": {}}), "elicitation/create", json!({}), json!(-32601)),
        (json!({"sampling": {}}), "roots/list", json!({}), json!(-32601)),
        (json!({"sampling": {}}), "tools/call", json!({}), json!(-32601)),
        (json!({"elicitation": {}}), "elicitation/create", json!({"mode": "url"}), json!(-32602)),
        (json!({}), "ping", json!({}), Value::Null),
    ] {
        let before = world.upstream.seen().len();
        let ide = ide(&world, declared).await;
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "ask", "arguments": {"method": method, "params": params}}});
        let answer = ide.post(&call).await;
        assert_eq!(answer.json()["id"], 1, "the answer alone: {answer:?}");
        let seen = world.upstream.seen();
        let told = seen.iter().skip(before).find(|seen| seen.body["id"] == "s-1").expect("answered");
        assert_eq!(told.body["error"]["code"], code, "{method}");
    }
}

#[tokio::test]
async fn atk_29_a_reply_counts_once_and_from_who_was_asked_only() {
    let world = World::start(Speaks::Legacy).await;
    let ana = ide(&world, json!({"sampling": {}})).await;
    let (question, body) = asked(&ana, "sampling/createMessage", json!({})).await;
    let shown = &question["id"];
    let before = world.upstream.seen().len();

    let refused = |answer: super::world::Answer, whose: &str| {
        assert_eq!(answer.status, 400, "{whose}");
        assert_eq!(answer.json()["error"]["data"]["code"], "reply.unknown", "{whose}");
        assert_eq!(answer.json().get("id"), None);
    };
    let bob = world.legacy(BOB, "demo").await;
    refused(bob.post(&answer(shown)).await, "another user");
    let second = ide(&world, json!({"sampling": {}})).await;
    refused(second.post(&answer(shown)).await, "another session of the same user");
    let elsewhere = world.legacy(ANA, "hasty").await;
    refused(elsewhere.post(&answer(shown)).await, "another server");
    for forged in [json!("s-1"), json!(1), json!("AQAAAAE"), json!(format!("{}A", shown.as_str().expect("text")))] {
        refused(ana.post(&answer(&forged)).await, "forged");
    }
    assert_eq!(ana.post(&json!({"jsonrpc": "2.0", "error": {"code": 1, "message": "x"}})).await.status, 400);
    let told = |seen: &super::upstream::Seen| seen.body["id"] == "s-1";
    assert!(!world.upstream.seen().iter().skip(before).any(told), "nothing reached the upstream");

    assert_eq!(ana.post(&answer(shown)).await.status, 202);
    refused(ana.post(&answer(shown)).await, "a replay");
    last(body).await;
    assert_eq!(world.upstream.seen().iter().filter(|seen| told(seen)).count(), 1);
}

#[tokio::test]
async fn a_question_ends_with_its_call_its_session_or_its_withdrawal() {
    let world = World::start(Speaks::Legacy).await;
    let ide = ide(&world, json!({"sampling": {}})).await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "stream", "arguments": {}}});
    let events = ide.post(&call).await.events();
    let question = events.iter().find(|event| event["method"] == "sampling/createMessage").expect("asked");
    assert_eq!(ide.post(&answer(&question["id"])).await.status, 400, "the call is over");

    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask",
        "arguments": {"method": "sampling/createMessage", "params": {}, "withdraw": true}}});
    let response = world.open(Method::POST, &ide.path, &ide.headers(), call.to_string()).await;
    let mut body = response.into_body();
    let (mut parser, mut events) = (crate::mcp::sse::Parser::new(1 << 16), Vec::new());
    while events.len() < 2 {
        let chunk = body.frame().await.expect("a frame").expect("whole").into_data().expect("data");
        let heard = parser.feed(&chunk).expect("short").into_iter();
        events.extend(heard.map(|event| serde_json::from_slice::<Value>(&event.data).expect("JSON")));
    }
    assert_eq!(events[1]["method"], "notifications/cancelled");
    assert_eq!(events[1]["params"], json!({"requestId": events[0]["id"], "reason": "enough"}));
    assert_eq!(ide.post(&answer(&events[0]["id"])).await.status, 400, "withdrawn");
    drop(body);

    let (question, _body) = asked(&ide, "sampling/createMessage", json!({})).await;
    assert_eq!(ide.request(Method::DELETE).await.status, 204);
    assert_eq!(ide.post(&answer(&question["id"])).await.status, 404, "the session is over");
}

#[tokio::test]
async fn atk_24_only_so_many_questions_wait_for_one_client() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ide = ide(&world, json!({"sampling": {}})).await;
    let response = world.open(Method::GET, &ide.path, &ide.headers(), "").await;
    let max = crate::limits::PARKED_REQUESTS_PER_SESSION_MAX;
    let reader = world.node.tasks.spawn("reader", response.into_body().collect());
    for number in 0..=max {
        let ask = json!({"jsonrpc": "2.0", "id": number, "method": "sampling/createMessage", "params": {}});
        assert_eq!(world.upstream.say(&ask).await, 1);
    }
    let refused = world.upstream.saw(|seen| seen.body["error"].is_object()).await;
    assert_eq!((refused.body["id"].as_u64(), &refused.body["error"]["code"]), (Some(max as u64), &json!(-32603)));
    world.upstream.hang_up();
    let heard = reader.await.expect("reads").expect("whole").to_bytes();
    assert_eq!(crate::mcp::sse::Parser::new(1 << 20).feed(&heard).expect("short").len(), max);
}
