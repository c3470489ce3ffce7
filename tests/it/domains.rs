//! Proving an e-mail domain, and losing it.

use chrono::TimeDelta;
use control_plane::app::domains;
use control_plane::domain::limits::DOMAIN_GRACE_S;
use serde_json::{Value, json};
use world::people::Person;
use world::{World, on_both};

/// What an administrator copies into DNS, and the path of the domain.
struct Added {
    path: String,
    record: String,
    value: String,
}

async fn add(admin: &Person, name: &str) -> Added {
    let domain = admin.post("domains", json!({ "name": name })).await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!((&domain["status"], &domain["record"]["type"]), (&json!("pending"), &json!("TXT")), "{domain}");
    Added {
        path: format!("domains/{}", text(&domain["id"])),
        record: text(&domain["record"]["name"]),
        value: text(&domain["record"]["value"]),
    }
}

/// What the periodic work does.
async fn check_again(world: &World) {
    domains::check_again(world.app()).await.unwrap();
}

async fn is_verified(world: &World, slug: &str, domain: &str) -> bool {
    let store = world.app().store.tenant_read(world.tenant_id(slug).await).await.unwrap();
    domains::is_verified(&store, domain).await.unwrap()
}

async fn actions(owner: &Person) -> Vec<String> {
    let events = owner.get("audit?limit=200").await.ok();
    let actions = events["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap().to_owned());
    let mut actions: Vec<_> = actions.filter(|action| action.starts_with("domain.")).collect();
    actions.reverse();
    actions
}

on_both! {
    async fn a_domain_is_proved_by_its_record(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let added = add(&owner, " ACME.com. ").await;
        assert_eq!(added.record, "_portway.acme.com");
        let verification = format!("{}/verification", added.path);
        let refused = owner.post(&verification, json!({})).await.refused(409, "domain.record_missing");
        let words = refused["detail"].as_str().unwrap();
        assert!(words.contains(&added.record) && words.contains(&added.value), "{words}");
        world.dns.set(&added.record, &["v=spf1 -all", "portway-domain=somebody-else"]);
        let refused = owner.post(&verification, json!({})).await.refused(409, "domain.record_differs");
        assert!(refused["detail"].as_str().unwrap().contains("portway-domain=somebody-else"), "{refused}");
        assert!(!is_verified(&world, "acme", "acme.com").await);
        world.dns.set(&added.record, &["v=spf1 -all", &added.value]);
        let verified = owner.post(&verification, json!({})).await.ok();
        assert_eq!(verified["status"], "verified");
        assert!(is_verified(&world, "acme", "Acme.COM").await);
        for other in ["mail.acme.com", "com", "", "acme.com.evil.example", "acme.org"] {
            assert!(!is_verified(&world, "acme", other).await, "{other}");
        }
        owner.delete(&added.path).await.ok();
        assert!(!is_verified(&world, "acme", "acme.com").await);
        assert_eq!(actions(&owner).await, ["domain.added", "domain.verified", "domain.removed"]);
    }

    async fn a_lost_record_counts_for_a_week_more(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let added = add(&owner, "acme.com").await;
        world.dns.set(&added.record, &[&added.value]);
        owner.post(&format!("{}/verification", added.path), json!({})).await.ok();
        world.dns.set(&added.record, &[]);
        check_again(&world).await;
        assert_eq!(actions(&owner).await.len(), 2, "it was looked at today");
        world.advance(TimeDelta::days(1));
        let owner = owner.elsewhere();
        owner.sign_in().await.ok();
        check_again(&world).await;
        check_again(&world).await;
        let failing = owner.get(&added.path).await.ok();
        assert_eq!(failing["status"], "failing");
        assert!(failing["lapses_at"].is_string() && is_verified(&world, "acme", "acme.com").await);
        world.dns.set(&added.record, &[&added.value]);
        world.advance(TimeDelta::hours(1));
        check_again(&world).await;
        assert_eq!(owner.get(&added.path).await.ok()["status"], "verified");
        world.dns.set(&added.record, &[]);
        world.advance(TimeDelta::days(1));
        check_again(&world).await;
        world.advance(TimeDelta::seconds(DOMAIN_GRACE_S));
        check_again(&world).await;
        assert!(!is_verified(&world, "acme", "acme.com").await);
        let owner = owner.elsewhere();
        owner.sign_in().await.ok();
        let expected = ["domain.added", "domain.verified", "domain.failing", "domain.recovered", "domain.failing", "domain.lost"];
        assert_eq!(actions(&owner).await, expected);
    }

    async fn domains_are_each_tenants_own(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
        let (ours, theirs) = (add(&acme, "acme.com").await, add(&globex, "acme.com").await);
        assert_ne!(ours.value, theirs.value);
        world.dns.set(&ours.record, &[&ours.value]);
        acme.post(&format!("{}/verification", ours.path), json!({})).await.ok();
        globex.post(&format!("{}/verification", theirs.path), json!({})).await.refused(409, "domain.record_differs");
        assert!(!is_verified(&world, "globex", "acme.com").await);
        globex.get(&ours.path).await.refused(404, "not_found");
        globex.post(&format!("{}/verification", ours.path), json!({})).await.refused(404, "not_found");
        globex.delete(&ours.path).await.refused(404, "not_found");
        let listed = globex.get("domains").await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        acme.post("domains", json!({"name": "ACME.com"})).await.refused(409, "domain.exists");
    }
}

#[tokio::test]
async fn what_is_no_domain_of_an_organisation_is_refused() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    for (name, code) in [
        ("gmail.com", "domain.public_provider"),
        ("Outlook.com.", "domain.public_provider"),
        ("acme", "domain.shape"),
        ("ana@acme.com", "domain.shape"),
        ("192.0.2.7", "domain.shape"),
        ("a\u{0}b.com", "domain.shape"),
        ("", "domain.shape"),
    ] {
        let refused = owner.post("domains", json!({ "name": name })).await.refused(400, "invalid");
        assert_eq!(refused["errors"][0]["code"], code, "{name:?}: {refused}");
    }
    assert_eq!(owner.post("domains", json!({"name": "bücher.example"})).await.ok()["name"], "xn--bcher-kva.example");
}

#[tokio::test]
async fn just_in_time_accounts_want_a_verified_domain() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let wanted = json!({"settings": {"provisioning": "jit"}});
    let refused = owner.patch("", wanted.clone()).await.refused(400, "invalid");
    assert_eq!(refused["errors"][0]["code"], "provisioning.no_domain", "{refused}");
    let added = add(&owner, "acme.com").await;
    owner.patch("", wanted.clone()).await.refused(400, "invalid");
    world.dns.set(&added.record, &[&added.value]);
    owner.post(&format!("{}/verification", added.path), json!({})).await.ok();
    assert_eq!(owner.patch("", wanted).await.ok()["settings"]["provisioning"], "jit");
    // Nothing else is kept from changing when the domain goes later; new people are no longer let in.
    owner.delete(&added.path).await.ok();
    owner.patch("", json!({"display_name": "Acme Ltd"})).await.ok();
}
