//! Answers that must sign nobody in, and providers that do not work.

use chrono::TimeDelta;
use serde_json::{Value, json};
use world::World;
use world::browser::Browser;
use world::fakes::idp::{Idp, Signing};
use world::ide::parameter;

use super::{Stage, connect, is_home, stage};

/// A tenant whose person `ana-1` may sign in.
async fn known() -> Stage {
    // Two hosts: the front of one host believes no address that a browser says it has.
    let stage = stage(World::setup().split_hosts()).await;
    let invited = stage.owner.post("invitations", json!({"email": "ana@acme.example", "role": "member"})).await.ok();
    let browser = Browser::new();
    let join = browser.open(invited["link"].as_str().unwrap()).await;
    let answer = stage.go(&browser, &join).await;
    assert!(is_home(&browser.open(answer).await));
    stage
}

async fn is_signed_in(stage: &Stage, browser: &Browser) -> bool {
    let url = format!("{}/api/v1/tenants/acme/session", stage.world.auth_origin);
    browser.client().get(url).send().await.unwrap().status() == 200
}

#[tokio::test]
async fn an_id_token_with_anything_wrong_signs_nobody_in() {
    let stage = known().await;
    let now = {
        use control_plane::domain::Clock;
        control_plane::domain::clock::SystemClock.now().timestamp()
    };
    let claims = [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{}/", stage.idp.origin)}),
        json!({"aud": "another client"}),
        json!({"aud": ["portway", "another client"]}),
        json!({"azp": "another client"}),
        json!({"exp": now - 61}),
        json!({"exp": null}),
        json!({"iat": now - 3_600}),
        json!({"iat": now + 3_600}),
        json!({"sub": null}),
        json!({"sub": ""}),
    ];
    let signings = [Signing::None, Signing::Secret, Signing::Unpublished];
    let tries = claims.into_iter().map(|change| (change, Signing::Newest)).chain(signings.map(|one| (json!({}), one)));
    for (number, (change, signing)) in tries.enumerate() {
        // Each from another network: the door is rate-limited.
        let browser = Browser::at(&format!("192.0.2.{}", number + 1));
        stage.idp.change(change.clone());
        stage.idp.sign_with(signing);
        let page = stage.sign_in(&browser).await;
        let refused = [400, 502].contains(&page.status.as_u16()) && page.text().contains("sso.");
        assert!(refused, "{change} {signing:?}: {} {}", page.status, page.text());
        assert!(!is_signed_in(&stage, &browser).await, "{change} {signing:?}");
    }
    stage.idp.change(json!({}));
    stage.idp.sign_with(Signing::Newest);
    assert!(is_home(&stage.sign_in(&Browser::new()).await));
    let audit = stage.owner.get("audit?limit=100").await.ok().to_string();
    assert!(audit.contains("sso.answer_refused") && audit.contains("nonce"), "administrators see why: {audit}");
}

