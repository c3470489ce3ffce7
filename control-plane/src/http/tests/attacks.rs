//! Attacks on the browser-facing side, by their numbers.

use axum::http::header::RETRY_AFTER;
use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::json;

use super::fixture::{LOOPBACK, PASSWORD, WEB, World, authorize_path, authorize_path_for, parameter};
use crate::app::registration;
use crate::domain::access::TenantRole;
use crate::domain::server::Subject;

#[tokio::test]
async fn atk_01_a_request_is_good_only_in_the_browser_that_started_it() {
    let world = World::start().await;
    let client_id = world.register("acme", LOOPBACK).await;
    // The attacker starts the flow and lures ana, who is signed in, to its middle.
    let mut attacker = world.browser();
    let path = attacker.get(&authorize_path(&client_id, LOOPBACK)).await.location().to_owned();
    let mut ana = world.signed_in().await;
    let page = ana.get(&path).await;
    assert!(page.status == StatusCode::BAD_REQUEST && page.body.contains("oauth.request_gone"));
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(ana.get(&format!("/t/acme/login?request={id}")).await.status, StatusCode::BAD_REQUEST);
    // Ana approves a request of her own; the attacker, signed in as himself, cannot fetch her code.
    let (own, page) = ana.open_consent(&authorize_path(&client_id, LOOPBACK)).await;
    let connected = ana.decide(&own, &page, "approve").await.location().to_owned();
    world.add_user("acme", "eve", TenantRole::Member).await;
    attacker.sign_in("/t/acme/login", "eve").await;
    assert_eq!(attacker.get(&connected).await.status, StatusCode::BAD_REQUEST);
    // Not even with her flow cookie: the code belongs to the session that approved.
    let flow = "__Host-portway-flow-acme";
    attacker.cookies.insert(flow.into(), ana.cookies[flow].clone());
    assert_eq!(attacker.get(&connected).await.status, StatusCode::BAD_REQUEST);
    assert!(parameter(&ana.get(&connected).await.onward(), "code").is_some());
}

#[tokio::test]
async fn atk_01_another_person_in_the_same_browser_is_asked_again() {
    let world = World::start().await;
    world.add_user("acme", "bob", TenantRole::Member).await;
    let client_id = world.register("acme", WEB).await;
    let mut browser = world.signed_in().await;
    browser.approve(&authorize_path(&client_id, WEB)).await;
    browser.cookies.remove("__Host-portway-session-acme");
    browser.sign_in("/t/acme/login", "bob").await;
    let (_, page) = browser.open_consent(&authorize_path(&client_id, WEB)).await;
    assert_eq!(page.status, StatusCode::OK, "ana's consent is not bob's");
}

