//! Clients that nobody here wrote find the gateway, register, let a person sign in, list the tools and call one: with a
//! server of the official SDK behind two nodes.

use chrono::TimeDelta;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::Era;
use world::fixtures::Fixture;
use world::sdk::{Sdk, SdkIde};

struct Scene {
    world: World,
    _fixture: Fixture,
    ide: SdkIde,
    connected: Value,
}

/// A person with `sdk`, connected through the browser.
async fn connected(sdk: Sdk, era: Era) -> Scene {
    let (world, fixture) = (World::setup().nodes(2).start().await, Fixture::start(era).await);
    let owner = world.tenant("acme").await;
    let server = owner.register_server("fixture", &fixture.url).await;
    owner.grant_everyone(&server).await;
    let ana = owner.invite("ana", "member").await;
    let mut ide = SdkIde::start(sdk, &ana.url("fixture"));
    let (connected, seen) = ide.connect_as(&ana, "approve").await;
    assert!(seen.is_some(), "the browser opened: {connected:?}");
    Scene { world, _fixture: fixture, ide, connected: connected.expect("it connects") }
}

impl Scene {
    async fn lists_and_calls(&mut self) {
        let tools = self.ide.run("list", json!({})).await.expect("tools");
        let names: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"test_simple_text"), "{names:?}");
        self.calls().await;
    }

    async fn calls(&mut self) {
        let call = json!({"name": "test_simple_text", "arguments": {}});
        let answer = self.ide.run("call", call).await.expect("a result");
        assert_eq!(answer["content"][0]["text"], "This is a simple text response for testing.", "{answer}");
    }

    async fn closes(mut self) {
        self.ide.run("close", json!({})).await.expect("it closes");
    }
}

#[tokio::test]
async fn browser_inspector_speaks_legacy() {
    let mut scene = connected(Sdk::Inspector(Era::Legacy), Era::Legacy).await;
    scene.lists_and_calls().await;
    scene.closes().await;
}

#[tokio::test]
async fn browser_inspector_speaks_modern() {
    let mut scene = connected(Sdk::Inspector(Era::Modern), Era::Modern).await;
    scene.lists_and_calls().await;
    scene.closes().await;
}

#[tokio::test]
async fn browser_mcp_remote_connects_a_local_client_and_renews_its_token() {
    let mut scene = connected(Sdk::McpRemote, Era::Legacy).await;
    assert_eq!(scene.connected["server"]["name"], "portway-fixture-legacy");
    scene.lists_and_calls().await;
    scene.world.advance(TimeDelta::hours(2));
    scene.calls().await;
    scene.closes().await;
}

#[tokio::test]
async fn browser_python_finds_a_legacy_server() {
    let mut scene = connected(Sdk::Python, Era::Legacy).await;
    assert_eq!(scene.connected["protocol"], "2025-11-25");
    scene.lists_and_calls().await;
    scene.closes().await;
}

#[tokio::test]
async fn browser_python_finds_a_modern_server() {
    let mut scene = connected(Sdk::Python, Era::Modern).await;
    assert_eq!(scene.connected["protocol"], "2026-07-28");
    scene.lists_and_calls().await;
    scene.closes().await;
}
