//! Servers that want a key of each person's own: entered once, sent for that person only, to that server only.

use reqwest::Method;
use serde_json::{Value, json};
use world::browser::{Browser, Page};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::{Ide, REDIRECT, parameter};
use world::people::Person;
use world::{World, eventually, on_both};

const ANAS: &str = "ana-marker-5d1c";
const BOS: &str = "bo-marker-77aa";

fn form() -> Value {
    json!({"kind": "per_user_header",
        "fields": [{"name": "token", "label": "Personal access token", "hint": "Settings, Developer, Tokens"}],
        "headers": [{"name": "Authorization", "value": "Bearer {token}"}, {"name": "X-Client", "value": "portway"}]})
}

/// A server that asks for a key, granted to everyone; answers its id.
async fn asking(owner: &Person, slug: &str, upstream: &McpServer) -> String {
    let body =
        json!({"slug": slug, "display_name": slug, "upstream_url": upstream.url.as_str(), "outbound_auth": form()});
    let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    server
}

/// Answers every tool call with the `Authorization` that it came with.
async fn telling(era: Era) -> McpServer {
    let upstream = McpServer::start(era).await;
    upstream.on("tools/call", |seen| {
        let said = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let content = json!([{"type": "text", "text": said.unwrap_or_default()}]);
        Reply::Result(json!({"content": content, "resultType": "complete"}))
    });
    upstream
}

/// Everything up to the answer to the consent page.
async fn approved(ide: &mut Ide, browser: &Browser) -> Page {
    ide.discover().await;
    ide.register(&[REDIRECT]).await;
    let consent = browser.open(ide.authorize_url(&[])).await;
    browser.press(&consent, "approve", &[]).await
}

async fn tokens(ide: &mut Ide, page: &Page) {
    let back = page.refresh().unwrap_or_else(|| panic!("{} does not go back: {}", page.url, page.text()));
    let answer = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    ide.tokens = answer.json();
}