#[tokio::test]
async fn atk_02_registrations_are_checked_limited_and_forgotten() {
    let world = World::start().await;
    for uri in ["javascript:alert(1)", "https://a.example/#x", "http://evil.example/cb", "https://*.example/cb"] {
        let body = json!({ "redirect_uris": ["https://a.example/cb", uri] });
        let reply = world.post_json("/t/acme/oauth/register", &body).await;
        assert_eq!(reply.json()["error"], "invalid_redirect_uri", "{uri}");
    }
    let answer = world.post_json("/t/acme/oauth/register", &json!({ "redirect_uris": [WEB] })).await.json();
    assert!(answer.get("client_secret").is_none() && answer["client_id_issued_at"].is_i64());
    let mut last = None;
    for _ in 0..100 {
        let reply = world.post_json("/t/acme/oauth/register", &json!({ "redirect_uris": [WEB] })).await;
        if reply.status != StatusCode::CREATED {
            last = Some(reply);
            break;
        }
    }
    let refused = last.expect("a flood is stopped");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    assert!(refused.headers.contains_key(RETRY_AFTER));
    // Ordinary garbage.
    assert_eq!(world.get("/t/acme/oauth/register").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn atk_02_clients_that_nobody_approved_are_forgotten_after_a_day() {
    let world = World::start().await;
    let unused = world.register("acme", LOOPBACK).await;
    let (used, refresh_token) = world.connected().await;
    let purge = async || {
        let store = world.app.store.tenant(world.tenant("acme").await.id).await.unwrap();
        let gone = registration::purge_unused_clients(&store).await.unwrap();
        store.commit().await.unwrap();
        gone
    };
    world.clock.advance(TimeDelta::hours(23));
    assert_eq!(purge().await, 0);
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!((purge().await, purge().await), (1, 0));
    assert_eq!(world.get(&authorize_path(&unused, LOOPBACK)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.refresh(&unused, "x").await.json()["error"], "invalid_client");
    assert_eq!(world.refresh(&used, &refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn atk_03_the_consent_page_shows_the_truth() {
    let world = World::start().await;
    let name = "<img src=x onerror=alert(1)> \"Visual Studio Code\" \u{202e}";
    let body = json!({ "client_name": name, "redirect_uris": ["https://vscode.dev.evil.example/redirect", LOOPBACK] });
    let client_id = world.post_json("/t/acme/oauth/register", &body).await.json()["client_id"].clone();
    let client_id = client_id.as_str().unwrap();
    let mut browser = world.signed_in().await;
    let (_, page) = browser.open_consent(&authorize_path(client_id, "https://vscode.dev.evil.example/redirect")).await;
    assert!(!page.body.contains("<img") && !page.body.contains('\u{202e}'));
    assert!(page.body.contains("<strong class=\"host\">vscode.dev.evil.example</strong>"));
    assert!(!page.body.contains("your own machine"));
    let (_, page) = browser.open_consent(&authorize_path(client_id, LOOPBACK)).await;
    assert!(page.body.contains("<strong class=\"host\">localhost:8787</strong>"));
    assert!(page.body.contains("your own machine"));
}

#[tokio::test]
async fn atk_03_forms_of_other_sites_change_nothing() {
    let world = World::start().await;
    let client_id = world.register("acme", WEB).await;
    let mut browser = world.signed_in().await;
    let (path, page) = browser.open_consent(&authorize_path(&client_id, WEB)).await;
    let csrf = page.csrf(&path);
    let sign_out = page.csrf("/t/acme/logout");
    for fields in [vec![("decision", "approve")], vec![("decision", "approve"), ("csrf", &sign_out)]] {
        assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN);
    }
    let good = [("decision", "approve"), ("csrf", &*csrf)];
    let cross = browser.send(Method::POST, &path, &good, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(cross.status, StatusCode::FORBIDDEN);
    // The token of one request's page does not approve another's.
    let (other, _) = browser.open_consent(&authorize_path(&client_id, WEB)).await;
    assert_eq!(browser.post(&other, &good).await.status, StatusCode::FORBIDDEN);
    // Login CSRF: signing a browser in as the attacker needs a token as well.
    let fields = [("user_name", "ana"), ("password", PASSWORD)];
    assert_eq!(world.browser().post("/t/acme/login", &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/t/acme/logout", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post(&path, &good).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn atk_31_nothing_of_one_tenant_is_good_in_another() {
    let world = World::start().await;
    world.add_tenant("other").await;
    world.add_user("other", "ana", TenantRole::Member).await;
    let git = world.add_server("other", "git").await;
    world.grant("other", git, Subject::Everyone).await;
    let (client_id, refresh_token) = world.connected().await;
    // Client.
    let path = authorize_path_for("other", "git", &client_id, LOOPBACK);
    assert_eq!(world.get(&path).await.status, StatusCode::BAD_REQUEST);
    // Refresh token, also with a client of that tenant.
    let own_client = world.register("other", LOOPBACK).await;
    for client in [&client_id, &own_client] {
        let fields = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", &refresh_token)];
        assert!(world.token("other", &fields).await.status.is_client_error());
    }
    // Resource: a request at one issuer for the other's server.
    let crossed = authorize_path_for("other", "git", &own_client, LOOPBACK).replace("%2Fother%2Fmcp", "%2Facme%2Fmcp");
    let reply = world.get(&crossed).await;
    assert_eq!(parameter(reply.location(), "error").as_deref(), Some("invalid_target"));
    // Session: its value under the other tenant's cookie name.
    let browser = world.signed_in().await;
    let token = &browser.cookies["__Host-portway-session-acme"];
    let mut thief = world.browser();
    thief.cookies.insert("__Host-portway-session-other".into(), token.clone());
    assert!(thief.get("/t/other/").await.location().starts_with("/t/other/login"));
    // Keys.
    let keys = |reply: super::fixture::Reply| reply.json()["keys"][0]["kid"].clone();
    assert_ne!(keys(world.get("/t/acme/oauth/jwks").await), keys(world.get("/t/other/oauth/jwks").await));
}

#[tokio::test]
async fn atk_30_pages_never_put_secrets_where_they_stay() {
    let world = World::start().await;
    let client_id = world.register("acme", LOOPBACK).await;
    let mut browser = world.signed_in().await;
    for (name, value) in &browser.cookies.clone() {
        let (_, page) = browser.open_consent(&authorize_path(&client_id, LOOPBACK)).await;
        assert!(!page.body.contains(value.as_str()), "{name} is in the page");
    }
    let (path, page) = browser.open_consent(&authorize_path(&client_id, LOOPBACK)).await;
    let reply = browser.decide(&path, &page, "approve").await;
    assert!(!reply.location().contains("code"), "no code in the browser's history: {}", reply.location());
}
