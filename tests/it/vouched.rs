//! Servers that let people in by the word of the company's identity provider: its tokens are kept, renewed, and exchanged.

use serde_json::{Value, json};
use world::fakes::idp::Idp;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::ide::Ide;
use world::people::Person;
use world::world::Setup;
use world::{World, on_both};

/// The button of the identity provider.
const OKTA: &str = "continue with okta";

struct Stage {
    world: World,
    idp: Idp,
    identity_provider: String,
    provider: Provider,
    upstream: McpServer,
    owner: Person,
    /// Signed in by the identity provider.
    ana: Person,
    server: String,
}

async fn stage(setup: Setup, profile: &str, keep_tokens: bool, change: Value) -> Stage {
    let world = setup.providers().start().await;
    let (idp, provider, upstream) = (Idp::start().await, Provider::start().await, McpServer::start(Era::Legacy).await);
    upstream.on("tools/call", |seen| {
        let header = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        Reply::Result(json!({"content": [], "structuredContent": {"authorization": header}}))
    });
    let owner = world.tenant("acme").await;
    let mut settings = idp.settings("Okta");
    settings["settings"] = json!({"scopes": ["openid", "email", "offline_access"], "keep_tokens": keep_tokens});
    let identity_provider = owner.post("identity-providers", settings).await.ok()["id"].as_str().unwrap().to_owned();
    let auth = json!({"kind": "token_exchange", "profile": profile, "client_id": "by-hand",
        "client_secret": "a secret & more", "issuer": provider.origin, "scopes": ["read"]});
    let body = json!({"slug": "github", "display_name": "GitHub", "upstream_url": upstream.url.as_str(),
        "outbound_auth": auth});
    let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    let invited = owner.post("invitations", json!({"email": "ana@acme.example", "role": "member"})).await.ok();
    let ana = owner.elsewhere();
    let page = ana.browser.open(invited["link"].as_str().unwrap()).await;
    idp.change(change);
    ana.browser.there_and_back(&page, OKTA).await;
    idp.change(json!({}));
    Stage { world, idp, identity_provider, provider, upstream, owner, ana, server }
}

impl Stage {
    async fn ide(&self) -> Ide {
        self.world.synced("acme").await;
        let mut ide = self.ana.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        ide
    }
}

async fn called(ide: &mut Ide) -> Value {
    ide.call_tool("any", json!({})).await.json()["result"].clone()
}

/// Whether a call reaches the server with a token.
async fn vouched_for(ide: &mut Ide) -> bool {
    ide.initialize().await;
    called(ide).await["structuredContent"]["authorization"].is_string()
}

/// What the gateway says instead of greeting.
async fn refusal(ide: &mut Ide) -> Value {
    let said = ide.initialize().await.json()["error"]["data"].clone();
    assert!(said.is_object(), "nothing was refused");
    said
}

