//! `subscriptions/listen`.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::upstream::{FakeUpstream, Seen, json_answer, raw_answer};
use super::world::{ACME, ANA, BOB, Ide, World, modern};
use crate::limits::STREAMS_PER_PRINCIPAL_MAX;
use crate::mcp::sse;

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

type Stream = (Value, mpsc::Sender<Result<Bytes, Infallible>>);

/// The streams that an upstream holds open, with the id each was asked for.
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<Vec<Stream>>>, Arc<AtomicUsize>);

impl Streams {
    fn answer(&self, seen: &Seen) -> Option<axum::http::Response<Body>> {
        if seen.method() != "subscriptions/listen" {
            let task = json!({"resultType": "task", "taskId": "up-7", "status": "working"});
            return (seen.method() == "tools/call")
                .then(|| json_answer(200, &json!({"jsonrpc": "2.0", "id": seen.body["id"], "result": task})));
        }
        if seen.body["params"]["notifications"]["toolsListChanged"] == json!("refuse") {
            let error = json!({"code": -32021, "message": "no", "data": {"requiredCapabilities": {}}});
            return Some(json_answer(400, &json!({"jsonrpc": "2.0", "id": seen.body["id"], "error": error})));
        }
        let (sender, receiver) = mpsc::channel(16);
        self.0.lock().expect("lock").push((seen.body["id"].clone(), sender));
        Some(raw_answer(200, "text/event-stream", Body::from_stream(ReceiverStream::new(receiver))))
    }

    /// The newest stream.
    fn last(&self) -> Option<Stream> {
        self.0.lock().expect("lock").last().cloned()
    }

    fn break_off(&self) {
        self.0.lock().expect("lock").pop();
        self.1.fetch_sub(1, Ordering::Relaxed);
    }

    async fn send(&self, message: Value) {
        let (id, sender) = self.last().expect("a stream");
        let text = message.to_string().replace("\"ID\"", &id.to_string());
        sender.send(Ok(sse::event(text.as_bytes()))).await.expect("is read");
    }

    async fn notify(&self, method: &str, mut params: Value) {
        params["_meta"] = json!({SUBSCRIPTION: "ID"});
        self.send(json!({"jsonrpc": "2.0", "method": format!("notifications/{method}"), "params": params})).await;
    }

    async fn acknowledge(&self, notifications: Value) {
        let acknowledged = self.1.fetch_add(1, Ordering::Relaxed);
        while self.0.lock().expect("lock").len() <= acknowledged {
            tokio::task::yield_now().await;
        }
        self.notify("subscriptions/acknowledged", json!({"notifications": notifications})).await;
    }
}

/// What a listening client reads.
struct Listening {
    body: Body,
    parser: sse::Parser,
    ready: Vec<Value>,
}

impl Listening {
    async fn next(&mut self) -> Option<Value> {
        while self.ready.is_empty() {
            let chunk = self.body.frame().await?.expect("whole").into_data().expect("data");
            let events = self.parser.feed(&chunk).expect("short");
            self.ready.extend(events.iter().map(|event| serde_json::from_slice(&event.data).expect("JSON")));
        }
        Some(self.ready.remove(0))
    }

    /// The two messages of a graceful end, and the end.
    async fn ends_gracefully(mut self, id: Value, reason: &str) {
        let cancelled = self.next().await.expect("a notification");
        assert_eq!(cancelled["method"], "notifications/cancelled");
        assert_eq!(cancelled["params"]["requestId"], id);
        assert!(cancelled["params"]["reason"].as_str().expect("text").contains(reason), "{cancelled}");
        let result = self.next().await.expect("a result");
        let meta = json!({SUBSCRIPTION: id});
        assert_eq!(result, json!({"jsonrpc": "2.0", "id": id, "result": {"resultType": "complete", "_meta": meta}}));
        assert_eq!(self.next().await, None);
    }
}

async fn world() -> (World, Streams) {
    let streams = Streams::default();
    let script = streams.clone();
    let upstream = FakeUpstream::scripted(move |seen| script.answer(seen)).await;
    (World::with(upstream, |_| {}), streams)
}

async fn listen(ide: &Ide<'_>, streams: &Streams, id: Value, wanted: Value) -> Listening {
    let request = modern(id, "subscriptions/listen", json!({"notifications": wanted.clone()}));
    let (response, ()) = tokio::join!(ide.modern(&request), streams.acknowledge(wanted));
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/event-stream".parse().expect("value"))
    );
    Listening { body: response.into_body(), parser: sse::Parser::new(1 << 20), ready: Vec::new() }
}

