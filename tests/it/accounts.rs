//! Servers that want an account of each person's own at a provider: authorized once, kept fresh, never anybody else's.

use chrono::TimeDelta;
use serde_json::{Value, json};
use url::Url;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::ide::{Ide, REDIRECT, parameter};
use world::people::Person;
use world::world::Setup;
use world::{World, on_both};

/// A tenant with a server `github`, whose people sign in at the provider.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) provider: Provider,
    pub(crate) upstream: McpServer,
    pub(crate) owner: Person,
    pub(crate) server: String,
}

pub(crate) async fn stage(setup: Setup, settings: Value) -> Stage {
    let world = setup.providers().start().await;
    let (provider, upstream) = (Provider::start().await, McpServer::start(Era::Legacy).await);
    upstream.guard(&provider, &json!({}));
    upstream.on("tools/call", |seen| {
        let said = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        Reply::Result(json!({"content": [{"type": "text", "text": said.unwrap_or_default()}]}))
    });
    let owner = world.tenant("acme").await;
    let mut auth = json!({"kind": "oauth_per_user"});
    for (name, value) in settings.as_object().unwrap() {
        auth[name] = value.clone();
    }
    let body = json!({"slug": "github", "display_name": "GitHub", "upstream_url": upstream.url.as_str(), "outbound_auth": auth});
    let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    Stage { world, provider, upstream, owner, server }
}

impl Stage {
    fn page(&self) -> String {
        format!("{}/t/acme/connect/github", self.world.auth_origin)
    }

