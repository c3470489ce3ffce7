//! The authorization server seen from IDEs and browsers.

use chrono::TimeDelta;
use serde_json::json;
use world::browser::Browser;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::{Ide, parameter};
use world::{World, on_both};

on_both! {
    async fn a_stale_refresh_token_works_for_a_day_and_a_much_older_one_does_not(setup: Setup) {
        let world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", upstream.url.as_str()).await;
        let mut ide = owner.ide("github").await;
        let first = ide.tokens["refresh_token"].as_str().unwrap().to_owned();
        // Several processes of one IDE: one rotates, the other comes three hours later with its copy.
        world.advance(TimeDelta::hours(25));
        assert_eq!(ide.refresh().await.status, 200);
        let second = ide.tokens["refresh_token"].as_str().unwrap().to_owned();
        assert_ne!(first, second, "a day-old token rotates");
        world.advance(TimeDelta::hours(3));
        let stale = ide.refresh_with(&first).await;
        assert_eq!(stale.status, 200, "{}", stale.body);
        assert_eq!(stale.json()["refresh_token"], second.as_str(), "the same successor");
        ide.tokens = stale.json();
        assert_eq!(ide.initialize().await.status, 200);
        world.advance(TimeDelta::hours(22));
        let dead = ide.refresh_with(&first).await;
        assert_eq!((dead.status.as_u16(), dead.json()["error"].as_str()), (400, Some("invalid_grant")));
        assert_eq!(ide.refresh_with(&second).await.status, 200, "the family lives on");
    }

    async fn a_person_without_access_sees_a_page_and_the_ide_gets_access_denied(setup: Setup) {
        let world = setup.start().await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", "https://mcp.example/mcp").await;
        let ana = owner.invite("ana", "member").await;
        for server in ["github", "does-not-exist"] {
            let mut ide = Ide::new(&ana.url(server));
            ide.discover().await;
            ide.register(&[world::ide::REDIRECT]).await;
            let page = ana.browser.open(ide.authorize_url(&[])).await;
            assert_eq!(page.status, 403, "{}", page.text());
            assert!(page.text().contains("owner@acme.example"), "whom to ask: {}", page.text());
            let back = ide.back(&ana.browser, page, "return to").await;
            assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
            assert_eq!(parameter(&back, "state").as_deref(), Some("a state/of +its own"));
            assert_eq!(parameter(&back, "iss").as_deref(), ide.metadata["issuer"].as_str());
        }
    }

    async fn a_refused_consent_goes_back_to_the_ide(setup: Setup) {
        let world = setup.split_hosts().start().await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", "https://mcp.example/mcp").await;
        let mut ide = Ide::new(&owner.url("github"));
        ide.discover().await;
        ide.register(&[world::ide::REDIRECT]).await;
        let page = owner.browser.open(ide.authorize_url(&[])).await;
        for words in ["Test IDE", owner.url("github").as_str(), "localhost:49152"] {
            assert!(page.text().contains(words), "the consent page names {words}: {}", page.text());
        }
        let back = ide.back(&owner.browser, page, "deny").await;
        assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    }

    async fn a_fresh_person_is_never_refused_for_lack_of_configuration(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.grant_everyone(&server).await;
        // No wait in between: read-your-writes is the nodes' job.
        for number in 0..8 {
            let person = owner.invite(&format!("p{number}"), "member").await;
            let ide = person.ide("github").await;
            for node in &world.nodes {
                assert_eq!(ide.at(&node.origin()).initialize().await.status, 200);
            }
        }
    }

    async fn atk_20_parallel_refreshes_get_one_successor(setup: Setup) {
        let world = setup.start().await;
        let owner = world.tenant("acme").await;
        owner.register_server("github", "https://mcp.example/mcp").await;
        let ide = owner.ide("github").await;
        let token = ide.tokens["refresh_token"].as_str().unwrap().to_owned();
        world.advance(TimeDelta::hours(25));
        let answers = futures::future::join_all((0..8).map(|_| ide.refresh_with(&token))).await;
        let successors: std::collections::HashSet<_> = answers
            .iter()
            .map(|answer| answer.json()["refresh_token"].as_str().map(str::to_owned).unwrap_or(answer.body.clone()))
            .collect();
        assert_eq!(successors.len(), 1, "{successors:?}");
        assert!(!successors.contains(&token) && answers.iter().all(|answer| answer.status == 200));
    }
}