async fn said(ide: &mut Ide) -> Value {
    ide.call_tool("whoami", json!({})).await.json()["result"].clone()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

on_both! {
    async fn each_person_enters_a_key_in_the_middle_of_the_sign_in(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = telling(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = asking(&owner, "github", &upstream).await;
        let (ana, bo) = (owner.invite("ana", "member").await, owner.invite("bo", "member").await);
        let mut ides = Vec::new();
        for (person, key) in [(&ana, ANAS), (&bo, BOS)] {
            let mut ide = Ide::new(&person.url("github"));
            let connect = approved(&mut ide, &person.browser).await;
            assert!(connect.url.path() == "/t/acme/connect/github" && connect.text().contains("Personal access token"), "{}", connect.text());
            let empty = person.browser.press(&connect, "connect", &[("value_token", "two\nlines")]).await;
            assert!(empty.status == 400 && empty.text().contains("Nothing was stored yet"), "{}", empty.text());
            let connected = person.browser.press(&empty, "connect", &[("value_token", key)]).await;
            assert_eq!(connected.heading(), "Connected", "{}", connected.text());
            tokens(&mut ide, &connected).await;
            assert_eq!(ide.initialize().await.status, 200);
            ides.push((ide, format!("Bearer {key}")));
        }
        // On either node, each hears their own key and nothing else.
        for (ide, expected) in &ides {
            for node in &world.nodes {
                let mut there = ide.at(&node.origin());
                assert_eq!(there.initialize().await.status, 200);
                assert_eq!(text(&said(&mut there).await), expected);
            }
        }
        assert!(upstream.seen().iter().all(|seen| seen.headers["x-client"] == "portway"));

        // Another key: the next call goes out with it, everywhere.
        let page = ana.browser.open(format!("{}/t/acme/connect/github", world.auth_origin)).await;
        assert!(page.heading().contains("is connected"), "{}", page.text());
        let replaced = ana.browser.press(&page, "replace", &[("value_token", "second")]).await;
        assert_eq!(replaced.status, 200);
        world.synced("acme").await;
        let (mut ide, _) = ides.remove(0);
        assert_eq!(text(&said(&mut ide).await), "Bearer second");

        // Nobody reads it back: not REST, not the audit trail, not the pages.
        for path in ["me/accounts".to_owned(), format!("servers/{server}/credentials"), "audit?limit=200".to_owned()] {
            let (mine, owners) = (ana.get(&path).await.text, owner.get(&path).await.text);
            for marker in [ANAS, BOS, "Bearer second"] {
                assert!(!mine.contains(marker) && !owners.contains(marker), "{path}");
            }
        }
        let audit = owner.get("audit?limit=200").await.ok();
        let stored = audit["items"].as_array().unwrap().iter().filter(|one| one["action"] == "credential.stored");
        assert_eq!(stored.count(), 3, "{audit}");
    }

    async fn a_missing_key_says_what_to_do_and_the_link_does_it(setup: Setup) {
        let world = setup.start().await;
        let upstream = telling(Era::Modern).await;
        let owner = world.tenant("acme").await;
        let server = asking(&owner, "search", &upstream).await;
        let ana = owner.invite("ana", "member").await;
        let mut ide = Ide::new(&ana.url("search"));
        let connect = approved(&mut ide, &ana.browser).await;
        let skipped = ana.browser.open(connect.link("Not now: go back to the application")).await;
        tokens(&mut ide, &skipped).await;
        let call = json!({"name": "whoami", "arguments": {}});
        let refused = ide.modern("tools/call", call.clone()).await.json()["result"].clone();
        assert_eq!((&refused["isError"], &refused["_meta"]["portway/error"]["code"]), (&json!(true), &json!("credential.never_connected")));
        let link = refused["_meta"]["portway/error"]["url"].as_str().unwrap().to_owned();
        assert!(text(&refused).contains(&link), "{refused}");
        let refused = ide.modern("tools/list", json!({})).await.json();
        assert_eq!((&refused["error"]["code"], &refused["error"]["data"]["url"]), (&json!(-32012), &json!(link)));
        assert!(upstream.seen_method("tools/call").is_empty(), "nothing went out without it");

        // The link in an empty browser: sign in first, then the form, whoever that is.
        let elsewhere = ana.elsewhere();
        let login = elsewhere.browser.open(&link).await;
        assert_eq!(login.url.path(), "/t/acme/login");
        let fields = [("user_name", ana.user_name.as_str()), ("password", world::people::PASSWORD)];
        let connect = elsewhere.browser.press(&login, "sign in", &fields).await;
        assert_eq!(connect.url.path(), "/t/acme/connect/search", "{}", connect.text());
        let connected = elsewhere.browser.press(&connect, "connect", &[("value_token", ANAS)]).await;
        assert!(connected.heading().contains("is connected"), "{}", connected.text());
        let heard = async |expected: &str| {
            let (ide, call) = (ide.clone(), call.clone());
            eventually(expected, || {
                let (mut ide, call) = (ide.clone(), call.clone());
                async move { ide.modern("tools/call", call).await.body.contains(expected) }
            })
            .await;
        };
        heard(ANAS).await;
        let home = elsewhere.browser.open(format!("{}/t/acme/", world.auth_origin)).await;
        assert!(home.url.path() == "/t/acme/" && home.text().contains("an account of your own"), "{}", home.text());

        // The server moves: the key stays behind. It says so, and asks again.
        let moved = telling(Era::Modern).await;
        let url = moved.url.as_str().replace("127.0.0.1", "localhost");
        owner.patch(&format!("servers/{server}"), json!({"upstream_url": url})).await.ok();
        heard("credential.origin_changed").await;
        assert!(moved.seen().iter().all(|seen| !seen.headers.contains_key("authorization")));
        let account = ana.get("me/accounts").await.ok()["items"][0].clone();
        assert_eq!(account["state"], "origin_changed", "{account}");
        ana.put(&format!("servers/{server}/credentials"), json!({"values": {"token": "third"}})).await.ok();
        heard("Bearer third").await;

        // The form asks for more: what was typed is not enough any more.
        let mut more = form();
        more["fields"].as_array_mut().unwrap().push(json!({"name": "org", "label": "Organisation"}));
        more["headers"].as_array_mut().unwrap().push(json!({"name": "x-org", "value": "{org}"}));
        owner.patch(&format!("servers/{server}"), json!({"outbound_auth": more})).await.ok();
        heard("credential.form_changed").await;
        let refused = ana.put(&format!("servers/{server}/credentials"), json!({"values": {"token": "x"}})).await.refused(400, "invalid");
        assert_eq!((&refused["errors"][0]["field"], &refused["errors"][0]["code"]), (&json!("values.org"), &json!("key_form.value_missing")));
        let both = json!({"values": {"token": "fourth", "org": "acme"}});
        ana.put(&format!("servers/{server}/credentials"), both).await.ok();
        heard("Bearer fourth").await;

        // Taken away: calls say so again.
        let page = ana.browser.open(&link).await;
        let gone = ana.browser.press(&page, "disconnect search", &[]).await;
        assert!(gone.heading().contains("Connect search"), "{}", gone.text());
        heard("credential.never_connected").await;
    }

    async fn a_manager_stores_one_for_others_and_nobody_else_does(setup: Setup) {
        let world = setup.start().await;
        let upstream = telling(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = asking(&owner, "github", &upstream).await;
        let (ana, bo) = (owner.invite("ana", "member").await, owner.invite("bo", "member").await);
        let path = format!("servers/{server}/credentials");
        let of = |id: &str, value: &str| json!({"subject": {"kind": "user", "id": id}, "values": {"token": value}});
        bo.put(&path, of(&ana.id().await, "bos-idea")).await.refused(403, "forbidden");
        owner.put(&path, of(&ana.id().await, ANAS)).await.ok();
        owner.put(&path, of("usr_00000000000000000000000000", "x")).await.refused(400, "credential.unknown_subject");
        owner.put(&path, json!({"subject": {"kind": "everyone"}, "values": {}})).await.refused(400, "credential.subject_kind");
        // Ana is not asked: she has one.
        let mut ide = Ide::new(&ana.url("github"));
        let connected = approved(&mut ide, &ana.browser).await;
        assert_eq!(connected.heading(), "Connected", "{}", connected.text());
        tokens(&mut ide, &connected).await;
        assert_eq!(ide.initialize().await.status, 200);
        assert_eq!(text(&said(&mut ide).await), format!("Bearer {ANAS}"));

        // A machine with a key of its own.
        let account = owner.post("service-accounts", json!({"name": "nightly"})).await.ok()["id"].as_str().unwrap().to_owned();
        let subject = json!({"kind": "service_account", "id": account});
        owner.put(&format!("servers/{server}/grants"), json!({"subject": subject, "role": "user"})).await.ok();
        let key = owner.post("keys", json!({"name": "ci", "service_account_id": account})).await.ok()["secret"].clone();
        let mut machine = Ide::new(&ana.url("github"));
        machine.tokens = json!({"access_token": key});
        let refused = machine.initialize().await;
        assert_eq!(refused.json()["error"]["data"]["code"], "credential.never_connected", "{}", refused.body);
        owner.put(&path, json!({"subject": subject, "values": {"token": "machine"}})).await.ok();
        world.synced("acme").await;
        assert_eq!(machine.initialize().await.status, 200);
        assert_eq!(text(&said(&mut machine).await), "Bearer machine");

        // Managers see whose there are; others see their own only.
        let all = owner.get(&path).await.ok();
        assert_eq!(all["items"].as_array().unwrap().len(), 2, "{all}");
        assert_eq!(bo.get(&path).await.ok()["items"], json!([]));
        let anas = ana.get(&path).await.ok()["items"][0].clone();
        assert_eq!((&anas["state"], &anas["owner"]["user_name"]), (&json!("ready"), &json!(ana.user_name)));
        let one = format!("{path}/{}", anas["id"].as_str().unwrap());
        bo.delete(&one).await.refused(404, "not_found");
        ana.delete(&one).await.ok();
        world.synced("acme").await;
        assert!(said(&mut ide).await.to_string().contains("credential.never_connected"));
    }
}

#[tokio::test]
async fn a_stored_key_serves_its_person_only_while_they_may_call() {
    let world = World::setup().nodes(2).start().await;
    let upstream = telling(Era::Legacy).await;
    upstream.on("GET", |_| Reply::Hang);
    let owner = world.tenant("acme").await;
    let server = asking(&owner, "github", &upstream).await;
    let ana = owner.invite("ana", "member").await;
    ana.put(&format!("servers/{server}/credentials"), json!({"values": {"token": ANAS}})).await.ok();
    let mut ide = ana.ide("github").await;
    assert_eq!(ide.initialize().await.status, 200);
    // A stream that began with a key ends when the key goes.
    let stream = ide.open(Method::GET, String::new(), &[("accept", "text/event-stream")]).await;
    assert_eq!(stream.status(), 200);
    let stored =
        ana.get(&format!("servers/{server}/credentials")).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    ana.delete(&format!("servers/{server}/credentials/{stored}")).await.ok();
    tokio::time::timeout(world::PATIENCE, stream.bytes()).await.expect("the stream ends").expect("properly");

    // The upstream says no: it is the person's affair, and they get the link.
    ana.put(&format!("servers/{server}/credentials"), json!({"values": {"token": ANAS}})).await.ok();
    world.synced("acme").await;
    upstream.on("tools/call", |_| {
        Reply::Raw(axum::response::IntoResponse::into_response(axum::http::StatusCode::UNAUTHORIZED))
    });
    let refused = said(&mut ide).await;
    assert_eq!(refused["_meta"]["portway/error"]["code"], "credential.refused", "{refused}");
    assert!(text(&refused).contains("/t/acme/connect/github"), "{refused}");
}
