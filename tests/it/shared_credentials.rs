//! A credential that the gateway presents for everybody: written once, never read, sent to one origin only.

use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::people::Person;
use world::{World, on_both};

const MARKER: &str = "Bearer marker-3f9c-upstream-secret";

fn shared(value: Option<&str>) -> Value {
    let mut header = json!({"name": "Authorization"});
    if let Some(value) = value {
        header["value"] = value.into();
    }
    json!({"kind": "shared_header", "headers": [header]})
}

/// A server with a shared credential, granted to everyone; answers its id.
async fn keyed(owner: &Person, slug: &str, upstream: &McpServer, value: &str) -> String {
    let body = json!({"slug": slug, "display_name": slug, "upstream_url": upstream.url.as_str(),
        "outbound_auth": shared(Some(value))});
    let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    server
}

/// The `Authorization` values that reached an upstream.
fn authorizations(upstream: &McpServer) -> Vec<String> {
    let value = |seen: &world::fakes::mcp_server::Seen| {
        seen.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    upstream.seen().iter().map(value).collect()
}

on_both! {
    async fn a_shared_credential_is_used_for_everybody_and_shown_to_nobody(setup: Setup) {
        let world = setup.start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = keyed(&owner, "github", &upstream, MARKER).await;
        let path = format!("servers/{server}");
        let ana = owner.invite("ana", "member").await;
        for person in [&owner, &ana] {
            let mut ide = person.ide("github").await;
            assert_eq!(ide.initialize().await.status, 200);
            assert_eq!(ide.call_tool("echo", json!({})).await.json()["result"]["isError"], Value::Null);
        }
        let sent = authorizations(&upstream);
        assert!(!sent.is_empty() && sent.iter().all(|value| value == MARKER), "{sent:?}");

        // A new value: the next call uses it, in a new upstream session.
        let opened = upstream.seen_method("initialize").len();
        let mut ide = ana.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        assert_eq!(upstream.seen_method("initialize").len(), opened + 1);
        let before = owner.get(&path).await.ok()["upstream"]["outbound_auth"]["version"].as_u64().unwrap();
        owner.patch(&path, json!({"outbound_auth": shared(Some("Bearer second"))})).await.ok();
        world.synced("acme").await;
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
        assert_eq!(authorizations(&upstream).last().unwrap(), "Bearer second");
        assert_eq!(upstream.seen_method("initialize").len(), opened + 2, "another account has another session");

        // Reading shows names and a version that grew; a value left out stays, and nothing changes.
        let seen = owner.get(&path).await.ok()["upstream"]["outbound_auth"].clone();
        assert_eq!(seen["headers"], json!([{"name": "authorization"}]));
        assert!(seen["version"].as_u64().unwrap() > before && seen["set_at"].is_string(), "{seen}");
        let same = owner.patch(&path, json!({"outbound_auth": shared(None)})).await.ok();
        assert_eq!(same["upstream"]["outbound_auth"], seen);

        // Removed: nothing is sent any more.
        owner.patch(&path, json!({"outbound_auth": {"kind": "none"}})).await.ok();
        world.synced("acme").await;
        assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
        assert_eq!(authorizations(&upstream).last().unwrap(), "");
        let audit = owner.get("audit?limit=200").await.text;
        assert!(audit.contains("authorization") && !audit.contains("marker") && !audit.contains("second"), "{audit}");
    }

    async fn a_server_that_moves_does_not_take_its_credential_along(setup: Setup) {
        let world = setup.start().await;
        let (old, new) = (McpServer::start(Era::Modern).await, McpServer::start(Era::Modern).await);
        let owner = world.tenant("acme").await;
        let server = keyed(&owner, "github", &old, MARKER).await;
        let path = format!("servers/{server}");
        let mut ide = owner.ide("github").await;
        for change in [
            json!({"upstream_url": new.url.as_str()}),
            json!({"upstream_url": new.url.as_str(), "outbound_auth": shared(None)}),
        ] {
            let refused = owner.patch(&path, change).await.refused(400, "invalid");
            assert_eq!(refused["errors"][0]["code"], "credential.origin_changed", "{refused}");
        }
        // Another path of the same origin is the same place.
        let elsewhere = old.url.join("/mcp?v=2").unwrap();
        owner.patch(&path, json!({"upstream_url": elsewhere.as_str()})).await.ok();
        let said = json!({"upstream_url": new.url.as_str(), "outbound_auth": shared(Some("Bearer moved"))});
        owner.patch(&path, said).await.ok();
        world.synced("acme").await;
        assert_eq!(ide.modern("tools/list", json!({})).await.status, 200);
        let sent = authorizations(&new);
        assert!(!sent.is_empty() && sent.iter().all(|value| value == "Bearer moved"), "{sent:?}");
        assert!(!authorizations(&old).contains(&"Bearer moved".to_owned()));
    }

    async fn atk_25_what_could_break_out_of_a_header_is_refused(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let post = async |name: &str, value: &str| {
            let auth = json!({"kind": "shared_header", "headers": [{"name": name, "value": value}]});
            owner.post("servers", json!({"slug": "github", "display_name": "x", "upstream_url": "https://up.example/mcp",
                "outbound_auth": auth})).await.refused(400, "invalid")["errors"][0].clone()
        };
        for value in ["a\r\nx-admin: 1", "a\nb", "tab\there", "ünï", ""] {
            let error = post("x-api-key", value).await;
            assert_eq!(error["code"], "credential.header_value");
            assert_eq!(error["field"], "outbound_auth.headers[0].value");
            assert!(value.is_empty() || !error.to_string().contains(value), "a value is never repeated: {error}");
        }
        for name in ["Host", "Cookie", "Mcp-Session-Id", "Content-Type", "x-portway-mcp-headers", "bad name", "Connection"] {
            assert_eq!(post(name, "v").await["code"], "credential.header_name", "{name}");
        }
    }
}

#[tokio::test]
async fn atk_18_a_redirect_takes_no_credential_anywhere() {
    let world = World::start().await;
    let (upstream, other) = (McpServer::start(Era::Legacy).await, McpServer::start(Era::Legacy).await);
    let owner = world.tenant("acme").await;
    keyed(&owner, "github", &upstream, MARKER).await;
    let mut ide = owner.ide("github").await;
    assert_eq!(ide.initialize().await.status, 200);
    let target = other.url.to_string();
    upstream.on("tools/call", move |_| {
        let to = [("location", target.clone())];
        Reply::Raw((axum::http::StatusCode::TEMPORARY_REDIRECT, to).into_response())
    });
    let answer = ide.call_tool("echo", json!({})).await.json();
    assert_eq!(answer["result"]["_meta"]["portway/error"]["code"], "upstream.redirect", "{answer}");
    assert!(other.seen().is_empty());
}
