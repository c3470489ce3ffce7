//! Clients that are named by the URL of a document about them.

use serde_json::{Value, json};
use world::World;
use world::browser::Page;
use world::fakes::document_site::DocumentSite;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::{Ide, REDIRECT, parameter};
use world::people::Person;

const CLIENT: &str = "https://client.example/oauth/client.json";

fn document(change: &Value) -> Value {
    let mut document = json!({"client_id": CLIENT, "client_name": "Claude Code", "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"]});
    change.as_object().unwrap().iter().for_each(|(name, value)| document[name] = value.clone());
    document
}

struct Stage {
    world: World,
    site: DocumentSite,
    owner: Person,
    ide: Ide,
}

async fn stage() -> Stage {
    let world = World::setup().documents().start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    ide.client_id = CLIENT.to_owned();
    // Its server lives as long as the test's runtime.
    std::mem::forget(upstream);
    let site = world.documents.clone().expect("asked for");
    Stage { world, site, owner, ide }
}

impl Stage {
    async fn open(&self) -> Page {
        self.owner.browser.open(self.ide.authorize_url(&[])).await
    }
}

#[tokio::test]
async fn a_document_is_enough_to_sign_in_and_its_site_is_named() {
    let Stage { world, site, owner, mut ide } = stage().await;
    assert_eq!(ide.metadata["client_id_metadata_document_supported"], true);
    site.publish(&document(&json!({})));
    // Portless in the document, with a port in the request: loopback, `localhost` too.
    let page = owner.browser.open(ide.authorize_url(&[])).await;
    assert!(page.text().contains("client.example"), "who vouches for the name: {}", page.text());
    assert!(page.text().contains("A program on your own machine is asking"), "{}", page.text());
    let back = ide.back(&owner.browser, page, "approve").await;
    assert!(back.as_str().starts_with(REDIRECT), "{back}");
    let tokens = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    ide.tokens = tokens.json();
    assert_eq!(ide.initialize().await.status, 200);
    assert_eq!(ide.call_tool("echo", json!({"a": 1})).await.status, 200);
    assert_eq!(ide.refresh().await.status, 200);
    let listed = owner.get("clients").await.ok();
    assert_eq!(
        (&listed["items"][0]["kind"], &listed["items"][0]["client_id"]),
        (&json!("metadata_document"), &json!(CLIENT))
    );
    // The tenant that stops trusting it ends it at once.
    owner.patch("", json!({"settings": {"client_hosts_denied": ["client.example"]}})).await.ok();
    assert_eq!(ide.refresh().await.json()["error"], "invalid_client");
    let page = owner.browser.open(ide.authorize_url(&[])).await;
    assert!(page.status == 400 && page.text().contains("does not trust"), "{}", page.text());
    drop(world);
}

#[tokio::test]
async fn documents_are_kept_asked_for_once_and_outlive_an_outage() {
    let stage = stage().await;
    let (site, world) = (&stage.site, &stage.world);
    let body = document(&json!({})).to_string();
    let json = ("content-type", "application/json");
    site.answer(CLIENT, 200, &[json, ("cache-control", "max-age=600")], &body);
    let pages = futures::future::join_all((0..8).map(|_| stage.open())).await;
    assert!(pages.iter().all(|page| page.status == 200), "{}", pages[0].text());
    assert_eq!(site.asked(CLIENT), 1, "eight at once ask once");
    world.advance(chrono::TimeDelta::seconds(580));
    stage.open().await;
    assert_eq!(site.asked(CLIENT), 1, "fresh");
    // What the document says now counts when the old one is no longer fresh.
    site.publish(&document(&json!({"client_name": "Renamed"})));
    world.advance(chrono::TimeDelta::seconds(21));
    assert!(stage.open().await.text().contains("Renamed"));
    site.answer(CLIENT, 503, &[], "");
    world.advance(chrono::TimeDelta::hours(2));
    assert!(stage.open().await.text().contains("Renamed"), "the stored one stands in");
    let asked = site.asked(CLIENT);
    stage.open().await;
    assert_eq!(site.asked(CLIENT), asked, "a failure is remembered for a while");
    site.answer(CLIENT, 404, &[], "");
    world.advance(chrono::TimeDelta::seconds(61));
    assert_eq!(stage.open().await.status, 400, "taken back is not away");
    site.answer(CLIENT, 503, &[], "");
    world.advance(chrono::TimeDelta::days(8));
    stage.owner.sign_in().await.ok();
    assert_eq!(stage.open().await.status, 400, "but not for ever");
}

