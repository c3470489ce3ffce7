//! What a node knew before it was stopped lets nobody in who was locked out meanwhile, once the control plane is heard.

use data_plane::config::{StateConfig, StateKey};
use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::{eventually, on_both};

on_both! {
    async fn a_picture_on_disk_from_before_lets_no_leaver_in(setup: Setup) {
        let mut world = setup.split_hosts().nodes(1).start().await;
        let state = tempfile::tempdir().unwrap();
        let mut config = world.node_config("keeper");
        config.state = Some(StateConfig { dir: state.path().join("state"), key: StateKey::from_bytes([9; 32]) });
        world.add_node_with(config.clone()).await.ready().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.grant_everyone(&server).await;
        let (ana, ben) = (owner.invite("ana", "member").await, owner.invite("ben", "member").await);
        let (anas, bens, owners) = (ana.ide("github").await, ben.ide("github").await, owner.ide("github").await);
        let keeper = world.nodes[1].origin();
        for ide in [&anas, &bens, &owners] {
            assert_eq!(ide.at(&keeper).initialize().await.status, 200);
        }
        world.synced("acme").await;
        world.nodes.remove(1).stop().await;

        owner.patch(&format!("users/{}", ana.id().await), json!({"status": "deactivated"})).await.ok();
        let connections = ben.get("me/connections").await.ok();
        ben.delete(&format!("me/connections/{}", connections["items"][0]["id"].as_str().unwrap())).await.ok();

        world.add_node_with(config).await.ready().await;
        let keeper = world.nodes[1].origin();
        for ide in [&anas, &bens] {
            // Not the handshake: the picture may change in the middle of it.
            let refused = || async { ide.at(&keeper).request("ping", json!({})).await.status == 401 };
            eventually("the leaver is out", refused).await;
        }
        assert_eq!(owners.at(&keeper).initialize().await.status, 200, "the rest is served");
    }
}
