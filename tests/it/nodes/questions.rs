//! A server asks during a call on one node, the client answers at the other: what one node showed is answered through
//! any, once and by who was asked, and is lost with its node.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use world::fakes::mcp_server::{McpServer, Reply, Seen};
use world::ide::{Answer, Ide};

use super::{Nodes, echoes};

/// What the upstream calls its question.
const ASKED_AS: &str = "up-1";

/// Nodes whose client can be asked, before an upstream whose tool `ask` does.
async fn nodes() -> Nodes {
    let mut nodes = Nodes::start().await;
    assert_eq!(nodes.a.initialize_with(json!({"elicitation": {}})).await.status, 200);
    nodes.b.session.clone_from(&nodes.a.session);
    let answered = Arc::new(Notify::new());
    let told = answered.clone();
    // Responses have no method.
    nodes.upstream.on("", move |_| {
        told.notify_one();
        Reply::Raw(StatusCode::ACCEPTED.into_response())
    });
    nodes.upstream.on("tools/call", move |seen| match seen.json()["params"]["name"].as_str() {
        Some("ask") => Reply::Raw(asking(seen, answered.clone())),
        _ => Reply::Result(json!({"content": [{"type": "text", "text": "{\"text\":\"hi\"}"}]})),
    });
    nodes
}

/// A stream with a question, and the result once the question is answered.
fn asking(call: &Seen, answered: Arc<Notify>) -> Response {
    let question = json!({"jsonrpc": "2.0", "id": ASKED_AS, "method": "elicitation/create",
        "params": {"message": "Really?", "requestedSchema": {"type": "object", "properties": {}}}});
    let result =
        json!({"jsonrpc": "2.0", "id": call.json()["id"], "result": {"content": [{"type": "text", "text": "done"}]}});
    let first = futures::stream::once(async move { event(&question) });
    let last = futures::stream::once(async move {
        answered.notified().await;
        event(&result)
    });
    ([("content-type", "text/event-stream")], Body::from_stream(first.chain(last))).into_response()
}

fn event(message: &Value) -> Result<Bytes, std::io::Error> {
    Ok(Bytes::from(format!("data: {message}\n\n")))
}

/// Calls `ask`, and reads until the question is there.
async fn asked(ide: &Ide) -> (Value, reqwest::Response) {
    let call =
        json!({"jsonrpc": "2.0", "id": "c-1", "method": "tools/call", "params": {"name": "ask", "arguments": {}}});
    let mut stream = ide.open(Method::POST, call.to_string(), &[]).await;
    assert_eq!(stream.status(), 200);
    let question = next(&mut stream).await.expect("a whole stream").expect("a question");
    assert_eq!(
        (&question["method"], &question["params"]["message"]),
        (&json!("elicitation/create"), &json!("Really?"))
    );
    assert_ne!(question["id"], ASKED_AS);
    (question["id"].clone(), stream)
}

/// The next message of a stream. `None`: it ended in good order.
async fn next(stream: &mut reqwest::Response) -> reqwest::Result<Option<Value>> {
    let mut text = String::new();
    while let Some(chunk) = stream.chunk().await? {
        text += std::str::from_utf8(&chunk).expect("UTF-8");
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let data = whole.filter_map(|line| line.strip_prefix("data:")).map(str::trim).find(|data| !data.is_empty());
        if let Some(data) = data {
            return Ok(Some(serde_json::from_str(data).expect("JSON")));
        }
    }
    Ok(None)
}

async fn answers(ide: &Ide, shown: &Value) -> Answer {
    let answer = json!({"jsonrpc": "2.0", "id": shown, "result": {"action": "accept", "content": {}}});
    ide.send(Method::POST, answer, &[]).await
}

fn refused(answer: &Answer, code: &str) {
    let error = &answer.json()["error"];
    assert_eq!((answer.status.as_u16(), &error["data"]["code"]), (400, &json!(code)), "{}", answer.body);
}

/// Answers that reached the upstream, whatever their id.
fn told(upstream: &McpServer) -> Vec<Value> {
    let all = upstream.seen().into_iter().filter(|seen| seen.http_method == Method::POST);
    all.map(|seen| seen.json()).filter(|message| message.get("method").is_none()).collect()
}

#[tokio::test]
async fn atk_29_a_question_on_one_node_is_answered_through_the_other() {
    let nodes = nodes().await;
    let server = nodes.owner.get("servers?limit=1").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    nodes.owner.grant_everyone(&server).await;
    let bob = nodes.owner.invite("bob", "member").await;
    nodes.world.synced("acme").await;
    let mut bob = bob.ide("github").await.at(&nodes.world.nodes[1].origin());
    assert_eq!(bob.initialize_with(json!({"elicitation": {}})).await.status, 200);

    let (shown, mut stream) = asked(&nodes.a).await;
    refused(&answers(&bob, &shown).await, "reply.unknown");
    refused(&answers(&bob.at(&nodes.world.nodes[0].origin()), &shown).await, "reply.unknown");
    bob.session.clone_from(&nodes.a.session);
    assert_eq!(answers(&bob, &shown).await.status, 404, "nor with the session of who was asked");
    refused(&answers(&nodes.b, &json!(ASKED_AS)).await, "reply.unknown");
    assert!(told(&nodes.upstream).is_empty(), "nothing went upstream");

    let accepted = answers(&nodes.b, &shown).await;
    assert_eq!((accepted.status.as_u16(), accepted.body.as_str()), (202, ""));
    let result = next(&mut stream).await.expect("a whole stream").expect("a result");
    assert_eq!((&result["id"], &result["result"]["content"][0]["text"]), (&json!("c-1"), &json!("done")));
    assert_eq!(next(&mut stream).await.expect("it ends in good order"), None);
    for again in [&nodes.b, &nodes.a] {
        refused(&answers(again, &shown).await, "reply.unknown");
    }
    let answer = json!({"jsonrpc": "2.0", "id": ASKED_AS, "result": {"action": "accept", "content": {}}});
    assert_eq!(told(&nodes.upstream), [answer], "once, under the upstream's own id");
}

#[tokio::test]
async fn a_question_is_lost_with_its_node_and_the_session_is_not() {
    let mut nodes = nodes().await;
    let (shown, mut stream) = asked(&nodes.a).await;
    let session = nodes.b.session.clone();
    nodes.world.nodes[0].kill();
    next(&mut stream).await.expect_err("it breaks");

    let answer = answers(&nodes.b, &shown).await;
    refused(&answer, "reply.node_gone");
    let text = answer.json()["error"]["message"].as_str().expect("a text").to_owned();
    assert!(text.contains("may have run"), "{text}");
    let listed = nodes.b.request("tools/list", json!({})).await;
    assert_eq!(listed.json()["result"]["tools"][0]["name"], "echo", "{}", listed.body);
    echoes(&mut nodes.b).await;
    assert_eq!(nodes.b.session, session, "the client was given no other");
    assert_eq!(nodes.used().len(), 1, "the same session upstream");
    assert!(told(&nodes.upstream).is_empty(), "the answer never arrived");
    assert_eq!(nodes.upstream.seen_method("tools/call").len(), 2, "and nobody called again");
}
