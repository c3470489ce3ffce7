//! Personal API keys: made in a browser, used by machines, on every node at once.

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::Ide;
use world::log::Log;
use world::people::Person;
use world::{World, eventually, on_both};

/// A key of this person, and what was answered.
pub(crate) async fn make(person: &Person, body: Value) -> (String, Value) {
    let made = person.post("keys", body).await.ok();
    (made["secret"].as_str().expect("a key").to_owned(), made)
}

/// A machine with the key.
pub(crate) fn machine(person: &Person, server: &str, key: &str) -> Ide {
    let mut ide = Ide::new(&person.url(server));
    ide.tokens = json!({ "access_token": key });
    ide
}

/// The REST API, with the key and nothing else.
pub(crate) async fn rest(person: &Person, world: &World, method: Method, path: &str, key: &str) -> (u16, Value) {
    let client = world::http::builder().build().unwrap();
    let url = format!("{}/api/v1/tenants/{}/{path}", world.auth_origin, person.tenant);
    let answer = client.request(method, url).bearer_auth(key).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

on_both! {
    async fn a_key_works_on_every_node_at_once_and_ends_on_every_node(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.grant_everyone(&server).await;
        let ana = owner.invite("ana", "member").await;
        // Both nodes follow the tenant, so both have to know each new key before its maker does.
        let (first, _) = make(&ana, json!({"name": "first"})).await;
        for node in &world.nodes {
            assert_eq!(machine(&ana, "github", &first).at(&node.origin()).initialize().await.status, 200);
        }
        for round in 0..5 {
            let (key, made) = make(&ana, json!({"name": format!("key {round}"), "never_expires": true})).await;
            assert_eq!(made["pending_nodes"], 0);
            for node in &world.nodes {
                let mut here = machine(&ana, "github", &key).at(&node.origin());
                assert_eq!(here.initialize().await.status, 200, "at once, on every node");
                assert_eq!(here.call_tool("echo", json!({"a": 1})).await.json()["result"]["content"][0]["text"], r#"{"a":1}"#);
            }
            owner.delete(&format!("keys/{}", made["key"]["id"].as_str().unwrap())).await.ok();
            world.synced("acme").await;
            for node in &world.nodes {
                let refused = machine(&ana, "github", &key).at(&node.origin()).initialize().await;
                assert_eq!(refused.status, 401, "{}", refused.body);
                assert!(refused.challenge().contains("was revoked"), "{}", refused.challenge());
            }
        }
        // Deactivation ends them in the same transaction; reactivation brings none back.
        let id = ana.id().await;
        for status in ["deactivated", "active"] {
            owner.patch(&format!("users/{id}"), json!({"status": status})).await.ok();
            world.synced("acme").await;
            assert_eq!(machine(&ana, "github", &first).initialize().await.status, 401, "{status}");
            assert_eq!(rest(&ana, &world, Method::GET, "servers", &first).await.0, 401, "{status}");
        }
        let theirs = owner.get(&format!("keys?user={id}")).await.ok();
        assert!(theirs["items"].as_array().unwrap().iter().all(|key| key["status"] == "revoked"), "{theirs}");
    }

    async fn a_key_has_a_scope_an_end_and_a_trace(setup: Setup) {
        let world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.register_server("other", upstream.url.as_str()).await;
        for (body, code) in [
            (json!({"name": " "}), "name.empty"),
            (json!({"name": "x", "expires_in_days": 0}), "key.expiry"),
            (json!({"name": "x", "expires_in_days": 4000}), "key.expiry"),
            (json!({"name": "x", "expires_in_days": 1, "never_expires": true}), "key.expiry"),
            (json!({"name": "x", "server_ids": []}), "key.no_server"),
            (json!({"name": "x", "server_ids": ["srv_00000000000000000000000000"]}), "key.unknown_server"),
        ] {
            let refused = owner.post("keys", body.clone()).await;
            assert_eq!(refused.status, 400, "{body}");
            assert!(refused.text.contains(code), "{body}: {}", refused.text);
        }
        let (key, made) = make(&owner, json!({"name": "ci", "expires_in_days": 1, "server_ids": [server]})).await;
        let mut ide = machine(&owner, "github", &key);
        assert_eq!(ide.initialize().await.status, 200);
        let (outside, nothing) = (machine(&owner, "other", &key).initialize().await, machine(&owner, "nothing", &key).initialize().await);
        assert_eq!((outside.status.as_u16(), &outside.body), (404, &nothing.body), "out of scope does not exist");
        let (status, problem) = rest(&owner, &world, Method::GET, "servers", &key).await;
        assert_eq!((status, problem["code"].as_str()), (403, Some("key.not_allowed")));
        // The record names the key and no client, and the key shows that it was used.
        let id = made["key"]["id"].clone();
        eventually("the call is recorded", || async {
            let calls = owner.get("calls").await.ok();
            let by_key = calls["items"].as_array().unwrap().iter().any(|call| call["client"]["api_key_id"] == id);
            let used = owner.get("keys").await.ok()["items"][0]["last_used_at"].is_string();
            by_key && used
        })
        .await;
        world.advance(chrono::TimeDelta::hours(25));
        let refused = ide.call_tool("echo", json!({})).await;
        assert_eq!(refused.status, 401);
        assert!(refused.challenge().contains("the API key has expired"), "{}", refused.challenge());
    }

    async fn the_rest_api_knows_a_key_and_says_what_is_wrong_with_it(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let globex = world.tenant("globex").await;
        let (key, made) = make(&owner, json!({"name": "ops"})).await;
        let (status, me) = rest(&owner, &world, Method::GET, "session", &key).await;
        assert_eq!((status, me["user"]["user_name"].as_str()), (200, Some("owner@acme.example")));
        // What is done with a key is noted under its owner, with the key.
        let client = world::http::builder().build().unwrap();
        let url = format!("{}/api/v1/tenants/acme/servers", world.auth_origin);
        let server = json!({"slug": "github", "display_name": "GitHub", "upstream_url": "https://mcp.example/mcp"});
        assert_eq!(client.post(url).bearer_auth(&key).json(&server).send().await.unwrap().status(), 201);
        assert!(owner.get("audit?limit=5").await.ok().to_string().contains("server.registered"));
        let (head, last) = key.split_at(key.len() - 1);
        let typo = format!("{head}{}", if last == "x" { "y" } else { "x" });
        let wrong = proto::api_key::text(proto::api_key::ApiKeyText::parse(&key).unwrap().id, &"0".repeat(43));
        for (what, person, bearer, code) in [
            ("cut", &owner, &key[..40], "key.malformed"),
            ("typo", &owner, typo.as_str(), "key.checksum"),
            ("another secret", &owner, wrong.as_str(), "key.unknown"),
            ("another tenant", &globex, key.as_str(), "key.unknown"),
            ("no key", &owner, "pwo_something", "unauthenticated"),
        ] {
            let (status, problem) = rest(person, &world, Method::GET, "servers", bearer).await;
            assert_eq!((status, problem["code"].as_str()), (401, Some(code)), "{what}: {problem}");
        }
        world.advance(chrono::TimeDelta::days(91));
        let (status, problem) = rest(&owner, &world, Method::GET, "servers", &key).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("key.expired")));
        assert!(made["key"]["expires_at"].is_string());
    }
}

