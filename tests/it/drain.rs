//! A node that an operator wants to be empty: balancers see that it is not ready, clients that listen are sent
//! elsewhere, calls end in their own time, and what comes all the same is served.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};

struct Scene {
    world: World,
    id: String,
}

impl Scene {
    async fn set(world: World) -> Self {
        let listed = world.operator.api(Method::GET, "nodes", None).await.ok();
        let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
        Self { world, id }
    }

    async fn drain(&self, on: bool) -> Value {
        let path = format!("nodes/{}", self.id);
        self.world.operator.api(Method::PATCH, &path, Some(json!({"draining": on}))).await.ok()
    }

    /// What the first process of the node says that it is busy with.
    async fn load(&self) -> Value {
        let path = format!("nodes/{}", self.id);
        self.world.operator.api(Method::GET, &path, None).await.ok()["streams"][0]["load"].take()
    }

    async fn shows(&self, what: &str, member: &str, value: Value) {
        world::eventually(what, || async { self.load().await[member] == value }).await;
    }
}

#[tokio::test]
async fn who_listens_goes_elsewhere_and_calls_end_in_their_own_time() {
    let scene = Scene::set(World::start().await).await;
    let upstream = McpServer::start(Era::Legacy).await;
    upstream.on("GET", |_| Reply::Hang);
    let answer = Arc::new(Notify::new());
    let told = answer.clone();
    upstream.on("tools/call", move |seen| match seen.json()["params"]["name"].as_str() {
        Some("slow") => slow(seen.json()["id"].clone(), told.clone()),
        _ => Reply::Result(json!({"content": []})),
    });
    let owner = scene.world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let mut ide = owner.ide("github").await;
    ide.initialize().await;
    let mut listening = ide.open(Method::GET, String::new(), &[("accept", "text/event-stream")]).await;
    assert_eq!(listening.status(), 200);
    let mut caller = ide.clone();
    let call = world::spawn(async move { caller.call_tool("slow", json!({})).await });
    for (member, value) in [("streams", 1), ("calls", 1), ("sessions", 1)] {
        scene.shows("it is busy", member, json!(value)).await;
    }
    assert_eq!(scene.load().await["draining"], false);

    let asked = scene.drain(true).await;
    assert!(asked["draining_since"].is_string(), "{asked}");
    let node = &scene.world.nodes[0];
    world::eventually("it is not ready", || async { !node.is_ready().await }).await;
    scene.shows("it says so", "draining", json!(true)).await;
    let served = ide.call_tool("echo", json!({})).await;
    assert_eq!(served.json()["result"]["content"], json!([]), "it may be the only one: {}", served.body);
    let ended = async { while listening.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(world::PATIENCE, ended).await.expect("the stream ends");
    scene.shows("nobody listens", "streams", json!(0)).await;
    assert!(!call.is_finished() && scene.load().await["calls"] == 1, "a call is not cut off");

    assert!(scene.drain(false).await["draining_since"].is_null());
    node.ready().await;
    let again = ide.open(Method::GET, String::new(), &[("accept", "text/event-stream")]).await;
    assert_eq!(again.status(), 200);
    scene.shows("it is in use", "draining", json!(false)).await;
    answer.notify_one();
    assert_eq!(call.await.unwrap().json()["result"]["content"], json!([]));
    scene.shows("the call is over", "calls", json!(0)).await;
}

/// Answers when told to.
fn slow(id: Value, told: Arc<Notify>) -> Reply {
    let body = Body::from_stream(futures::stream::once(async move {
        told.notified().await;
        Ok::<_, Infallible>(json!({"jsonrpc": "2.0", "id": id, "result": {"content": []}}).to_string())
    }));
    Reply::Raw(([("content-type", "application/json")], body).into_response())
}

#[tokio::test]
async fn it_is_remembered_and_reaches_nodes_of_other_replicas() {
    let mut scene = Scene::set(World::setup().redis().control_planes(2).nodes(2).start().await).await;
    let since = scene.drain(true).await["draining_since"].clone();
    assert_eq!(scene.drain(true).await["draining_since"], since, "twice is once");
    for node in &scene.world.nodes {
        world::eventually("each process hears it", || async { !node.is_ready().await }).await;
    }
    // One that starts later, with the same identity, is told at once.
    let config = scene.world.node_config("late");
    let late = scene.world.add_node_with(config).await.node.clone();
    world::eventually("the late one too", || async { late.drain.is_asked() }).await;
    scene.drain(false).await;
    for node in &scene.world.nodes {
        node.ready().await;
    }
}

#[tokio::test]
async fn what_cannot_be_drained_is_refused() {
    let scene = Scene::set(World::start().await).await;
    let patch =
        async |id: &str, body: Value| scene.world.operator.api(Method::PATCH, &format!("nodes/{id}"), Some(body)).await;
    patch(&scene.id, json!({"drain": true})).await.refused(400, "invalid");
    patch(&scene.id, json!({"draining": "yes"})).await.refused(400, "invalid");
    patch("00000000-0000-7000-8000-000000000000", json!({"draining": true})).await.refused(404, "not_found");
    let unchanged = patch(&scene.id, json!({})).await.ok();
    assert!(unchanged["draining_since"].is_null(), "{unchanged}");
    scene.world.operator.api(Method::DELETE, &format!("nodes/{}", scene.id), None).await.ok();
    patch(&scene.id, json!({"draining": true})).await.refused(409, "node.revoked");
}
