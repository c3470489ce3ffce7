//! What a pushed group gives: nodes hear of it, and of its end.

use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::on_both;

use super::Idp;

on_both! {
    async fn a_pushed_group_opens_a_server_and_leaving_it_closes_it(setup: Setup) {
        let world = setup.start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ana = owner.invite("ana", "member").await;
        let id = ana.id().await;
        owner.put(&format!("scim/users/{id}"), json!({})).await.ok();
        owner.patch(&format!("users/{id}"), json!({"status": "deactivated"})).await.refused(409, "user.scim_owned");
        let upstream = McpServer::start(Era::Legacy).await;
        let server = owner.register_server("wiki", upstream.url.as_str()).await;
        let group = idp.push_group("Developers", &[&id]).await;
        let seen = owner.get("groups?q=DEVEL").await.ok();
        assert_eq!((&seen["items"][0]["id"], &seen["items"][0]["member_count"]), (&json!(group), &json!(1)));
        let grant = json!({"subject": {"kind": "group", "id": group}, "role": "user"});
        owner.put(&format!("servers/{server}/grants"), grant).await.ok();
        let mut ide = ana.ide("wiki").await;
        assert_eq!(ide.initialize().await.status, 200);
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
        let leave = json!([{ "op": "remove", "path": format!("members[value eq \"{id}\"]") }]);
        idp.patch(&format!("/Groups/{group}"), leave).await.is(204);
        world.synced("acme").await;
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 404);
        assert_eq!(ide.refresh().await.status, 400, "invalid_grant");
    }
}
