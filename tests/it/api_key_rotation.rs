//! A key is replaced by another one without a gap, in time, and is forgotten once it ended long ago.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer};
use world::people::Person;
use world::{World, on_both};

use crate::api_keys::{machine, make, rest};

async fn listed(person: &Person, query: &str) -> Vec<String> {
    let page = person.get(&format!("keys{query}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
}

fn id(made: &Value) -> String {
    made["key"]["id"].as_str().unwrap().to_owned()
}

on_both! {
    async fn both_keys_work_until_the_overlap_ends(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        let (old, made) = make(&owner, json!({"name": "ci", "expires_in_days": 10, "server_ids": [server]})).await;
        let path = format!("keys/{}/rotations", id(&made));
        assert!(owner.post(&path, json!({"overlap_s": 2_592_001})).await.text.contains("key.overlap"));
        world.advance(TimeDelta::days(5));
        owner.sign_in().await.ok();
        let rotated = owner.post(&path, json!({"overlap_s": 3_600})).await.ok();
        let new = rotated["secret"].as_str().unwrap().to_owned();
        assert_eq!((&rotated["pending_nodes"], &rotated["key"]["name"]), (&json!(0), &json!("ci")));
        assert_eq!(rotated["key"]["server_ids"], json!([server]));
        let keys = owner.get("keys").await.ok();
        assert_eq!(keys["items"][1]["successor_id"], rotated["key"]["id"]);
        let life = |key: &Value| {
            let time = |field: &str| key[field].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
            time("expires_at") - time("created_at")
        };
        assert_eq!(life(&rotated["key"]), TimeDelta::days(10), "a fresh term, as long as the first one");
        for node in &world.nodes {
            for key in [&old, &new] {
                let mut here = machine(&owner, "github", key).at(&node.origin());
                assert_eq!(here.initialize().await.status, 200);
                assert_eq!(here.call_tool("echo", json!({})).await.status, 200);
            }
        }
        owner.post(&path, json!({})).await.refused(409, "key.rotated");
        world.synced("acme").await;
        world.advance(TimeDelta::seconds(3_601));
        for node in &world.nodes {
            let refused = machine(&owner, "github", &old).at(&node.origin()).initialize().await;
            assert_eq!(refused.status, 401);
            assert!(refused.challenge().contains("the API key has expired"), "{}", refused.challenge());
            assert_eq!(machine(&owner, "github", &new).at(&node.origin()).initialize().await.status, 200);
        }
        owner.post(&path, json!({})).await.refused(409, "key.ended");

        // One that leaked ends at once; one that never expires has a successor that never does.
        let (leaked, made) = make(&owner, json!({"name": "leaked", "never_expires": true})).await;
        assert_eq!(machine(&owner, "github", &leaked).initialize().await.status, 200);
        let rotated = owner.post(&format!("keys/{}/rotations", id(&made)), json!({"overlap_s": 0})).await.ok();
        assert_eq!(rotated["key"]["expires_at"], Value::Null);
        world.synced("acme").await;
        assert_eq!(machine(&owner, "github", &leaked).initialize().await.status, 401);
        assert_eq!(rest(&owner, &world, Method::GET, "servers", &leaked).await.0, 401);
        assert_eq!(machine(&owner, "github", rotated["secret"].as_str().unwrap()).initialize().await.status, 200);
    }

    async fn a_key_that_is_about_to_end_outlives_no_overlap(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let (_, made) = make(&owner, json!({"name": "ci", "expires_in_days": 1})).await;
        owner.post(&format!("keys/{}/rotations", id(&made)), json!({"overlap_s": 2_592_000})).await.ok();
        let keys = owner.get("keys").await.ok();
        assert_eq!(keys["items"][1]["expires_at"], made["key"]["expires_at"], "{keys}");
    }

    async fn the_list_tells_what_ends_soon_and_forgets_what_ended_long_ago(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let account = owner.post("service-accounts", json!({"name": "ci"})).await.ok()["id"].clone();
        make(&owner, json!({"name": "week", "expires_in_days": 7})).await;
        make(&owner, json!({"name": "machine", "expires_in_days": 8, "service_account_id": account})).await;
        let (_, rotated) = make(&owner, json!({"name": "rotated", "expires_in_days": 7})).await;
        owner.post(&format!("keys/{}/rotations", id(&rotated)), json!({})).await.ok();
        make(&owner, json!({"name": "year", "expires_in_days": 365})).await;
        make(&owner, json!({"name": "never", "never_expires": true})).await;
        let (_, revoked) = make(&owner, json!({"name": "revoked", "expires_in_days": 3})).await;
        owner.delete(&format!("keys/{}", id(&revoked))).await.ok();
        assert_eq!(listed(&owner, "?expiring_within_days=10").await, ["rotated", "week"], "the successor, not the old one");
        assert_eq!(listed(&owner, "?everyone=true&expiring_within_days=10").await, ["rotated", "machine", "week"]);
        assert_eq!(listed(&owner, &format!("?service_account={}", account.as_str().unwrap())).await, ["machine"]);
        assert_eq!(listed(&owner, "?expiring_within_days=6").await, [""; 0]);
        assert_eq!(listed(&owner, "?status=revoked").await, ["revoked"]);
        owner.get("keys?expiring_within_days=0").await.refused(400, "key.expiring_within");
        owner.get("keys?everyone=true&service_account=sva_00000000000000000000000000").await.refused(400, "key.of");
        world.advance(TimeDelta::days(9));
        owner.sign_in().await.ok();
        assert_eq!(listed(&owner, "?status=expired").await, ["rotated", "rotated", "week"]);
        assert_eq!(listed(&owner, "?status=active").await, ["never", "year"]);

        // Nothing is forgotten before its time; twice is as good as once.
        control_plane::app::upkeep::forget_expired(world.app()).await.unwrap();
        assert_eq!(listed(&owner, "").await.len(), 6);
        world.advance(TimeDelta::days(90));
        owner.sign_in().await.ok();
        for _ in 0..2 {
            control_plane::app::upkeep::forget_expired(world.app()).await.unwrap();
            assert_eq!(listed(&owner, "?everyone=true").await, ["never", "year"]);
        }
    }
}

#[tokio::test]
async fn the_page_tells_what_ends_soon_and_replaces_it() {
    let world = World::start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let (old, _) = make(&owner, json!({"name": "nightly", "expires_in_days": 5})).await;
    let url = format!("{}/t/acme/keys", world.auth_origin);
    let page = owner.browser.open(&url).await;
    assert!(page.text().contains("expires in 4 days"), "{}", page.text());
    let mut form = page.form("Rotate nightly");
    form.fields.insert("overlap".to_owned(), "86400".to_owned());
    let ana = owner.invite("ana", "member").await;
    assert_eq!(ana.browser.submit(form.clone()).await.status, 403, "another person's form");
    let rotated = owner.browser.submit(form.clone()).await;
    assert_eq!((rotated.status.as_u16(), rotated.url.as_str()), (200, url.as_str()));
    let text = rotated.text();
    let new = text.split_whitespace().find(|word| word.starts_with("pwk_")).expect("the key").to_owned();
    assert!(text.contains("replaced"), "{text}");
    for key in [&old, &new] {
        assert_eq!(machine(&owner, "github", key).initialize().await.status, 200);
    }
    let again = owner.browser.submit(form).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("has a successor already"), "{}", again.text());
    assert!(!owner.browser.open(&url).await.html.contains("pwk_"), "shown once");
}
