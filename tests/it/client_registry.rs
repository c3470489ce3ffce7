//! Clients registered by hand, how they prove themselves, and how tokens are handed back.

use reqwest::Client;
use serde_json::{Value, json};
use world::ide::{Answer, Ide, REDIRECT, parameter};
use world::people::Person;
use world::{World, on_both};

/// An IDE that is told its client id, up to the code.
async fn with_code(owner: &Person, client_id: &str) -> (Ide, String) {
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    ide.client_id = client_id.to_owned();
    let back = ide.approve(&owner.browser, &ide.authorize_url(&[])).await;
    let code = parameter(&back, "code").expect("a code");
    (ide, code)
}

/// A form to one of the issuer's endpoints, with Basic credentials if there are any.
async fn post(ide: &Ide, endpoint: &str, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, Value) {
    let mut request = Client::post(&ide.http, ide.metadata[endpoint].as_str().expect("advertised")).form(form);
    if let Some((id, secret)) = basic {
        request = request.basic_auth(id, Some(secret));
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

async fn refresh(ide: &Ide, token: &str, secret: Option<&str>) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    match secret {
        Some(secret) => post(ide, "token_endpoint", &form, Some((&ide.client_id, secret))).await,
        None => post(ide, "token_endpoint", &[form[0], form[1], ("client_id", &ide.client_id)], None).await,
    }
}

on_both! {
    async fn a_confidential_client_needs_its_secret_and_changes_it_without_a_gap(setup: Setup) {
        let world = setup.start().await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", "https://mcp.example/mcp").await;
        let body = json!({"name": "Build server", "redirect_uris": ["http://localhost/callback"], "auth": "secret"});
        let made = owner.post("clients", body).await.ok();
        let (id, secret) = (made["client"]["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
        assert!(secret.starts_with("pwc_"), "{made}");
        let seen = owner.get(&format!("clients/{id}")).await;
        assert!(!seen.text.contains(secret), "shown once: {}", seen.text);
        assert_eq!(seen.ok()["secrets"].as_array().unwrap().len(), 1);

        let (ide, code) = with_code(&owner, made["client"]["client_id"].as_str().unwrap()).await;
        for change in [&[][..], &[("client_secret", "pwc_wrong")]] {
            let refused: Answer = ide.exchange(&code, change).await;
            assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (401, &json!("invalid_client")));
            assert!(refused.challenge().starts_with("Basic"), "{}", refused.challenge());
        }
        let tokens = ide.exchange(&code, &[("client_secret", secret)]).await;
        assert_eq!(tokens.status, 200, "a wrong secret costs no code: {}", tokens.body);
        let token = tokens.json()["refresh_token"].as_str().unwrap().to_owned();

        let next = owner.post(&format!("clients/{id}/secrets"), json!({"overlap_s": 3600})).await.ok();
        let next = next["secret"].as_str().unwrap();
        for good in [secret, next] {
            assert_eq!(refresh(&ide, &token, Some(good)).await.0, 200);
        }
        world.advance(chrono::TimeDelta::seconds(3_601));
        assert_eq!(refresh(&ide, &token, Some(secret)).await.1["error"], "invalid_client", "the overlap is over");
        assert_eq!(refresh(&ide, &token, Some(next)).await.0, 200);
        assert_eq!(refresh(&ide, &token, None).await.1["error"], "invalid_client");

        owner.delete(&format!("clients/{id}")).await;
        assert_eq!(refresh(&ide, &token, Some(next)).await.1["error"], "invalid_client", "it is gone");
        let audit = owner.get("audit").await;
        for action in ["client.registered", "client.secret_rotated", "client.deleted"] {
            assert!(audit.text.contains(action), "{}", audit.text);
        }
        assert!(!audit.text.contains(secret) && !audit.text.contains(next));
    }

    async fn a_revoked_token_ends_its_grant_for_its_own_client_only(setup: Setup) {
        let world = setup.start().await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", "https://mcp.example/mcp").await;
        let (mut ide, other) = (owner.ide("github").await, owner.ide("github").await);
        let text = |ide: &Ide, kind: &str| ide.tokens[kind].as_str().unwrap().to_owned();
        let revoke = async |ide: &Ide, client_id: &str, token: &str| {
            post(ide, "revocation_endpoint", &[("token", token), ("client_id", client_id)], None).await
        };
        // Somebody else's, unknown and malformed ones: all the same, nothing happens (RFC 7009 §2.2).
        for token in [&*text(&ide, "refresh_token"), &*text(&ide, "access_token"), "pwr_unknown", "x", "a.b.c"] {
            assert_eq!(revoke(&other, &other.client_id, token).await.0, 200, "{token}");
        }
        assert_eq!(ide.refresh().await.status, 200, "another client's token is untouched");
        assert_eq!(revoke(&ide, "nobody", "x").await, (401, json!({"error": "invalid_client",
            "error_description": "this client is not registered here, or its secret is wrong; register it again"})));
        assert_eq!(post(&ide, "revocation_endpoint", &[("token", "x")], None).await.0, 400);
        assert_eq!(post(&ide, "revocation_endpoint", &[("client_id", &ide.client_id)], None).await.0, 400);

        assert_eq!(revoke(&ide, &ide.client_id, &text(&ide, "refresh_token")).await.0, 200);
        assert_eq!(ide.refresh().await.json()["error"], "invalid_grant");
        assert_eq!(revoke(&ide, &ide.client_id, &text(&ide, "refresh_token")).await.0, 200, "twice is fine");
        // An access token, also an expired one, stands for its grant.
        world.advance(chrono::TimeDelta::hours(2));
        assert_eq!(revoke(&other, &other.client_id, &text(&other, "access_token")).await.0, 200);
        assert_eq!(other.clone().refresh().await.json()["error"], "invalid_grant");
        assert!(owner.get("audit").await.text.contains("oauth_grant.revoked"));
    }
}

#[tokio::test]
async fn what_an_administrator_types_is_checked_and_what_described_itself_stays() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://mcp.example/mcp").await;
    let check = async |change: Value, field: &str| {
        let mut body = json!({"name": "App", "redirect_uris": ["https://app.example/cb"], "auth": "none"});
        change.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        let refused = owner.post("clients", body).await;
        assert_eq!(refused.status, 400, "{change}: {}", refused.text);
        assert!(refused.text.contains(field), "{change}: {}", refused.text);
    };
    check(json!({"name": ""}), "name").await;
    check(json!({"redirect_uris": []}), "redirect_uris").await;
    for bad in ["javascript:alert(1)", "http://app.example/cb", "https://app.example/*", "https://app.example/#x"] {
        check(json!({"redirect_uris": [bad]}), "redirect_uris").await;
    }
    let made = owner.post("clients", json!({"name": "App", "redirect_uris": [REDIRECT], "auth": "none"})).await.ok();
    assert!(made.get("secret").is_none(), "{made}");
    let public = format!("clients/{}", made["client"]["id"].as_str().unwrap());
    owner.post(&format!("{public}/secrets"), json!({})).await.refused(409, "client.public");
    owner.patch(&public, json!({"redirect_uris": ["https://app.example/cb"]})).await.ok();
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    ide.client_id = made["client"]["client_id"].as_str().unwrap().to_owned();
    let page = owner.browser.open(ide.authorize_url(&[])).await;
    assert_eq!(page.status, 400, "the old return address is no longer good: {}", page.text());
    ide.register(&[REDIRECT]).await;
    let dynamic = format!("clients/{}", ide.client_id);
    owner.patch(&dynamic, json!({"name": "Bank"})).await.refused(409, "client.not_static");
    assert_eq!(owner.delete(&dynamic).await.status, 204);
    assert_eq!(owner.get(&dynamic).await.status, 404);
}

#[tokio::test]
async fn private_use_schemes_are_the_tenants_choice_and_editors_are_not() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://mcp.example/mcp").await;
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    let register = async |uri: &str, kind: &str| {
        let body = json!({"client_name": "X", "redirect_uris": [uri], "application_type": kind});
        let url = ide.metadata["registration_endpoint"].as_str().unwrap();
        let answer = ide.http.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["error"].clone())
    };
    let refused = (400, json!("invalid_redirect_uri"));
    assert_eq!(register("com.example.app:/callback", "native").await.0, 201);
    assert_eq!(register("com.example.app:/callback", "web").await, refused);
    owner.patch("", json!({"settings": {"private_use_schemes": false}})).await.ok();
    assert_eq!(register("com.example.app:/callback", "native").await, refused);
    assert_eq!(register("cursor://anysphere.cursor-mcp/oauth/callback", "native").await.0, 201);
    for bad in ["javascript:alert(1)", "data:text/html,x", "file:///x", "vbscript:x", "https://a.example/cb#x"] {
        assert_eq!(register(bad, "native").await, refused, "{bad}");
    }
}