#[tokio::test]
async fn without_the_control_plane_known_keys_work_and_unknown_ones_are_not_judged() {
    let mut world = World::setup().split_hosts().start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let (key, _) = make(&owner, json!({"name": "ci"})).await;
    let mut ide = machine(&owner, "github", &key);
    assert_eq!(ide.initialize().await.status, 200);
    let unknown = proto::api_key::text(uuid::Uuid::from_u128(7), &"0".repeat(43));
    assert_eq!(machine(&owner, "github", &unknown).initialize().await.status, 401);
    world.stop_control_plane().await;
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
    let node = &world.nodes[0].node;
    eventually("the node knows that it is alone", || async { !node.configuration.connected() }).await;
    let refused = machine(&owner, "github", &unknown).initialize().await;
    assert_eq!(refused.status, 503, "it may be newer than what the node knows: {}", refused.body);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
}

#[tokio::test]
async fn the_page_shows_a_key_once_and_ends_it() {
    let world = World::start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let url = format!("{}/t/acme/keys", world.auth_origin);
    let home = owner.browser.open(format!("{}/t/acme/", world.auth_origin)).await;
    assert!(home.html.contains("href=\"/t/acme/keys\""));
    let page = owner.browser.open(&url).await;
    assert!(page.text().contains("You have none yet"), "{}", page.text());
    let form = page.form("Make the key");
    let send = async |name: &str, expires: &str, csrf: &str| {
        let mut form = form.clone();
        form.fields.clear();
        for (field, value) in [("name", name), ("expires", expires), ("csrf", csrf)] {
            form.fields.insert(field.to_owned(), value.to_owned());
        }
        owner.browser.submit(form).await
    };
    let csrf = form.fields["csrf"].clone();
    let refused = send("", "90", &csrf).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("The name must not be empty"), "{}", refused.text());
    assert_eq!(send("ci", "90", "forged").await.status, 403);
    let made = send("nightly <build>", "never", &csrf).await;
    assert_eq!((made.status.as_u16(), made.url.as_str()), (200, url.as_str()), "303, so that reloading makes no other");
    let text = made.text();
    let key = text.split_whitespace().find(|word| word.starts_with("pwk_")).expect("the key").to_owned();
    let line = format!(
        "claude mcp add --transport http github {} --header \"Authorization: Bearer {key}\"",
        owner.url("github")
    );
    assert!(text.contains(&line), "{text}");
    assert_eq!(machine(&owner, "github", &key).initialize().await.status, 200);
    let again = owner.browser.open(&url).await;
    assert!(!again.html.contains("pwk_"), "shown once");
    assert!(again.text().contains("nightly <build>") && again.text().contains("expires never"), "{}", again.text());
    // Another person's form does not end it, and its own does, also twice.
    let ana = owner.invite("ana", "member").await;
    let form = again.form("Revoke nightly");
    assert_eq!(ana.browser.submit(form.clone()).await.status, 403);
    for _ in 0..2 {
        let gone = owner.browser.submit(form.clone()).await;
        assert!(gone.text().contains("revoked") && !gone.has_button("Revoke nightly"), "{}", gone.text());
    }
    world.synced("acme").await;
    assert_eq!(machine(&owner, "github", &key).initialize().await.status, 401);
    let stranger = world::browser::Browser::new().open(&url).await;
    assert!(stranger.url.path().ends_with("/login"), "{}", stranger.url);
}