#[tokio::test]
async fn atk_19_an_answer_is_good_once_in_its_browser_for_its_provider_and_for_ten_minutes() {
    let stage = known().await;
    let (ana, eve) = (Browser::at("192.0.2.1"), Browser::at("192.0.2.2"));
    let gone = |page: &world::browser::Page| page.status == 400 && page.text().contains("sso.gone");
    // Sent to somebody else's browser: a sign-in forced upon them, or a code that was stolen.
    let answer = stage.answer(&ana).await;
    assert!(gone(&eve.open(&answer).await));
    // A browser with a sign-in of its own on its way is no other case.
    stage.answer(&eve).await;
    assert!(gone(&eve.open(&answer).await));
    assert!(!is_signed_in(&stage, &eve).await);
    assert!(is_home(&ana.open(&answer).await), "the rightful one is not disturbed");
    assert!(gone(&ana.open(&answer).await), "replayed");

    // Mix-up: the answer of one provider at the callback of another.
    let second = Idp::start().await;
    let other = connect(&stage.owner, second.settings("Entra")).await;
    let answer = stage.answer(&eve).await;
    let crossed = answer.as_str().replace(&stage.provider, &other);
    assert!(gone(&eve.open(&crossed).await));
    assert_eq!(second.asked("/token"), 0, "no code of the one is shown to the other");
    for iss in [Some(second.origin.as_str()), None] {
        let mut answer = stage.answer(&eve).await;
        let kept: Vec<(String, String)> =
            answer.query_pairs().filter(|(name, _)| name != "iss").map(|(a, b)| (a.into(), b.into())).collect();
        answer.query_pairs_mut().clear().extend_pairs(kept);
        if let Some(iss) = iss {
            answer.query_pairs_mut().append_pair("iss", iss);
        }
        let asked = stage.idp.asked("/token");
        let page = eve.open(&answer).await;
        assert!(page.status == 400 && page.text().contains("sso.answer_refused"), "{iss:?}: {}", page.text());
        assert_eq!(stage.idp.asked("/token"), asked, "the code goes nowhere");
    }
    // A parameter that comes twice; a code that the provider does not know; no state.
    let answer = stage.answer(&eve).await;
    assert!(gone(&eve.open(format!("{answer}&state=x")).await));
    let code = parameter(&answer, "code").unwrap();
    let page = eve.open(answer.as_str().replace(&code, "made-up")).await;
    assert!(page.status == 400 && page.text().contains("sso.answer_refused"), "{}", page.text());
    assert!(gone(&eve.open(stage.url(&format!("sso/{}/callback?code=x", stage.provider))).await));
    // The provider says no.
    let answer = stage.answer(&eve).await;
    let (state, origin) = (parameter(&answer, "state").unwrap(), &stage.idp.origin);
    let denied = format!("sso/{}/callback?error=access_denied&state={state}&iss={origin}", stage.provider);
    let page = eve.open(stage.url(&denied)).await;
    assert!(page.status == 403 && page.text().contains("access_denied"), "{}", page.text());
    // Too late.
    let answer = stage.answer(&eve).await;
    stage.world.advance(TimeDelta::seconds(601));
    assert!(gone(&eve.open(&answer).await));
    assert!(!is_signed_in(&stage, &eve).await);
}

#[tokio::test]
async fn keys_are_kept_asked_for_again_when_they_rotate_and_not_driven_by_strangers() {
    let stage = known().await;
    let browser = Browser::new();
    assert_eq!(stage.idp.asked("/keys"), 1);
    assert!(is_home(&stage.sign_in(&browser).await));
    assert_eq!((stage.idp.asked("/keys"), stage.idp.asked("/.well-known/openid-configuration")), (1, 1));
    // Tokens with keys that nobody knows make us ask once in a while, not each time.
    stage.world.advance(TimeDelta::seconds(11));
    stage.idp.sign_with(Signing::Unpublished);
    for _ in 0..4 {
        assert!(!is_home(&stage.sign_in(&Browser::new()).await));
    }
    assert_eq!(stage.idp.asked("/keys"), 2);
    stage.idp.sign_with(Signing::Newest);
    stage.idp.rotate();
    stage.world.advance(TimeDelta::seconds(11));
    assert!(is_home(&stage.sign_in(&Browser::new()).await), "the new key is found");
    assert_eq!(stage.idp.asked("/keys"), 3);
}