#[tokio::test]
async fn the_stream_says_what_was_asked_for_under_the_clients_id() {
    let (world, streams) = world().await;
    let ide = world.ide(ANA, "demo").await;
    let wanted = json!({"toolsListChanged": true, "promptsListChanged": false, "resourceSubscriptions": ["test://a"]});
    let mut stream = listen(&ide, &streams, json!("l-1"), wanted.clone()).await;
    let first = stream.next().await.expect("a message");
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!((&first["params"]["_meta"][SUBSCRIPTION], &first["params"]["notifications"]), (&json!("l-1"), &wanted));

    streams.notify("prompts/list_changed", json!({})).await;
    streams.notify("resources/updated", json!({"uri": "test://b"})).await;
    streams.notify("message", json!({"level": "info", "data": "x"})).await;
    streams
        .send(json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed",
        "params": {"_meta": {SUBSCRIPTION: 1}}}))
        .await;
    streams.send(json!({"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {}})).await;
    streams.notify("resources/updated", json!({"uri": "test://a/part"})).await;
    streams.send(json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})).await;
    let updated = stream.next().await.expect("a message");
    assert_eq!(updated["params"], json!({"uri": "test://a/part", "_meta": {SUBSCRIPTION: "l-1"}}));
    let changed = stream.next().await.expect("a message");
    assert_eq!(changed["params"]["_meta"], json!({SUBSCRIPTION: "l-1"}));

    streams
        .send(
            json!({"jsonrpc": "2.0", "id": "ID", "result": {"resultType": "complete", "_meta": {SUBSCRIPTION: "ID"}}}),
        )
        .await;
    let end = stream.next().await.expect("a message");
    assert_eq!((&end["id"], &end["result"]["_meta"][SUBSCRIPTION]), (&json!("l-1"), &json!("l-1")));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn leaving_cancels_upstream_and_gives_the_place_back() {
    let (world, streams) = world().await;
    let ide = world.ide(ANA, "demo").await;
    let mut stream = listen(&ide, &streams, json!(1), json!({"toolsListChanged": true})).await;
    stream.next().await.expect("acknowledged");
    let (_, upstream) = streams.last().expect("a stream");
    drop(stream);
    upstream.closed().await;
    world.counted("outcome=\"ok\"").await;
}

#[tokio::test]
async fn a_stream_ends_with_the_access_of_its_client() {
    let (world, streams) = world().await;
    let (ana, bob) = (world.ide(ANA, "demo").await, world.ide(BOB, "secret").await);
    let wanted = || json!({"toolsListChanged": true});
    let open = async |ide: &Ide<'_>| {
        let mut stream = listen(ide, &streams, json!(7), wanted()).await;
        stream.next().await.expect("acknowledged");
        stream
    };

    let of_ana = open(&ana).await;
    let of_bob = open(&bob).await;
    let (_, upstream) = streams.last().expect("a stream");
    // The grant goes.
    let mut later = world.snapshot(ACME, 6);
    let slug = "secret".parse().expect("slug");
    let mut secret = crate::snapshot::Server::clone(&later.servers[&slug]);
    secret.grants.subjects.clear();
    later.servers.insert(slug, Arc::new(secret));
    world.node.configuration.publish(Arc::new(later));
    of_bob.ends_gracefully(json!(7), "not found").await;
    upstream.closed().await;

    // The principal's epoch rises.
    let mut later = world.snapshot(ACME, 7);
    let mut person = crate::snapshot::Principal::clone(&later.principals[&ANA]);
    person.epoch += 1;
    later.principals.insert(ANA, Arc::new(person));
    world.node.configuration.publish(Arc::new(later));
    of_ana.ends_gracefully(json!(7), "authentication is required").await;
    world.node.configuration.publish(Arc::new(world.snapshot(ACME, 8)));

    // The server moves: what was subscribed to is elsewhere.
    let of_ana = open(&ana).await;
    let mut later = world.snapshot(ACME, 9);
    let slug = "demo".parse().expect("slug");
    let mut demo = crate::snapshot::Server::clone(&later.servers[&slug]);
    demo.upstream_url = "https://elsewhere.example/mcp".parse().expect("URL");
    later.servers.insert(slug, Arc::new(demo));
    world.node.configuration.publish(Arc::new(later));
    of_ana.ends_gracefully(json!(7), "connect again").await;
    world.node.configuration.publish(Arc::new(world.snapshot(ACME, 10)));

    // The token expires. Any change makes the node look at its clock; without one it looks in time by itself.
    let of_ana = open(&ana).await;
    world.clock.advance(chrono::TimeDelta::seconds(600));
    world.node.configuration.publish(Arc::new(world.snapshot(ACME, 11)));
    of_ana.ends_gracefully(json!(7), "authentication is required").await;
}

