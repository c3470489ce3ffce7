//! A look at a server before it is registered.

use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::people::Person;

async fn probe(person: &Person, url: &str) -> Value {
    person.post("server-probes", json!({"upstream_url": url})).await.ok()
}

#[tokio::test]
async fn a_look_says_what_a_server_speaks_and_asks_for() {
    let world = World::setup().providers().start().await;
    let owner = world.tenant("acme").await;
    for (era, version) in [(Era::Legacy, "2025-11-25"), (Era::Modern, "2026-07-28")] {
        let server = McpServer::start(era).await;
        let found = probe(&owner, server.url.as_str()).await;
        assert_eq!(found["outcome"], "answers", "{found}");
        assert_eq!((&found["protocol_versions"], &found["suggested_auth"]), (&json!([version]), &json!("none")));
        assert_eq!(found["tools"][0]["name"], "echo");
    }

    let (guarded, provider) = (McpServer::start(Era::Legacy).await, Provider::start().await);
    guarded.guard(&provider, &json!({}));
    let found = probe(&owner, guarded.url.as_str()).await;
    assert_eq!(
        (&found["outcome"], &found["suggested_auth"]),
        (&json!("needs_authorization"), &json!("oauth_per_user"))
    );
    assert_eq!(found["authorization"]["issuer"], provider.origin.as_str(), "{found}");

    // It asks, and does not say who could answer.
    let mute = McpServer::start(Era::Legacy).await;
    for method in ["server/discover", "initialize"] {
        mute.on(method, |_| {
            Reply::Raw(axum::response::IntoResponse::into_response(axum::http::StatusCode::UNAUTHORIZED))
        });
    }
    let found = probe(&owner, mute.url.as_str()).await;
    assert_eq!((&found["outcome"], &found["suggested_auth"]), (&json!("needs_authorization"), &json!("shared_header")));

    // It greets, and then is ill: nobody says that it has no tools.
    let ill = McpServer::start(Era::Modern).await;
    ill.on("tools/list", |_| {
        Reply::Raw(axum::response::IntoResponse::into_response(axum::http::StatusCode::INTERNAL_SERVER_ERROR))
    });
    let found = probe(&owner, ill.url.as_str()).await;
    assert_eq!(found["outcome"], "not_mcp", "{found}");
    assert!(found["detail"].as_str().is_some_and(|detail| detail.contains("500")), "{found}");

    let found = probe(&owner, &format!("{}/nothing-here", world.auth_origin)).await;
    assert_eq!(found["outcome"], "not_mcp", "{found}");
    let found = probe(&owner, "http://127.0.0.1:1/mcp").await;
    assert_eq!(found["outcome"], "unreachable", "{found}");
    owner.post("server-probes", json!({"upstream_url": "ftp://x"})).await.refused(400, "invalid");
    let ana = owner.invite("ana", "member").await;
    ana.post("server-probes", json!({"upstream_url": "https://mcp.example/mcp"})).await.refused(403, "forbidden");
}

#[tokio::test]
async fn atk_15_a_look_tells_nothing_about_our_network() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    let inside = McpServer::start(Era::Modern).await;
    let open = probe(&owner, inside.url.as_str()).await;
    let closed = probe(&owner, "http://127.0.0.1:1/mcp").await;
    let metadata = probe(&owner, "http://169.254.169.254/latest/meta-data/").await;
    assert_eq!(open["outcome"], "unreachable");
    assert!(open == closed && closed == metadata, "{open}\n{closed}\n{metadata}");
    assert!(inside.seen().is_empty());
    // A server's answer is bounded, and so are looks.
    for _ in 0..40 {
        let answer = owner.post("server-probes", json!({"upstream_url": "http://127.0.0.1:1/mcp"})).await;
        if answer.status == 429 {
            return;
        }
    }
    panic!("nobody stopped it");
}
