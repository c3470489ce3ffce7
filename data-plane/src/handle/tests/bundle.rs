//! A virtual server: names, lists, routing, and what becomes of members that are not there.

use http::Method;
use serde_json::{Value, json};

use super::upstream::{Seen, Speaks};
use super::world::{ANA, Ide, World, call, modern};

fn names(list: &Value) -> Vec<&str> {
    list["tools"].as_array().expect("a list").iter().map(|tool| tool["name"].as_str().expect("a name")).collect()
}

fn calls(world: &World) -> Vec<Seen> {
    world.upstream.seen().into_iter().filter(|seen| seen.body["method"] == "tools/call").collect()
}

async fn listed(ide: &Ide<'_>) -> Value {
    ide.post(&json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list"})).await.json()["result"].clone()
}

async fn modern_json(ide: &Ide<'_>, body: &Value) -> Value {
    let answer = ide.modern(body).await;
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("whole");
    serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{body:?}"))
}

#[tokio::test]
async fn a_legacy_client_sees_all_members_under_their_names() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "all").await;
    assert!(world.upstream.seen().is_empty(), "nobody waits for members to say hello");
    let list = listed(&ide).await;
    assert_eq!(names(&list), ["say", "k_echo"]);
    let missing = &list["_meta"]["portway/unavailable"];
    let codes: Vec<_> = missing.as_array().expect("said").iter().map(|one| (&one["member"], &one["code"])).collect();
    let (off, moved) = ((json!("o"), json!("member.off")), (json!("m"), json!("credential.origin")));
    assert_eq!(codes, [(&off.0, &off.1), (&moved.0, &moved.1)], "{missing}");

    assert_eq!(ide.call(1, "say").await.json()["result"]["content"][0]["type"], "text");
    assert_eq!(ide.call(2, "k_anything").await.status, 200);
    let sent = calls(&world);
    let seen: Vec<_> =
        sent.iter().map(|seen| (&seen.body["params"]["name"], seen.headers.get("authorization"))).collect();
    assert_eq!((seen[0].0, seen[0].1), (&json!("echo"), None), "each in its own words");
    assert_eq!(
        (seen[1].0, seen[1].1.map(|value| value.as_bytes())),
        (&json!("anything"), Some(&b"Bearer upstream-key-5"[..]))
    );
}

#[tokio::test]
async fn atk_05_what_is_not_offered_is_not_called() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "all").await;
    for name in ["d_echo", "echo", "d_fail", "o_echo", "x_echo", "k"] {
        let answer = ide.call(1, name).await.json();
        let refused =
            answer["error"]["data"]["code"].as_str().or(answer["result"]["_meta"]["portway/error"]["code"].as_str());
        assert!(refused.is_some(), "{name}: {answer}");
    }
    assert!(calls(&world).is_empty());
}

#[tokio::test]
async fn streams_questions_and_the_end_of_a_session_go_through_the_right_member() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "all").await;
    let events = ide.call(1, "d_stream").await;
    let methods: Vec<Value> = events.events().iter().map(|event| event["method"].clone()).collect();
    assert_eq!(
        methods[..3],
        [json!("notifications/progress"), json!("notifications/message"), json!("sampling/createMessage")]
    );
    assert_eq!(events.events()[0]["params"]["progressToken"], "tok");
    let asked = events.events()[2]["id"].clone();
    let reply = json!({"jsonrpc": "2.0", "id": asked, "result": {"role": "assistant"}});
    // The call is over: nobody waits for the answer.
    assert_eq!(ide.post(&reply).await.status, 400);
    assert_eq!(ide.request(Method::DELETE).await.status, 204);
    world.upstream.saw(|seen| seen.http == Method::DELETE).await;
    assert_eq!(ide.call(2, "say").await.status, 404);
}

#[tokio::test]
async fn a_standing_stream_hears_every_member() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ide = world.legacy(ANA, "all").await;
    listed(&ide).await;
    let mut stream = world.open(Method::GET, &ide.path, &ide.headers(), axum::body::Body::empty()).await.into_body();
    world.upstream.saw(|seen| seen.http == Method::GET && seen.headers.contains_key("authorization")).await;
    world.upstream.saw(|seen| seen.http == Method::GET && !seen.headers.contains_key("authorization")).await;
    let said = json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "a:b"}});
    while world.upstream.say(&said).await < 2 {
        tokio::task::yield_now().await;
    }
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let frame = http_body_util::BodyExt::frame(&mut stream).await.expect("open").expect("fine");
        let events = crate::mcp::sse::Parser::new(1 << 20).feed(&frame.into_data().unwrap_or_default()).expect("short");
        heard.extend(events.into_iter().filter(|event| !event.data.is_empty()).map(|event| {
            let message: Value = serde_json::from_slice(&event.data).expect("JSON");
            message["params"]["uri"].as_str().unwrap_or_default().to_owned()
        }));
    }
    heard.sort();
    assert_eq!(heard, ["d+a:b", "k+a:b"]);
}

#[tokio::test]
async fn a_modern_client_sees_the_same() {
    let world = World::start(Speaks::Modern).await;
    let ide = world.ide(ANA, "all").await;
    let hello = modern_json(&ide, &modern(1, "server/discover", json!({}))).await;
    assert_eq!(hello["result"]["supportedVersions"], json!(["2026-07-28"]));
    let list = modern_json(&ide, &modern(2, "tools/list", json!({}))).await["result"].clone();
    assert_eq!(names(&list), ["say", "k_echo"]);
    assert_eq!((&list["cacheScope"], &list["ttlMs"]), (&json!("private"), &json!(0)));
    let called = modern_json(&ide, &modern(3, "tools/call", json!({"name": "say", "arguments": {}}))).await;
    assert!(called["result"]["content"].is_array(), "{called}");
    let sent = calls(&world);
    assert_eq!(
        (&sent[0].body["params"]["name"], sent[0].headers["mcp-name"].as_bytes()),
        (&json!("echo"), &b"echo"[..])
    );
}

#[tokio::test]
async fn a_client_of_the_other_era_hears_why_a_member_is_missing() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.ide(ANA, "all").await;
    let list = modern_json(&ide, &modern(1, "tools/list", json!({}))).await;
    assert_eq!(list["error"]["data"]["code"], "upstream.legacy_only", "{list}");
}

#[tokio::test]
async fn a_forwarded_header_is_for_one_server_and_goes_before_its_own() {
    let world = World::start(Speaks::Legacy).await;
    let forwarded = r#"{"keyed": {"Authorization": "Bearer mine-s3cret"}, "elsewhere": {"x": "y"}}"#;
    for slug in ["keyed", "all"] {
        let ide = world.legacy(ANA, slug).await;
        let tool = if slug == "all" { "k_echo" } else { "echo" };
        let mut headers = ide.headers();
        headers.push(("x-tfy-mcp-headers", forwarded));
        let before = calls(&world).len();
        let answer = world.send(Method::POST, &ide.path, &headers, call(1, tool).to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let sent = calls(&world);
        assert_eq!(sent[before].headers["authorization"], "Bearer mine-s3cret", "{slug}");
        assert!(!sent[before].headers.contains_key("x-tfy-mcp-headers"));
    }
    let ide = world.legacy(ANA, "keyed").await;
    let mut headers = ide.headers();
    headers.push(("x-portway-mcp-headers", r#"{"keyed": {"Host": "evil"}}"#));
    let refused = world.send(Method::POST, &ide.path, &headers, call(1, "echo").to_string()).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["error"]["data"]["code"]),
        (400, &json!("request.forwarded_headers"))
    );
}
