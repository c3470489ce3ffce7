//! The official suite for clients. Its servers are registered in a running Portway, and an official SDK client calls them
//! there (`clients/suite.mjs`): what the suite judges is Portway as a client of MCP servers and of their providers.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use control_plane::app::sso::kept::{self, KeptTokens};
use control_plane::domain::ids::{IdentityProviderId, UserId};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use world::World;
use world::conformance::{Run, baseline, node, required_of_a_client};
use world::people::Person;

/// One scenario, as the suite tells of it.
#[derive(Deserialize)]
struct Scenario {
    server: String,
    scenario: String,
    context: Value,
}

/// A page where the account is connected, as the gateway named it.
#[derive(Deserialize)]
struct Errand {
    slug: String,
    url: String,
}

#[derive(Deserialize)]
struct End {
    id: String,
    scenario: String,
    failed: Option<String>,
}

struct Driver {
    world: World,
    owner: Person,
    /// Of the owner, for every server.
    key: String,
    count: AtomicUsize,
    /// What did not come to its end, and why: often that is what the scenario wants.
    ends: Mutex<Vec<String>>,
    /// The suite begins all scenarios at once: with two cores, setting up forty at a time ends in time-outs.
    turns: Semaphore,
}

/// How many scenarios are set up at a time, and how long the suite waits for one of them.
const AT_ONCE: usize = 4;
const SCENARIO_LIMIT_MS: &str = "150000";

/// What no revision requires of every client. What Portway does not do of it stands in the baseline, with the reason.
const EXTENSIONS: [&str; 6] = [
    "auth/client-credentials-basic",
    "auth/client-credentials-jwt",
    "auth/enterprise-managed-authorization",
    "auth/dpop",
    "auth/dpop-nonce",
    "auth/wif-jwt-bearer",
];

/// What opens the door of the scenario's server: by far the most want an account at a provider.
fn outbound_auth(of: &Scenario) -> Value {
    let text = |key: &str| of.context.get(key).and_then(Value::as_str);
    match of.scenario.as_str() {
        "auth/client-credentials-basic" => {
            json!({"kind": "client_credentials", "client_id": text("client_id"), "client_secret": text("client_secret")})
        }
        "auth/client-credentials-jwt" => json!({"kind": "client_credentials", "client_auth": "private_key_jwt",
            "client_id": text("client_id"), "private_key": text("private_key_pem")}),
        "auth/enterprise-managed-authorization" => json!({"kind": "token_exchange", "profile": "id_jag",
            "client_id": text("client_id"), "client_secret": text("client_secret")}),
        name if name.starts_with("auth/") => match (text("client_id"), text("client_secret")) {
            (Some(id), Some(secret)) => json!({"kind": "oauth_per_user", "client_id": id, "client_secret": secret}),
            _ => json!({"kind": "oauth_per_user"}),
        },
        _ => json!({"kind": "none"}),
    }
}

impl Driver {
    /// Registers the server, connects the account, and says where an IDE finds it.
    async fn begin(&self, of: &Scenario) -> Result<Value, String> {
        let _turn = self.turns.acquire().await.unwrap();
        let slug = format!("scenario-{}", self.count.fetch_add(1, Ordering::Relaxed));
        if let Some(id_token) = of.context.get("idp_id_token").and_then(Value::as_str) {
            self.sign_in_by(&of.context, id_token).await;
        }
        let auth = outbound_auth(of);
        let is_account = auth["kind"] == "oauth_per_user";
        let body = json!({"slug": slug, "display_name": slug, "upstream_url": of.server, "outbound_auth": auth});
        let made = self.owner.post("servers", body).await;
        if !made.status.is_success() {
            return Err(made.text);
        }
        let id = made.ok()["id"].clone();
        self.world.synced("acme").await;
        if is_account {
            let url = format!("{}/t/acme/connect/{slug}", self.world.auth_origin);
            self.authorize(&Errand { slug: slug.clone(), url }).await?;
        }
        Ok(json!({"id": id, "slug": slug, "url": self.owner.url(&slug), "token": self.key}))
    }

