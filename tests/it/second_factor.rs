//! The second factor of local accounts: enrolment, codes, recovery codes, guessing, reset.

use chrono::TimeDelta;
use control_plane::crypto::totp;
use control_plane::domain::Clock as _;
use control_plane::domain::limits::{FACTOR_FREE_FAILURES, FACTOR_WAIT_S};
use serde_json::json;
use world::World;
use world::browser::{Browser, Page};
use world::on_both;
use world::people::{PASSWORD, Person};

/// An authenticator app.
struct Phone {
    secret: Vec<u8>,
}

impl Phone {
    /// Types the key of the enrolment page.
    fn scan(page: &Page) -> Self {
        let key = page.html.split("<pre class=\"copy\"><code>").nth(1).expect("a key").split('<').next().unwrap();
        let (mut bits, mut count, mut secret) = (0_u64, 0, Vec::new());
        for letter in key.bytes().filter(|letter| *letter != b' ') {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == letter).expect("base32");
            (bits, count) = ((bits << 5) | value as u64, count + 5);
            if count >= 8 {
                count -= 8;
                secret.push(u8::try_from((bits >> count) & 0xff).unwrap());
            }
        }
        assert_eq!(secret.len(), totp::SECRET_BYTES);
        Self { secret }
    }

    fn code(&self, world: &World) -> String {
        self.code_after(world, 0)
    }

    /// The code of some seconds later.
    fn code_after(&self, world: &World, s: i64) -> String {
        totp::code_at(&self.secret, world.clock.now() + TimeDelta::seconds(s))
    }

    /// Six digits that are none of the three that are taken now.
    fn wrong(&self, world: &World) -> String {
        let right: Vec<_> = [-30, 0, 30].map(|s| self.code_after(world, s)).to_vec();
        (0..4).map(|number| format!("{number:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

/// Joins and enrols in a browser of their own; answers the recovery codes too.
async fn enrol(world: &World, browser: &Browser, page: Page) -> (Phone, Vec<String>) {
    assert_eq!(page.heading(), "Set up your second factor", "{}", page.text());
    let phone = Phone::scan(&page);
    let shown = browser.press(&page, "Switch it on", &[("code", &phone.code(world))]).await;
    assert_eq!(shown.heading(), "Your recovery codes", "{}", shown.text());
    let codes: Vec<String> =
        shown.html.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (phone, codes)
}

async fn invitation_page(owner: &Person, role: &str, browser: &Browser, name: &str) -> Page {
    let email = format!("{name}@acme.example");
    let link = owner.post("invitations", json!({"email": email, "role": role})).await.ok()["link"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = browser.open(link).await;
    browser.press(&page, "join", &[("display_name", name), ("password", PASSWORD), ("password_again", PASSWORD)]).await
}

async fn password(world: &World, browser: &Browser, user_name: &str) -> Page {
    let page = browser.open(format!("{}/t/acme/login", world.auth_origin)).await;
    browser.press(&page, "Sign in", &[("user_name", user_name), ("password", PASSWORD)]).await
}

/// A world where nobody needs a factor: the first owner is in, with a session.
async fn world_and_owner(setup: world::world::Setup) -> (World, Person) {
    let world = setup.nodes(0).start().await;
    let owner = world.tenant("acme").await;
    (world, owner)
}

/// Sets it up of one's own accord.
async fn enrol_person(world: &World, person: &Person) -> (Phone, Vec<String>) {
    let page = person.browser.open(format!("{}/t/acme/security", world.auth_origin)).await;
    assert!(page.text().contains("You have none"), "{}", page.text());
    let page = person.browser.open(format!("{}/t/acme/security/enrol", world.auth_origin)).await;
    enrol(world, &person.browser, page).await
}

on_both! {
    async fn a_member_sets_it_up_and_signs_in_with_it(setup: Setup) {
        let (world, owner) = world_and_owner(setup).await;
        let bo = owner.invite("bo", "member").await;
        let (phone, _) = enrol_person(&world, &bo).await;
        let browser = Browser::new();
        let page = password(&world, &browser, &bo.user_name).await;
        assert_eq!((page.heading().as_str(), page.url.path()), ("One more step", "/t/acme/login/code"));
        let home = browser.open(format!("{}/t/acme/", world.auth_origin)).await;
        assert_eq!(home.url.path(), "/t/acme/login", "a password alone is no session");
        // The code that switched it on was used up by that, and so is the one before it.
        for used in [phone.code(&world), phone.code_after(&world, -30), phone.wrong(&world)] {
            let again = browser.press(&page, "Continue", &[("code", &used)]).await;
            assert_eq!(again.status, 403, "{}", again.text());
            assert!(again.text().contains("not right"), "{}", again.text());
        }
        let code = phone.code_after(&world, 30);
        let home = browser.press(&page, "Continue", &[("code", &format!(" {} {} ", &code[..3], &code[3..]))]).await;
        assert_eq!((home.status.as_u16(), home.url.path()), (200, "/t/acme/"), "{}", home.text());
        // Twice the same form, and the same code again by somebody who saw it.
        let twice = browser.press(&page, "Continue", &[("code", &code)]).await;
        assert_eq!(twice.url.path(), "/t/acme/", "{}", twice.text());
        let other = Browser::new();
        let page = password(&world, &other, &bo.user_name).await;
        assert_eq!(other.press(&page, "Continue", &[("code", &code)]).await.status, 403);
    }

    async fn owners_and_admins_are_led_to_it_where_it_is_the_rule(setup: Setup) {
        let world = setup.second_factor().nodes(0).start().await;
        let invited = world.operator.api(reqwest::Method::POST, "tenants", Some(json!({
            "slug": "acme", "display_name": "Acme", "owner_email": "owner@acme.example",
        }))).await.ok();
        let browser = Browser::new();
        let page = browser.open(invited["owner_invitation"]["link"].as_str().unwrap()).await;
        let fields = [("display_name", "Ana"), ("password", PASSWORD), ("password_again", PASSWORD)];
        let page = browser.press(&page, "join", &fields).await;
        assert!(page.text().contains("Your role needs more than a password"), "{}", page.text());
        // Not confirmed is not enrolled, and no way around: the next sign-in leads here again, with the same key.
        let wrong = Phone::scan(&page).wrong(&world);
        assert_eq!(browser.press(&page, "Switch it on", &[("code", &wrong)]).await.status, 403);
        let elsewhere = Browser::new();
        let again = password(&world, &elsewhere, "owner@acme.example").await;
        assert_eq!(Phone::scan(&again).secret, Phone::scan(&page).secret);
        let answer = Browser::new().client().post(format!("{}/api/v1/tenants/acme/session", world.auth_origin))
            .header("x-portway-csrf", "1")
            .json(&json!({"user_name": "owner@acme.example", "password": PASSWORD})).send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert!(answer.text().await.unwrap().contains("sign_in.enrolment_needed"));
        enrol(&world, &browser, page).await;
        let home = browser.open(format!("{}/t/acme/", world.auth_origin)).await;
        assert_eq!(home.url.path(), "/t/acme/", "enrolment signs in");
        // Members go in as before; promoted, they are led to it at their next sign-in.
        let owner = Person::of(&browser, "acme", "owner@acme.example", &world.auth_origin, &world.gateway_origin);
        let bo = Browser::new();
        let page = invitation_page(&owner, "member", &bo, "bo").await;
        assert_eq!(page.url.path(), "/t/acme/");
        let bos = Person::of(&bo, "acme", "bo@acme.example", &world.auth_origin, &world.gateway_origin).id().await;
        owner.patch(&format!("users/{bos}"), json!({"role": "admin"})).await.ok();
        let page = password(&world, &Browser::new(), "bo@acme.example").await;
        assert_eq!(page.url.path(), "/t/acme/security/enrol");
    }

    async fn a_recovery_code_stands_in_once(setup: Setup) {
        let (world, owner) = world_and_owner(setup).await;
        let (_, codes) = enrol_person(&world, &owner).await;
        let browser = Browser::new();
        let page = password(&world, &browser, &owner.user_name).await;
        let typed = codes[3].to_uppercase().replace('-', " ");
        let done = browser.press(&page, "Continue", &[("code", &typed)]).await;
        assert_eq!(done.heading(), "You are in", "{}", done.text());
        assert!(done.text().contains("9 recovery codes left"), "{}", done.text());
        let other = Browser::new();
        let page = password(&world, &other, &owner.user_name).await;
        assert_eq!(other.press(&page, "Continue", &[("code", &codes[3])]).await.status, 403);
        // Reloading the page of the codes does not show them again.
        let again = owner.browser.open(format!("{}/t/acme/security/codes", world.auth_origin)).await;
        assert_eq!(again.heading(), "Second factor");
        assert!(codes.iter().all(|code| !again.html.contains(code.as_str())));
    }

    async fn guessing_gets_slower_for_all_replicas(setup: Setup) {
        let (world, owner) = world_and_owner(setup).await;
        let (phone, codes) = enrol_person(&world, &owner).await;
        world.advance(TimeDelta::seconds(60));
        let browser = Browser::new();
        let page = password(&world, &browser, &owner.user_name).await;
        for _ in 0..FACTOR_FREE_FAILURES {
            assert_eq!(browser.press(&page, "Continue", &[("code", &phone.wrong(&world))]).await.status, 403);
        }
        // Also the right code, also after the password again, also over REST.
        let kept_out = browser.press(&page, "Continue", &[("code", &phone.code(&world))]).await;
        assert_eq!(kept_out.status, 429, "{}", kept_out.text());
        let body = json!({"user_name": owner.user_name, "password": PASSWORD, "totp": phone.code(&world)});
        owner.elsewhere().post("session", body).await.refused(429, "rate_limited");
        // Whoever has a recovery code is not kept out by somebody else's guessing.
        let other = Browser::new();
        let page = password(&world, &other, &owner.user_name).await;
        assert_eq!(other.press(&page, "Continue", &[("code", &codes[0])]).await.heading(), "You are in");
        world.advance(TimeDelta::seconds(FACTOR_WAIT_S + 1));
        let other = Browser::new();
        let page = password(&world, &other, &owner.user_name).await;
        assert_eq!(other.press(&page, "Continue", &[("code", &phone.code(&world))]).await.url.path(), "/t/acme/");
    }

    async fn an_administrator_resets_it(setup: Setup) {
        let (world, owner) = world_and_owner(setup).await;
        let admin = owner.invite("ada", "admin").await;
        let bo = owner.invite("bo", "member").await;
        for person in [&owner, &admin, &bo] {
            enrol_person(&world, person).await;
        }
        let path = async |person: &Person| format!("users/{}/second-factor", person.id().await);
        let (owners, admins, bos) = (path(&owner).await, path(&admin).await, path(&bo).await);
        assert_eq!(admin.get(&bos).await.ok()["recovery_codes_left"], 10);
        bo.delete(&owners).await.refused(403, "forbidden");
        admin.delete(&owners).await.refused(403, "forbidden");
        admin.delete(&admins).await.refused(409, "second_factor.own");
        let waiting = Browser::new();
        let page = password(&world, &waiting, &bo.user_name).await;
        admin.delete(&bos).await.ok();
        let late = waiting.press(&page, "Continue", &[("code", "000000")]).await;
        assert_eq!(late.url.path(), "/t/acme/login", "a sign-in that waited begins again");
        assert_eq!(password(&world, &Browser::new(), &bo.user_name).await.url.path(), "/t/acme/");
        owner.delete(&admins).await.ok();
        owner.delete(&admins).await.refused(404, "not_found");
        let events = owner.get("audit?limit=200").await.ok();
        let resets = events["items"].as_array().unwrap().iter().filter(|event| event["action"] == "second_factor.reset");
        assert_eq!(resets.count(), 2);
    }
}

#[tokio::test]
async fn rest_sign_in_has_the_same_rule() {
    let (world, owner) = world_and_owner(World::setup()).await;
    let (phone, codes) = enrol_person(&world, &owner).await;
    world.advance(TimeDelta::seconds(30));
    let sign_in = async |totp: Option<&str>| {
        let mut body = json!({"user_name": owner.user_name, "password": PASSWORD});
        if let Some(totp) = totp {
            body["totp"] = totp.into();
        }
        owner.elsewhere().post("session", body).await
    };
    sign_in(None).await.refused(401, "sign_in.totp_needed");
    sign_in(Some(&phone.wrong(&world))).await.refused(401, "sign_in.totp_refused");
    sign_in(Some("")).await.refused(401, "sign_in.totp_refused");
    sign_in(Some(&"9".repeat(10_000))).await.refused(401, "sign_in.totp_refused");
    let code = phone.code(&world);
    sign_in(Some(&code)).await.ok();
    sign_in(Some(&code)).await.refused(401, "sign_in.totp_refused");
    sign_in(Some(&codes[0])).await.ok();
    // Of two at once, one gets in.
    world.advance(TimeDelta::seconds(60));
    let code = phone.code(&world);
    let (one, two) = tokio::join!(sign_in(Some(&code)), sign_in(Some(&code)));
    assert_eq!([one.status, two.status].iter().filter(|status| status.is_success()).count(), 1);
    // A wrong password says nothing about codes.
    let body = json!({"user_name": owner.user_name, "password": "wrong wrong wrong", "totp": phone.code(&world)});
    owner.elsewhere().post("session", body).await.refused(401, "sign_in.refused");
}

#[tokio::test]
async fn halfway_belongs_to_one_browser_and_ends() {
    let (world, owner) = world_and_owner(World::setup()).await;
    let (phone, _) = enrol_person(&world, &owner).await;
    let browser = Browser::new();
    let page = password(&world, &browser, &owner.user_name).await;
    // The form of one browser in another one.
    let mut form = page.form("Continue");
    form.fields.insert("code".to_owned(), phone.code_after(&world, 30));
    let stranger = Browser::new();
    assert_eq!(stranger.submit(form.clone()).await.url.path(), "/t/acme/login");
    let other = Browser::new();
    password(&world, &other, &owner.user_name).await;
    assert_eq!(other.submit(form).await.status, 403, "another challenge has other form tokens");
    world.advance(TimeDelta::seconds(601));
    let late = browser.press(&page, "Continue", &[("code", &phone.code(&world))]).await;
    assert_eq!(late.url.path(), "/t/acme/login");
}

#[tokio::test]
async fn its_owner_renews_codes_and_takes_it_away_with_a_code() {
    let (world, owner) = world_and_owner(World::setup()).await;
    let (phone, old) = enrol_person(&world, &owner).await;
    world.advance(TimeDelta::seconds(60));
    let security = format!("{}/t/acme/security", world.auth_origin);
    let page = owner.browser.open(&security).await;
    assert!(page.text().contains("10 are left"), "{}", page.text());
    let refused = owner.browser.press(&page, "Make ten new codes", &[("code", &phone.wrong(&world))]).await;
    assert_eq!(refused.status, 403);
    let shown = owner.browser.press(&page, "Make ten new codes", &[("code", &phone.code(&world))]).await;
    assert_eq!(shown.heading(), "Your recovery codes", "{}", shown.text());
    assert!(old.iter().all(|code| !shown.html.contains(code.as_str())));
    let fresh = shown.html.split("<li><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let page = owner.browser.open(&security).await;
    assert_eq!(owner.browser.press(&page, "Remove", &[("code", &old[0])]).await.status, 403);
    let page = owner.browser.press(&page, "Remove", &[("code", &fresh)]).await;
    assert!(page.text().contains("You have none"), "{}", page.text());
    assert_eq!(password(&world, &Browser::new(), &owner.user_name).await.url.path(), "/t/acme/");
}

#[tokio::test]
async fn api_keys_ask_for_no_codes() {
    let (world, owner) = world_and_owner(World::setup()).await;
    let key = owner.post("keys", json!({"name": "ci"})).await.ok()["secret"].as_str().map(str::to_owned);
    enrol_person(&world, &owner).await;
    let key = key.expect("the key's text");
    let url = format!("{}/api/v1/tenants/acme/servers", world.auth_origin);
    let answer = Browser::new().client().get(url).bearer_auth(key).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
