//! Registering servers and granting them: what changes for people, on every node.

use serde_json::{Value, json};
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

    async fn servers_are_found_by_their_tags(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let body = |slug: &str, tags: Value| {
            json!({"slug": slug, "display_name": slug, "upstream_url": "https://mcp.example/mcp", "tags": tags})
        };
        let tagged = async |query: &str| -> Vec<String> {
            let found = owner.get(&format!("servers?{query}")).await.ok();
            let items = found["items"].as_array().unwrap();
            items.iter().map(|one| one["slug"].as_str().unwrap().to_owned()).collect()
        };
        let github = owner.post("servers", body("github", json!(["prod", "team-a", "a"]))).await.ok();
        assert_eq!(github["tags"], json!(["prod", "team-a", "a"]), "in their order");
        let id = github["id"].as_str().unwrap();
        owner.post("servers", body("jira", json!(["product"]))).await.ok();
        let plain = owner.register_server("plain", "https://mcp.example/mcp").await;
        assert_eq!(owner.get(&format!("servers/{plain}")).await.ok()["tags"], json!([]));
        assert_eq!(tagged("tag=prod").await, ["github"], "a part of a tag is another tag");
        assert_eq!(tagged("tag=a").await, ["github"]);
        assert_eq!(tagged("tag=nothing").await, [""; 0]);
        assert_eq!(tagged("tag=product&q=JIR").await, ["jira"]);
        assert_eq!(tagged("tag=product&q=git").await, [""; 0]);
        let refused = owner.get("servers?tag=%25").await.refused(400, "invalid");
        assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!("tag"), &json!("tag.shape")));

        // Whoever may use it sees them as well; what changes them says so.
        owner.grant_everyone(id).await;
        let ana = owner.invite("ana", "member").await;
        assert_eq!(ana.get("servers?tag=prod").await.ok()["items"][0]["tags"][1], "team-a");
        let (a, prod, team) = (json!({"tag": "a", "servers": 1}), json!({"tag": "prod", "servers": 1}), json!({"tag": "team-a", "servers": 1}));
        let product = json!({"tag": "product", "servers": 1});
        assert_eq!(owner.get("server-tags").await.ok()["items"], json!([&a, &prod, &product, &team]));
        assert_eq!(ana.get("server-tags").await.ok()["items"], json!([&a, &prod, &team]), "of what she sees");
        ana.patch(&format!("servers/{id}"), json!({"tags": []})).await.refused(403, "forbidden");
        let changed = owner.patch(&format!("servers/{id}"), json!({"tags": ["a", "prod"]})).await.ok();
        assert_eq!(changed["tags"], json!(["a", "prod"]));
        let audit = owner.get("audit?action=server.changed").await.ok();
        assert_eq!(audit["items"][0]["detail"]["fields"], json!(["tags"]), "{audit}");
        for (tags, field, code) in [
            (json!(["Prod"]), "tags[0]", "tag.shape"),
            (json!(["a", "b", "a"]), "tags[2]", "tags.twice"),
            (json!((0..11).map(|number| number.to_string()).collect::<Vec<_>>()), "tags", "tags.too_many"),
        ] {
            let by_patch = owner.patch(&format!("servers/{id}"), json!({"tags": tags})).await.refused(400, "invalid");
            let by_post = owner.post("servers", body("other", tags)).await.refused(400, "invalid");
            for problem in [by_patch, by_post] {
                let error = &problem["errors"][0];
                assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(code)), "{problem}");
            }
        }
        assert_eq!(owner.patch(&format!("servers/{id}"), json!({"tags": []})).await.ok()["tags"], json!([]));
        assert_eq!(tagged("tag=prod").await, [""; 0]);
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