#[tokio::test]
async fn a_stopping_node_says_goodbye_and_an_upstream_that_breaks_off_does_not() {
    let (world, streams) = world().await;
    let ide = world.ide(ANA, "demo").await;
    let mut broken = listen(&ide, &streams, json!(7), json!({"toolsListChanged": true})).await;
    broken.next().await.expect("acknowledged");
    streams.break_off();
    assert_eq!(broken.next().await, None, "without a word, so that the client connects again");

    let mut stream = listen(&ide, &streams, json!(8), json!({"toolsListChanged": true})).await;
    stream.next().await.expect("acknowledged");
    world.node.tasks.drain();
    stream.ends_gracefully(json!(8), "stopping").await;
}

#[tokio::test]
async fn atk_12_tasks_are_heard_of_by_their_owner() {
    let (world, streams) = world().await;
    let (ana, bob) = (world.ide(ANA, "demo").await, world.ide(BOB, "demo").await);
    let mut call = modern(1, "tools/call", json!({"name": "task", "arguments": {}}));
    call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    let started = ana.modern(&call).await.into_body().collect().await.expect("whole").to_bytes();
    let started: Value = serde_json::from_slice(&started).expect("JSON");
    let task = started["result"]["taskId"].clone();

    let request = modern(2, "subscriptions/listen", json!({"notifications": {"taskIds": [task]}}));
    let acknowledged = streams.acknowledge(json!({"taskIds": ["up-7", "up-8"]}));
    let (response, ()) = tokio::join!(ana.modern(&request), acknowledged);
    let mut stream = Listening { body: response.into_body(), parser: sse::Parser::new(1 << 20), ready: Vec::new() };
    assert_eq!(stream.next().await.expect("acknowledged")["params"]["notifications"], json!({"taskIds": [task]}));
    let seen = world.upstream.saw(|seen| seen.method() == "subscriptions/listen").await;
    assert_eq!(seen.body["params"]["notifications"]["taskIds"], json!(["up-7"]));
    streams.notify("tasks", json!({"taskId": "up-8", "status": "completed"})).await;
    streams
        .notify(
            "tasks",
            json!({"taskId": "up-7", "status": "input_required",
        "inputRequests": {"a": {"method": "roots/list"}}}),
        )
        .await;
    streams.notify("tasks", json!({"taskId": "up-7", "status": "completed"})).await;
    let told = stream.next().await.expect("a message");
    assert_eq!((&told["params"]["taskId"], &told["params"]["status"]), (&task, &json!("completed")));

    let refused = bob.modern(&request).await.into_body().collect().await.expect("whole").to_bytes();
    let refused: Value = serde_json::from_slice(&refused).expect("JSON");
    assert_eq!(refused["error"]["code"], -32602);
}

#[tokio::test]
async fn what_is_no_subscription_is_answered_as_such() {
    let (world, streams) = world().await;
    let ide = world.ide(ANA, "demo").await;
    let ask = async |wanted: Value| {
        let response = ide.modern(&modern(1, "subscriptions/listen", json!({"notifications": wanted}))).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("whole").to_bytes();
        (status, serde_json::from_slice::<Value>(&body).expect("JSON")["error"]["code"].as_i64())
    };
    for bad in [json!(null), json!([]), json!({"resourceSubscriptions": "x"}), json!({"taskIds": ["up-7"]})] {
        assert_eq!(ask(bad.clone()).await, (200, Some(-32602)), "{bad}");
    }
    assert_eq!(ask(json!({"toolsListChanged": "refuse"})).await, (400, Some(-32021)));
    let unacknowledged = async {
        while streams.last().is_none() {
            tokio::task::yield_now().await;
        }
        streams.notify("tools/list_changed", json!({})).await;
    };
    let (answer, ()) = tokio::join!(ask(json!({"toolsListChanged": true})), unacknowledged);
    assert_eq!(answer, (200, Some(-32013)));
    // ATK-24: a principal has so many streams.
    let owner = crate::mcp::session::Owner { tenant_id: ACME, principal_id: ANA, server_id: uuid::Uuid::nil() };
    let places: Vec<_> =
        (0..STREAMS_PER_PRINCIPAL_MAX).map(|_| world.node.memory.streams.place(owner).expect("a place")).collect();
    assert_eq!(ask(json!({"toolsListChanged": true})).await, (200, Some(-32011)));
    drop(places);
}