    /// The suite hands out the ID token of a sign-in that it has no pages for: it is kept as if there had been one.
    async fn sign_in_by(&self, context: &Value, id_token: &str) {
        let body = json!({"label": "Okta", "issuer": context["idp_issuer"], "client_id": context["idp_client_id"],
            "client_secret": "of the sign-in", "settings": {"scopes": ["openid"], "keep_tokens": true}});
        let id: IdentityProviderId =
            self.owner.post("identity-providers", body).await.ok()["id"].as_str().unwrap().parse().unwrap();
        let user: UserId = self.owner.id().await.parse().unwrap();
        let (app, tenant) = (self.world.app(), self.world.tenant_id("acme").await);
        let store = app.store.tenant(tenant).await.unwrap();
        let provider = store.get_identity_provider(id).await.unwrap();
        let id_token = SecretString::from(id_token);
        let tokens = KeptTokens { access_token: id_token.clone(), id_token, refresh_token: None };
        kept::keep(app, &store, &provider, user, &tokens, None).await.unwrap();
        store.commit().await.unwrap();
    }

    /// To the provider and back; it lets everybody in at once.
    async fn authorize(&self, errand: &Errand) -> Result<Value, String> {
        let browser = &self.owner.browser;
        let page = browser.open(&errand.url).await;
        let out = browser.press(&page, &format!("continue to {}", errand.slug), &[]).await;
        let there = out.refresh().ok_or_else(|| format!("{} {}", out.url, out.text()))?;
        let answer = browser.open(there).await.url;
        let back = browser.open(answer).await;
        if !back.heading().contains("is connected") {
            return Err(format!("{} {}", back.url, back.text()));
        }
        self.world.synced("acme").await;
        Ok(Value::Null)
    }

    /// Takes the server away: the suite waits until nobody is connected to it any more.
    async fn end(&self, of: &End) -> Result<Value, String> {
        if let Some(why) = &of.failed {
            self.ends.lock().unwrap().push(format!("{}: {why}", of.scenario));
        }
        self.owner.delete(&format!("servers/{}", of.id)).await;
        self.world.synced("acme").await;
        Ok(Value::Null)
    }
}

fn answer(outcome: Result<Value, String>) -> (StatusCode, String) {
    match outcome {
        Ok(value) => (StatusCode::OK, value.to_string()),
        Err(why) => (StatusCode::BAD_GATEWAY, why),
    }
}

fn router(driver: Arc<Driver>) -> Router {
    type Of<T> = (State<Arc<Driver>>, Json<T>);
    Router::new()
        .route("/begin", post(async |(State(driver), Json(of)): Of<Scenario>| answer(driver.begin(&of).await)))
        .route("/authorize", post(async |(State(driver), Json(of)): Of<Errand>| answer(driver.authorize(&of).await)))
        .route("/end", post(async |(State(driver), Json(of)): Of<End>| answer(driver.end(&of).await)))
        .with_state(driver)
}

#[expect(clippy::print_stdout, reason = "what nobody scores is still shown")]
async fn suite(revision: &str) {
    let world = World::setup().providers().nodes(1).start().await;
    let owner = world.tenant("acme").await;
    let key = owner.post("keys", json!({"name": "suite"})).await.ok()["secret"].as_str().unwrap().to_owned();
    let driver = Arc::new(Driver {
        world,
        owner,
        key,
        count: AtomicUsize::new(0),
        ends: Mutex::default(),
        turns: Semaphore::new(AT_ONCE),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let router = router(driver.clone());
    world::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/suite.mjs");
    let command = format!("{} {} {address}", node().display(), client.display());
    let mut run =
        Run::start(&["client", "--command", &command, "--requirements", revision, "--timeout", SCENARIO_LIMIT_MS]);
    // `Running requirements 2026-07-28 (40 scenarios) in parallel...`
    let plan = run.line(|line| line.contains(" scenarios) in parallel")).await;
    let count = plan.split(['(', ' ']).filter_map(|word| word.parse().ok()).next_back().unwrap();
    let report = run.found(count).await;
    let mut required = required_of_a_client(revision);
    required.extend(EXTENSIONS.map(str::to_owned));
    println!("{revision}, as a client\n{}\n{}", report.list(&required), driver.ends.lock().unwrap().join("\n"));
    report.judge(&required, &baseline(&format!("client-{revision}")));
}

#[tokio::test]
async fn what_2025_11_25_requires_of_a_client() {
    suite("2025-11-25").await;
}

#[tokio::test]
async fn what_2026_07_28_requires_of_a_client() {
    suite("2026-07-28").await;
}