#[tokio::test]
async fn wrong_redirects_and_clients_get_a_page_and_never_a_redirect() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://mcp.example/mcp").await;
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    ide.register(&[world::ide::REDIRECT, "https://app.example/cb/callback"]).await;
    for (name, value) in [
        ("client_id", "nobody"),
        ("client_id", ""),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "https://app.example/cb/callback?x=1"),
        ("redirect_uri", "https://app.example/cb/other/../callback"),
        ("redirect_uri", "http://localhost.evil.example:49152/callback"),
        ("redirect_uri", "http://127.0.0.1:49152/callback"),
        ("redirect_uri", ""),
    ] {
        let page = owner.browser.open(ide.authorize_url(&[(name, value)])).await;
        assert_eq!(page.status, 400, "{name}={value}: {}", page.url);
        assert!(page.is_html() && page.refresh().is_none(), "{name}={value}");
    }
    // Any loopback port is the same client (RFC 8252 §7.3).
    let page = owner.browser.open(ide.authorize_url(&[("redirect_uri", "http://localhost:1234/callback")])).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("resource", "", "invalid_target"),
        ("resource", "https://elsewhere.example/acme/mcp/github/server", "invalid_target"),
        ("resource", "not a url", "invalid_target"),
    ] {
        let page = owner.browser.open(ide.authorize_url(&[(name, value)])).await;
        assert_eq!(
            parameter(&page.url, "error").as_deref(),
            Some(error),
            "{name}={value}: {} {}",
            page.url,
            page.text()
        );
        assert_eq!(parameter(&page.url, "iss").as_deref(), ide.metadata["issuer"].as_str());
    }
}

#[tokio::test]
async fn atk_01_a_flow_started_in_one_browser_does_not_complete_in_another() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    let server = owner.register_server("github", "https://mcp.example/mcp").await;
    owner.grant_everyone(&server).await;
    let (victim, attacker) = (owner.invite("victim", "member").await, owner.invite("attacker", "member").await);
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    ide.register(&[world::ide::REDIRECT]).await;
    let consent = attacker.browser.open(ide.authorize_url(&[])).await;
    // The attacker's consent page, opened or submitted by the victim's browser, gives nothing.
    let opened = victim.browser.open(&consent.url).await;
    assert!(!opened.has_button("approve"), "{}", opened.text());
    let submitted = victim.browser.submit(consent.form("approve").pressed("approve")).await;
    assert!(submitted.status.is_client_error() && submitted.refresh().is_none(), "{}", submitted.text());
    // Nor does a second approval by its rightful owner.
    let form = consent.form("approve").pressed("approve");
    assert!(attacker.browser.submit(form.clone()).await.refresh().is_some());
    let again = attacker.browser.submit(form).await;
    assert!(again.refresh().is_none_or(|url| parameter(&url, "code").is_none()), "{}", again.text());
}

#[tokio::test]
async fn atk_04_codes_are_single_use_and_bound_to_client_redirect_and_verifier() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://mcp.example/mcp").await;
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    ide.register(&[world::ide::REDIRECT]).await;
    let mut other = ide.clone();
    other.register(&[world::ide::REDIRECT]).await;
    let code = async || {
        let back = ide.approve(&owner.browser, &ide.authorize_url(&[])).await;
        assert_eq!(parameter(&back, "iss").as_deref(), ide.metadata["issuer"].as_str());
        parameter(&back, "code").expect("a code")
    };
    let wrong = "x".repeat(64);
    for (name, value, error) in [
        ("code_verifier", wrong.as_str(), "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("redirect_uri", "http://localhost:1/callback", "invalid_grant"),
        ("client_id", other.client_id.as_str(), "invalid_grant"),
        ("client_id", "nobody", "invalid_client"),
        ("resource", "https://mcp.example/", "invalid_target"),
    ] {
        let refused = ide.exchange(&code().await, &[(name, value)]).await;
        assert_eq!(refused.json()["error"], error, "{name}={value}: {}", refused.body);
        assert_eq!(refused.headers["cache-control"], "no-store");
    }
    let code = code().await;
    let tokens = ide.exchange(&code, &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.headers["cache-control"], "no-store");
    let again = ide.exchange(&code, &[]).await;
    assert_eq!(again.json()["error"], "invalid_grant");
    // Reuse revokes what the code gave (OAuth 2.1 §4.1.3).
    let refresh = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(ide.refresh_with(&refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_strict_tenant_revokes_the_family_on_reuse() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.patch("", json!({"settings": {"refresh_rotation": "strict"}})).await.ok();
    owner.register_server("github", "https://mcp.example/mcp").await;
    let mut ide = owner.ide("github").await;
    let first = ide.tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(ide.refresh().await.status, 200);
    let second = ide.tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(ide.refresh_with(&first).await.json()["refresh_token"], second.as_str(), "within the grace");
    world.advance(TimeDelta::seconds(61));
    assert_eq!(ide.refresh_with(&first).await.json()["error"], "invalid_grant");
    assert_eq!(ide.refresh_with(&second).await.json()["error"], "invalid_grant", "the family is revoked");
}

#[tokio::test]
async fn the_doors_are_rate_limited() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    let thief = Browser::new();
    let mut refused = None;
    for _ in 0..200 {
        let url = format!("{}/api/v1/tenants/acme/session", world.auth_origin);
        let guess = json!({"user_name": owner.user_name, "password": "wrong wrong wrong"});
        let answer = thief.client().post(url).header("x-portway-csrf", "1").json(&guess).send().await.unwrap();
        if answer.status() == 429 {
            refused = Some(answer.headers()["retry-after"].clone());
            break;
        }
        assert_eq!(answer.status(), 401);
    }
    assert!(refused.is_some(), "200 guesses were let through");
}
