//! Two tenants under one roof: names alike, nothing shared.

use reqwest::Method;
use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::on_both;

on_both! {
    async fn atk_31_equal_names_in_two_tenants_never_meet(setup: Setup) {
        let world = setup.start().await;
        let (here, there) = (McpServer::start(Era::Legacy).await, McpServer::start(Era::Legacy).await);
        let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
        let server = acme.register_server("github", here.url.as_str()).await;
        globex.register_server("github", there.url.as_str()).await;
        let (mut ours, mut theirs) = (acme.ide("github").await, globex.ide("github").await);
        ours.initialize().await;
        theirs.initialize().await;
        ours.call_tool("echo", json!({"secret": "acme"})).await;
        theirs.call_tool("echo", json!({"secret": "globex"})).await;
        assert!(there.seen().iter().all(|seen| !String::from_utf8_lossy(&seen.body).contains("acme")));
        // A session of one tenant opens nothing in the other, under any id.
        let url = format!("{}/api/v1/tenants/globex/servers/{server}", world.auth_origin);
        let crossed = acme.browser.client().get(url).send().await.unwrap();
        assert_eq!(crossed.status(), 401);
        assert_eq!(globex.get(&format!("servers/{server}")).await.status, 404);
        globex.api(Method::DELETE, &format!("servers/{server}?confirm=github"), None).await.refused(404, "not_found");
        // Nor does an OAuth client registered with one issuer at the other.
        let mut foreign = theirs.clone();
        foreign.client_id = ours.client_id.clone();
        let refused = foreign.refresh().await;
        assert_eq!(refused.status.as_u16() / 100, 4, "{}", refused.body);
    }

    async fn a_suspended_tenant_is_closed_everywhere(setup: Setup) {
        let world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let acme = world.tenant("acme").await;
        acme.register_server("github", upstream.url.as_str()).await;
        let mut ide = acme.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        world.operator.api(Method::PATCH, "tenants/acme", Some(json!({"status": "suspended"}))).await.ok();
        world.synced("acme").await;
        world::eventually("the node closes the tenant", || async {
            let mut again = ide.clone();
            again.call_tool("echo", json!({})).await.status == 503
        }).await;
        assert!(!ide.refresh().await.status.is_success());
    }

    async fn two_owners_who_deactivate_each_other_leave_one(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let ana = world.tenant("acme").await;
        let ben = ana.invite("ben", "owner").await;
        let (anas, bens) = (ana.id().await, ben.id().await);
        let deactivate = json!({"status": "deactivated"});
        let (ben_goes, ana_goes) = (format!("users/{bens}"), format!("users/{anas}"));
        let (by_ana, by_ben) = tokio::join!(ana.patch(&ben_goes, deactivate.clone()), ben.patch(&ana_goes, deactivate));
        let done = [&by_ana, &by_ben].iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!(done, 1, "{} / {}", by_ana.text, by_ben.text);
        let signed_in = [ana.get("session").await.status, ben.get("session").await.status];
        assert_eq!(signed_in.iter().filter(|status| status.is_success()).count(), 1, "{signed_in:?}");
    }
}