#[tokio::test]
async fn a_provider_that_does_not_work_is_said_so_before_the_browser_leaves() {
    let world = World::setup().providers().start().await;
    let owner = world.tenant("acme").await;
    let huge = format!("{{\"issuer\": \"{}\"}}", "x".repeat(300_000));
    let document = "/.well-known/openid-configuration";
    let mut number = 0;
    for (status, kind, body) in [
        (200, "text/html", "<html>Please log in</html>"),
        (200, "application/json", huge.as_str()),
        (200, "application/json", "{\"issuer\": \"https://evil.example\"}"),
        (500, "application/json", "{}"),
        (302, "text/plain", ""),
    ] {
        number += 1;
        let (idp, label) = (Idp::start().await, format!("Okta {number}"));
        idp.answer(document, status, kind, body);
        connect(&owner, idp.settings(&label)).await;
        let (browser, url) = (Browser::new(), format!("{}/t/acme/login", world.auth_origin));
        let login = browser.open(url).await;
        let page = browser.press(&login, &format!("continue with {label}"), &[]).await;
        assert!(page.status == 502 && page.text().contains("sso.provider_away"), "{kind}: {}", page.text());
        assert!(page.text().contains("Back to sign-in"), "{}", page.text());
    }
    // Slow: within a bound, also at the token endpoint, where the browser is already back.
    let idp = Idp::start().await;
    connect(&owner, idp.settings("Slow")).await;
    idp.stall("/token");
    let browser = Browser::new();
    let login = browser.open(format!("{}/t/acme/login", world.auth_origin)).await;
    let out = browser.press(&login, "continue with slow", &[]).await;
    let answer = browser.open(out.refresh().unwrap()).await.url;
    let page = browser.open(answer).await;
    assert!(page.status == 502 && page.text().contains("sso.provider_away"), "{}", page.text());
}

#[tokio::test]
async fn atk_15_a_trial_tells_nothing_of_our_network() {
    let world = World::setup().providers().start().await;
    let owner = world.tenant("acme").await;
    let idp = Idp::start().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let mut words = Vec::new();
    for issuer in [closed.as_str(), "https://10.0.0.1", "https://169.254.169.254", "https://no-such-host.example"] {
        let body = json!({"label": "x", "issuer": issuer, "client_id": "x"});
        let tried = owner.post("identity-providers/test", body).await.ok();
        assert_eq!((&tried["passed"], &tried["steps"][0]["outcome"]), (&json!(false), &json!("failed")));
        words.push(tried["steps"][0]["message"].as_str().unwrap().replace(issuer, ""));
    }
    assert!(words.iter().all(|one| *one == words[0]), "{words:?}");
    let plain = json!({"label": "x", "issuer": "http://idp.example", "client_id": "x"});
    owner.post("identity-providers/test", plain).await.refused(400, "invalid");

    let outcomes = |tried: &Value| -> Vec<String> {
        tried["steps"].as_array().unwrap().iter().map(|step| step["outcome"].as_str().unwrap().to_owned()).collect()
    };
    let good = owner.post("identity-providers/test", idp.settings("Okta")).await.ok();
    assert_eq!((outcomes(&good), &good["passed"]), (vec!["passed".to_owned(); 3], &json!(true)), "{good}");
    let mut wrong = idp.settings("Okta");
    wrong["client_secret"] = json!("expired");
    let tried = owner.post("identity-providers/test", wrong.clone()).await.ok();
    assert_eq!(outcomes(&tried), ["passed", "passed", "failed"], "{tried}");
    assert!(!tried.to_string().contains("expired"), "{tried}");
    let id = connect(&owner, wrong).await;
    let tried = owner.post(&format!("identity-providers/{id}/test"), json!({})).await.ok();
    assert_eq!(outcomes(&tried), ["passed", "passed", "failed"], "{tried}");
    idp.answer("/keys", 200, "application/json", "{\"keys\": []}");
    let tried = owner.post(&format!("identity-providers/{id}/test"), json!({})).await.ok();
    assert_eq!(outcomes(&tried), ["passed", "failed", "failed"], "{tried}");
    // ATK-13: trying asks for the role of saving.
    let member = owner.invite("bo", "member").await;
    for path in ["identity-providers/test".to_owned(), format!("identity-providers/{id}/test")] {
        let asked = idp.asked("/.well-known/openid-configuration");
        member.post(&path, idp.settings("Okta")).await.refused(403, "forbidden");
        assert_eq!(idp.asked("/.well-known/openid-configuration"), asked, "nothing was sent");
    }
}