#[tokio::test]
async fn atk_30_a_key_is_in_no_log_no_record_and_no_answer_but_the_first() {
    let log = Log::start(Targets::new().with_default(LevelFilter::TRACE));
    let world = World::start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let (key, made) = make(&owner, json!({"name": "ci"})).await;
    let secret = proto::api_key::ApiKeyText::parse(&key).unwrap().secret.to_owned();
    let mut ide = machine(&owner, "github", &key);
    assert_eq!(ide.initialize().await.status, 200);
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
    let typo = key.replacen(&secret[..1], "-", 1);
    let in_query = format!("{}?key={key}", owner.url("github"));
    let mut answers = vec![
        machine(&owner, "github", &typo).initialize().await.body,
        Ide::new(&in_query).initialize().await.body,
        rest(&owner, &world, Method::GET, "servers", &key).await.1.to_string(),
        rest(&owner, &world, Method::GET, "keys", &key).await.1.to_string(),
        owner.get("keys").await.text,
        owner.get("audit?limit=200").await.text,
    ];
    owner.delete(&format!("keys/{}", made["key"]["id"].as_str().unwrap())).await.ok();
    eventually("calls are recorded", || async {
        !owner.get("calls").await.ok()["items"].as_array().unwrap().is_empty()
    })
    .await;
    answers.push(owner.get("calls").await.text);
    answers.push(machine(&owner, "github", &key).initialize().await.body);
    answers.push(format!("{:?}", upstream.seen()));
    for answer in answers {
        assert!(!answer.contains(&secret), "{answer}");
    }
    let logged = String::from_utf8_lossy(&log.bytes()).into_owned();
    assert!(logged.contains("request"), "the log was read");
    // What the test's own HTTP client logs of its wire is not ours.
    let ours =
        logged.lines().filter(|line| !line.contains("hyper") && !line.contains("reqwest") && !line.contains("h2::"));
    let leaks: Vec<_> = ours.filter(|line| line.contains(&secret)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
