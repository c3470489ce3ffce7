//! The key that wraps all others is replaced while everybody works, and a deleted tenant's secrets never open again.

use base64::Engine as _;
use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::on_both;

on_both! {
    async fn the_key_encryption_key_is_replaced_and_nobody_notices(setup: Setup) {
        let mut world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let auth = json!({"kind": "shared_header", "headers": [{"name": "authorization", "value": "Bearer shared-marker"}]});
        let body = json!({"slug": "github", "display_name": "GitHub", "upstream_url": upstream.url.as_str(), "outbound_auth": auth});
        owner.post("servers", body).await.ok();
        let mut ide = owner.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        let rewrap = async |world: &world::World| {
            world.operator.api(reqwest::Method::POST, "data-keys/rewrap", Some(json!({}))).await.ok()
        };
        assert_eq!(rewrap(&world).await["unchanged"], 1);

        // Every replica gets the new key, and the old one to open what is still wrapped by it.
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        use secrecy::ExposeSecret as _;
        std::fs::write(&old, world.config.kek.as_ref().unwrap().expose_secret()).unwrap();
        let fresh = base64::engine::general_purpose::STANDARD.encode([42; 32]);
        world.config.kek = Some(fresh.into());
        world.config.previous_kek_files = vec![old];
        world.restart_control_plane().await;
        assert_eq!(ide.refresh().await.status, 200);
        let done = rewrap(&world).await;
        assert_eq!((&done["rewrapped"], &done["unchanged"], &done["unknown"]), (&json!(1), &json!(0), &json!([])), "{done}");

        // The old one can go.
        world.config.previous_kek_files.clear();
        world.restart_control_plane().await;
        world.ready().await;
        assert_eq!(ide.refresh().await.status, 200);
        let fresh_ide = owner.ide("github").await;
        assert!(!fresh_ide.access_token().is_empty());
        assert_eq!(rewrap(&world).await["unchanged"], 1);
        let audit = owner.get("audit?limit=50").await.ok();
        assert!(audit["items"].as_array().unwrap().iter().any(|one| one["action"] == "data_key.rewrapped"), "{audit}");
    }

    async fn a_deleted_tenant_leaves_nothing_that_opens(setup: Setup) {
        let world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", upstream.url.as_str()).await;
        let mut ide = owner.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        let tenant = world.tenant_id("acme").await;
        let operator = async |path: &str| world.operator.api(reqwest::Method::DELETE, path, None).await;
        operator("tenants/acme").await.refused(400, "tenant.confirm");
        operator("tenants/acme?confirm=acme").await.ok();
        operator("tenants/acme?confirm=acme").await.ok();
        let app = world.app();
        let store = app.store.tenant_read(tenant).await.unwrap();
        assert!(app.data_key(&store).await.is_err(), "the data key is gone");
        drop(store);
        assert_eq!(owner.get("servers").await.status, 401);
        world::eventually("nodes refuse", || async { ide.clone().request("ping", json!({})).await.status == 404 }).await;
        // The name is taken for ever.
        let again = json!({"slug": "acme", "display_name": "Acme"});
        world.operator.api(reqwest::Method::POST, "tenants", Some(again)).await.refused(409, "tenant.slug_taken");
        // Others go on.
        let other = world.tenant("globex").await;
        assert!(other.get("servers").await.status.is_success());
    }
}
