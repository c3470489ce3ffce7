//! Accounts at a provider that nobody here wrote: `oidc-provider`, certified by the OpenID Foundation, guards an MCP server. Portway
//! makes itself known there by registering (RFC 7591) and, where it is on https, by a document about it (CIMD).

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fixtures::Fixture;
use world::ide::Ide;
use world::people::Person;
use world::world::Setup;

/// What the MCP server may ask the provider with.
const RESOURCE: (&str, &str) = ("mcp-server", "secret of the MCP server");

struct Stage {
    world: World,
    provider: Mutex<Fixture>,
    asking: Introspection,
    owner: Person,
    /// Serves as long as the test.
    _upstream: McpServer,
}

/// RFC 7662, as the MCP server does it.
#[derive(Clone)]
struct Introspection {
    http: reqwest::Client,
    url: Arc<str>,
}

impl Introspection {
    async fn about(&self, token: &str) -> Value {
        let request = self.http.post(&*self.url).basic_auth(RESOURCE.0, Some(RESOURCE.1)).form(&[("token", token)]);
        request.send().await.unwrap().json().await.unwrap()
    }
}

impl Stage {
    async fn set(setup: Setup, takes_documents: bool) -> Self {
        let world = setup.providers().start().await;
        let mut settings = json!({"resource_client": RESOURCE.0, "resource_secret": RESOURCE.1});
        if takes_documents {
            settings["ca_file"] = json!(world.ca_file());
        }
        let provider = Fixture::run("provider.mjs", Some(&settings.to_string())).await;
        let http = world::http::builder().build().unwrap();
        let asking = Introspection { http, url: format!("{}/token/introspection", provider.url).into() };
        let upstream = McpServer::start(Era::Legacy).await;
        let (asked, resource) = (asking.clone(), upstream.url.to_string());
        let knows = move |token: String| {
            let (asked, resource) = (asked.clone(), resource.clone());
            async move {
                let about = asked.about(&token).await;
                about["active"] == true && about["aud"] == resource.as_str() && about["scope"] == "read"
            }
        };
        upstream.guard_by(&provider.url, knows, &json!({}));
        upstream.on("tools/call", |seen| {
            let said = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            Reply::Result(json!({"content": [{"type": "text", "text": said.unwrap_or_default()}]}))
        });
        let owner = world.tenant("acme").await;
        let body = json!({"slug": "github", "display_name": "GitHub", "upstream_url": upstream.url.as_str(),
            "outbound_auth": {"kind": "oauth_per_user"}});
        let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
        owner.grant_everyone(&server).await;
        Self { world, provider: Mutex::new(provider), asking, owner, _upstream: upstream }
    }

    async fn tell(&self, op: &str) -> Value {
        self.provider.lock().await.tell(&json!({"op": op})).await
    }

    /// Through the provider's own pages.
    async fn connect(&self, person: &Person, name: &str) {
        let browser = &person.browser;
        let page = browser.open(format!("{}/t/acme/connect/github", self.world.auth_origin)).await;
        let out = browser.press(&page, "continue to github", &[]).await;
        let there = out.refresh().unwrap_or_else(|| panic!("{} {}: {}", out.url, out.status, out.text()));
        let mut page = browser.open(there).await;
        // Whoever was there before is still signed in.
        if page.html.contains("name=\"login\"") {
            page = browser.press(&page, "sign-in", &[("login", name), ("password", "any")]).await;
        }
        if !page.url.path().ends_with("/callback") {
            page = browser.press(&page, "continue", &[]).await;
        }
        let back = browser.open(&page.url).await;
        assert!(back.heading().contains("is connected"), "{} {}", back.url, back.text());
        self.world.synced("acme").await;
    }

    /// The token that a call reached the server with, and whose it is.
    async fn called(&self, ide: &mut Ide) -> (String, Value) {
        let answer = ide.call_tool("whoami", json!({})).await.json();
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
        let token = text.strip_prefix("Bearer ").unwrap_or_else(|| panic!("{answer}")).to_owned();
        let whose = self.asking.about(&token).await["sub"].clone();
        (token, whose)
    }

    async fn state(&self, person: &Person) -> Value {
        person.get("me/accounts").await.ok()["items"][0]["state"].clone()
    }

    /// Two people connect, call, are renewed, and lose what they had.
    async fn life(&self) {
        let mut people = Vec::new();
        for name in ["ana", "bo"] {
            let person = self.owner.invite(name, "member").await;
            self.connect(&person, name).await;
            let mut ide = person.ide("github").await;
            assert_eq!(ide.initialize().await.status, 200);
            people.push((person, ide, name));
        }
        let mut before = Vec::new();
        for (_, ide, name) in &mut people {
            let (token, whose) = self.called(ide).await;
            assert_eq!(whose, *name);
            before.push(token);
        }
        // Twice: the second time with a refresh token that came of the first.
        for _ in 0..2 {
            self.world.advance(TimeDelta::seconds(570));
            for ((_, ide, name), old) in people.iter_mut().zip(&mut before) {
                let (token, whose) = self.called(ide).await;
                assert_eq!(whose, *name);
                assert_ne!(token, *old, "renewed");
                *old = token;
            }
        }
        let seen = self.tell("seen").await;
        let granted = |kind: &str| seen["granted"].as_array().unwrap().iter().filter(|one| *one == kind).count();
        assert_eq!((granted("authorization_code"), granted("refresh_token")), (2, 4), "{seen}");
        assert_eq!(seen["refused"], json!([]), "{seen}");

        // The grants are ended there: people hear where to connect again, and that helps.
        self.tell("end").await;
        for (person, ide, name) in &mut people {
            let refused = ide.call_tool("whoami", json!({})).await.body;
            assert!(refused.contains("credential.expired") && refused.contains("/t/acme/connect/github"), "{refused}");
            assert_eq!(self.state(person).await, "expired");
            self.connect(person, name).await;
            assert_eq!(self.called(ide).await.1, *name);
        }
        let seen = self.tell("seen").await;
        assert!(seen["refused"].to_string().contains("refresh_token invalid_grant"), "{seen}");
    }
}

#[tokio::test]
async fn accounts_at_a_certified_provider_where_portway_registers() {
    let stage = Stage::set(World::setup(), false).await;
    stage.life().await;
    let seen = stage.tell("seen").await;
    assert_eq!((&seen["registered"], &seen["documents"]), (&json!(1), &json!([])), "one registration for the tenant");
}

#[tokio::test]
async fn accounts_at_a_certified_provider_that_reads_the_document_about_portway() {
    let stage = Stage::set(World::setup().https(), true).await;
    stage.life().await;
    let seen = stage.tell("seen").await;
    assert_eq!(seen["registered"], 0, "nobody registers where a document is taken");
    let url = format!("{}/t/acme/accounts/client.json", stage.world.auth_origin);
    assert!(seen["documents"].as_array().unwrap().contains(&json!(url)), "{seen}");
}
