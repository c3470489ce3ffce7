//! The control plane is away under load and a node starts again meanwhile: every record arrives afterwards, once.

use std::collections::BTreeSet;

use data_plane::config::{Config, StateConfig, StateKey};
use serde_json::json;
use tempfile::TempDir;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::Ide;
use world::people::Person;
use world::{World, on_both};

struct Scene {
    world: World,
    config: Config,
    state: TempDir,
    owner: Person,
    key: String,
    calls: usize,
    _upstream: McpServer,
}

const CLIENTS: usize = 6;
const CALLS_EACH: usize = 25;

impl Scene {
    /// The second node keeps its state.
    async fn set(setup: world::world::Setup) -> Self {
        let mut world = setup.split_hosts().nodes(1).start().await;
        let state = tempfile::tempdir().unwrap();
        let mut config = world.node_config("keeper");
        config.state = Some(StateConfig { dir: state.path().to_owned(), key: StateKey::from_bytes([9; 32]) });
        world.add_node_with(config.clone()).await.ready().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", upstream.url.as_str()).await;
        let key = owner.post("keys", json!({"name": "laptop"})).await.ok()["secret"].as_str().unwrap().to_owned();
        world.synced("acme").await;
        let mut scene = Self { world, config, state, owner, key, calls: 0, _upstream: upstream };
        scene.load().await;
        scene
    }

    /// Several clients at once, each with calls one after another.
    async fn load(&mut self) {
        let clients = (0..CLIENTS).map(|_| {
            let mut ide = Ide::new(&self.owner.url("github")).at(&self.world.nodes[1].origin());
            ide.tokens = json!({"access_token": self.key});
            world::spawn(async move {
                assert_eq!(ide.initialize().await.status, 200);
                for n in 0..CALLS_EACH {
                    assert_eq!(ide.call_tool("echo", json!({"n": n})).await.status, 200);
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        self.calls += CLIENTS * CALLS_EACH;
    }

    async fn restart_node(&mut self) {
        self.world.nodes.remove(1).stop().await;
        self.world.add_node_with(self.config.clone()).await.ready().await;
    }

    fn segments(&self) -> usize {
        let names = std::fs::read_dir(self.state.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("calls-")).count()
    }

    /// Ids of the calls that are in the log, and how many rows there are.
    async fn logged(&self, owner: &Person) -> (BTreeSet<String>, usize) {
        let (mut ids, mut rows, mut cursor) = (BTreeSet::new(), 0, String::new());
        loop {
            let page = owner.get(&format!("calls?method=tools/call&limit=200{cursor}")).await.ok();
            let items = page["items"].as_array().unwrap();
            rows += items.len();
            ids.extend(items.iter().map(|call| call["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return (ids, rows),
            }
        }
    }

    async fn all_arrived(&self, owner: &Person) {
        world::eventually("every record is in the log", || async { self.logged(owner).await.1 >= self.calls }).await;
        // And none comes twice, nor anything that was not called.
        world::eventually("nothing is left on the node", || async { self.segments() == 0 }).await;
        let (ids, rows) = self.logged(owner).await;
        assert_eq!((ids.len(), rows), (self.calls, self.calls));
        assert!(self.metrics().await.contains("portway_usage_dropped_total 0"));
    }

    async fn metrics(&self) -> String {
        self.world.nodes[1].metrics().await
    }
}

on_both! {
    async fn every_call_arrives_once_though_the_control_plane_was_away_and_the_node_started_again(setup: Setup) {
        let mut scene = Scene::set(setup).await;
        scene.world.stop_control_plane().await;
        scene.load().await;
        world::eventually("records are on disk", || async { scene.segments() > 0 }).await;
        scene.load().await;
        scene.restart_node().await;
        assert!(scene.segments() > 0);
        scene.load().await;
        // Garbage beside them, and a half-written one, as after a crash.
        std::fs::write(scene.state.path().join("calls-0000000000000000-1.sealed"), b"garbage").unwrap();
        std::fs::write(scene.state.path().join("calls-nonsense.sealed"), [0; 4096]).unwrap();
        std::fs::write(scene.state.path().join("calls-00000000000000ff-9.new"), b"half").unwrap();
        scene.restart_node().await;
        assert!(scene.metrics().await.contains("portway_state_refused_total 1"));
        std::fs::remove_file(scene.state.path().join("calls-nonsense.sealed")).unwrap();
        scene.load().await;
        scene.world.restart_control_plane().await;
        let owner = scene.owner.elsewhere();
        owner.sign_in().await.ok();
        let lost = 1; // what the garbage says it held
        world::eventually("the loss of the garbage is counted", || async {
            scene.metrics().await.contains(&format!("portway_usage_dropped_total {lost}"))
        }).await;
        scene.restart_node().await;
        scene.load().await;
        scene.all_arrived(&owner).await;
    }
}
