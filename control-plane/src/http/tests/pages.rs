//! Sign-in, sign-out, home.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, COOKIE, HOST, RETRY_AFTER, SET_COOKIE};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::fixture::{ORIGIN, PASSWORD, World};
use crate::app::platform;
use crate::domain::access::TenantRole;
use crate::domain::audit::Actor;
use crate::domain::server::Subject;
use crate::domain::tenancy::UserStatus;
use crate::http::console;

#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_leaver_get_one_answer() {
    let world = World::start().await;
    world.add_user("acme", "gone", TenantRole::Member).await;
    let store = world.app.store.tenant(world.tenant("acme").await.id).await.unwrap();
    let mut user = store.find_user_by_name("gone").await.unwrap().unwrap();
    user.status = UserStatus::Deactivated { at: store.now() };
    store.update_user(&user).await.unwrap();
    store.commit().await.unwrap();
    let mut bodies = Vec::new();
    for (name, password) in [("ana", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)] {
        let mut browser = world.browser();
        let reply = browser.try_sign_in("/t/acme/login", name, password).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert!(reply.body.contains("role=\"alert\"") && !reply.body.contains(password));
        assert!(!browser.cookies.contains_key("__Host-portway-session-acme"));
        bodies.push(reply.body.replace(&reply.csrf("/t/acme/login"), "CSRF").replace(name, "NAME"));
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn signing_in_starts_a_new_session_and_signing_out_ends_it() {
    let world = World::start().await;
    let mut browser = world.browser();
    browser.cookies.insert("__Host-portway-session-acme".into(), "planted".into());
    let reply = browser.sign_in("/t/acme/login", "ana").await;
    assert_eq!(reply.location(), "/t/acme/");
    let cookie = reply.header(SET_COOKIE);
    for flag in ["__Host-portway-session-acme=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    let token = browser.cookies["__Host-portway-session-acme"].clone();
    assert_ne!(token, "planted");
    let home = browser.get("/t/acme/").await;
    assert_eq!(home.status, StatusCode::OK);
    let csrf = home.csrf("/t/acme/logout");
    let reply = browser.post("/t/acme/logout", &[("csrf", &csrf)]).await;
    assert_eq!(reply.location(), "/t/acme/login");
    // The token is dead on the server, not only forgotten by the browser.
    browser.cookies.insert("__Host-portway-session-acme".into(), token);
    assert_eq!(browser.get("/t/acme/").await.location(), "/t/acme/login");
}

#[tokio::test]
async fn sessions_end_when_idle_and_after_a_day() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    for _ in 0..2 {
        world.clock.advance(TimeDelta::hours(11));
        assert_eq!(browser.get("/t/acme/").await.status, StatusCode::OK);
    }
    world.clock.advance(TimeDelta::hours(3));
    assert_eq!(browser.get("/t/acme/").await.status, StatusCode::SEE_OTHER, "24 h are over");
    let mut browser = world.signed_in().await;
    world.clock.advance(TimeDelta::hours(12));
    assert_eq!(browser.get("/t/acme/").await.status, StatusCode::SEE_OTHER, "idle for 12 h");
}

#[tokio::test]
async fn sign_in_leads_nowhere_but_home_or_a_request_of_ours() {
    let world = World::start().await;
    let mut browser = world.browser();
    let form = browser.get("/t/acme/login").await;
    let csrf = form.csrf("/t/acme/login");
    for target in ["//evil.example", "https://evil.example", "/\\evil.example", "arq_x", "javascript:alert(1)"] {
        let fields = [("csrf", &*csrf), ("request", target), ("user_name", "ana"), ("password", PASSWORD)];
        let reply = browser.post("/t/acme/login", &fields).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""), "{target}");
    }
}

