//! How many calls of a tenant are under way at once, where the operator bounds that.

use reqwest::Method;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::{Answer, Ide};

struct Scene {
    world: World,
    upstream: McpServer,
    ide: Ide,
}

impl Scene {
    /// A tenant whose tool `slow` never answers.
    async fn set(world: World, bound: u32) -> Self {
        let upstream = McpServer::start(Era::Modern).await;
        upstream.on("tools/call", |seen| match seen.json()["params"]["name"].as_str() {
            Some("slow") => Reply::Hang,
            _ => Reply::Result(json!({"content": [], "resultType": "complete"})),
        });
        let owner = world.tenant("acme").await;
        owner.register_server("github", upstream.url.as_str()).await;
        let scene = Self { ide: owner.ide("github").await, world, upstream };
        scene.bound(bound).await;
        scene
    }

    async fn bound(&self, calls: u32) -> Value {
        let path = "tenants/acme";
        let tenant =
            self.world.operator.api(Method::PATCH, path, Some(json!({"concurrent_calls_max": calls}))).await.ok();
        self.world.synced("acme").await;
        tenant
    }

    /// Calls that hang, under way at the server.
    async fn hang(&self, calls: usize) -> Vec<tokio::task::JoinHandle<Answer>> {
        let before = self.upstream.seen_method("tools/call").len();
        let call = json!({"name": "slow", "arguments": {}});
        let hanging = (0..calls).map(|_| {
            let (mut ide, call) = (self.ide.clone(), call.clone());
            world::spawn(async move { ide.modern("tools/call", call).await })
        });
        let hanging = hanging.collect();
        let arrived = || async { self.upstream.seen_method("tools/call").len() == before + calls };
        world::eventually("they are under way", arrived).await;
        hanging
    }

    async fn call(&self) -> Answer {
        self.ide.clone().modern("tools/call", json!({"name": "echo", "arguments": {}})).await
    }
}

fn code(answer: &Answer) -> Value {
    answer.json()["result"]["_meta"]["portway/error"]["code"].clone()
}

#[tokio::test]
async fn one_too_many_waits_for_the_others_and_places_come_back() {
    let scene = Scene::set(World::start().await, 3).await;
    assert!(code(&scene.call().await).is_null(), "below the bound");
    let hanging = scene.hang(3).await;
    let refused = scene.call().await;
    assert_eq!((refused.status.as_u16(), code(&refused)), (200, json!("calls.limit")), "{}", refused.body);
    assert_eq!(refused.json()["result"]["isError"], true);
    assert_eq!(refused.headers["retry-after"], "1");
    let mut lists = scene.ide.clone();
    let list = lists.modern("tools/list", json!({})).await.json();
    assert_eq!((&list["error"]["code"], &list["error"]["data"]["code"]), (&json!(-32011), &json!("calls.limit")));
    // A client that goes away gives its place back.
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
    world::eventually("places are free", || async { code(&scene.call().await).is_null() }).await;
}

#[tokio::test]
async fn a_bound_is_the_tenants_own_and_can_be_moved_and_taken_away() {
    let scene = Scene::set(World::start().await, 1).await;
    let other = scene.world.tenant("globex").await;
    other.register_server("github", scene.upstream.url.as_str()).await;
    let mut elsewhere = other.ide("github").await;
    let _hanging = scene.hang(1).await;
    assert_eq!(code(&scene.call().await), "calls.limit");
    let answer = elsewhere.modern("tools/call", json!({"name": "echo", "arguments": {}})).await;
    assert!(code(&answer).is_null(), "another tenant calls on: {}", answer.body);
    assert_eq!(scene.bound(2).await["settings"]["concurrent_calls_max"], 2);
    assert!(code(&scene.call().await).is_null());
    assert!(scene.bound(0).await["settings"]["concurrent_calls_max"].is_null());
    let _more = scene.hang(5).await;
    assert!(code(&scene.call().await).is_null());
}

#[tokio::test]
async fn nodes_share_a_bound() {
    let scene = Scene::set(World::setup().redis().nodes(2).start().await, 2).await;
    let nodes = &scene.world.nodes;
    world::eventually("both know of each other", || async { nodes.iter().all(|one| one.node.limiter.nodes() == 2) })
        .await;
    let at = |node: usize| scene.ide.at(&nodes[node].origin());
    for node in [0, 1] {
        let mut hanging = at(node);
        world::spawn(async move { hanging.modern("tools/call", json!({"name": "slow", "arguments": {}})).await });
        let arrived = || async { scene.upstream.seen_method("tools/call").len() == node + 1 };
        world::eventually("it is under way", arrived).await;
        let refused = at(node).modern("tools/call", json!({"name": "echo", "arguments": {}})).await;
        assert_eq!(code(&refused), "calls.limit", "half of two is for this node: {}", refused.body);
    }
}

#[tokio::test]
async fn who_may_set_it_and_what_it_may_be() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    let body = json!({"settings": {"concurrent_calls_max": 1_000}});
    owner.patch("", body).await.refused(400, "invalid");
    let refused =
        world.operator.api(Method::PATCH, "tenants/acme", Some(json!({"concurrent_calls_max": 100_001}))).await;
    let errors = refused.refused(400, "invalid");
    assert_eq!(
        (&errors["errors"][0]["field"], &errors["errors"][0]["code"]),
        (&json!("concurrent_calls_max"), &json!("tenant.calls_range"))
    );
}
