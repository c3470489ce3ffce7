//! Every way to authenticate upstream, in both eras, and what goes before what: one table, through a real node.

use reqwest::Method;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::ide::Ide;
use world::people::Person;

const CALL: &str = "tools/call";

/// A way of the server's own, and what a call of Ana's then arrives with.
struct Way {
    name: &'static str,
    auth: Value,
    /// How the `Authorization` begins; nothing: there is none.
    arrives: Option<&'static str>,
}

fn ways(provider: &Provider) -> Vec<Way> {
    let machine = |kind: &str| {
        json!({"kind": kind, "client_id": "by-hand", "client_secret": "a secret & more",
            "token_endpoint": format!("{}/token", provider.origin)})
    };
    let shared = json!({"kind": "shared_header", "headers": [{"name": "Authorization", "value": "Bearer shared"}]});
    let form = json!({"kind": "per_user_header", "fields": [{"name": "token", "label": "Token"}],
        "headers": [{"name": "Authorization", "value": "Bearer {token}"}]});
    let way = |name, auth, arrives| Way { name, auth, arrives };
    vec![
        way("none", json!({"kind": "none"}), None),
        way("shared", shared, Some("Bearer shared")),
        way("key", form, Some("Bearer anas-key")),
        way("account", json!({"kind": "oauth_per_user", "issuer": provider.origin}), Some("Bearer at-ana-")),
        way("machine", machine("client_credentials"), Some("Bearer at-by-hand-")),
        way("exchange", machine("token_exchange"), Some("Bearer at-by-hand-")),
        way("minted", json!({"kind": "passthrough", "mode": "minted"}), Some("Bearer eyJ")),
        way("original", json!({"kind": "passthrough", "mode": "original"}), Some("Bearer eyJ")),
    ]
}

/// Answers tool calls with the headers that they came with.
async fn telling(era: Era) -> McpServer {
    let upstream = McpServer::start(era).await;
    upstream.on(CALL, |seen| {
        let said = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let headers =
            json!({"authorization": said("authorization"), "team": said("x-team"), "region": said("x-region")});
        Reply::Result(json!({"content": [], "structuredContent": headers, "resultType": "complete"}))
    });
    upstream
}

/// Registers it, and gives Ana what she needs for it; answers its id.
async fn register(owner: &Person, ana: &Person, slug: &str, upstream: &McpServer, way: &Way) -> String {
    let transport = json!({"static_headers": {"X-Team": "platform"}, "forwardable_headers": ["X-Region"]});
    let body = json!({"slug": slug, "display_name": slug, "upstream_url": upstream.url.as_str(),
        "outbound_auth": way.auth, "transport": transport});
    let id = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&id).await;
    match way.name {
        "key" => {
            let path = format!("servers/{id}/credentials");
            ana.put(&path, json!({"values": {"token": "anas-key"}})).await.ok();
        }
        "account" => {
            let page = ana.browser.open(format!("{}/t/acme/connect/{slug}", owner.auth_origin())).await;
            let back = ana.browser.there_and_back(&page, &format!("continue to {slug}")).await;
            assert!(back.heading().contains("is connected"), "{}", back.text());
        }
        _ => {}
    }
    id
}

/// What a call arrives with, `forwarded` along with it.
async fn arrives(ide: &mut Ide, era: Era, forwarded: Option<&str>) -> Value {
    let headers: Vec<_> = forwarded.map(|text| ("x-portway-mcp-headers", text)).into_iter().collect();
    let answer = match era {
        Era::Legacy => {
            let call = json!({"jsonrpc": "2.0", "id": 9, "method": CALL, "params": {"name": "any", "arguments": {}}});
            ide.send(Method::POST, call, &headers).await
        }
        Era::Modern => ide.modern_with(CALL, json!({"name": "any", "arguments": {}}), &headers).await,
    };
    let said = answer.json()["result"]["structuredContent"].clone();
    assert!(said.is_object(), "{} {}", answer.status, answer.body);
    said
}

#[tokio::test]
async fn every_way_in_both_eras_and_what_goes_before_what() {
    let world = World::setup().providers().start().await;
    let provider = Provider::start().await;
    provider.person("ana");
    let owner = world.tenant("acme").await;
    let ana = owner.invite("ana", "member").await;
    let anas = json!({"kind": "user", "id": ana.id().await});
    for era in [Era::Legacy, Era::Modern] {
        let upstream = telling(era).await;
        for way in ways(&provider) {
            let row = format!("{}-{}", way.name, if era == Era::Legacy { "legacy" } else { "modern" });
            let server = register(&owner, &ana, &row, &upstream, &way).await;
            world.synced("acme").await;
            let mut ide = ana.ide(&row).await;
            if era == Era::Legacy {
                assert_eq!(ide.initialize().await.status, 200, "{row}");
            }

            // Of its own.
            let said = arrives(&mut ide, era, None).await;
            let authorization = said["authorization"].as_str();
            match way.arrives {
                Some(start) => assert!(authorization.is_some_and(|text| text.starts_with(start)), "{row}: {said}"),
                None => assert_eq!(authorization, None, "{row}"),
            }
            let callers_own = format!("Bearer {}", ide.access_token());
            assert_eq!(authorization == Some(&callers_own), way.name == "original", "{row}: the caller's own token");
            assert_eq!((&said["team"], &said["region"]), (&json!("platform"), &Value::Null), "{row}");

            // Forwarded goes before it, override or not; an override goes before whatever is the server's or the caller's.
            let forwarded = json!({&row: {"authorization": "Bearer forwarded", "x-region": "eu"}}).to_string();
            let path = format!("servers/{server}/overrides");
            let said = arrives(&mut ide, era, Some(&forwarded)).await;
            assert_eq!(said, json!({"authorization": "Bearer forwarded", "team": "platform", "region": "eu"}), "{row}");
            let body = json!({"subject": anas, "headers": [{"name": "Authorization", "value": "Bearer override"}]});
            ana.put(&path, body).await.ok();
            world.synced("acme").await;
            let said = arrives(&mut ide, era, None).await;
            assert_eq!(said, json!({"authorization": "Bearer override", "team": "platform", "region": null}), "{row}");
            let said = arrives(&mut ide, era, Some(&forwarded)).await;
            assert_eq!(said, json!({"authorization": "Bearer forwarded", "team": "platform", "region": "eu"}), "{row}");
        }
    }
}
