//! Registering servers and granting them: what changes for people, on every node.

use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::on_both;

on_both! {
    async fn a_new_grant_and_a_removed_one_are_seen_on_every_node(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        let open = owner.register_server("open", upstream.url.as_str()).await;
        owner.grant_everyone(&open).await;
        let ana = owner.invite("ana", "member").await;
        let grant = owner.grant(&server, &ana).await["id"].as_str().unwrap().to_owned();
        let mut ide = ana.ide("github").await;
        world.synced("acme").await;
        for node in &world.nodes {
            let mut here = ide.at(&node.origin());
            assert_eq!(here.initialize().await.status, 200);
            assert_eq!(here.call_tool("echo", json!({"a": 1})).await.json()["result"]["content"][0]["text"], r#"{"a":1}"#);
        }
        owner.delete(&format!("servers/{server}/grants/{grant}")).await.ok();
        world.synced("acme").await;
        for node in &world.nodes {
            let mut here = ide.at(&node.origin());
            assert_eq!(here.request("tools/list", json!({})).await.status, 404);
        }
        // The refresh token of a connection that lost its access is dead as well.
        let refused = ide.refresh().await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (400, Some("invalid_grant")));
    }

    async fn a_change_its_audit_row_and_its_outbox_row_commit_together_or_not_at_all(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let count = async || {
            let id = world.tenant_id("acme").await;
            let audit = owner.get("audit?limit=200").await.ok()["items"].as_array().unwrap().len();
            (world.app().store.tenant_read(id).await.unwrap().revision().await.unwrap(), audit)
        };
        let before = count().await;
        owner.register_server("github", "https://mcp.example/mcp").await;
        let after = count().await;
        assert_eq!(after.0, before.0 + 1, "one commit, one revision");
        assert!(after.1 > before.1);
        owner.post("servers", json!({"slug": "github", "display_name": "again", "upstream_url": "https://mcp.example/mcp",
            "outbound_auth": {"kind": "none"}})).await.refused(409, "server.slug_taken");
        assert_eq!(count().await, after, "a refused change leaves no trace of having happened");
        let audit = owner.get("audit?limit=200").await.ok();
        assert_eq!(audit["verify"]["intact"], true, "{audit}");
    }
}
