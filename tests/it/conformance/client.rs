//! The official suite for clients. Its servers are registered in a running Portway and driven through the gateway, so
//! what it judges is Portway as a client of MCP servers and of their providers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use world::World;
use world::browser::Page;
use world::conformance::{Run, baseline, folder, node, required_of_a_client};
use world::fakes::mcp_server::Era;
use world::ide::Ide;
use world::people::Person;

/// One scenario, as the suite's command tells of it.
#[derive(Deserialize)]
struct Scenario {
    server: String,
    scenario: String,
    context: Value,
}

struct Driver {
    world: World,
    owner: Person,
    era: Era,
    /// Of the owner, for every server.
    key: String,
    count: AtomicUsize,
    /// What did not come to its end, and why: often that is what the scenario wants.
    ends: Mutex<Vec<String>>,
}

/// How often a server may ask for more rights before we leave it be.
const STEPS_MAX: usize = 2;

impl Driver {
    async fn drive(&self, of: &Scenario) -> Result<(), String> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let slug = format!("scenario-{number}");
        let text = |key: &str| of.context.get(key).and_then(Value::as_str);
        let auth = match of.scenario.as_str() {
            "auth/client-credentials-basic" => {
                json!({"kind": "client_credentials", "client_id": text("client_id"), "client_secret": text("client_secret")})
            }
            name if name.starts_with("auth/") => match (text("client_id"), text("client_secret")) {
                (Some(id), Some(secret)) => json!({"kind": "oauth_per_user", "client_id": id, "client_secret": secret}),
                _ => json!({"kind": "oauth_per_user"}),
            },
            _ => json!({"kind": "none"}),
        };
        let is_account = auth["kind"] == "oauth_per_user";
        let body = json!({"slug": slug, "display_name": slug, "upstream_url": of.server, "outbound_auth": auth});
        let made = self.owner.post("servers", body).await;
        if !made.status.is_success() {
            return Err(made.text);
        }
        self.world.synced("acme").await;
        if is_account {
            let page = self.owner.browser.open(format!("{}/t/acme/connect/{slug}", self.world.auth_origin)).await;
            self.authorize(&page, &slug).await?;
        }
        let mut ide = Ide::new(&self.owner.url(&slug));
        ide.tokens = json!({ "access_token": self.key });
        self.talk(&mut ide, &slug).await
    }

    /// To the provider and back; it lets everybody in at once.
    async fn authorize(&self, page: &Page, slug: &str) -> Result<(), String> {
        let out = self.owner.browser.press(page, &format!("continue to {slug}"), &[]).await;
        let there = out.refresh().ok_or_else(|| format!("{} {}", out.url, out.text()))?;
        let answer = self.owner.browser.open(there).await.url;
        let back = self.owner.browser.open(answer).await;
        match back.heading().contains("is connected") {
            true => Ok(()),
            false => Err(format!("{} {}", back.url, back.text())),
        }
    }

    /// What any client does first, and a call to each tool.
    async fn talk(&self, ide: &mut Ide, slug: &str) -> Result<(), String> {
        if self.era == Era::Legacy {
            let answer = ide.initialize().await;
            if answer.json().get("result").is_none() {
                return Err(answer.body);
            }
        }
        let list = self.asked(ide, slug, "tools/list", json!({})).await?;
        for tool in list["tools"].as_array().cloned().unwrap_or_default() {
            let properties = tool["inputSchema"]["properties"].as_object().cloned().unwrap_or_default();
            let arguments: Value = properties
                .into_iter()
                .map(|(name, schema)| {
                    let value = match schema["type"].as_str() {
                        Some("number" | "integer") => json!(7),
                        Some("boolean") => json!(true),
                        Some("array") => json!([]),
                        Some("object") => json!({}),
                        _ => json!("text"),
                    };
                    (name, value)
                })
                .collect();
            self.asked(ide, slug, "tools/call", json!({"name": tool["name"], "arguments": arguments})).await?;
        }
        Ok(())
    }

    /// An answer; a server that wants more rights gets them, if the provider gives them.
    async fn asked(&self, ide: &mut Ide, slug: &str, method: &str, params: Value) -> Result<Value, String> {
        for _ in 0..=STEPS_MAX {
            let answer = match self.era {
                Era::Legacy => ide.request(method, params.clone()).await,
                Era::Modern => ide.modern(method, params.clone()).await,
            };
            let answer = answer.json();
            let error = match &answer["error"]["data"] {
                Value::Null => &answer["result"]["_meta"]["portway/error"],
                data => data,
            };
            match (error["code"].as_str(), error["url"].as_str()) {
                (Some("credential.scope_missing"), Some(url)) => {
                    let page = self.owner.browser.open(url).await;
                    self.authorize(&page, slug).await?;
                    self.world.synced("acme").await;
                }
                _ => return Ok(answer["result"].clone()),
            }
        }
        Err("the server never has rights enough".to_owned())
    }
}

async fn drive(State(driver): State<Arc<Driver>>, Json(scenario): Json<Scenario>) -> (StatusCode, String) {
    match driver.drive(&scenario).await {
        Ok(()) => (StatusCode::OK, String::new()),
        Err(why) => {
            driver.ends.lock().unwrap().push(format!("{}: {why}", scenario.scenario));
            (StatusCode::BAD_GATEWAY, why)
        }
    }
}

#[expect(clippy::print_stdout, reason = "what nobody scores is still shown")]
async fn suite(era: Era, revision: &str, words: &[&str]) {
    let world = World::setup().providers().nodes(1).start().await;
    let owner = world.tenant("acme").await;
    let key = owner.post("keys", json!({"name": "suite"})).await.ok()["secret"].as_str().unwrap().to_owned();
    let driver = Arc::new(Driver { world, owner, era, key, count: AtomicUsize::new(0), ends: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().fallback(drive).with_state(driver.clone());
    world::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let command = format!("{} {} {address}", node().display(), folder().join("drive.mjs").display());
    let report = Run::start(&[&["client", "--command", &command], words].concat()).finish().await;
    let required = required_of_a_client(revision);
    println!("{revision}, as a client\n{}\n{}", report.list(&required), driver.ends.lock().unwrap().join("\n"));
    report.judge(&required, &baseline(&format!("client-{revision}")));
}

#[tokio::test]
async fn what_2025_11_25_requires_of_a_client() {
    suite(Era::Legacy, "2025-11-25", &["--requirements", "2025-11-25"]).await;
}

#[tokio::test]
async fn what_2026_07_28_requires_of_a_client() {
    suite(Era::Modern, "2026-07-28", &["--requirements", "2026-07-28"]).await;
}
