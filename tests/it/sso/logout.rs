//! Signing out here, there, and by the provider.

use serde_json::{Value, json};
use world::World;
use world::browser::Browser;
use world::ide::parameter;

use super::{is_home, stage};

async fn post(url: &str, token: &str) -> (u16, Value) {
    let client = Browser::new();
    let answer = client.client().post(url).form(&[("logout_token", token)]).send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn signing_out_here_offers_to_sign_out_there() {
    let stage = stage(World::setup()).await;
    let invited = stage.owner.post("invitations", json!({"email": "ana@acme.example", "role": "member"})).await.ok();
    let ana = stage.somebody();
    let join = ana.browser.open(invited["link"].as_str().unwrap()).await;
    let answer = stage.go(&ana.browser, &join).await;
    let home = ana.browser.open(answer).await;
    assert!(is_home(&home));
    let out = ana.browser.press(&home, "sign out", &[]).await;
    ana.get("session").await.refused(401, "unauthenticated");
    assert_eq!(out.heading(), "Signed out");
    let link = out.html.split("href=\"").find(|rest| rest.starts_with(&stage.idp.origin)).expect("a way out");
    let link = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let link: url::Url = link.parse().unwrap();
    assert_eq!(link.path(), "/logout");
    assert_eq!(parameter(&link, "post_logout_redirect_uri").as_deref(), Some(stage.url("login").as_str()));
    assert!(parameter(&link, "id_token_hint").unwrap().split('.').count() == 3);
    assert_eq!(parameter(&link, "client_id").as_deref(), Some("portway"));
    // A minute later, and for whoever signs in with a password, there is nothing to offer.
    stage.world.advance(chrono::TimeDelta::seconds(61));
    assert_eq!(ana.browser.open(stage.url("signed-out")).await.url.path(), "/t/acme/login");
    let home = stage.owner.browser.open(stage.url("")).await;
    let out = stage.owner.browser.press(&home, "sign out", &[]).await;
    assert_eq!(out.url.path(), "/t/acme/login");
}

#[tokio::test]
async fn a_provider_ends_the_sessions_that_came_from_it_and_no_others() {
    let stage = stage(World::setup()).await;
    let invited = stage.owner.post("invitations", json!({"email": "ana@acme.example", "role": "member"})).await.ok();
    let (one, two) = (stage.somebody(), stage.somebody());
    let join = one.browser.open(invited["link"].as_str().unwrap()).await;
    let answer = stage.go(&one.browser, &join).await;
    let sid_of_one = format!("sid of {}", parameter(&answer, "state").unwrap());
    assert!(is_home(&one.browser.open(answer).await));
    assert!(is_home(&stage.sign_in(&two.browser).await));
    let url = stage.url(&format!("sso/{}/backchannel-logout", stage.provider));
    let event = "http://schemas.openid.net/event/backchannel-logout";
    for change in [
        json!({"sub": "ana-1", "nonce": "n"}),
        json!({"sub": "ana-1", "events": null}),
        json!({"sub": "ana-1", "events": {event: 1}}),
        json!({"sub": "ana-1", "iss": "https://evil.example"}),
        json!({"sub": "ana-1", "aud": "another"}),
        json!({"sub": "ana-1", "iat": 1}),
        json!({"sub": "ana-1", "exp": 1}),
        json!({"sub": "ana-1", "jti": null}),
        json!({}),
    ] {
        let (status, answer) = post(&url, &stage.idp.logout_token(&change)).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")), "{change}");
    }
    stage.idp.sign_with(world::fakes::idp::Signing::Unpublished);
    assert_eq!(post(&url, &stage.idp.logout_token(&json!({"sub": "ana-1"}))).await.0, 400);
    stage.idp.sign_with(world::fakes::idp::Signing::Secret);
    assert_eq!(post(&url, &stage.idp.logout_token(&json!({"sub": "ana-1"}))).await.0, 400);
    stage.idp.sign_with(world::fakes::idp::Signing::Newest);
    assert_eq!(post(&url, "no.jwt.atall").await.0, 400);
    let nobody = stage.url("sso/idp_00000000000000000000000000/backchannel-logout");
    assert_eq!(post(&nobody, &stage.idp.logout_token(&json!({"sub": "ana-1"}))).await.0, 400);
    for person in [&one, &two] {
        person.get("session").await.ok();
    }

    // One session there, then all of a person, once.
    let token = stage.idp.logout_token(&json!({"sid": sid_of_one}));
    assert_eq!(post(&url, &token).await.0, 200);
    one.get("session").await.refused(401, "unauthenticated");
    two.get("session").await.ok();
    let token = stage.idp.logout_token(&json!({"sub": "ana-1"}));
    assert_eq!(post(&url, &token).await.0, 200);
    two.get("session").await.refused(401, "unauthenticated");
    assert!(is_home(&stage.sign_in(&two.browser).await));
    let (status, answer) = post(&url, &token).await;
    assert!(status == 400 && answer["error_description"].as_str().unwrap().contains("used before"), "{answer}");
    two.get("session").await.ok();
    stage.owner.get("session").await.ok();
    // Somebody whom it knows and we do not is no mistake.
    assert_eq!(post(&url, &stage.idp.logout_token(&json!({"sub": "unheard of"}))).await.0, 200);
}
