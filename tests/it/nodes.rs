//! Legacy sessions on two nodes that share a Redis: any node serves any session, and losing a node or all of Redis
//! loses no session.

mod questions;

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::Ide;
use world::people::Person;
use world::redis::Redis;

struct Nodes {
    world: World,
    upstream: McpServer,
    owner: Person,
    /// One client, initialized, as each node sees it.
    a: Ide,
    b: Ide,
}

impl Nodes {
    async fn start() -> Self {
        let world = World::setup().nodes(2).redis().start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", upstream.url.as_str()).await;
        let mut ide = owner.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        let (a, b) = (ide.at(&world.nodes[0].origin()), ide.at(&world.nodes[1].origin()));
        Self { world, upstream, owner, a, b }
    }

    fn redis(&mut self) -> &mut Redis {
        self.world.redis.as_mut().unwrap()
    }

    fn opened(&self) -> usize {
        self.upstream.seen_method("initialize").len()
    }

    /// Upstream sessions that calls ran in.
    fn used(&self) -> HashSet<Vec<u8>> {
        let calls = self.upstream.seen_method("tools/call");
        calls.iter().map(|call| call.headers["mcp-session-id"].as_bytes().to_vec()).collect()
    }
}

async fn echoes(ide: &mut Ide) {
    let answer = ide.call_tool("echo", json!({"text": "hi"})).await;
    let text = answer.json()["result"]["content"][0]["text"].clone();
    assert_eq!((answer.status.as_u16(), text), (200, json!(r#"{"text":"hi"}"#)), "{}", answer.body);
}

#[tokio::test]
async fn one_session_on_two_nodes_is_one_session_upstream() {
    let mut nodes = Nodes::start().await;
    for _ in 0..3 {
        echoes(&mut nodes.a).await;
        echoes(&mut nodes.b).await;
    }
    assert_eq!((nodes.opened(), nodes.used().len()), (1, 1));
    nodes.upstream.forget_sessions();
    echoes(&mut nodes.b).await;
    echoes(&mut nodes.a).await;
    assert_eq!((nodes.opened(), nodes.used().len()), (2, 2), "opened anew by one, used by both");
}

#[tokio::test]
async fn a_session_that_one_node_ends_has_ended_everywhere() {
    let mut nodes = Nodes::start().await;
    echoes(&mut nodes.b).await;
    assert_eq!(nodes.a.send(Method::DELETE, Value::Null, &[]).await.status, 204);
    assert_eq!(nodes.b.call_tool("echo", json!({})).await.status, 404);
    assert_eq!(nodes.b.send(Method::DELETE, Value::Null, &[]).await.status, 404);
    assert_eq!(nodes.a.call_tool("echo", json!({})).await.status, 404);
    let upstream = &nodes.upstream;
    let farewells = || upstream.seen().into_iter().filter(|seen| seen.http_method == Method::DELETE).count();
    world::eventually("the upstream is told", || async { farewells() == 1 }).await;
}

#[tokio::test]
async fn a_call_on_one_node_is_cancelled_through_the_other() {
    let nodes = Nodes::start().await;
    nodes.upstream.on("tools/call", |_| Reply::Hang);
    let call =
        json!({"jsonrpc": "2.0", "id": "c-7", "method": "tools/call", "params": {"name": "slow", "arguments": {}}});
    let cancel = async {
        let upstream = &nodes.upstream;
        let running = || !upstream.seen_method("tools/call").is_empty();
        world::eventually("the call runs", || async { running() }).await;
        let note = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": "c-7", "reason": "enough"}});
        assert_eq!(nodes.b.send(Method::POST, note, &[]).await.status, 202);
    };
    let (answer, ()) = tokio::join!(nodes.a.send(Method::POST, call, &[]), cancel);
    assert!(answer.events().iter().all(|event| event.get("result").is_none()), "{}", answer.body);
    let told = nodes.upstream.seen_method("notifications/cancelled");
    let running = &nodes.upstream.seen_method("tools/call")[0];
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].json()["params"], json!({"requestId": running.json()["id"], "reason": "enough"}));
    assert_eq!(told[0].headers["mcp-session-id"], running.headers["mcp-session-id"]);
    nodes.upstream.dropped(1).await;
}

#[tokio::test]
async fn sessions_heal_when_redis_forgets_everything() {
    let mut nodes = Nodes::start().await;
    echoes(&mut nodes.a).await;
    nodes.redis().flush().await;
    echoes(&mut nodes.a).await;
    echoes(&mut nodes.b).await;
    assert_eq!(nodes.opened(), 2, "one new session for both nodes");
    nodes.redis().restart().await;
    for _ in 0..3 {
        echoes(&mut nodes.b).await;
        echoes(&mut nodes.a).await;
    }
}

#[tokio::test]
async fn calls_go_on_while_redis_is_away() {
    let mut nodes = Nodes::start().await;
    echoes(&mut nodes.a).await;
    nodes.redis().stop().await;
    echoes(&mut nodes.a).await;
    echoes(&mut nodes.b).await;
    let mut new = nodes.b.clone();
    assert_eq!(new.initialize().await.status, 200);
    echoes(&mut new).await;
    assert_eq!(nodes.a.send(Method::DELETE, Value::Null, &[]).await.status, 204);
    assert_eq!(nodes.a.call_tool("echo", json!({})).await.status, 404);

    nodes.redis().restart().await;
    nodes.world.ready().await;
    let mut elsewhere = new.at(&nodes.world.nodes[0].origin());
    echoes(&mut new).await;
    echoes(&mut elsewhere).await;
    assert_eq!(nodes.a.call_tool("echo", json!({})).await.status, 404);
    assert_eq!(nodes.b.call_tool("echo", json!({})).await.status, 404, "what was ended meanwhile, too");
}

#[tokio::test]
async fn when_a_node_is_killed_the_other_goes_on_with_its_sessions() {
    let mut nodes = Nodes::start().await;
    echoes(&mut nodes.a).await;
    nodes.upstream.on("tools/call", |seen| match seen.json()["params"]["name"].as_str() {
        Some("slow") => Reply::Hang,
        _ => Reply::Result(json!({"content": [{"type": "text", "text": "{\"text\":\"hi\"}"}]})),
    });
    let (http, url) = (nodes.a.http.clone(), format!("{}/live", nodes.world.nodes[0].origin()));
    nodes.world.nodes[0].kill();
    world::eventually("it is gone", || async { http.get(&url).send().await.is_err() }).await;
    for _ in 0..3 {
        echoes(&mut nodes.b).await;
    }
    assert_eq!((nodes.opened(), nodes.used().len()), (1, 1), "the same session upstream");
}

#[tokio::test]
async fn atk_10_a_session_replayed_at_another_node_is_worth_nothing() {
    let nodes = Nodes::start().await;
    let globex = nodes.world.tenant("globex").await;
    globex.register_server("github", nodes.upstream.url.as_str()).await;
    let server = nodes.owner.get("servers?limit=1").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    nodes.owner.grant_everyone(&server).await;
    let bob = nodes.owner.invite("bob", "member").await;
    nodes.world.synced("acme").await;
    for person in [&globex, &bob] {
        let mut stranger = person.ide("github").await.at(&nodes.world.nodes[1].origin());
        stranger.session.clone_from(&nodes.a.session);
        assert_eq!(stranger.call_tool("echo", json!({})).await.status, 404);
        assert_eq!(stranger.send(Method::DELETE, Value::Null, &[]).await.status, 404);
    }
    assert!(nodes.upstream.seen_method("tools/call").is_empty(), "nothing went upstream");
    echoes(&mut nodes.b.clone()).await;
}

#[tokio::test]
async fn atk_11_equal_ids_at_two_nodes_never_meet() {
    let nodes = Nodes::start().await;
    let mut other = nodes.b.clone();
    other.initialize().await;
    let call = |text: &str| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": text}});
    for _ in 0..5 {
        let (at_a, at_b) = tokio::join!(
            nodes.a.send(Method::POST, call("one's"), &[]),
            other.send(Method::POST, call("other's"), &[])
        );
        assert_eq!(at_a.json()["result"]["content"][0]["text"], "\"one's\"", "{}", at_a.body);
        assert_eq!(at_b.json()["result"]["content"][0]["text"], "\"other's\"", "{}", at_b.body);
        assert_eq!((at_a.json()["id"].as_i64(), at_b.json()["id"].as_i64()), (Some(1), Some(1)));
    }
    let ids: HashSet<String> =
        nodes.upstream.seen_method("tools/call").iter().map(|call| call.json()["id"].to_string()).collect();
    assert_eq!((ids.len(), ids.contains("1"), nodes.used().len()), (10, false, 2));
}

#[tokio::test]
async fn atk_36_a_call_that_may_have_run_is_not_sent_again() {
    let mut nodes = Nodes::start().await;
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}});
    nodes.upstream.on("tools/call", move |_| Reply::Stream(vec![progress.clone()]));
    for (count, ide) in [&mut nodes.a, &mut nodes.b].into_iter().enumerate() {
        let answer = ide.call_tool("pay", json!({})).await;
        let text = answer.json()["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(text.contains("may have run"), "{}", answer.body);
        assert_eq!(nodes.upstream.seen_method("tools/call").len(), count + 1, "sent once");
    }
}
