//! The stream that a legacy client opens by GET, and streams that go on elsewhere.

use http::{Method, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::upstream::Speaks;
use super::world::{ANA, DEMO, Ide, World, call, initialize};
use crate::mcp::sse::Parser;

struct Stream {
    body: axum::body::Body,
    parser: Parser,
    ready: Vec<Value>,
}

impl Stream {
    async fn open(ide: &Ide<'_>) -> Self {
        let response = ide.world.open(Method::GET, &ide.path, &ide.headers(), "").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { body: response.into_body(), parser: Parser::new(1 << 20), ready: Vec::new() }
    }

    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        while self.ready.is_empty() {
            let Ok(chunk) = self.body.frame().await?.expect("whole").into_data() else { continue };
            let events = self.parser.feed(&chunk).expect("short").into_iter();
            self.ready.extend(events.map(|event| serde_json::from_slice(&event.data).expect("JSON")));
        }
        Some(self.ready.remove(0))
    }
}

fn note(method: &str) -> Value {
    json!({"jsonrpc": "2.0", "method": method})
}

async fn resumed(ide: &Ide<'_>, event_id: &str) -> Response<axum::body::Body> {
    let mut headers = ide.headers();
    headers.push(("last-event-id", event_id));
    ide.world.open(Method::GET, &ide.path, &headers, "").await
}

async fn messages(response: Response<axum::body::Body>) -> Vec<Value> {
    let body = response.into_body().collect().await.expect("whole").to_bytes();
    let events = Parser::new(1 << 20).feed(&body).expect("short");
    events.iter().map(|event| serde_json::from_slice(&event.data).expect("JSON")).collect()
}

#[tokio::test]
async fn messages_of_no_call_reach_the_client() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    assert_eq!(ide.request(Method::GET).await.status, 405, "the upstream has none");
    world.upstream.offer_streams();
    let mut stream = Stream::open(&ide).await;
    let updated = json!({"jsonrpc": "2.0", "method": "notifications/resources/updated",
        "params": {"uri": "a:b", "_meta": {"io.modelcontextprotocol/subscriptionId": 1}}});
    let stray = json!({"jsonrpc": "2.0", "id": 1, "result": {}});
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1}});
    let ask = json!({"jsonrpc": "2.0", "id": 7, "method": "sampling/createMessage", "params": {}});
    for message in [&note("notifications/tools/list_changed"), &stray, &progress, &updated, &ask] {
        assert_eq!(world.upstream.say(message).await, 1);
    }
    assert_eq!(stream.next().await, Some(note("notifications/tools/list_changed")));
    let heard = stream.next().await.expect("an update");
    assert_eq!(heard["params"], json!({"uri": "a:b", "_meta": {}}));
    let question = stream.next().await.expect("a question");
    assert_eq!(question["method"], "sampling/createMessage");
    let reply = json!({"jsonrpc": "2.0", "id": question["id"], "result": {}});
    assert_eq!(ide.post(&reply).await.status, 202);
    world.upstream.saw(|seen| seen.body["id"] == 7 && seen.body["result"].is_object()).await;

    let progress = async {
        let seen = world.upstream.saw(|seen| seen.body["params"]["name"] == "hang").await;
        let token = &seen.body["params"]["_meta"]["progressToken"];
        world
            .upstream
            .say(&json!({"jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": token, "progress": 1}}))
            .await;
        stream.next().await.expect("progress of a call that has no stream")
    };
    let hanging = ide.call(1, "hang");
    let heard = tokio::select! {
        answer = hanging => panic!("it hangs: {answer:?}"),
        heard = progress => heard,
    };
    assert_eq!(heard["params"], json!({"progressToken": "tok", "progress": 1}));

    let opened = world.upstream.saw(|seen| seen.http == Method::GET).await;
    assert_eq!(opened.headers["accept"], "text/event-stream");
    assert!(!opened.headers.contains_key("content-type") && !opened.headers.contains_key("authorization"));
    world.upstream.hang_up();
    assert_eq!(stream.next().await, None, "ends with the upstream's");
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ide = world.legacy(ANA, "demo").await;
    let mut stream = Stream::open(&ide).await;
    tokio::time::pause();
    let kept = stream.body.frame().await.expect("a comment").expect("whole").into_data().expect("data");
    assert_eq!(kept, crate::mcp::sse::KEEP_ALIVE);
}

