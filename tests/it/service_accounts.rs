//! Service accounts: machines with keys and grants of their own, on nodes and at the REST API.

use reqwest::Method;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer};
use world::people::Person;
use world::{World, eventually, on_both};

use crate::api_keys::{machine, make, rest};

/// An account, and a key of it.
async fn account(owner: &Person, name: &str) -> (String, String) {
    let id = owner.post("service-accounts", json!({"name": name})).await.ok()["id"].as_str().unwrap().to_owned();
    let (key, made) = make(owner, json!({"name": "build", "service_account_id": id})).await;
    assert_eq!((&made["key"]["service_account_id"], &made["key"]["user_id"]), (&json!(id), &Value::Null));
    (id, key)
}

async fn grant(owner: &Person, server: &str, account: &str, role: &str) {
    let body = json!({"subject": {"kind": "service_account", "id": account}, "role": role});
    owner.put(&format!("servers/{server}/grants"), body).await.ok();
}

/// The same, with a body.
async fn send(world: &World, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
    let client = world::http::builder().build().unwrap();
    let url = format!("{}/api/v1/tenants/acme/{path}", world.auth_origin);
    let answer = client.request(method, url).bearer_auth(key).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

on_both! {
    async fn a_service_account_uses_what_it_is_granted_until_it_is_deactivated(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let github = owner.register_server("github", upstream.url.as_str()).await;
        let open = owner.register_server("open", upstream.url.as_str()).await;
        owner.grant_everyone(&open).await;
        let (id, key) = account(&owner, "ci").await;
        let refused = machine(&owner, "open", &key).initialize().await;
        assert_eq!(refused.status, 404, "everyone is people: {}", refused.body);
        assert_eq!(machine(&owner, "github", &key).initialize().await.status, 404);
        let outside = json!({"name": "x", "service_account_id": id, "server_ids": [github]});
        assert!(owner.post("keys", outside.clone()).await.text.contains("key.unknown_server"), "not granted to it");

        grant(&owner, &github, &id, "user").await;
        world.synced("acme").await;
        for node in &world.nodes {
            let mut here = machine(&owner, "github", &key).at(&node.origin());
            assert_eq!(here.initialize().await.status, 200);
            assert_eq!(here.call_tool("echo", json!({})).await.status, 200);
        }
        let (narrow, _) = make(&owner, outside).await;
        assert_eq!(machine(&owner, "github", &narrow).initialize().await.status, 200);
        eventually("its calls are recorded under its name", || async {
            let calls = owner.get(&format!("calls?principal={id}")).await.ok();
            calls["items"].as_array().unwrap().iter().any(|call| call["principal"]["kind"] == "service_account")
        })
        .await;

        // Deactivation ends its keys everywhere; reactivation brings none back, and new ones work.
        owner.patch(&format!("service-accounts/{id}"), json!({"status": "deactivated"})).await.ok();
        owner.post("keys", json!({"name": "x", "service_account_id": id})).await.refused(409, "service_account.deactivated");
        for status in ["deactivated", "active"] {
            owner.patch(&format!("service-accounts/{id}"), json!({"status": status})).await.ok();
            world.synced("acme").await;
            for node in &world.nodes {
                assert_eq!(machine(&owner, "github", &key).at(&node.origin()).initialize().await.status, 401, "{status}");
            }
            assert_eq!(rest(&owner, &world, Method::GET, "me/servers", &key).await.0, 401, "{status}");
        }
        let (fresh, _) = make(&owner, json!({"name": "again", "service_account_id": id})).await;
        assert_eq!(machine(&owner, "github", &fresh).initialize().await.status, 200);
        let gone = owner.delete(&format!("service-accounts/{id}")).await.ok();
        assert_eq!(gone, json!({"api_keys": 1, "grants": 1}));
        world.synced("acme").await;
        assert_eq!(machine(&owner, "github", &fresh).initialize().await.status, 401);
        let grants = owner.get(&format!("servers/{github}/grants")).await.ok();
        assert!(!grants.to_string().contains(&id), "{grants}");
    }

    async fn a_key_of_one_may_at_the_api_what_its_server_roles_say(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let github = owner.register_server("github", "https://mcp.example/mcp").await;
        let (id, key) = account(&owner, "ci").await;
        let path = format!("servers/{github}");
        assert_eq!(rest(&owner, &world, Method::GET, &path, &key).await.0, 404);
        grant(&owner, &github, &id, "user").await;
        let (status, mine) = rest(&owner, &world, Method::GET, "me/servers", &key).await;
        assert_eq!((status, &mine["items"][0]["slug"]), (200, &json!("github")), "{mine}");
        let change = json!({"description": "by a pipeline"});
        assert_eq!(send(&world, Method::PATCH, &path, &key, change.clone()).await.0, 403);
        grant(&owner, &github, &id, "manager").await;
        assert_eq!(send(&world, Method::PATCH, &path, &key, change).await.0, 200);
        let everyone = json!({"subject": {"kind": "everyone"}, "role": "user"});
        assert_eq!(send(&world, Method::PUT, &format!("{path}/grants"), &key, everyone).await.0, 200);
        assert_eq!(rest(&owner, &world, Method::GET, &format!("service-accounts/{id}"), &key).await.0, 200, "itself");
        for (path, code) in [("session", "key.not_allowed"), ("keys", "key.not_allowed"), ("users", "forbidden"), ("service-accounts", "forbidden")] {
            let (status, problem) = rest(&owner, &world, Method::GET, path, &key).await;
            assert_eq!((status, problem["code"].as_str()), (403, Some(code)), "{path}: {problem}");
        }
        let new = json!({"slug": "new", "display_name": "New", "upstream_url": "https://mcp.example/mcp"});
        assert_eq!(send(&world, Method::POST, "servers", &key, new).await.0, 403);
        let audit = owner.get("audit?limit=50").await.ok();
        let changed = audit["items"].as_array().unwrap().iter().find(|event| event["action"] == "server.changed").unwrap();
        assert_eq!(changed["actor"], json!({"kind": "service_account", "id": id}));
    }

    async fn names_are_checked_and_unique_in_any_case(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let (first, _) = account(&owner, "Nightly build").await;
        owner.post("service-accounts", json!({"name": "nightly BUILD"})).await.refused(409, "service_account.name_taken");
        let (second, _) = account(&owner, "deploy").await;
        let path = format!("service-accounts/{second}");
        owner.patch(&path, json!({"name": "NIGHTLY build"})).await.refused(409, "service_account.name_taken");
        assert!(owner.patch(&path, json!({"name": " "})).await.text.contains("name.empty"));
        let renamed = owner.patch(&path, json!({"name": " Deploy ", "description": "ships"})).await.ok();
        assert_eq!((&renamed["name"], &renamed["description"]), (&json!("Deploy"), &json!("ships")));
        for (query, found) in [("q=BUILD", vec![&first]), ("q=ships", vec![&second]), ("q=%25", vec![]), ("status=deactivated", vec![])] {
            let listed = owner.get(&format!("service-accounts?{query}")).await.ok();
            let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
            assert_eq!(ids, found, "{query}");
        }
        let page = owner.get("service-accounts?limit=1").await.ok();
        let next = owner.get(&format!("service-accounts?limit=1&cursor={}", page["next_cursor"].as_str().unwrap())).await.ok();
        assert_eq!((&page["items"][0]["id"], &next["items"][0]["id"]), (&json!(second), &json!(first)));
    }
}
