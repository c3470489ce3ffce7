//! Providers as administrators set them up and take them away.

use serde_json::json;
use world::browser::Browser;
use world::fakes::idp::Idp;
use world::{World, on_both};

use super::{connect, is_home, stage};

on_both! {
    async fn a_secret_goes_in_stays_with_its_place_and_never_comes_out(setup: Setup) {
        let stage = stage(setup).await;
        let path = format!("identity-providers/{}", stage.provider);
        let shown = stage.owner.get(&path).await.ok();
        assert_eq!(shown["has_client_secret"], true);
        assert!(!stage.owner.get("identity-providers").await.text.contains("secret of portway"));
        assert!(!stage.owner.get("audit?limit=100").await.text.contains("secret of portway"));
        // Whoever moves it to another place, to hear the secret there, must know it.
        let other = Idp::start().await;
        let moved = stage.owner.patch(&path, json!({"issuer": other.origin})).await;
        moved.refused(400, "identity_provider.secret_again");
        let endpoints = json!({"authorization": "https://evil.example/a", "token": "https://evil.example/t", "jwks": "https://evil.example/k"});
        stage.owner.patch(&path, json!({"endpoints": endpoints})).await.refused(400, "identity_provider.secret_again");
        stage.owner.patch(&path, json!({"issuer": other.origin, "client_secret": "new"})).await.ok();
        let public = stage.owner.patch(&path, json!({"client_secret": null})).await.ok();
        assert_eq!(public["has_client_secret"], false);

        let mut same = other.settings("Okta");
        stage.owner.post("identity-providers", same.clone()).await.refused(409, "identity_provider.label_taken");
        same["label"] = json!("Two");
        same["scim_source"] = json!(true);
        connect(&stage.owner, same.clone()).await;
        same["label"] = json!("Three");
        stage.owner.post("identity-providers", same).await.refused(409, "identity_provider.scim_source_taken");
        for wrong in [
            json!({"issuer": "ftp://x"}),
            json!({"issuer": "http://idp.example"}),
            json!({"issuer": "https://idp.example/?x=1"}),
            json!({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0", "client_secret": "x"}),
            json!({"client_id": "two words"}),
            json!({"label": ""}),
            json!({"client_secret": ""}),
            json!({"endpoints": {"authorization": "http://x/a", "token": "https://x/t", "jwks": "https://x/k"}, "client_secret": "x"}),
            json!({"settings": {"claims": {"subject": ""}}}),
            json!({"settings": {"scopes": vec!["x"; 21]}}),
        ] {
            let refused = stage.owner.patch(&path, wrong.clone()).await;
            assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (400, Some("invalid")), "{wrong}: {}", refused.text);
        }
    }

    async fn a_provider_that_goes_takes_what_came_from_it(setup: Setup) {
        let stage = stage(setup).await;
        let invited = stage.owner.post("invitations", json!({"email": "ana@acme.example", "role": "owner"})).await.ok();
        let ana = stage.somebody();
        let join = ana.browser.open(invited["link"].as_str().unwrap()).await;
        let answer = stage.go(&ana.browser, &join).await;
        assert!(is_home(&ana.browser.open(answer).await));
        let id = ana.id().await;
        let path = format!("identity-providers/{}", stage.provider);
        // Unbound, the next sign-in is a first one.
        let identity = ana.get(&format!("users/{id}/identities")).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        stage.owner.delete(&format!("users/{id}/identities/{identity}")).await.ok();
        ana.get("session").await.refused(401, "unauthenticated");
        let refused = stage.sign_in(&ana.browser).await;
        assert!(refused.text().contains("sso.not_invited"), "{}", refused.text());

        // Switched off, it lets nobody in and is no button any more; an answer on its way comes too late.
        let answer = stage.answer(&ana.browser).await;
        stage.owner.patch(&path, json!({"enabled": false})).await.ok();
        assert!(ana.browser.open(answer).await.text().contains("sso.disabled"));
        let login = Browser::new().open(stage.url("login")).await;
        assert!(!login.has_button("continue with okta") && login.has_button("sign in"), "{}", login.text());
        let removed = stage.owner.delete(&path).await.ok();
        assert_eq!(removed, json!({"identities": 0, "sessions": 0, "connections": 0, "memberships": 0}));
        stage.owner.get(&path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_last_way_in_of_the_owners_stays() {
    let stage = stage(World::setup()).await;
    // A provider alone is no way in yet: no owner is known there.
    let without_passwords = json!({"settings": {"local_accounts": false}});
    let refused = stage.owner.patch("", without_passwords.clone()).await.refused(400, "invalid");
    assert_eq!(refused["errors"][0]["code"], "settings.last_way_in", "{refused}");
    let invited = stage.owner.post("invitations", json!({"email": "ana@acme.example", "role": "owner"})).await.ok();
    let ana = stage.somebody();
    let join = ana.browser.open(invited["link"].as_str().unwrap()).await;
    let answer = stage.go(&ana.browser, &join).await;
    assert!(is_home(&ana.browser.open(answer).await));
    ana.patch("", without_passwords).await.ok();
    let login = Browser::new().open(stage.url("login")).await;
    assert!(login.has_button("continue with okta") && !login.has_button("sign in"), "{}", login.text());
    let path = format!("identity-providers/{}", stage.provider);
    ana.delete(&path).await.refused(409, "identity_provider.last_way_in");
    ana.patch(&path, json!({"enabled": false})).await.refused(409, "identity_provider.last_way_in");
    let id = ana.id().await;
    let identity = ana.get(&format!("users/{id}/identities")).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    ana.delete(&format!("users/{id}/identities/{identity}")).await.refused(409, "identity_provider.last_way_in");
    ana.patch("", json!({"settings": {"local_accounts": true}})).await.ok();
    assert_eq!(ana.delete(&path).await.ok()["identities"], 1);
    ana.get("session").await.refused(401, "unauthenticated");
}