#[tokio::test]
async fn whoever_came_from_the_console_goes_back_there() {
    let world = World::start().await;
    let mut browser = world.browser();
    browser.get("/t/acme/login?console=servers%3Fq%3Dgit").await;
    let reply = browser.sign_in("/t/acme/login", "ana").await;
    assert_eq!(reply.location(), "/t/acme/");
    assert_eq!(browser.get("/t/acme/").await.location(), "/console/acme/servers?q=git");
    assert_eq!(browser.get("/t/acme/").await.status, StatusCode::OK, "once");
    let reply = browser.get("/t/acme/login?console=servers%2Fsrv_1").await;
    assert_eq!(reply.location(), "/console/acme/servers/srv_1", "who is signed in goes there at once");
    let reply = browser.get("/t/acme/login?console=..%2F..%2Ft%2Facme%2Flogout").await;
    assert_eq!(reply.location(), "/console/acme/servers");
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_per_address() {
    let world = World::start().await;
    let mut refused = None;
    for attempt in 0..20_u32 {
        let mut browser = world.browser();
        browser.address = format!("198.51.100.{attempt}");
        let reply = browser.try_sign_in("/t/acme/login", "ana", "wrong").await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some((attempt, reply));
            break;
        }
    }
    let (attempt, reply) = refused.expect("one account from many addresses");
    assert!(attempt >= 9 && reply.headers.contains_key(RETRY_AFTER) && reply.body.contains("Too many attempts"));
    let mut browser = world.browser();
    let mut tried = 0;
    while browser.try_sign_in("/t/acme/login", &format!("user{tried}"), "wrong").await.status == StatusCode::FORBIDDEN {
        tried += 1;
        assert!(tried < 60, "many accounts from one address");
    }
}

#[tokio::test]
async fn local_accounts_can_be_switched_off() {
    let world = World::start().await;
    world.set("acme", |settings| settings.local_accounts = false).await;
    let page = world.get("/t/acme/login").await;
    assert!(page.body.contains("switched off") && !page.body.contains("type=\"password\""));
}

