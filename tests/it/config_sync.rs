//! The stream between the planes: late, broken and restarted.

use control_plane::domain::audit::Actor;
use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::{PATIENCE, World, on_both};

on_both! {
    async fn the_control_plane_restarts_and_no_call_fails(setup: Setup) {
        let mut world = setup.split_hosts().nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.grant_everyone(&server).await;
        let mut ide = owner.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        world.synced("acme").await;
        // Both nodes know the tenant before the lights go out.
        for node in &world.nodes {
            assert_eq!(ide.at(&node.origin()).call_tool("echo", json!({})).await.status, 200);
        }
        world.stop_control_plane().await;
        for _ in 0..20 {
            assert_eq!(ide.call_tool("echo", json!({"dark": true})).await.json()["result"]["content"][0]["text"], r#"{"dark":true}"#);
        }
        world.restart_control_plane().await;
        for _ in 0..20 {
            assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
        }
        // And the stream works again: a change arrives.
        let ana = owner.invite("ana", "member").await;
        let hers = ana.ide("github").await;
        for node in &world.nodes {
            assert_eq!(hers.at(&node.origin()).initialize().await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_node_that_starts_before_the_control_plane_serves_once_it_comes() {
    let mut world = World::setup().split_hosts().nodes(0).start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    world.stop_control_plane().await;
    world.add_node().await;
    let node = &world.nodes[0];
    let client = world::http::builder().build().unwrap();
    let url = format!("{}/acme/mcp/github/server", node.origin());
    let early = client.post(&url).header("host", world.gateway_origin.trim_start_matches("http://")).send();
    let early = tokio::time::timeout(PATIENCE, early).await.expect("an answer in time").unwrap();
    assert_eq!(early.status(), 503, "it knows no tenant yet, so it cannot say 404");
    assert!(early.headers().contains_key("retry-after"));
    world.restart_control_plane().await;
    world.ready().await;
    let host = world.gateway_origin.trim_start_matches("http://").to_owned();
    let late = client.post(&url).header("host", host).send().await.unwrap();
    assert_eq!(late.status(), 401);
}

#[tokio::test]
async fn the_planes_talk_over_tls_and_a_node_trusts_only_its_authority() {
    let mut world = World::setup().tls().start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    assert_eq!(owner.ide("github").await.initialize().await.status, 200);
    // Another authority's certificate: the node never gets ready, because it never talks.
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("other.crt");
    std::fs::write(&ca_file, stranger.cert.pem()).unwrap();
    let connected = world.app().nodes.list().len();
    let mut config = world.node_config("wary");
    config.control_plane.ca_file = Some(ca_file);
    let wary = world.add_node_with(config).await.admin;
    // One that trusts the right authority starts later and gets ready: the wary one has had its chance.
    world.add_node().await.ready().await;
    let client = world::http::builder().build().unwrap();
    let ready = client.get(format!("http://{wary}/ready")).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(world.app().nodes.list().len(), connected + 1);
}

#[tokio::test]
async fn atk_06_07_a_node_gets_nothing_without_its_secret_or_outside_its_pool() {
    let world = World::start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let app = world.app().clone();
    let (_, other_pool) = control_plane::app::nodes::enrol(&app, Actor::System, "elsewhere", "other").await.unwrap();
    let address = world.node_config("x").control_plane.url.to_string();
    let get = async |secret: Option<&str>| {
        let channel = tonic::transport::Endpoint::from_shared(address.clone()).unwrap().connect().await.unwrap();
        let mut client = proto::wire::config_sync_client::ConfigSyncClient::new(channel);
        let tenant_id = proto::convert::uuid_bytes(world.tenant_id("acme").await.0);
        let mut request = tonic::Request::new(proto::wire::GetRequest { tenant_id });
        if let Some(secret) = secret {
            request.metadata_mut().insert("authorization", format!("Bearer {secret}").parse().unwrap());
        }
        client.get(request).await.map(|answer| answer.into_inner().resources.len()).map_err(|status| status.code())
    };
    use secrecy::ExposeSecret;
    assert_eq!(get(None).await, Err(tonic::Code::Unauthenticated));
    assert_eq!(get(Some("pwn_guess")).await, Err(tonic::Code::Unauthenticated));
    assert_eq!(get(Some(other_pool.expose_secret())).await, Err(tonic::Code::PermissionDenied));
    let node_secret = world.node_config("x").control_plane.node_secret;
    assert!(get(Some(node_secret.expose_secret())).await.unwrap() > 3);
}
