//! The authorization endpoint, consent and the way back.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use chrono::TimeDelta;

use super::fixture::{LOOPBACK, WEB, World, authorize_path, authorize_path_for, parameter};
use crate::domain::access::TenantRole;
use crate::domain::ids::UserId;
use crate::domain::server::Subject;
use crate::domain::tenancy::TenantStatus;

#[tokio::test]
async fn from_a_link_through_sign_in_and_consent_to_a_code() {
    let world = World::start().await;
    let client_id = world.register("acme", "http://127.0.0.1/callback").await;
    let mut browser = world.browser();
    let redirect_uri = "http://127.0.0.1:51004/callback";
    let reply = browser.get(&authorize_path(&client_id, redirect_uri)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    assert!(reply.location().starts_with("/t/acme/consent/arq_"));
    let reply = browser.get(reply.location()).await;
    assert!(reply.location().starts_with("/t/acme/login?request=arq_"), "{}", reply.location());
    let reply = browser.sign_in(reply.location(), "Ana ").await;
    let path = reply.location().to_owned();
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    for shown in ["Test IDE", "Server git", "https://gw.example/acme/mcp/git/server", "127.0.0.1:51004", "ana of acme"]
    {
        assert!(page.body.contains(shown), "{shown} not in {}", page.body);
    }
    let reply = browser.decide(&path, &page, "approve").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let page = browser.get(reply.location()).await;
    let url = page.onward();
    assert!(url.starts_with(redirect_uri) && page.body.contains("http-equiv=\"refresh\""));
    assert_eq!(parameter(&url, "state").as_deref(), Some("xyz +&"));
    assert_eq!(parameter(&url, "iss").as_deref(), Some("https://auth.example/t/acme"));
    let reply = world.redeem(&client_id, redirect_uri, &parameter(&url, "code").unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

#[tokio::test]
async fn a_private_scheme_gets_its_code_by_the_page_too() {
    let world = World::start().await;
    let redirect_uri = "cursor://anysphere.cursor-mcp/oauth/callback";
    let (client_id, code) = world.approved(redirect_uri).await;
    assert_eq!(world.redeem(&client_id, redirect_uri, &code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn deny_tells_the_client() {
    let world = World::start().await;
    let client_id = world.register("acme", WEB).await;
    let mut browser = world.signed_in().await;
    let (path, page) = browser.open_consent(&authorize_path(&client_id, WEB)).await;
    let reply = browser.decide(&path, &page, "deny").await;
    let url = browser.get(reply.location()).await.onward();
    assert_eq!(parameter(&url, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&url, "state").as_deref(), Some("xyz +&"));
    assert_eq!(parameter(&url, "iss").as_deref(), Some("https://auth.example/t/acme"));
    assert_eq!(browser.decide(&path, &page, "approve").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn consent_is_remembered_for_web_sites_and_never_for_this_machine() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    for (redirect_uri, asked_again) in [(WEB, false), (LOOPBACK, true), ("cursor://a.b/cb", true)] {
        let client_id = world.register("acme", redirect_uri).await;
        browser.approve(&authorize_path(&client_id, redirect_uri)).await;
        let (_, page) = browser.open_consent(&authorize_path(&client_id, redirect_uri)).await;
        assert_eq!(page.status == StatusCode::OK, asked_again, "{redirect_uri}");
        if !asked_again {
            let url = browser.get(page.location()).await.onward();
            assert!(parameter(&url, "code").is_some());
        }
    }
}

#[tokio::test]
async fn approving_the_same_in_two_tabs_is_fine() {
    let world = World::start().await;
    let client_id = world.register("acme", WEB).await;
    let mut browser = world.signed_in().await;
    let one = browser.open_consent(&authorize_path(&client_id, WEB)).await;
    let two = browser.open_consent(&authorize_path(&client_id, WEB)).await;
    for (path, page) in [one, two] {
        let reply = browser.decide(&path, &page, "approve").await;
        assert!(parameter(&browser.get(reply.location()).await.onward(), "code").is_some());
    }
}

#[tokio::test]
async fn without_access_a_page_says_whom_to_ask_and_the_client_gets_access_denied() {
    let world = World::start().await;
    world.add_user("acme", "olga", TenantRole::Owner).await;
    world.add_server("acme", "secret").await;
    let client_id = world.register("acme", LOOPBACK).await;
    let mut browser = world.signed_in().await;
    let mut bodies = Vec::new();
    for server in ["secret", "absent"] {
        let (path, page) = browser.open_consent(&authorize_path_for("acme", server, &client_id, LOOPBACK)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.body.contains("olga of acme"), "{}", page.body);
        // Forged approval of what is not granted.
        let reply = browser.decide(&path, &page, "approve").await;
        assert_eq!(reply.location(), path);
        let reply = browser.decide(&path, &page, "deny").await;
        let url = browser.get(reply.location()).await.onward();
        assert_eq!(parameter(&url, "error").as_deref(), Some("access_denied"));
        let id = path.rsplit('/').next().unwrap();
        let csrf = page.csrf(&path);
        bodies.push(page.body.replace(server, "X").replace(id, "ID").replace(&csrf, "CSRF"));
    }
    assert_eq!(bodies[0], bodies[1], "nothing tells whether the server exists");
}

#[tokio::test]
async fn an_unknown_client_or_return_address_is_a_page_and_never_a_redirect() {
    let world = World::start().await;
    let client_id = world.register("acme", LOOPBACK).await;
    let good = authorize_path(&client_id, LOOPBACK);
    for path in [
        authorize_path("cli_unknown", LOOPBACK),
        authorize_path(&client_id, "https://evil.example/cb"),
        authorize_path(&client_id, "http://localhost:8787/other"),
        authorize_path(&client_id, "javascript:alert(1)"),
        format!("{good}&client_id={client_id}"),
        format!("{good}&redirect_uri=https%3A%2F%2Fevil.example"),
        "/t/acme/oauth/authorize".to_owned(),
        format!("/t/acme/oauth/authorize?client_id={client_id}&response_type=code"),
    ] {
        let reply = world.get(&path).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""), "{path}");
        assert!(reply.body.contains("<code>oauth.unknown_"), "{}", reply.body);
        assert!(!reply.body.contains("evil.example"));
    }
}

#[tokio::test]
async fn other_mistakes_go_back_to_the_client_with_state_and_iss() {
    let world = World::start().await;
    let client_id = world.register("acme", LOOPBACK).await;
    let good = authorize_path(&client_id, LOOPBACK);
    let without = |name: &str| {
        let (path, query) = good.split_once('?').unwrap();
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
        format!("{path}?{}", kept.join("&"))
    };
    for (path, error) in [
        (without("response_type"), "invalid_request"),
        (good.replace("response_type=code", "response_type=token"), "unsupported_response_type"),
        (without("code_challenge"), "invalid_request"),
        (good.replace("S256", "plain"), "invalid_request"),
        (without("resource"), "invalid_target"),
        (good.replace("gw.example", "evil.example"), "invalid_target"),
        (good.replace("%2Facme%2Fmcp", "%2Fother%2Fmcp"), "invalid_target"),
        (format!("{good}&scope=mcp&resource=x"), "invalid_request"),
    ] {
        let reply = world.get(&path).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}");
        let url = reply.location();
        assert!(url.starts_with(LOOPBACK), "{url}");
        assert_eq!(parameter(url, "error").as_deref(), Some(error), "{path}");
        assert_eq!(parameter(url, "state").as_deref(), Some("xyz +&"));
        assert_eq!(parameter(url, "iss").as_deref(), Some("https://auth.example/t/acme"));
    }
}

#[tokio::test]
async fn a_request_expires_and_a_reload_of_connected_makes_the_only_good_code() {
    let world = World::start().await;
    let client_id = world.register("acme", LOOPBACK).await;
    let mut browser = world.signed_in().await;
    let (path, page) = browser.open_consent(&authorize_path(&client_id, LOOPBACK)).await;
    let reply = browser.decide(&path, &page, "approve").await;
    let connected = reply.location().to_owned();
    let first = parameter(&browser.get(&connected).await.onward(), "code").unwrap();
    let second = parameter(&browser.get(&connected).await.onward(), "code").unwrap();
    assert_eq!(world.redeem(&client_id, LOOPBACK, &first).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.redeem(&client_id, LOOPBACK, &second).await.status, StatusCode::OK);
    let done = browser.get(&connected).await;
    assert!(done.status == StatusCode::OK && !done.body.contains("code="), "{}", done.body);
    let (path, page) = browser.open_consent(&authorize_path(&client_id, LOOPBACK)).await;
    world.clock.advance(TimeDelta::seconds(601));
    let late = browser.decide(&path, &page, "approve").await;
    assert!(late.status == StatusCode::BAD_REQUEST && late.body.contains("oauth.request_gone"));
}

#[tokio::test]
async fn a_suspended_tenant_signs_nobody_in() {
    let world = World::start().await;
    let (client_id, refresh_token) = world.connected().await;
    let mut tenant = world.tenant("acme").await;
    tenant.status = TenantStatus::Suspended;
    let store = world.app.store.tenant(tenant.id).await.unwrap();
    store.update_tenant(&tenant).await.unwrap();
    store.commit().await.unwrap();
    for path in [authorize_path(&client_id, LOOPBACK), "/t/acme/login".into(), "/t/acme/".into()] {
        let reply = world.get(&path).await;
        assert!(reply.status == StatusCode::FORBIDDEN && reply.body.contains("tenant.suspended"), "{path}");
    }
    // The client keeps its token for the day the tenant comes back.
    let reply = world.refresh(&client_id, &refresh_token).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
}

#[tokio::test]
async fn a_person_can_sign_in_as_somebody_else_and_go_on() {
    let world = World::start().await;
    world.add_user("acme", "bob", TenantRole::Member).await;
    let client_id = world.register("acme", LOOPBACK).await;
    let mut browser = world.signed_in().await;
    let (path, page) = browser.open_consent(&authorize_path(&client_id, LOOPBACK)).await;
    let id = path.rsplit('/').next().unwrap();
    let csrf = page.csrf("/t/acme/logout");
    let reply = browser.post("/t/acme/logout", &[("csrf", &csrf), ("request", id)]).await;
    let reply = browser.sign_in(reply.location(), "bob").await;
    assert_eq!(reply.location(), path);
    assert!(browser.get(&path).await.body.contains("bob of acme"));
    // The page that was open for the first person is no good any more.
    assert_eq!(browser.decide(&path, &page, "approve").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_grant_to_a_person_is_enough_and_pages_are_sealed_off() {
    let world = World::start().await;
    let server = world.add_server("acme", "own").await;
    let client_id = world.register("acme", LOOPBACK).await;
    let mut browser = world.signed_in().await;
    let ana: UserId = {
        let store = world.app.store.tenant_read(world.tenant("acme").await.id).await.unwrap();
        store.find_user_by_name("ana").await.unwrap().unwrap().id
    };
    world.grant("acme", server, Subject::User(ana)).await;
    let (_, page) = browser.open_consent(&authorize_path_for("acme", "own", &client_id, LOOPBACK)).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header(CONTENT_SECURITY_POLICY);
    for rule in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert_eq!(page.header(REFERRER_POLICY), "no-referrer");
    assert_eq!(page.header(CACHE_CONTROL), "no-store");
    assert!(!page.body.contains("<script") && !page.body.contains("style=\""));
}