    /// The answer of the provider, before the browser brings it.
    async fn answer(&self, person: &Person) -> Url {
        let page = person.browser.open(self.page()).await;
        let out = person.browser.press(&page, "continue to github", &[]).await;
        let there = out.refresh().unwrap_or_else(|| panic!("{} {}: {}", out.url, out.status, out.text()));
        let client = world::http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer = client.get(there).send().await.unwrap();
        answer.headers()["location"].to_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn connect(&self, person: &Person, name: &str) {
        self.provider.person(name);
        let page = person.browser.open(self.page()).await;
        let back = person.browser.there_and_back(&page, "continue to github").await;
        assert!(back.heading().contains("is connected"), "{} {}", back.url, back.text());
    }

    pub(crate) async fn state(&self, person: &Person) -> String {
        person.get("me/accounts").await.ok()["items"][0]["state"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn said(ide: &mut Ide) -> String {
    let result = ide.call_tool("whoami", json!({})).await.json()["result"].clone();
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

/// An IDE of somebody, signed in and past the handshake.
pub(crate) async fn ready(person: &Person) -> Ide {
    let mut ide = person.ide("github").await;
    assert_eq!(ide.initialize().await.status, 200);
    ide
}

on_both! {
    async fn each_person_signs_in_at_the_provider_in_the_middle_of_the_way_in(setup: Setup) {
        let stage = stage(setup.nodes(2), json!({})).await;
        let (ana, bo) = (stage.owner.invite("ana", "member").await, stage.owner.invite("bo", "member").await);
        let mut ides = Vec::new();
        for (person, name) in [(&ana, "ana"), (&bo, "bo")] {
            stage.provider.person(name);
            let mut ide = Ide::new(&person.url("github"));
            ide.discover().await;
            ide.register(&[REDIRECT]).await;
            let consent = person.browser.open(ide.authorize_url(&[])).await;
            let connect = person.browser.press(&consent, "approve", &[]).await;
            assert!(connect.text().contains("account of your own"), "{}", connect.text());
            let connected = person.browser.there_and_back(&connect, "continue to github").await;
            assert_eq!(connected.heading(), "Connected", "{} {}", connected.url, connected.text());
            let back = connected.refresh().expect("back to the IDE");
            let answer = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            ide.tokens = answer.json();
            ides.push((ide, format!("Bearer at-{name}-")));
        }
        assert_eq!(stage.provider.asked("/register"), 1, "one registration for the tenant");
        for (ide, expected) in &ides {
            for node in &stage.world.nodes {
                let mut there = ide.at(&node.origin());
                assert_eq!(there.initialize().await.status, 200);
                let heard = said(&mut there).await;
                assert!(heard.starts_with(expected), "{heard} is not {expected}");
            }
        }
        let (asked, exchanged) = (stage.provider.forms("/authorize"), stage.provider.forms("/token"));
        for form in asked.iter().chain(&exchanged) {
            assert_eq!(form["resource"], stage.upstream.url.as_str(), "{form:?}");
        }
        assert_eq!((&*asked[0]["scope"], &*asked[0]["code_challenge_method"]), ("read", "S256"));

        // Nobody reads a token: not REST, not the audit trail.
        for path in ["me/accounts".to_owned(), format!("servers/{}/credentials", stage.server), "audit?limit=200".to_owned()] {
            let text = stage.owner.get(&path).await.text + &ana.get(&path).await.text;
            assert!(!text.contains("at-ana") && !text.contains("rt-") && !text.contains("secret-"), "{path}");
        }
        let account = ana.get("me/accounts").await.ok()["items"][0].clone();
        assert_eq!((&account["state"], &account["scope"]), (&json!("ready"), &json!("read")), "{account}");
        assert!(account["expires_at"].is_string());
    }

    async fn a_token_is_renewed_once_whoever_calls_and_ends_when_the_provider_says_so(setup: Setup) {
        let stage = stage(setup.nodes(3), json!({})).await;
        let ana = stage.owner.invite("ana", "member").await;
        stage.connect(&ana, "ana").await;
        let mut ide = ready(&ana).await;
        let first = said(&mut ide).await;
        // Ahead of its end, one call of many renews it: on three nodes at once.
        stage.world.advance(TimeDelta::seconds(570));
        let mut calls = Vec::new();
        for number in 0..48 {
            let mut there = ide.at(&stage.world.nodes[number % 3].origin());
            calls.push(world::spawn(async move { said(&mut there).await }));
        }
        for call in calls {
            assert!(call.await.unwrap().starts_with("Bearer at-ana-"));
        }
        let renewals = || stage.provider.forms("/token").iter().filter(|form| form["grant_type"] == "refresh_token").count();
        assert_eq!(renewals(), 1);
        let second = said(&mut ide).await;
        assert_ne!(first, second);
        assert!(ana.get("me/accounts").await.ok()["items"][0]["refreshed_at"].is_string());

        // The provider is away: while the token lives, calls go on; then they say so; then all is well again.
        stage.provider.answer("/token", 503, "text/html", "<h1>Sorry</h1>");
        stage.world.advance(TimeDelta::seconds(570));
        assert_eq!(said(&mut ide).await, second);
        stage.world.advance(TimeDelta::seconds(60));
        let refused = said(&mut ide).await;
        assert!(refused.contains("credential.provider_away") && !refused.contains("Sorry"), "{refused}");
        assert_eq!(stage.state(&ana).await, "ready", "nothing for the person to do");
        stage.provider.as_ever();
        stage.world.advance(TimeDelta::seconds(10));
        let third = said(&mut ide).await;
        assert!(third.starts_with("Bearer at-ana-") && third != second, "{third}");

        // The provider ends it: only the person can help, and it is said where.
        stage.provider.end_all();
        stage.world.advance(TimeDelta::seconds(601));
        let refused = said(&mut ide).await;
        assert!(refused.contains("credential.expired") && refused.contains("/t/acme/connect/github"), "{refused}");
        assert_eq!(stage.state(&ana).await, "expired");
        let asked = stage.provider.asked("/token");
        assert!(said(&mut ide).await.contains("credential.expired"));
        assert_eq!(stage.provider.asked("/token"), asked, "it is not asked again and again");
        let page = ana.browser.open(stage.page()).await;
        assert!(page.text().contains("not renewed any more"), "{}", page.text());
        stage.connect(&ana, "ana").await;
        stage.world.synced("acme").await;
        assert!(said(&mut ide).await.starts_with("Bearer at-ana-"));
        let audit = stage.owner.get("audit?limit=200").await.text;
        assert!(audit.contains("credential.refused") && audit.contains("credential.connected"), "{audit}");
    }

    async fn a_provider_that_forgot_us_is_registered_with_anew_once(setup: Setup) {
        let stage = stage(setup, json!({})).await;
        let (ana, bo) = (stage.owner.invite("ana", "member").await, stage.owner.invite("bo", "member").await);
        stage.connect(&ana, "ana").await;
        stage.connect(&bo, "bo").await;
        let (mut anas, mut bos) = (ready(&ana).await, ready(&bo).await);
        stage.provider.forget_clients();
        stage.world.advance(TimeDelta::seconds(601));
        let refused = said(&mut anas).await;
        assert!(refused.contains("credential.expired"), "{refused}");
        stage.connect(&ana, "ana").await;
        stage.world.synced("acme").await;
        assert!(said(&mut anas).await.starts_with("Bearer at-ana-"));
        // What is found out about Bo's account, of the old registration, leaves the new one be.
        assert!(said(&mut bos).await.contains("credential.expired"));
        stage.connect(&bo, "bo").await;
        stage.world.synced("acme").await;
        assert!(said(&mut bos).await.starts_with("Bearer at-bo-"));
        assert_eq!(stage.provider.asked("/register"), 2);
    }

    async fn an_answer_is_good_once_for_whoever_began_and_from_whom_it_should_be(setup: Setup) {
        let stage = stage(setup, json!({})).await;
        let (ana, eve) = (stage.owner.invite("ana", "member").await, stage.owner.invite("eve", "member").await);
        let refused = async |person: &Person, url: Url, code: &str| {
            let page = person.browser.open(url).await;
            assert!(page.status.is_client_error() && page.text().contains(code), "{} {}", page.status, page.text());
            assert_eq!(stage.state(&ana).await, "never_connected");
            assert_eq!(stage.state(&eve).await, "never_connected");
        };
        let changed = |url: &Url, name: &str, value: Option<&str>| {
            let pairs: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
            let mut url = url.clone();
            url.query_pairs_mut().clear().extend_pairs(pairs);
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
            url
        };
        // ATK-19: what Eve began is of no use to Ana, nor the other way round.
        refused(&ana, stage.answer(&eve).await, "account.gone").await;
        refused(&eve, stage.answer(&ana).await, "account.gone").await;
        refused(&ana, changed(&stage.answer(&ana).await, "state", Some("made-up")), "account.gone").await;
        refused(&ana, changed(&stage.answer(&ana).await, "state", None), "account.gone").await;
        // O7: of another issuer, or of none although it promised to name itself.
        refused(&ana, changed(&stage.answer(&ana).await, "iss", Some("https://evil.example")), "account.answer_refused").await;
        refused(&ana, changed(&stage.answer(&ana).await, "iss", None), "account.answer_refused").await;
        refused(&ana, changed(&stage.answer(&ana).await, "code", Some("code-999")), "account.provider_refused").await;
        refused(&ana, changed(&stage.answer(&ana).await, "code", None), "account.answer_refused").await;
        let denied = changed(&changed(&stage.answer(&ana).await, "code", None), "error", Some("access_denied"));
        refused(&ana, denied, "access_denied").await;
        // Too late.
        let late = stage.answer(&ana).await;
        stage.world.advance(TimeDelta::seconds(601));
        refused(&ana, late, "account.gone").await;
        // The token endpoint says nothing of use.
        for (status, kind, body) in [
            (200, "text/html", "<h1>Sign in</h1>".to_owned()),
            (200, "application/json", "{}".to_owned()),
            (200, "application/json", json!({"access_token": "a\r\nx: y"}).to_string()),
            (200, "application/json", json!({"access_token": "mac", "token_type": "mac"}).to_string()),
            (200, "application/json", "x".repeat(300_000)),
            (302, "text/plain", String::new()),
        ] {
            let answer = stage.answer(&ana).await;
            stage.provider.answer("/token", status, kind, &body);
            let page = ana.browser.open(answer).await;
            assert!([400, 502].contains(&page.status.as_u16()) && page.text().contains("account."), "{} {}", page.status, page.text());
            stage.provider.as_ever();
        }
        assert_eq!(stage.state(&ana).await, "never_connected");
        // The right one works, once.
        let answer = stage.answer(&ana).await;
        let connected = ana.browser.open(answer.clone()).await;
        assert!(connected.heading().contains("is connected"), "{}", connected.text());
        let again = ana.browser.open(answer).await;
        assert!(again.text().contains("account.gone"), "{}", again.text());
        assert_eq!(stage.state(&ana).await, "ready");
        let audit = stage.owner.get("audit?limit=200").await.ok();
        let reasons: Vec<&str> = audit["items"].as_array().unwrap().iter().filter(|one| one["action"] == "account.refused").map(|one| one["detail"]["reason"].as_str().unwrap()).collect();
        assert!(reasons.iter().any(|reason| reason.contains("evil.example")) && reasons.len() >= 10, "{reasons:?}");

        // Disconnected: here at once, and the provider is told.
        let page = ana.browser.open(stage.page()).await;
        ana.browser.press(&page, "disconnect github", &[]).await;
        assert_eq!(stage.state(&ana).await, "never_connected");
        assert_eq!(stage.provider.forms("/revoke").len(), 1);
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_used_is_said_so_before_the_browser_leaves() {
    let stage = stage(World::setup(), json!({})).await;
    let ana = stage.owner.invite("ana", "member").await;
    let refused = async |code: &str| {
        let page = ana.browser.open(stage.page()).await;
        let refused = ana.browser.press(&page, "continue to github", &[]).await;
        assert!(refused.text().contains(code), "{code}: {} {}", refused.status, refused.text());
        assert!(!refused.text().contains("127.0.0.1"), "nothing of the network: {}", refused.text());
    };
    for (members, code) in [
        (json!({"issuer": "https://evil.example"}), "account.answer_refused"),
        (json!({"code_challenge_methods_supported": ["plain"]}), "account.answer_refused"),
        (json!({"token_endpoint": "http://203.0.113.9/token"}), "account.answer_refused"),
        (json!({"registration_endpoint": null}), "account.not_set_up"),
    ] {
        stage.provider.metadata(members);
        refused(code).await;
    }
    stage.provider.metadata(json!({}));
    stage.provider.answer("/register", 400, "application/json", "{\"error\": \"invalid_client_metadata\"}");
    refused("account.not_set_up").await;
    // It leads around in circles, says too much, hangs up, or never comes to an end.
    stage.provider.answer("/register", 307, "text/plain", "there");
    refused("account.not_set_up").await;
    assert_eq!(stage.provider.asked("/register"), 2, "nobody follows");
    stage.provider.answer("/register", 201, "application/json", &" ".repeat(8 << 20));
    refused("account.provider_away").await;
    stage.provider.as_ever();
    stage.provider.break_off("/register");
    refused("account.provider_away").await;
    stage.provider.as_ever();
    stage.provider.drip("/register");
    refused("account.provider_away").await;
    stage.provider.as_ever();
    stage.provider.answer("/.well-known/oauth-authorization-server", 200, "text/html", "<h1>hello</h1>");
    refused("account.answer_refused").await;
    stage.provider.as_ever();
    stage.upstream.guard(&stage.provider, &json!({"resource": "https://elsewhere.example/mcp"}));
    refused("account.not_set_up").await;
    stage.upstream.guard(&stage.provider, &json!({"authorization_servers": ["http://169.254.169.254"]}));
    refused("account.answer_refused").await;
    stage.upstream.guard(&stage.provider, &json!({}));
    stage.connect(&ana, "ana").await;
}

#[tokio::test]
async fn a_client_that_was_registered_by_hand_uses_its_secret_and_the_settings() {
    let settings = json!({"client_id": "by-hand", "client_secret": "a secret & more", "scopes": ["repo", "read:org"],
        "omit_resource": true, "extra_parameters": {"access_type": "offline"}, "scope_on_refresh": true});
    let stage = stage(World::setup(), settings).await;
    let ana = stage.owner.invite("ana", "member").await;
    stage.connect(&ana, "ana").await;
    let asked = stage.provider.forms("/authorize").remove(0);
    assert_eq!(
        (&*asked["client_id"], &*asked["scope"], &*asked["access_type"]),
        ("by-hand", "repo read:org", "offline")
    );
    assert!(!asked.contains_key("resource"));
    assert_eq!(stage.provider.asked("/register"), 0);
    let mut ide = ready(&ana).await;
    stage.world.advance(TimeDelta::seconds(601));
    assert!(said(&mut ide).await.starts_with("Bearer at-ana-"));
    let renewal = stage.provider.forms("/token").pop().unwrap();
    assert_eq!((&*renewal["grant_type"], &*renewal["scope"]), ("refresh_token", "repo read:org"));

    // The secret is written and never read; it stays with its client, and goes with it.
    let path = format!("servers/{}", stage.server);
    let seen = stage.owner.get(&path).await;
    assert!(!seen.text.contains("a secret"), "{}", seen.text);
    let auth = json!({"kind": "oauth_per_user", "client_id": "by-hand", "scopes": ["repo"]});
    stage.owner.patch(&path, json!({"outbound_auth": auth})).await.ok();
    stage.connect(&ana, "ana").await;
    let refused = stage
        .owner
        .patch(&path, json!({"outbound_auth": {"kind": "oauth_per_user", "client_secret": "x"}}))
        .await
        .refused(400, "invalid");
    assert_eq!(refused["errors"][0]["field"], "outbound_auth.client_id", "{refused}");
}

#[tokio::test]
async fn a_provider_that_names_no_end_of_a_token_is_asked_for_it_once() {
    let stage = stage(World::setup(), json!({})).await;
    let (ana, bo) = (stage.owner.invite("ana", "member").await, stage.owner.invite("bo", "member").await);
    stage.provider.metadata(json!({"introspection_endpoint": format!("{}/introspect", stage.provider.origin)}));
    stage.provider.expires_in(Value::Null);
    stage.connect(&ana, "ana").await;
    let asked = stage.provider.forms("/introspect");
    assert!(asked.len() == 1 && asked[0]["token"].starts_with("at-ana-"), "{asked:?}");
    let mut ide = ready(&ana).await;
    let first = said(&mut ide).await;
    assert_eq!(said(&mut ide).await, first);
    assert_eq!(stage.provider.asked("/introspect"), 1);

    // It ends when the provider said.
    stage.world.advance(TimeDelta::seconds(301));
    let second = said(&mut ide).await;
    assert!(second.starts_with("Bearer at-ana-") && second != first, "{second}");
    assert_eq!(stage.provider.asked("/introspect"), 2);

    // One that does not say it after all is no obstacle: the token has no end then.
    for (status, body) in [(500, "sorry"), (200, r#"{"active": false}"#), (200, "[]")] {
        stage.provider.answer("/introspect", status, "application/json", body);
        stage.connect(&bo, "bo").await;
    }
    let mut ide = ready(&bo).await;
    let lasting = said(&mut ide).await;
    stage.world.advance(TimeDelta::seconds(3_000));
    assert_eq!(said(&mut ide).await, lasting);
    assert_eq!(stage.provider.asked("/introspect"), 5);
}