#[tokio::test]
async fn atk_15_a_client_id_opens_no_door_into_our_network() {
    let stage = stage().await;
    let site = &stage.site;
    for (client_id, what) in [
        ("https://127.0.0.1/client", "an address"),
        ("https://localhost/client", "loopback"),
        ("https://169.254.169.254/latest/meta-data", "the metadata service"),
        ("https://unknown.example/client", "a name that is nobody's"),
        ("https://client.example", "no path"),
        ("https://client.example/a/../oauth/client.json", "another spelling"),
        ("https://user@client.example/oauth/client.json", "credentials"),
        ("http://client.example/oauth/client.json", "plain http"),
    ] {
        let page = stage.owner.browser.open(stage.ide.authorize_url(&[("client_id", client_id)])).await;
        assert_eq!(page.status, 400, "{what}: {}", page.text());
        assert!(page.headers.get("location").is_none(), "{what}: nobody is sent anywhere");
    }
    assert_eq!(site.asked(CLIENT), 0);
    let json = ("content-type", "application/json");
    let good = document(&json!({})).to_string();
    let bad = [
        ("a redirect", 302, vec![json, ("location", "https://other.example/client.json")], good.clone()),
        ("HTML", 200, vec![("content-type", "text/html")], good.clone()),
        ("no type", 200, vec![], good.clone()),
        ("compressed", 200, vec![json, ("content-encoding", "gzip")], good.clone()),
        ("too large", 200, vec![json], format!("{good}{}", " ".repeat(40_000))),
        ("not JSON", 200, vec![json], "{".to_owned()),
        ("not found", 404, vec![json], good),
        ("another client", 200, vec![json], document(&json!({"client_id": "https://other.example/c"})).to_string()),
        ("a secret", 200, vec![json], document(&json!({"client_secret": "s"})).to_string()),
        (
            "a method with a secret",
            200,
            vec![json],
            document(&json!({"token_endpoint_auth_method": "client_secret_basic"})).to_string(),
        ),
        ("no redirect URIs", 200, vec![json], document(&json!({"redirect_uris": []})).to_string()),
        ("a script", 200, vec![json], document(&json!({"redirect_uris": ["javascript:alert(1)"]})).to_string()),
    ];
    for (what, status, headers, body) in bad {
        site.answer(CLIENT, status, &headers, &body);
        stage.world.advance(chrono::TimeDelta::seconds(61));
        let page = stage.open().await;
        assert_eq!(page.status, 400, "{what}: {}", page.text());
        assert!(page.text().contains("oauth.client_document"), "{what}: {}", page.text());
    }
    assert_eq!(site.asked("https://other.example/client.json"), 0, "redirects are not followed");
}

#[tokio::test]
async fn reading_documents_is_bounded_and_a_tenants_choice() {
    let stage = stage().await;
    let mut limited = false;
    for number in 0..30 {
        let client_id = format!("https://client.example/{number}");
        let page = stage.owner.browser.open(stage.ide.authorize_url(&[("client_id", &client_id)])).await;
        limited |= page.status == 429;
    }
    assert!(limited, "one address asked for thirty documents");
    stage.owner.patch("", json!({"settings": {"client_documents": false}})).await.ok();
    let mut ide = Ide::new(&stage.owner.url("github"));
    ide.discover().await;
    assert_eq!(ide.metadata["client_id_metadata_document_supported"], false);
    assert!(stage.open().await.text().contains("turned off"));
    let check = async |list: Value| {
        let refused = stage.owner.patch("", json!({"settings": {"client_hosts_allowed": list}})).await;
        assert!(refused.status == 400 && refused.text.contains("hosts.shape"), "{list}: {}", refused.text);
    };
    for bad in ["https://claude.ai", "CLAUDE.ai", "claude.ai:443", "*.claude.ai", "localhost", "10.0.0.1", ""] {
        check(json!([bad])).await;
    }
    let good = json!({"settings": {"client_documents": true, "client_hosts_allowed": ["other.example"]}});
    stage.owner.patch("", good).await.ok();
    assert!(stage.open().await.text().contains("does not trust"));
}
