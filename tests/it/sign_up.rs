//! Organisations that people create for themselves: from an address over a link in the mail to the console.

use chrono::TimeDelta;
use control_plane::app::upkeep;
use reqwest::Method;
use serde_json::json;
use world::browser::{Browser, Page};
use world::people::{PASSWORD, Person};
use world::{World, on_both};

const SEND: &str = "send me the link";
const CREATE: &str = "create the organisation";

async fn ask(world: &World, browser: &Browser, email: &str) -> Page {
    let door = browser.open(format!("{}/", world.auth_origin)).await;
    let page = browser.open(door.link("Create an organisation")).await;
    browser.press(&page, SEND, &[("email", email)]).await
}

/// The link of the mail that came last, of `number` in all.
async fn link(world: &World, number: usize) -> String {
    let server = world.mail.as_ref().unwrap();
    world::eventually("the mail arrives", || async { server.taken().len() == number }).await;
    let text = server.taken().pop().unwrap().text();
    let start = text.find(&format!("{}/new/", world.auth_origin)).expect("the link");
    text[start..].split_whitespace().next().unwrap().to_owned()
}

fn fields<'a>(name: &'a str, slug: &'a str, password: &'a str) -> [(&'a str, &'a str); 5] {
    let again = if password.is_empty() { "other" } else { password };
    [("display_name", name), ("slug", slug), ("owner_name", "Ana"), ("password", password), ("password_again", again)]
}

/// How many links are kept. Nothing is committed.
async fn count_links(world: &World) -> u64 {
    let store = world.app().store.system().await.unwrap();
    store.delete_expired_sign_ups(store.now() + TimeDelta::days(365)).await.unwrap()
}

on_both! {
    async fn somebody_creates_an_organisation(setup: Setup) {
        let world = setup.nodes(0).sign_up().start().await;
        world.tenant("acme").await;
        let browser = Browser::new();
        let said = ask(&world, &browser, " Ana@Initech.com ").await;
        assert_eq!((said.url.path(), said.heading().as_str()), ("/new/sent", "Look into your mail"));
        let link = link(&world, 1).await;
        assert!(world.mail.as_ref().unwrap().taken()[0].to[0].contains("<ana@initech.com>"));
        // On another machine, and twice: whoever only looks uses nothing up.
        Browser::new().open(&link).await;
        let browser = Browser::new();
        let form = browser.open(&link).await;
        assert!(form.text().contains("ana@initech.com") && form.text().contains("for ever"), "{}", form.text());
        let typed = form.form(CREATE).fields;
        assert_eq!((typed["display_name"].as_str(), typed["slug"].as_str()), ("Initech", "initech"));

        for (name, slug, password, field, words) in [
            ("", "initech", PASSWORD, "display_name", "must not be empty"),
            ("Initech", "Init ech", PASSWORD, "slug", "lower-case letters"),
            ("Initech", "console", PASSWORD, "slug", "reserved"),
            ("Initech", "new", PASSWORD, "slug", "reserved"),
            ("Initech", "acme", PASSWORD, "slug", "Another organisation has or had this one"),
            ("Initech", "initech", "short", "password", "at least 12"),
            ("Initech", "initech", "", "password_again", "differ"),
        ] {
            let page = browser.press(&form, CREATE, &fields(name, slug, password)).await;
            assert_eq!(page.status, 400, "{slug}: {}", page.text());
            let problem = page.html.split_once(&format!("id=\"{field}-problem\">")).map(|(_, rest)| rest);
            let problem = problem.and_then(|rest| rest.split('<').next()).unwrap_or_default();
            assert!(problem.contains(words), "{field}: {problem}: {}", page.text());
            assert!(page.html.matches("role=\"alert\"").count() == 1 && !page.html.contains(PASSWORD));
            assert_eq!(page.form(CREATE).fields["owner_name"], "Ana", "what was typed stays");
        }
        let page = browser.press(&form, CREATE, &fields("Initech & Co.", "", PASSWORD)).await;
        assert_eq!(page.form(CREATE).fields["slug"], "initech-co", "made from the name, to be looked at");

        let done = browser.press(&form, CREATE, &fields("Initech", "initech", PASSWORD)).await;
        assert!(["/console/initech/servers", "/t/initech/"].contains(&done.url.path()), "{} {}", done.url, done.text());
        let ana = Person::of(&browser, "initech", "ana@initech.com", &world.auth_origin, &world.gateway_origin);
        let session = ana.get("session").await.ok();
        assert_eq!((&session["user"]["role"], &session["user"]["email"]), (&json!("owner"), &json!("ana@initech.com")));
        assert_eq!(session["tenant"]["display_name"], "Initech");
        let events = ana.get("audit?limit=200").await.ok();
        let made = events["items"].as_array().unwrap().iter().find(|event| event["action"] == "tenant.created").unwrap();
        assert_eq!((&made["actor"]["kind"], &made["actor"]["id"]), (&json!("user"), &session["user"]["id"]), "{made}");
        assert_eq!(events["verify"]["intact"], true);
        assert_eq!(ana.elsewhere().sign_in().await.status, 200);
        assert_eq!(world.operator.api(Method::GET, "tenants/initech", None).await.ok()["status"], "active");

        // Once.
        for page in [browser.open(&link).await, browser.press(&form, CREATE, &fields("Two", "two", PASSWORD)).await] {
            assert_eq!((page.status.as_u16(), page.heading().as_str()), (404, "This link is no longer good"));
        }
        assert!(!world.rows().await.contains(link.rsplit('/').next().unwrap()), "only a digest is stored");
    }

    async fn of_two_at_once_one_succeeds(setup: Setup) {
        let world = setup.nodes(0).sign_up().start().await;
        ask(&world, &Browser::new(), "ana@initech.com").await;
        let link = link(&world, 1).await;
        let (here, there) = (Browser::new(), Browser::new());
        let (one, two) = (here.open(&link).await, there.open(&link).await);
        let (first, second) = (fields("One", "one", PASSWORD), fields("Two", "two", PASSWORD));
        let (one, two) = tokio::join!(here.press(&one, CREATE, &first), there.press(&two, CREATE, &second));
        let mut statuses = [one, two].map(|page| if page.status == 404 { 404 } else { 200 });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
        let tenants = world.operator.api(Method::GET, "tenants", None).await.ok();
        assert_eq!(tenants["items"].as_array().unwrap().len(), 1, "{tenants}");
    }

    async fn a_link_is_good_for_a_day_and_then_forgotten(setup: Setup) {
        let world = setup.nodes(0).sign_up().start().await;
        ask(&world, &Browser::new(), "ana@initech.com").await;
        let link = link(&world, 1).await;
        world.advance(TimeDelta::hours(23));
        assert_eq!(Browser::new().open(&link).await.status, 200);
        upkeep::forget_expired(world.app()).await.unwrap();
        assert_eq!(count_links(&world).await, 1);
        world.advance(TimeDelta::hours(1));
        assert_eq!(Browser::new().open(&link).await.status, 404);
        upkeep::forget_expired(world.app()).await.unwrap();
        assert_eq!(count_links(&world).await, 0);
    }
}

