//! Operators in a browser: a token is traded for a cookie that opens the platform's API, and nothing else.

use chrono::TimeDelta;
use control_plane::app::upkeep;
use control_plane::domain::audit::AuditFilter;
use control_plane::domain::ids::OperatorId;
use control_plane::domain::page::PageRequest;
use reqwest::header::{AUTHORIZATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use world::people::PASSWORD;
use world::{World, on_both};

/// A browser with the console in it.
struct Console {
    client: Client,
    origin: String,
}

impl Console {
    fn open(world: &World) -> Self {
        let client = world::http::builder().cookie_store(true).build().unwrap();
        Self { client, origin: world.auth_origin.clone() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1/{path}", self.origin))
    }

    /// As our page sends it.
    fn ours(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("x-portway-csrf", "1").header(ORIGIN, &self.origin)
    }

    async fn sign_in(&self, token: &str) -> Response {
        self.ours(Method::POST, "platform/session").json(&json!({"token": token})).send().await.unwrap()
    }

    async fn status(&self, method: Method, path: &str) -> u16 {
        self.ours(method, path).send().await.unwrap().status().as_u16()
    }

    async fn list_tenants(&self) -> u16 {
        self.status(Method::GET, "platform/tenants").await
    }
}

async fn body(response: Response) -> Value {
    response.json().await.unwrap()
}

/// Sessions that ended and are not forgotten. Nothing is committed.
async fn count_ended(world: &World) -> u64 {
    let store = world.app().store.system().await.unwrap();
    store.delete_ended_operator_sessions(store.now()).await.unwrap()
}

async fn refused(request: RequestBuilder, status: u16, code: &str) {
    let answer = request.send().await.unwrap();
    let (found, body) = (answer.status().as_u16(), body(answer).await);
    assert_eq!((found, body["code"].as_str()), (status, Some(code)), "{body}");
}

on_both! {
    async fn an_operator_signs_in_works_and_signs_out(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let (console, token) = (Console::open(&world), world.operator.token.expose_secret());
        assert_eq!(console.list_tenants().await, 401);
        let answer = console.sign_in(&format!(" {token}\n")).await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.starts_with("portway-operator=") && !cookie.contains(token), "{cookie}");
        for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        let session = body(answer).await;
        assert!(session["operator"]["id"].as_str().unwrap().starts_with("opr_") && session["expires_at"].is_string());
        let mine = body(console.ours(Method::GET, "platform/session").send().await.unwrap()).await;
        assert_eq!(mine, session);

        let new = json!({"slug": "acme", "display_name": "Acme", "owner_email": "ana@acme.example"});
        let created = console.ours(Method::POST, "platform/tenants").json(&new).send().await.unwrap();
        assert_eq!(created.status(), 201);
        let found = body(console.ours(Method::GET, "platform/tenants?q=ACM").send().await.unwrap()).await;
        assert_eq!((&found["items"][0]["slug"], found["items"].as_array().unwrap().len()), (&json!("acme"), 1));
        let none = body(console.ours(Method::GET, "platform/tenants?q=globex").send().await.unwrap()).await;
        assert_eq!(none["items"], json!([]));
        // The trail names the operator, who has a browser now as they had a token before.
        let store = world.app().store.tenant_read(world.tenant_id("acme").await).await.unwrap();
        let page = PageRequest { limit: 10, after: None };
        let (events, _) = store.list_audit_events(&AuditFilter::default(), page).await.unwrap();
        let made = events.items.iter().find(|event| event.action == "tenant.created").unwrap();
        let operator: OperatorId = session["operator"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!((made.actor_kind.as_str(), made.actor_id), ("operator", Some(operator.0)));
        drop(store);

        let out = console.ours(Method::DELETE, "platform/session").send().await.unwrap();
        let gone = out.headers()[SET_COOKIE].to_str().unwrap();
        assert!(out.status() == 204 && gone.starts_with("portway-operator=;") && gone.ends_with("Max-Age=0"), "{gone}");
        // Also for whoever kept the cookie.
        let kept = cookie.split(';').next().unwrap();
        refused(console.request(Method::GET, "platform/tenants").header("cookie", kept), 401, "unauthenticated").await;
        assert!(!world.rows().await.contains(kept.split_once('=').unwrap().1), "only a digest is stored");
    }

    async fn a_session_ends_when_idle_and_when_old(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let (console, token) = (Console::open(&world), world.operator.token.expose_secret());
        assert_eq!(console.sign_in(token).await.status(), 200);
        for _ in 0..12 {
            world.advance(TimeDelta::minutes(59));
            assert_eq!(console.list_tenants().await, 200, "used within the hour");
        }
        world.advance(TimeDelta::minutes(12));
        assert_eq!(console.list_tenants().await, 401, "twelve hours are over");
        assert_eq!(console.sign_in(token).await.status(), 200);
        world.advance(TimeDelta::minutes(61));
        assert_eq!(console.list_tenants().await, 401, "nobody was there for an hour");
        world.advance(TimeDelta::hours(12));
        assert_eq!(count_ended(&world).await, 2);
        upkeep::forget_expired(world.app()).await.unwrap();
        assert_eq!(count_ended(&world).await, 0);
    }
}

#[tokio::test]
async fn whoever_has_no_token_gets_no_cookie() {
    let world = World::setup().split_hosts().nodes(0).start().await;
    let (console, token) = (Console::open(&world), world.operator.token.expose_secret());
    for wrong in ["", "pwo_", "pwo_wrong", &token[..token.len() - 1], &format!("{token}x")] {
        let answer = console.sign_in(wrong).await;
        assert!(answer.headers().get(SET_COOKIE).is_none());
        let (status, body) = (answer.status().as_u16(), body(answer).await);
        assert_eq!((status, body["code"].as_str()), (401, Some("operator.refused")), "{wrong}: {body}");
    }
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let guess = console.ours(Method::POST, "platform/session").header("x-forwarded-for", "203.0.113.7");
        statuses.push(guess.json(&json!({"token": "pwo_guess"})).send().await.unwrap().status().as_u16());
    }
    assert_eq!((statuses[0], statuses.last()), (401, Some(&429)), "{statuses:?}");
    assert_eq!(console.sign_in(token).await.status(), 200, "others are not kept out by that");
}

#[tokio::test]
async fn other_sites_cause_no_change_with_an_operators_cookie() {
    let world = World::setup().nodes(0).start().await;
    let (console, token) = (Console::open(&world), world.operator.token.expose_secret());
    let evil = "https://evil.example";
    // Not even a sign-in: somebody else's session is no place to work in.
    refused(console.request(Method::POST, "platform/session").json(&json!({"token": token})), 403, "csrf").await;
    assert_eq!(console.sign_in(token).await.status(), 200);
    for (method, path) in [
        (Method::POST, "platform/tenants"),
        (Method::PATCH, "platform/tenants/acme"),
        (Method::DELETE, "platform/tenants/acme?confirm=acme"),
        (Method::POST, "platform/nodes"),
        (Method::POST, "platform/data-keys/rewrap"),
        (Method::DELETE, "platform/session"),
    ] {
        refused(console.request(method.clone(), path), 403, "csrf").await;
        refused(console.request(method.clone(), path).header(ORIGIN, &console.origin), 403, "csrf").await;
        refused(console.ours(method, path).header(ORIGIN, evil), 403, "csrf").await;
    }
    assert_eq!(console.list_tenants().await, 200);
}

#[tokio::test]
async fn operators_and_tenants_have_doors_of_their_own() {
    let world = World::setup().nodes(0).start().await;
    let ana = world.tenant("acme").await;
    let (console, token) = (Console::open(&world), world.operator.token.expose_secret());
    assert_eq!(console.sign_in(token).await.status(), 200);
    for path in ["tenants/acme", "tenants/acme/session", "tenants/acme/servers", "tenants/acme/audit"] {
        assert_eq!(console.status(Method::GET, path).await, 401, "{path}");
    }
    // An owner's session is none here, not under the operators' name either.
    let session = json!({"user_name": ana.user_name, "password": PASSWORD});
    let owner = Console::open(&world);
    let answer = owner.ours(Method::POST, "tenants/acme/session").json(&session).send().await.unwrap();
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(owner.list_tenants().await, 401);
    let renamed = format!("portway-operator={}", cookie.split_once('=').unwrap().1);
    refused(owner.request(Method::GET, "platform/tenants").header("cookie", renamed), 401, "unauthenticated").await;
    // A wrong bearer is refused, whatever cookie comes along; a right one ends no session.
    let wrong = console.ours(Method::GET, "platform/tenants").header(AUTHORIZATION, "Bearer pwo_wrong");
    refused(wrong, 401, "unauthenticated").await;
    refused(console.ours(Method::DELETE, "platform/session").bearer_auth(token), 403, "key.not_allowed").await;
    assert_eq!(console.list_tenants().await, 200);
}

#[tokio::test]
async fn a_node_says_what_it_follows() {
    let world = World::setup().nodes(1).start().await;
    let ana = world.tenant("acme").await;
    ana.register_server("github", "https://mcp.example.com/mcp").await;
    let nodes = world.operator.api(Method::GET, "nodes", None).await.ok();
    let path = format!("nodes/{}", nodes["items"][0]["id"].as_str().unwrap());
    let node = async || world.operator.api(Method::GET, &path, None).await.ok();
    assert_eq!(node().await["streams"][0]["tenants"], json!([]), "not before somebody calls");
    ana.browser.client().get(ana.url("github")).send().await.unwrap();
    world.synced("acme").await;
    let node = node().await;
    let tenants = &node["streams"][0]["tenants"];
    assert_eq!(
        (&tenants[0]["slug"], &tenants[0]["lag"], &tenants[0]["rejects"]),
        (&json!("acme"), &json!(0), &json!([]))
    );
    world.operator.api(Method::GET, "nodes/nod_00000000000000000000000000", None).await.refused(404, "not_found");
}
