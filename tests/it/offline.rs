//! The control plane is gone and a node starts: what it kept on disk is enough, for as long as the tenant allows.

use chrono::TimeDelta;
use data_plane::config::{Config, StateConfig, StateKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::{Answer, Ide};
use world::people::Person;
use world::{World, on_both};

const MARKER: &str = "marker-77aa-shared-secret";

/// A world whose second node keeps its state (the first is behind the front), a server with a shared credential, and an IDE with an API key.
struct Scene {
    world: World,
    config: Config,
    state: TempDir,
    upstream: McpServer,
    owner: Person,
    server: String,
    key: String,
}

impl Scene {
    async fn set(setup: world::world::Setup) -> Self {
        let mut world = setup.split_hosts().nodes(1).start().await;
        let state = tempfile::tempdir().unwrap();
        let mut config = world.node_config("keeper");
        config.state = Some(StateConfig { dir: state.path().join("state"), key: StateKey::from_bytes([9; 32]) });
        world.add_node_with(config.clone()).await.ready().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        owner.patch("", json!({"settings": {"offline_max_s": 7200}})).await.ok();
        let body = json!({"slug": "github", "display_name": "GitHub", "upstream_url": upstream.url.as_str(),
            "outbound_auth": shared(MARKER)});
        let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
        owner.grant_everyone(&server).await;
        let key = owner.post("keys", json!({"name": "laptop"})).await.ok()["secret"].as_str().unwrap().to_owned();
        let mut scene = Self { world, config, state, upstream, owner, server, key };
        assert_eq!(scene.call().await.status, 200);
        scene.world.synced("acme").await;
        scene
    }

    /// Stops the node; when it is started again it is another process as far as anybody can tell.
    async fn stop_node(&mut self) {
        let mut node = self.world.nodes.remove(1);
        node.stop().await;
    }

    async fn start_node(&mut self) {
        self.world.add_node_with(self.config.clone()).await.ready().await;
    }

    /// Initializes and calls a tool with the API key, past any front.
    async fn call(&mut self) -> Answer {
        let mut ide = self.ide();
        let opened = ide.initialize().await;
        if opened.status != 200 {
            return opened;
        }
        ide.call_tool("echo", json!({"n": 1})).await
    }

    fn ide(&self) -> Ide {
        let mut ide = Ide::new(&self.owner.url("github")).at(&self.world.nodes[1].origin());
        ide.tokens = json!({"access_token": self.key});
        ide
    }

    fn last_authorization(&self) -> String {
        let seen = self.upstream.seen();
        let value = seen.last().and_then(|seen| seen.headers.get("authorization")?.to_str().ok().map(str::to_owned));
        value.unwrap_or_default()
    }
}

fn shared(value: &str) -> Value {
    json!({"kind": "shared_header", "headers": [{"name": "Authorization", "value": value}]})
}

on_both! {
    async fn a_node_restarted_without_the_control_plane_serves_until_offline_max(setup: Setup) {
        let mut scene = Scene::set(setup).await;
        let mut ide = scene.owner.ide("github").await.at(&scene.world.nodes[1].origin());
        assert_eq!(ide.initialize().await.status, 200);
        scene.world.stop_control_plane().await;
        scene.stop_node().await;
        scene.start_node().await;
        // API key, access token and shared credential; a session of the node before goes on.
        let answer = scene.call().await;
        assert_eq!(answer.json()["result"]["content"][0]["text"], r#"{"n":1}"#);
        assert_eq!(scene.last_authorization(), MARKER);
        let mut ide = ide.at(&scene.world.nodes[1].origin());
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
        // The time away is counted over restarts.
        scene.world.advance(TimeDelta::minutes(70));
        assert_eq!(scene.call().await.status, 200);
        scene.stop_node().await;
        scene.start_node().await;
        assert_eq!(scene.call().await.status, 200);
        scene.world.advance(TimeDelta::minutes(70));
        let refused = scene.call().await;
        assert_eq!(refused.status, 503);
        assert!(refused.headers.contains_key("retry-after"));
        scene.stop_node().await;
        scene.start_node().await;
        assert_eq!(scene.call().await.status, 503, "a restart does not begin it anew");
        // The control plane is back, with another secret.
        scene.world.restart_control_plane().await;
        let owner = scene.owner.elsewhere();
        owner.sign_in().await.ok();
        owner.patch(&format!("servers/{}", scene.server), json!({"outbound_auth": shared("Bearer new")})).await.ok();
        world::eventually("the node heard of it", || async {
            scene.world.app().nodes.list().len() == 2
        }).await;
        scene.world.synced("acme").await;
        assert_eq!(scene.call().await.status, 200);
        assert_eq!(scene.last_authorization(), "Bearer new");
    }

    async fn what_changed_while_a_node_was_down_reaches_it_as_a_delta(setup: Setup) {
        let mut scene = Scene::set(setup).await;
        scene.stop_node().await;
        let path = format!("servers/{}", scene.server);
        scene.owner.patch(&path, json!({"outbound_auth": shared("Bearer rotated")})).await.ok();
        scene.start_node().await;
        world::eventually("the node is back", || async { scene.world.app().nodes.list().len() == 2 }).await;
        scene.world.synced("acme").await;
        assert_eq!(scene.call().await.status, 200);
        assert_eq!(scene.last_authorization(), "Bearer rotated");
        let metrics = world::http::builder().build().unwrap().get(format!("http://{}/metrics", scene.world.nodes[1].admin));
        let metrics = metrics.send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("portway_state_refused_total 0"), "{metrics}");
    }
}

#[tokio::test]
async fn a_state_of_another_key_or_half_a_file_is_ignored_and_said() {
    let mut scene = Scene::set(World::setup()).await;
    scene.stop_node().await;
    let dir = scene.state.path().join("state");
    let tenant = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let tenant = tenant.into_iter().find(|path| path.to_string_lossy().contains("tenant-")).expect("a picture");
    let bytes = std::fs::read(&tenant).unwrap();
    std::fs::write(&tenant, &bytes[..bytes.len() / 2]).unwrap();
    scene.start_node().await;
    assert_eq!(scene.call().await.status, 200, "asked for again");
    scene.stop_node().await;
    scene.config.state.as_mut().unwrap().key = StateKey::from_bytes([1; 32]);
    scene.start_node().await;
    assert_eq!(scene.call().await.status, 200, "and with a new key pair");
    assert_eq!(scene.last_authorization(), MARKER);
    // Cut off at once, it knows nothing of what the other key sealed.
    scene.world.stop_control_plane().await;
    scene.stop_node().await;
    scene.config.state.as_mut().unwrap().key = StateKey::from_bytes([2; 32]);
    let (node, url) = (scene.world.add_node_with(scene.config.clone()).await, scene.owner.url("github"));
    let mut ide = Ide::new(&url).at(&node.origin());
    assert_eq!(ide.initialize().await.status, 503);
}

#[tokio::test]
async fn atk_30_a_shared_secret_lies_nowhere_in_clear() {
    let mut scene = Scene::set(World::setup()).await;
    assert_eq!(scene.last_authorization(), MARKER);
    scene.stop_node().await;
    let mut looked_at = 0;
    let mut folders = vec![scene.state.path().to_owned(), scene.world.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked_at += 1;
            let bytes = std::fs::read(&path).unwrap();
            for secret in [MARKER, scene.key.as_str()] {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "in {}", path.display());
            }
        }
    }
    assert!(looked_at > 5, "the database and the state of the node: {looked_at}");
}