#[tokio::test]
async fn whoever_needs_a_second_factor_sets_it_up_on_the_way() {
    let world = World::setup().nodes(0).sign_up().second_factor().start().await;
    let browser = Browser::new();
    ask(&world, &browser, "ana@initech.com").await;
    let form = browser.open(link(&world, 1).await).await;
    let done = browser.press(&form, CREATE, &fields("Initech", "initech", PASSWORD)).await;
    assert_eq!(done.url.path(), "/t/initech/security/enrol", "{}", done.text());
}

#[tokio::test]
async fn an_address_is_answered_alike_and_mailed_a_few_times_only() {
    let world = World::setup().split_hosts().nodes(0).sign_up().start().await;
    for (number, email) in ["a@x.example", "owner@acme.example", "ana@gmail.com"].into_iter().enumerate() {
        let said = ask(&world, &Browser::new(), email).await;
        assert_eq!(said.heading(), "Look into your mail", "{email}");
        link(&world, number + 1).await;
    }
    for number in 1..9 {
        let browser = Browser::at(&format!("203.0.113.{number}"));
        assert_eq!(ask(&world, &browser, "bo@victim.example").await.heading(), "Look into your mail");
    }
    // The last one is behind them all.
    ask(&world, &Browser::new(), "z@x.example").await;
    link(&world, 3 + 3 + 1).await;
    assert_eq!(count_links(&world).await, 7, "three for one mailbox");
    let browser = Browser::at("198.51.100.7");
    let mut statuses = Vec::new();
    for number in 0..14 {
        statuses.push(ask(&world, &browser, &format!("ana@company-{number}.example")).await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses.last()), (200, Some(&429)), "{statuses:?}");
    let wrong = ask(&world, &Browser::new(), "\"><script>x").await;
    assert!(wrong.status == 400 && wrong.text().contains("like ana@example.com") && !wrong.html.contains("<script"));
}

#[tokio::test]
async fn forms_belong_to_the_browser_that_opened_them() {
    let world = World::setup().nodes(0).sign_up().start().await;
    let (mine, theirs) = (Browser::new(), Browser::new());
    let page = mine.open(format!("{}/new", world.auth_origin)).await;
    theirs.open(format!("{}/new", world.auth_origin)).await;
    assert_eq!(theirs.press(&page, SEND, &[("email", "ana@initech.com")]).await.status, 403);
    ask(&world, &mine, "ana@initech.com").await;
    let link = link(&world, 1).await;
    let form = mine.open(&link).await;
    assert_eq!(theirs.press(&form, CREATE, &fields("Initech", "initech", PASSWORD)).await.status, 403);
    let mut forged = form.form(CREATE);
    forged.fields.insert("csrf".to_owned(), String::new());
    assert_eq!(mine.submit(forged).await.status, 403);
    world.operator.api(Method::GET, "tenants/initech", None).await.refused(404, "not_found");
}

#[tokio::test]
async fn it_is_off_unless_the_operator_says_otherwise() {
    let world = World::setup().nodes(0).mail().start().await;
    let browser = Browser::new();
    let door = browser.open(format!("{}/", world.auth_origin)).await;
    assert!(!door.html.contains("/new"), "{}", door.html);
    for path in ["/new", "/new/sent", "/new/pwu_x"] {
        let page = browser.open(format!("{}{path}", world.auth_origin)).await;
        assert!(page.status == 404 && page.text().contains("whoever runs this Portway"), "{path} {}", page.text());
    }
    let posted = browser.client().post(format!("{}/new", world.auth_origin)).form(&[("email", "a@b.example")]).send();
    assert_eq!(posted.await.unwrap().status(), 404);
    assert_eq!(count_links(&world).await, 0);
}
