//! What the README promises, with clients that nobody here wrote: the official TypeScript SDK in both generations, a
//! real Chromium at the consent page, the demo server behind the gateway.

use chrono::TimeDelta;
use serde_json::json;
use world::World;
use world::people::Person;
use world::sdk::{Sdk, SdkIde};

async fn demo(world: &World) -> Person {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let upstream = format!("http://{}{}", listener.local_addr().expect("bound"), portway::demo::PATH);
    let serving = portway::demo::serve(listener, tokio_util::sync::CancellationToken::new());
    world::spawn(async move { serving.await.expect("the demo server serves") });
    let owner = world.tenant("acme").await;
    let server = owner.register_server("demo", &upstream).await;
    owner.grant_everyone(&server).await;
    owner.invite("ana", "member").await
}

async fn the_whole_story(world: World, sdk: Sdk) {
    let ana = demo(&world).await;
    let mut ide = SdkIde::start(sdk, &ana.url("demo"));
    let (connected, seen) = ide.connect_as(&ana, "approve").await;
    let connected = connected.expect("it connects");
    let pages: Vec<String> = seen.expect("the browser opened")["seen"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page["heading"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(pages.len(), 3, "sign in, consent, connected: {pages:?}");
    if sdk == Sdk::V2Modern {
        assert_eq!(connected["protocol"], "2026-07-28", "{connected}");
    }
    let tools = ide.run("list", json!({})).await.expect("tools");
    let names: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"echo") && names.len() >= 5, "{names:?}");
    let echo = async |ide: &mut SdkIde, text: &str| {
        ide.run("call", json!({"name": "echo", "arguments": {"text": text}})).await
    };
    for round in 0..4 {
        let answer = echo(&mut ide, &format!("round {round}")).await.expect("a result");
        assert!(answer["content"][0]["text"].as_str().unwrap().contains(&format!("round {round}")), "{answer}");
    }
    let failed = ide.run("call", json!({"name": "fail", "arguments": {}})).await.expect("a tool error is a result");
    assert_eq!(failed["isError"], true);
    refresh_in_silence(&world, &mut ide).await;
    ide.run("close", json!({})).await.expect("it closes");
}

/// The access token ends; the SDK renews it without the person. A copy of the refresh token from three hours ago works.
async fn refresh_in_silence(world: &World, ide: &mut SdkIde) {
    let before = ide.run("tokens", json!({})).await.unwrap();
    world.advance(TimeDelta::hours(2));
    let answer =
        ide.run("call", json!({"name": "echo", "arguments": {"text": "later"}})).await.expect("renewed in silence");
    assert!(answer.to_string().contains("later"));
    let after = ide.run("tokens", json!({})).await.unwrap();
    assert_ne!(before["access_token"], after["access_token"]);
    world.advance(TimeDelta::hours(23));
    ide.run("call", json!({"name": "echo", "arguments": {"text": "next day"}})).await.expect("renewed, and rotated");
    let rotated = ide.run("tokens", json!({})).await.unwrap();
    assert_ne!(rotated["refresh_token"], before["refresh_token"]);
    world.advance(TimeDelta::hours(3));
    ide.run("set_tokens", json!({"tokens": before})).await.unwrap();
    ide.run("call", json!({"name": "echo", "arguments": {"text": "stale"}}))
        .await
        .expect("a stale copy is no reason to sign in");
    world.advance(TimeDelta::hours(48));
    ide.run("set_tokens", json!({"tokens": before})).await.unwrap();
    let refused = ide
        .run("call", json!({"name": "echo", "arguments": {"text": "too old"}}))
        .await
        .expect_err("two days are too many");
    assert!(refused.contains("sign in again"), "{refused}");
}

#[tokio::test]
async fn browser_sdk_v1_on_one_node() {
    the_whole_story(World::start().await, Sdk::V1Legacy).await;
}

#[tokio::test]
async fn browser_sdk_v1_on_two_nodes_and_two_hosts() {
    the_whole_story(World::setup().postgres().nodes(2).split_hosts().start().await, Sdk::V1Legacy).await;
}

#[tokio::test]
async fn browser_sdk_v2_on_one_node() {
    the_whole_story(World::setup().split_hosts().start().await, Sdk::V2Modern).await;
}

#[tokio::test]
async fn browser_sdk_v2_on_two_nodes() {
    the_whole_story(World::setup().postgres().nodes(2).start().await, Sdk::V2Modern).await;
}

#[tokio::test]
async fn browser_a_denied_consent_ends_the_login_in_the_ide() {
    let world = World::start().await;
    let ana = demo(&world).await;
    let mut ide = SdkIde::start(Sdk::V1Legacy, &ana.url("demo"));
    let (refused, _) = ide.connect_as(&ana, "deny").await;
    assert_eq!(refused.expect_err("no"), "Error: authorization refused: access_denied");
}