#[tokio::test]
async fn t7_one_standing_stream_per_session_and_the_newest_wins() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ide = world.legacy(ANA, "demo").await;
    let mut first = Stream::open(&ide).await;
    let mut second = Stream::open(&ide).await;
    assert_eq!(first.next().await, None, "the older one ends");
    assert_eq!(world.upstream.say(&note("notifications/tools/list_changed")).await, 1);
    assert!(second.next().await.is_some());
    let other = world.legacy(ANA, "demo").await;
    let mut third = Stream::open(&other).await;
    assert_eq!(world.upstream.say(&note("notifications/prompts/list_changed")).await, 2);
    assert!(second.next().await.is_some() && third.next().await.is_some(), "another session has its own");
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_callers_access() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ide = world.legacy(ANA, "demo").await;
    let mut stream = Stream::open(&ide).await;
    assert_eq!(ide.request(Method::DELETE).await.status, 204);
    assert_eq!(stream.next().await, None);

    type Change = fn(&mut crate::snapshot::Snapshot);
    let revoke: [(&str, Change); 5] = [
        ("grant", |snapshot| {
            let demo: proto::names::ServerSlug = "demo".parse().expect("slug");
            let server = snapshot.servers.get_mut(&demo).expect("there");
            std::sync::Arc::make_mut(server).grants = Default::default();
        }),
        ("connection", |snapshot| snapshot.revoked_grants = super::lockout::revoked(uuid::Uuid::nil())),
        ("tenant", |snapshot| snapshot.status = crate::snapshot::TenantStatus::Suspended),
        ("epoch", |snapshot| {
            let ana = snapshot.principals.get_mut(&ANA).expect("there");
            std::sync::Arc::make_mut(ana).epoch = 9;
        }),
        ("server", |snapshot| {
            let demo: proto::names::ServerSlug = "demo".parse().expect("slug");
            snapshot.servers.remove(&demo);
        }),
    ];
    for (revision, (what, change)) in (6..).zip(revoke) {
        world.publish(revision);
        let ide = world.legacy(ANA, "demo").await;
        let mut stream = Stream::open(&ide).await;
        let mut snapshot = world.snapshot(super::world::ACME, revision + 100);
        change(&mut snapshot);
        world.node.configuration.publish(std::sync::Arc::new(snapshot));
        assert_eq!(stream.next().await, None, "{what}");
        world.upstream.alone().await;
    }
    world.publish(200);
    let ide = world.legacy(ANA, "demo").await;
    let mut stream = Stream::open(&ide).await;
    world.node.tasks.drain();
    assert_eq!(stream.next().await, None, "the node stops");
}

#[tokio::test]
async fn atk_10_nobody_listens_in_anothers_session() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ana = world.legacy(ANA, "demo").await;
    let mut bob = world.ide(super::world::BOB, "demo").await;
    bob.session.clone_from(&ana.session);
    assert_eq!(bob.request(Method::GET).await.status, 404);
    assert!(!world.upstream.seen().iter().any(|seen| seen.http == Method::GET));
}

#[tokio::test]
async fn a_lost_upstream_session_is_opened_anew_for_a_stream() {
    let world = World::start(Speaks::Legacy).await;
    world.upstream.offer_streams();
    let ide = world.legacy(ANA, "demo").await;
    for (method, params) in [
        ("logging/setLevel", json!({"level": "debug"})),
        ("resources/subscribe", json!({"uri": "a:b"})),
        ("resources/subscribe", json!({"uri": "c:d"})),
        ("resources/unsubscribe", json!({"uri": "c:d"})),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        assert_eq!(ide.post(&body).await.json()["result"], json!({}), "{method}");
    }
    let before = world.upstream.seen().len();
    world.upstream.forget_sessions();
    let mut stream = Stream::open(&ide).await;
    world.upstream.say(&note("notifications/tools/list_changed")).await;
    assert!(stream.next().await.is_some());
    let again: Vec<(String, Value)> = world.upstream.seen()[before..]
        .iter()
        .filter(|seen| seen.body["params"].is_object())
        .map(|seen| (seen.method().to_owned(), seen.body["params"].clone()))
        .collect();
    assert_eq!(
        again[again.len() - 2..],
        [
            ("logging/setLevel".to_owned(), json!({"level": "debug"})),
            ("resources/subscribe".to_owned(), json!({"uri": "a:b"})),
        ],
        "the new session hears what the client wants"
    );
}

