//! Invitations by mail, from the administrator's click to the invited person's, and what happens when the mail server
//! is not as it should be.

use chrono::TimeDelta;
use serde_json::{Value, json};
use world::World;
use world::browser::Browser;
use world::fakes::mail_server::Temper;
use world::on_both;
use world::people::{PASSWORD, Person};

async fn invite(owner: &Person, email: &str) -> Value {
    owner.post("invitations", json!({"email": email, "role": "member"})).await.ok()
}

/// The newest invitation as the administrator sees it.
async fn delivery(owner: &Person) -> Value {
    owner.get("invitations").await.ok()["items"][0]["delivery"].clone()
}

async fn becomes(owner: &Person, state: &str) -> Value {
    world::eventually(state, || async { delivery(owner).await["state"] == state }).await;
    delivery(owner).await
}

async fn until_tried(world: &World, owner: &Person) -> Value {
    world::eventually("an attempt failed", || async { delivery(owner).await["reason"].is_string() }).await;
    let delivery = delivery(owner).await;
    assert_eq!(delivery["state"], "pending", "{delivery}");
    assert!(world.mail.as_ref().unwrap().taken().is_empty());
    delivery
}

on_both! {
    async fn an_invitation_arrives_by_mail(setup: Setup) {
        let world = setup.nodes(0).mail().start().await;
        let owner = world.tenant("acme").await;
        let created = invite(&owner, "bo@acme.example").await;
        assert!(created.get("link").is_none(), "the link is the person's alone: {created}");
        assert_eq!(created["invitation"]["delivery"]["state"], "pending");
        assert!(becomes(&owner, "sent").await["at"].is_string());
        let taken = world.mail.as_ref().unwrap().taken();
        assert_eq!(taken.len(), 1);
        let mail = &taken[0];
        assert!(mail.is_encrypted && mail.credentials.is_some());
        assert!(mail.to[0].contains("<bo@acme.example>"), "{:?}", mail.to);
        assert_eq!(mail.header("From"), ["Portway <portway@portway.example>"]);
        assert_eq!(mail.header("Reply-To"), ["help@portway.example"]);
        let text = mail.text();
        assert!(text.contains("owner@acme.example invites you to ACME on Portway"), "{text}");
        let start = text.find(&format!("{}/t/acme/join/", world.auth_origin)).expect("the link");
        let link = text[start..].split_whitespace().next().unwrap();
        let browser = Browser::new();
        let page = browser.open(link).await;
        let fields = [("display_name", "Bo"), ("password", PASSWORD), ("password_again", PASSWORD)];
        let home = browser.press(&page, "join", &fields).await;
        assert_eq!(home.status, 200, "{}", home.text());
        assert_eq!(browser.open(link).await.status, 404, "the link works once");
    }

    async fn a_busy_server_is_tried_again(setup: Setup) {
        let world = setup.nodes(0).mail().start().await;
        let owner = world.tenant("acme").await;
        let server = world.mail.clone().unwrap();
        server.behave(Temper::Busy);
        invite(&owner, "bo@acme.example").await;
        let reason = until_tried(&world, &owner).await["reason"].clone();
        assert!(reason.as_str().unwrap().contains("451"), "{reason}");
        server.behave(Temper::Willing);
        let conversations = server.conversations();
        world.app().mail_waits.notify_one();
        world.advance(TimeDelta::seconds(61));
        world.app().mail_waits.notify_one();
        becomes(&owner, "sent").await;
        assert_eq!((server.taken().len(), server.conversations()), (1, conversations + 1));
    }

    async fn an_invitation_that_ended_is_not_mailed(setup: Setup) {
        let world = setup.nodes(0).mail().start().await;
        let owner = world.tenant("acme").await;
        let server = world.mail.clone().unwrap();
        server.behave(Temper::Busy);
        let created = invite(&owner, "bo@acme.example").await;
        until_tried(&world, &owner).await;
        server.behave(Temper::Willing);
        owner.delete(&format!("invitations/{}", created["invitation"]["id"].as_str().unwrap())).await.ok();
        world.advance(TimeDelta::seconds(61));
        world.app().mail_waits.notify_one();
        assert!(becomes(&owner, "failed").await["reason"].as_str().unwrap().contains("ended"));
        assert!(server.taken().is_empty());
    }
}

