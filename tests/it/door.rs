//! The front door: from a work address to the organisation, and never to a person.

use serde_json::json;
use world::browser::{Browser, Page};
use world::people::Person;
use world::{World, on_both};

async fn prove(world: &World, owner: &Person, name: &str) {
    let domain = owner.post("domains", json!({ "name": name })).await.ok();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    world.dns.set(&text(&domain["record"]["name"]), &[&text(&domain["record"]["value"])]);
    owner.post(&format!("domains/{}/verification", text(&domain["id"])), json!({})).await.ok();
}

async fn knock(world: &World, email: &str) -> Page {
    let browser = Browser::new();
    let door = browser.open(format!("{}/", world.auth_origin)).await;
    browser.press(&door, "Find my organisation", &[("email", email)]).await
}

on_both! {
    async fn an_address_leads_to_the_tenant_that_has_its_domain(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
        prove(&world, &acme, "acme.com").await;
        let page = knock(&world, " Ana@ACME.com ").await;
        assert_eq!(page.url.path(), "/t/acme/login", "{}", page.text());
        // Nobody learns who has an account: an address of a member answers like any other of its domain.
        for email in ["owner@acme.example", "nobody@acme.example", "ana@mail.acme.com"] {
            let page = knock(&world, email).await;
            assert_eq!((page.status.as_u16(), page.url.path()), (400, "/"), "{email}");
            assert!(page.text().contains("No organisation here"), "{}", page.text());
            assert!(page.has_button("Continue"), "the name of an organisation can be typed still");
        }
        // Not proved is not found.
        globex.post("domains", json!({"name": "globex.com"})).await.ok();
        assert_eq!(knock(&world, "bo@globex.com").await.url.path(), "/");
        prove(&world, &globex, "acme.com").await;
        let page = knock(&world, "ana@acme.com").await;
        assert_eq!((page.status.as_u16(), page.heading().as_str()), (200, "Which organisation?"));
        for link in ["href=\"/t/acme/\"", "href=\"/t/globex/\""] {
            assert!(page.html.contains(link), "{}", page.html);
        }
        world.operator.api(reqwest::Method::PATCH, "tenants/globex", Some(json!({"status": "suspended"}))).await.ok();
        assert_eq!(knock(&world, "ana@acme.com").await.url.path(), "/t/acme/login");
    }
}

#[tokio::test]
async fn what_is_no_address_is_said_so() {
    let world = World::setup().nodes(0).start().await;
    for (email, words) in [
        ("ana", "like ana@example.com"),
        ("", "like ana@example.com"),
        ("ana@localhost", "like ana@example.com"),
        ("ana@gmail.com", "public provider"),
        ("\"><script>x</script>@x", "like ana@example.com"),
    ] {
        let page = knock(&world, email).await;
        assert_eq!(page.status, 400, "{email}");
        assert!(page.text().contains(words) && !page.html.contains("<script"), "{email}: {}", page.text());
    }
}

#[tokio::test]
async fn the_door_is_no_list_of_customers() {
    let world = World::setup().split_hosts().nodes(0).start().await;
    let browser = Browser::at("203.0.113.7");
    let door = browser.open(format!("{}/", world.auth_origin)).await;
    let mut answers = Vec::new();
    for number in 0..40 {
        let email = format!("ana@company-{number}.com");
        answers.push(browser.press(&door, "Find my organisation", &[("email", &email)]).await.status.as_u16());
    }
    assert_eq!((answers[0], answers.last()), (400, Some(&429)), "{answers:?}");
    // Others are not kept out by that.
    assert_eq!(knock(&world, "ana@acme.com").await.status, 400);
}