on_both! {
    async fn cross_app_access_needs_no_trip_of_the_person(setup: Setup) {
        let stage = stage(setup, "id_jag", true, json!({})).await;
        let mut ide = stage.ide().await;
        let result = called(&mut ide).await;
        assert!(result["structuredContent"]["authorization"].as_str().unwrap_or_default().starts_with("Bearer at-vouched-"), "{result}");
        called(&mut ide).await;

        // The identity provider gave an assertion for the server's authorization server, for this very resource.
        let asked = stage.idp.forms("token-exchange");
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(asked[0]["audience"], stage.provider.origin);
        assert_eq!(asked[0]["resource"], stage.upstream.url.as_str());
        assert_eq!(asked[0]["subject_token_type"], "urn:ietf:params:oauth:token-type:id_token");
        let form = stage.provider.forms("/token").remove(0);
        assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
        let said = control_plane::crypto::jwt::unproved_claims(&form["assertion"]).unwrap();
        assert_eq!((&said["sub"], &said["client_id"]), (&json!("ana-1"), &json!("by-hand")));
        assert!(stage.upstream.seen().iter().all(|seen| !format!("{:?}", seen.headers).contains("idp-")));
    }

    async fn on_behalf_of_shows_the_access_token_and_names_no_resource(setup: Setup) {
        let stage = stage(setup, "on_behalf_of", true, json!({})).await;
        let mut ide = stage.ide().await;
        let result = called(&mut ide).await;
        assert!(result["structuredContent"]["authorization"].as_str().unwrap_or_default().starts_with("Bearer at-vouched-"), "{result}");
        let form = stage.provider.forms("/token").remove(0);
        assert_eq!((form["requested_token_use"].as_str(), form["assertion"].as_str()), ("on_behalf_of", "idp-at-1"));
        assert!(!form.contains_key("resource") && form["scope"] == "read", "{form:?}");
    }

    async fn what_is_kept_is_renewed_and_goes_with_the_sign_ins(setup: Setup) {
        let soon = control_plane::domain::Clock::now(&control_plane::domain::clock::SystemClock).timestamp() + 40;
        let stage = stage(setup, "identity_provider", true, json!({"exp": soon})).await;
        let mut ide = stage.ide().await;
        let result = called(&mut ide).await;
        assert!(result["structuredContent"]["authorization"].as_str().unwrap_or_default().starts_with("Bearer at-by-hand-"), "{result}");
        assert_eq!(stage.idp.forms("refresh_token").len(), 1);
        let form = stage.provider.forms("/token").remove(0);
        assert_eq!((form["subject_token"].as_str(), form["subject_token_type"].as_str()),
            ("idp-at-2", "urn:ietf:params:oauth:token-type:access_token"));

        // Signed out everywhere: an API key lives on, but nothing is left to vouch with until somebody signs in anew.
        let key = stage.ana.post("keys", json!({"name": "ci"})).await.ok()["secret"].clone();
        let me = stage.ana.id().await;
        stage.owner.post(&format!("users/{me}/sign-out"), json!({})).await.ok();
        stage.world.synced("acme").await;
        let mut by_key = Ide::new(&stage.ana.url("github"));
        by_key.tokens = json!({"access_token": key});
        assert_eq!(refusal(&mut by_key).await["code"], "credential.sign_in_again");
        let ana = stage.ana.elsewhere();
        let page = ana.browser.open(format!("{}/t/acme/login", stage.world.auth_origin)).await;
        ana.browser.there_and_back(&page, OKTA).await;
        stage.world.synced("acme").await;
        assert!(vouched_for(&mut by_key).await);

        // So it is when the provider is switched off, and when it is no longer somebody's.
        let provider = format!("identity-providers/{}", stage.identity_provider);
        stage.owner.patch(&provider, json!({"enabled": false})).await.ok();
        stage.world.synced("acme").await;
        assert_eq!(refusal(&mut by_key).await["code"], "credential.sign_in_again");
        stage.owner.patch(&provider, json!({"enabled": true})).await.ok();
        stage.world.synced("acme").await;
        assert_eq!(refusal(&mut by_key).await["code"], "credential.sign_in_again", "nothing was left to come back");
        let page = ana.browser.open(format!("{}/t/acme/connect/github", stage.world.auth_origin)).await;
        ana.browser.there_and_back(&page, OKTA).await;
        stage.world.synced("acme").await;
        assert!(vouched_for(&mut by_key).await);
        stage.owner.delete(&provider).await.ok();
        stage.world.synced("acme").await;
        assert_eq!(refusal(&mut by_key).await["code"], "credential.sign_in_again");
    }

    async fn somebody_without_such_a_sign_in_is_shown_the_way(setup: Setup) {
        let stage = stage(setup, "id_jag", false, json!({})).await;
        let mut ide = stage.ide().await;
        let said = refusal(&mut ide).await;
        assert_eq!(said["code"], "credential.sign_in_again", "{said}");
        let url = said["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("{}/t/acme/connect/github", stage.world.auth_origin)), "{url}");
        let page = stage.ana.browser.open(&url).await;
        assert!(page.text().contains("none is set up for that"), "{}", page.text());

        // An administrator switches it on; the page leads to the provider and home finds the way back.
        let settings = json!({"settings": {"scopes": ["openid", "email"], "keep_tokens": true}});
        stage.owner.patch(&format!("identity-providers/{}", stage.identity_provider), settings).await.ok();
        let page = stage.ana.browser.open(&url).await;
        let back = stage.ana.browser.there_and_back(&page, OKTA).await;
        assert!(back.status.is_success(), "{}", back.text());
        stage.world.synced("acme").await;
        assert!(vouched_for(&mut ide).await);

        // A service account has no sign-in at all.
        let robot = stage.owner.post("service-accounts", json!({"name": "robot"})).await.ok()["id"].clone();
        let subject = json!({"kind": "service_account", "id": robot});
        stage.owner.put(&format!("servers/{}/grants", stage.server), json!({"subject": subject, "role": "user"})).await.ok();
        let key = stage.owner.post("keys", json!({"name": "ci", "service_account_id": robot})).await.ok()["secret"].clone();
        stage.world.synced("acme").await;
        let mut by_key = Ide::new(&stage.ana.url("github"));
        by_key.tokens = json!({"access_token": key});
        assert_eq!(refusal(&mut by_key).await["code"], "credential.people_only");

        // Whoever is no longer somebody at the provider has nothing to vouch with.
        let identities = format!("users/{}/identities", stage.ana.id().await);
        let identity = stage.owner.get(&identities).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        stage.owner.delete(&format!("{identities}/{identity}")).await.ok();
        stage.world.synced("acme").await;
        assert_eq!(refusal(&mut ide).await["code"], "credential.sign_in_again");
    }

    async fn a_client_shows_who_it_is_by_a_signature(setup: Setup) {
        let stage = stage(setup, "id_jag", true, json!({})).await;
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let server = format!("servers/{}", stage.server);
        let auth = |more: Value| {
            let mut auth = json!({"kind": "client_credentials", "client_id": "by-hand", "client_auth": "private_key_jwt",
                "issuer": stage.provider.origin, "scopes": ["read"]});
            auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"outbound_auth": auth})
        };
        let wrong = stage.owner.patch(&server, auth(json!({"private_key": "no key"}))).await;
        assert_eq!(wrong.refused(400, "invalid")["errors"][0]["code"], "credential.private_key");
        let unsigned = stage.owner.patch(&server, auth(json!({"client_secret": "x"}))).await.refused(400, "invalid");
        assert_eq!(unsigned["errors"][0]["field"], "outbound_auth.client_secret", "{unsigned}");
        // A stored secret is for the provider that it was typed for.
        let elsewhere = json!({"kind": "token_exchange", "profile": "id_jag", "client_id": "by-hand",
            "issuer": "https://elsewhere.example"});
        let refused = stage.owner.patch(&server, json!({"outbound_auth": elsewhere})).await.refused(400, "invalid");
        assert_eq!(refused["errors"][0]["field"], "outbound_auth.client_secret", "{refused}");
        assert_eq!(refused["errors"][0]["code"], "credential.origin_changed");
        // Without a key of its own it signs with the tenant's, which everybody can look up; the secret is no key.
        stage.owner.patch(&server, auth(json!({}))).await.ok();
        let mut ide = stage.ide().await;
        let assertion = stage.provider.forms("/token").pop().unwrap()["client_assertion"].clone();
        let header = jsonwebtoken::decode_header(&assertion).unwrap();
        let jwks = stage.ana.browser.open(format!("{}/t/acme/oauth/jwks", stage.world.auth_origin)).await.html;
        let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&jwks).unwrap();
        let public = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut rules = jsonwebtoken::Validation::new(header.alg);
        rules.set_audience(&[&stage.provider.origin]);
        let said = jsonwebtoken::decode::<Value>(&assertion, &public, &rules).unwrap().claims;
        assert_eq!((&said["iss"], &said["sub"]), (&json!("by-hand"), &json!("by-hand")));

        stage.owner.patch(&server, auth(json!({"private_key": key, "key_id": "k1"}))).await.ok();
        stage.world.synced("acme").await;
        ide.initialize().await;
        let form = stage.provider.forms("/token").pop().unwrap();
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let said = control_plane::crypto::jwt::unproved_claims(&form["client_assertion"]).unwrap();
        assert_eq!((&said["iss"], &said["sub"], &said["aud"]), (&json!("by-hand"), &json!("by-hand"), &json!(stage.provider.origin)));
        assert_eq!(jsonwebtoken::decode_header(&form["client_assertion"]).unwrap().kid.as_deref(), Some("k1"));
        let view = stage.owner.get(&server).await.text;
        assert!(!view.contains("PRIVATE KEY") && view.contains("private_key_jwt"), "{view}");
    }
}