#[tokio::test]
async fn a_paused_call_is_resumed_by_the_client_at_any_node() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let paused = ide.call("c-1", "paused").await;
    assert!(paused.events().is_empty(), "nothing but where to resume: {paused:?}");
    assert!(String::from_utf8_lossy(&paused.body).contains("retry: 10\n"));
    let event_id = paused.event_ids().remove(0);
    assert!(!event_id.contains("paused"));

    let rest = messages(resumed(&ide, &event_id).await).await;
    assert_eq!(rest, [json!({"jsonrpc": "2.0", "id": "c-1", "result": {"content": [], "x": "rest"}})]);

    let bob = world.legacy(super::world::BOB, "demo").await;
    for (stranger, id) in [(&bob, event_id.as_str()), (&ide, "paused-1"), (&ide, "AQ")] {
        let answer = resumed(stranger, id).await;
        assert_eq!(answer.status(), 400, "an event id is worth nothing to others, nor is a forged one");
    }
    world.upstream.forget_sessions();
    ide.call(2, "echo").await;
    let rest = messages(resumed(&ide, &event_id).await).await;
    assert_eq!(rest[0]["id"], "c-1");
    let text = rest[0]["result"]["content"][0]["text"].as_str().expect("an error");
    assert!(text.contains("may have run"), "{text}");
}

#[tokio::test]
async fn a_paused_call_of_an_older_client_is_resumed_for_it() {
    let world = World::start(Speaks::Legacy).await;
    let mut ide = world.ide(ANA, "demo").await;
    ide.session = ide.post(&initialize("2025-06-18")).await.header("mcp-session-id").to_owned();
    assert_eq!(ide.call("c-1", "paused").await.json()["result"]["x"], "rest");
    let ide = world.legacy(ANA, "demo").await;
    let mut headers = ide.headers();
    headers.push(("accept", "application/json"));
    let plain = world.send(Method::POST, DEMO, &headers, call(7, "paused").to_string()).await;
    assert_eq!((&plain.json()["id"], &plain.json()["result"]["x"]), (&json!(7), &json!("rest")), "nor without streams");
}

#[tokio::test]
async fn a_client_that_may_come_back_leaves_the_rest_to_the_upstream() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let response = world.open(Method::POST, DEMO, &ide.headers(), call("c-2", "left").to_string()).await;
    let mut body = response.into_body();
    let first = body.frame().await.expect("a frame").expect("whole").into_data().expect("data");
    let event = Parser::new(1 << 16).feed(&first).expect("short").remove(0);
    drop(body);
    world.counted("reason=\"client.gone\"} 1").await;
    let event_id = String::from_utf8(event.id.expect("an id").to_vec()).expect("ASCII");
    let rest = messages(resumed(&ide, &event_id).await).await;
    assert_eq!((&rest[0]["id"], &rest[0]["result"]["x"]), (&json!("c-2"), &json!("rest")));
}

#[tokio::test]
async fn atk_34_reserved_metadata_passes_in_neither_direction() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "forging", "_meta": {
        "io.modelcontextprotocol/clientInfo": {"name": "root"}, "portway/tenant": "globex", "c/d": 2,
    }}});
    let answer = ide.post(&body).await.json();
    assert_eq!(answer["result"]["_meta"], json!({"a/b": 1}));
    let seen = world.upstream.saw(|seen| seen.method() == "tools/call").await;
    assert_eq!(seen.body["params"]["_meta"], json!({"c/d": 2}));
}

#[tokio::test]
async fn notifications_of_a_client_are_handed_on_by_name() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    for method in
        ["notifications/initialized", "tools/call", "notifications/tasks/status", "notifications/roots/list_changed"]
    {
        assert_eq!(ide.post(&note(method)).await.status, 202, "{method}");
    }
    let methods = world.upstream.methods();
    assert_eq!(methods, ["initialize", "notifications/initialized", "notifications/roots/list_changed"], "ATK-28");
}