#[tokio::test]
async fn an_unwilling_server_is_not_asked_twice() {
    let world = World::setup().nodes(0).mail().start().await;
    let owner = world.tenant("acme").await;
    let server = world.mail.clone().unwrap();
    server.behave(Temper::Unwilling);
    invite(&owner, "bo@acme.example").await;
    let failed = becomes(&owner, "failed").await;
    assert!(failed["reason"].as_str().unwrap().contains("no such mailbox here"), "{failed}");
    let events = owner.get("audit?limit=200").await.ok();
    assert!(events["items"].as_array().unwrap().iter().any(|event| event["action"] == "invitation.mail_failed"));
    // The administrator can pass the link on instead.
    let body = json!({"email": "bo@acme.example", "role": "member", "delivery": "by_hand"});
    let by_hand = owner.post("invitations", body).await.ok();
    assert!(by_hand["link"].as_str().unwrap().contains("/join/"), "{by_hand}");
    assert_eq!((by_hand["invitation"]["delivery"]["state"].as_str(), server.conversations()), (Some("by_hand"), 1));
}

#[tokio::test]
async fn no_password_and_no_link_goes_out_in_clear() {
    let world = World::setup().nodes(0).mail().start().await;
    let owner = world.tenant("acme").await;
    let server = world.mail.clone().unwrap();
    server.behave(Temper::Plain);
    invite(&owner, "bo@acme.example").await;
    world::eventually("an attempt failed", || async { delivery(&owner).await["reason"].is_string() }).await;
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_silent_server_holds_nobody_up() {
    let world = World::setup().nodes(0).mail().start().await;
    let owner = world.tenant("acme").await;
    world.mail.as_ref().unwrap().behave(Temper::Silent);
    let asked = std::time::Instant::now();
    invite(&owner, "bo@acme.example").await;
    assert!(asked.elapsed() < std::time::Duration::from_secs(5), "the answer does not wait for the mail");
    let reason = until_tried(&world, &owner).await["reason"].clone();
    assert!(reason.as_str().unwrap().contains("too long"), "{reason}");
}

#[tokio::test]
async fn names_begin_no_headers() {
    let world = World::setup().nodes(0).mail().start().await;
    let owner = world.tenant("acme").await;
    let tenant_id = world.tenant_id("acme").await;
    // The API takes no such name; here it is in the database all the same.
    owner.patch("", json!({"display_name": "A\r\nBcc: evil@evil.example"})).await.refused(400, "invalid");
    let store = world.app().store.tenant(tenant_id).await.unwrap();
    let mut tenant = store.get_tenant().await.unwrap();
    tenant.display_name = "Ünï\r\nBcc: evil@evil.example\r\n\r\n.\r\nQUIT".to_owned();
    store.update_tenant(&tenant).await.unwrap();
    store.commit().await.unwrap();
    invite(&owner, "bo@acme.example").await;
    becomes(&owner, "sent").await;
    let taken = world.mail.as_ref().unwrap().taken();
    assert_eq!((taken.len(), taken[0].to.len()), (1, 1));
    assert!(taken[0].header("Bcc").is_empty(), "{}", taken[0].data);
}

#[tokio::test]
async fn without_a_mail_server_the_link_is_shown() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let created = invite(&owner, "bo@acme.example").await;
    assert!(created["link"].is_string());
    assert_eq!(delivery(&owner).await, json!({"state": "by_hand"}));
    let body = json!({"email": "bo@acme.example", "role": "member", "delivery": "mail"});
    owner.post("invitations", body).await.refused(400, "invitation.no_mail");
}
