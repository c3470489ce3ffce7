//! The same against a provider that nobody here wrote: `oidc-provider`, with a real Chromium in between.

use control_plane::domain::tenancy::Provisioning;
use serde_json::{Value, json};
use world::World;
use world::fakes::idp::Idp;
use world::fakes::mcp_server::{Era, McpServer};
use world::fixtures::Fixture;
use world::ide::{Ide, REDIRECT, parameter};
use world::sdk::chromium_steps;

use super::{Stage, connect};

/// A tenant whose people come from `oidc-provider`.
async fn stage() -> (Stage, Fixture) {
    let world = World::setup().providers().start().await;
    let owner = world.tenant("acme").await;
    let client = json!({"client_id": "portway", "client_secret": "secret of the test", "domain": "acme.example"});
    let mut fixture = Fixture::run("oidc.mjs", Some(&client.to_string())).await;
    let settings = json!({"label": "Company", "issuer": fixture.url, "client_id": "portway",
        "client_secret": "secret of the test", "scim_source": true,
        "settings": {"binding": {"claim": "sub", "attribute": "external_id"}}});
    let provider = connect(&owner, settings).await;
    let urls = owner.get(&format!("identity-providers/{provider}")).await.ok()["urls"].clone();
    fixture.tell(&urls).await;
    let stage = Stage { world, idp: Idp::start().await, owner, provider };
    stage.provisioning(Provisioning::Scim).await;
    stage.scim_user("ana@acme.example", "ana").await;
    (stage, fixture)
}

/// Where an IDE waits for its browser: any port of loopback is the same client.
async fn listener() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let router = axum::Router::new().fallback(async || "Back in the IDE");
    world::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    format!("http://localhost:{port}/callback")
}

fn headings(seen: &[Value]) -> Vec<String> {
    seen.iter().map(|page| page["heading"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The provider's own two pages.
fn at_the_provider(name: &str) -> Vec<Value> {
    vec![
        json!({"at": "/interaction/"}),
        json!({"fill": {"[name=login]": name, "[name=password]": "x"}}),
        json!({"press": "sign-in"}),
        json!({"press": "continue"}),
    ]
}

#[tokio::test]
async fn browser_a_company_account_is_enough_for_an_ide() {
    let (stage, _fixture) = stage().await;
    let tried = stage.owner.post(&format!("identity-providers/{}/test", stage.provider), json!({})).await.ok();
    assert_eq!(tried["passed"], true, "{tried}");
    let upstream = McpServer::start(Era::Legacy).await;
    let server = stage.owner.register_server("github", upstream.url.as_str()).await;
    stage.owner.grant_everyone(&server).await;
    let redirect = listener().await;
    let redirect = [("redirect_uri", redirect.as_str())];
    let mut ide = Ide::new(&stage.owner.url("github"));
    ide.discover().await;
    ide.register(&[REDIRECT]).await;
    let mut steps = vec![json!({"open": ide.authorize_url(&redirect)}), json!({"press": "continue with company"})];
    steps.extend(at_the_provider("ana"));
    steps.extend([json!({"at": "/consent/"}), json!({"press": "approve"}), json!({"at": "/callback?code="})]);
    let seen = chromium_steps(json!(steps)).await;
    let back: url::Url =
        seen.last().and_then(|page| page["url"].as_str()).unwrap_or_else(|| panic!("{seen:?}")).parse().unwrap();
    let code = parameter(&back, "code").unwrap_or_else(|| panic!("{seen:?}"));
    let tokens = ide.exchange(&code, &redirect).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    ide.tokens = tokens.json();
    assert_eq!(ide.initialize().await.status, 200);
    let answer = ide.call_tool("echo", json!({"a": 1})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn browser_signing_out_here_and_there_and_who_is_not_assigned() {
    let (stage, _fixture) = stage().await;
    let mut steps = vec![json!({"open": stage.url("login")}), json!({"press": "continue with company"})];
    steps.extend(at_the_provider("ana"));
    steps.extend([
        json!({"at": "/t/acme/"}),
        json!({"press": "^sign out$"}),
        json!({"press": "sign out of company too"}),
        json!({"at": "/session/end"}),
        json!({"press": "yes"}),
        json!({"at": "/t/acme/login"}),
        json!({"press": "continue with company"}),
    ]);
    // It asks again who it is: the session there has ended. Then somebody whom nobody assigned.
    steps.extend(at_the_provider("mallory"));
    steps.push(json!({"at": "/callback"}));
    let seen = chromium_steps(json!(steps)).await;
    assert!(seen.iter().all(|page| page["error"].is_null()), "{seen:?}");
    let pages = headings(&seen);
    assert!(pages.contains(&"Signed out".to_owned()), "{pages:?}");
    assert_eq!(pages.last().map(String::as_str), Some("No access"), "{seen:?}");
}
