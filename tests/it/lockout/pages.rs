//! The page on which people see what they are signed in with, and end it.

use serde_json::json;
use world::browser::Browser;
use world::fakes::mcp_server::{Era, McpServer};
use world::on_both;

on_both! {
    async fn a_person_sees_and_ends_what_they_are_signed_in_with(setup: Setup) {
        let world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.grant_everyone(&server).await;
        let ana = owner.invite("ana", "member").await;
        let address = format!("{}/t/acme/connections", world.auth_origin);
        let stranger = Browser::new().open(&address).await;
        assert_eq!(stranger.url.path(), "/t/acme/login");

        let home = ana.browser.open(format!("{}/t/acme/", world.auth_origin)).await;
        assert!(home.html.contains("/t/acme/connections"), "home leads there");
        let empty = ana.browser.open(&address).await;
        assert!(empty.text().contains("No application is connected"), "{}", empty.text());
        assert!(empty.text().contains("this browser"), "{}", empty.text());
        assert_eq!(empty.headers["cache-control"], "no-store");

        let mut ide = ana.ide("github").await;
        let elsewhere = ana.elsewhere();
        elsewhere.sign_in().await.ok();
        world.advance(chrono::TimeDelta::minutes(5));
        let page = ana.browser.open(&address).await;
        let text = page.text();
        assert!(text.contains("Test IDE server github · last used 5 minutes ago"), "{text}");
        assert!(text.contains("signed in through localhost:49152"), "{text}");

        // Another session's token, none at all, and another person's connection end nothing.
        let form = page.form("Disconnect");
        let mut forged = form.clone();
        forged.fields.insert("csrf".into(), elsewhere.browser.open(&address).await.form("Disconnect").fields["csrf"].clone());
        assert_eq!(ana.browser.submit(forged).await.status, 403);
        let mut bare = form.clone();
        bare.fields.clear();
        assert_eq!(ana.browser.submit(bare).await.status, 403);
        assert_eq!(owner.browser.submit(form.clone()).await.status, 403);
        assert_eq!(ide.initialize().await.status, 200);

        let after = ana.browser.press(&page, "Disconnect", &[]).await;
        assert_eq!((after.url.path(), after.status.as_u16()), ("/t/acme/connections", 200), "303, then the page");
        assert!(after.text().contains("No application is connected"));
        world.synced("acme").await;
        assert_eq!(ide.initialize().await.status, 401);
        assert_eq!(ana.browser.submit(form).await.status, 200, "twice is fine");

        // The other browser, then everything.
        let sessions = ana.get("me/sessions").await.ok();
        let current: Vec<_> = sessions["items"].as_array().unwrap().iter().map(|one| one["current"].clone()).collect();
        assert_eq!(current, [json!(false), json!(true)], "{sessions}");
        let other = sessions["items"][0]["id"].as_str().unwrap();
        let form = after.forms().into_iter().find(|form| form.action.path().contains(other)).unwrap();
        ana.browser.submit(form).await;
        assert_eq!(elsewhere.get("session").await.status, 401);
        assert_eq!(ana.get("session").await.status, 200);

        let key = ana.post("keys", json!({"name": "ci"})).await.ok();
        let confirm = ana.browser.open(format!("{}/t/acme/sign-out-everywhere", world.auth_origin)).await;
        assert_eq!(confirm.heading(), "Sign out everywhere?");
        assert_eq!(ana.get("session").await.status, 200, "looking at it ends nothing");
        let mut form = confirm.form("Sign out everywhere");
        form.fields.remove("api_keys");
        let out = ana.browser.submit(form).await;
        assert_eq!(out.url.path(), "/t/acme/login");
        ana.sign_in().await.ok();
        let keys = ana.get("keys").await.ok();
        assert_eq!((&keys["items"][0]["id"], &keys["items"][0]["status"]), (&key["key"]["id"], &json!("active")));
        let confirm = ana.browser.open(format!("{}/t/acme/sign-out-everywhere", world.auth_origin)).await;
        ana.browser.submit(confirm.form("Sign out everywhere")).await;
        ana.sign_in().await.ok();
        assert_eq!(ana.get("keys").await.ok()["items"][0]["status"], "revoked");
    }
}