#[tokio::test]
async fn home_shows_servers_with_a_line_per_ide_or_what_to_do() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/t/acme").await.location(), "/t/acme/");
    let home = browser.get("/t/acme/").await;
    for shown in [
        "https://gw.example/acme/mcp/git/server",
        "claude mcp add --transport http git https://gw.example/acme/mcp/git/server",
        "cursor://anysphere.cursor-deeplink/mcp/install?name=git",
        "vscode:mcp/install?",
        "codex mcp add git",
    ] {
        assert!(home.body.contains(shown), "{shown} not in {}", home.body);
    }
    assert_eq!(home.header(CACHE_CONTROL), "no-store");

    world.add_tenant("empty").await;
    world.add_user("empty", "owen", TenantRole::Owner).await;
    world.add_user("empty", "mia", TenantRole::Member).await;
    let mut owner = world.browser();
    owner.sign_in("/t/empty/login", "owen").await;
    // By the console, where this build has one.
    let way = if console::is_built() { "/console/empty/servers/new" } else { "/api/v1/tenants/empty/servers" };
    assert!(owner.get("/t/empty/").await.body.contains(way));
    let mut member = world.browser();
    member.sign_in("/t/empty/login", "mia").await;
    assert!(member.get("/t/empty/").await.body.contains("owen of empty"));
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever_under_its_hashed_name() {
    let world = World::start().await;
    let page = world.get("/t/acme/login").await;
    let path = page.body.split("stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let css = world.get(path).await;
    assert_eq!(css.status, StatusCode::OK);
    assert!(css.header(CACHE_CONTROL).contains("immutable") && css.header("content-type").starts_with("text/css"));
    assert_eq!(world.get("/assets/portway-0.css").await.status, StatusCode::NOT_FOUND);
    let missing = world.get("/t/nobody/login").await;
    assert!(missing.status == StatusCode::NOT_FOUND && missing.body.contains("tenant.unknown"));
}

#[tokio::test]
async fn pages_have_the_theme_that_was_chosen_in_the_console() {
    let world = World::start().await;
    assert!(world.get("/t/acme/login").await.body.contains("href=\"/assets/theme.css\""));
    let check = async |cookie: &str, expected: &str| {
        let request = Request::get("/assets/theme.css").header(HOST, "auth.example").header(COOKIE, cookie);
        let css = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((css.header(CACHE_CONTROL), css.body.as_str()), ("no-store", expected), "{cookie}");
    };
    check("portway-theme=dark", ":root { color-scheme: dark; }\n").await;
    check("portway-theme=light", ":root { color-scheme: light; }\n").await;
    check("portway-theme=red;}", "").await;
}

#[tokio::test]
async fn a_one_time_link_makes_a_person_and_signs_them_in_once() {
    let world = World::start().await;
    let new = platform::NewTenant {
        slug: "fresh".into(),
        display_name: "Fresh".into(),
        owner_email: Some("olga@example.com".into()),
        ..platform::NewTenant::default()
    };
    let (_, invitation) = platform::create_tenant(&world.app, Actor::System, new).await.unwrap();
    let link = invitation.unwrap().link;
    let path = link.expose_secret().strip_prefix(ORIGIN).unwrap().to_owned();
    let mut browser = world.browser();
    for _ in 0..3 {
        let page = browser.get(&path).await;
        assert!(page.status == StatusCode::OK && page.body.contains("olga@example.com"), "looking uses nothing up");
        assert_eq!((page.header(CACHE_CONTROL), page.header("referrer-policy")), ("no-store", "no-referrer"));
    }
    let csrf = browser.get(&path).await.body.split("name=\"csrf\" value=\"").nth(1).unwrap()[..43].to_owned();
    let mut submit = async |name: &str, one: &str, two: &str, csrf: &str| {
        let fields = [("csrf", csrf), ("display_name", name), ("password", one), ("password_again", two)];
        browser.post(&path, &fields).await
    };
    assert_eq!(submit("Olga", PASSWORD, PASSWORD, "").await.status, StatusCode::FORBIDDEN);
    for (name, one, two, problem) in [
        ("Olga", PASSWORD, "another one here", "differ"),
        ("Olga", "short", "short", "at least 12 characters"),
        ("", PASSWORD, PASSWORD, "Your name"),
    ] {
        let reply = submit(name, one, two, &csrf).await;
        assert!(reply.status == StatusCode::BAD_REQUEST && reply.body.contains(problem), "{}", reply.body);
        assert!(!reply.body.contains(one));
    }
    assert_eq!(submit("Olga", PASSWORD, PASSWORD, &csrf).await.location(), "/t/fresh/");
    let again = submit("Olga", PASSWORD, PASSWORD, &csrf).await;
    assert!(again.status == StatusCode::NOT_FOUND && again.body.contains("invitation.gone"));
    assert!(browser.get("/t/fresh/").await.body.contains("Olga"));
    world.browser().sign_in("/t/fresh/login", "olga@example.com").await;
}

#[tokio::test]
async fn the_door_leads_on_and_tells_nobody_which_tenants_exist() {
    let world = World::start().await;
    let mut browser = world.browser();
    let door = browser.get("/").await;
    assert!(door.status == StatusCode::OK && door.body.contains("Organisation"));
    for name in ["acme", "%20ACME%20", "nobody"] {
        let reply = browser.get(&format!("/?tenant={name}")).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        let expected = format!("/t/{}/", name.replace("%20", "").to_lowercase());
        assert_eq!(reply.headers["location"], expected.as_str());
    }
    for bad in ["", "//evil.example", "a%0d%0aset-cookie:x", "%3Cscript%3E"] {
        let reply = browser.get(&format!("/?tenant={bad}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(reply.body.contains("role=\"alert\"") && !reply.body.contains("<script"));
    }
}

#[tokio::test]
async fn home_with_many_servers_pages_and_finds() {
    let world = World::start().await;
    let mut browser = world.browser();
    browser.sign_in("/t/acme/login", "ana").await;
    let empty = browser.get("/t/acme/?q=%3Cb%3Enothing").await;
    assert!(empty.body.contains("No server of that name") && !empty.body.contains("<b>nothing"));
    for number in 0..45 {
        let id = world.add_server("acme", &format!("wiki-{number:02}")).await;
        world.grant("acme", id, Subject::Everyone).await;
    }
    let cards = |body: &str| body.matches("class=\"url copy\"").count();
    let first = browser.get("/t/acme/").await;
    assert_eq!(cards(&first.body), 20);
    assert!(first.body.contains("rel=\"next\"") && !first.body.contains("rel=\"prev\""));
    let last = browser.get("/t/acme/?q=wiki&page=3").await;
    assert_eq!(cards(&last.body), 5);
    assert!(last.body.contains("wiki-44") && last.body.contains("rel=\"prev\"") && !last.body.contains("rel=\"next\""));
    let found = browser.get("/t/acme/?q=WIKI-3").await;
    assert_eq!(cards(&found.body), 10);
    let odd = browser.get("/t/acme/?page=18446744073709551615&page=x&q=%25").await;
    assert!(odd.status == StatusCode::OK && cards(&odd.body) == 0, "a percent sign is a letter here");
}
