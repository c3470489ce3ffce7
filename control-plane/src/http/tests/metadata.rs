//! What the authorization server says of itself.

use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use serde_json::json;

use super::fixture::{LOOPBACK, World, authorize_path};
use crate::app::keys::{self, KeyKind, Rotation};
use crate::domain::audit::Actor;

#[tokio::test]
async fn the_same_document_is_in_all_three_places() {
    let world = World::start().await;
    let expected = json!({
        "issuer": "https://auth.example/t/acme",
        "authorization_endpoint": "https://auth.example/t/acme/oauth/authorize",
        "token_endpoint": "https://auth.example/t/acme/oauth/token",
        "registration_endpoint": "https://auth.example/t/acme/oauth/register",
        "jwks_uri": "https://auth.example/t/acme/oauth/jwks",
        "scopes_supported": ["mcp"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint": "https://auth.example/t/acme/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
    });
    for path in [
        "/.well-known/oauth-authorization-server/t/acme",
        "/.well-known/openid-configuration/t/acme",
        "/t/acme/.well-known/openid-configuration",
    ] {
        let reply = world.get(path).await;
        assert_eq!((reply.status, reply.json()), (StatusCode::OK, expected.clone()), "{path}");
        assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert_eq!(reply.header(CONTENT_TYPE), "application/json");
    }
}

#[tokio::test]
async fn unknown_well_known_places_and_issuers_are_json_404() {
    let world = World::start().await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/t/nobody",
        "/.well-known/oauth-authorization-server/t/acme/",
        "/.well-known/anything",
        "/t/acme/.well-known/oauth-authorization-server",
        "/t/nobody/oauth/jwks",
    ] {
        let reply = world.get(path).await;
        assert_eq!((reply.status, &reply.json()["error"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{path}");
        assert_eq!(reply.header(ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{path}");
    }
}

#[tokio::test]
async fn other_origins_may_read_everything_but_authorize() {
    let world = World::start().await;
    for path in ["/.well-known/oauth-authorization-server/t/acme", "/t/acme/oauth/token", "/t/acme/oauth/register"] {
        let request = Request::options(path).header(HOST, "auth.example").body(Body::empty()).unwrap();
        let reply = world.send(request).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{path}");
        assert!(reply.header("access-control-allow-headers").contains("MCP-Protocol-Version"));
    }
    let client_id = world.register("acme", LOOPBACK).await;
    for path in [authorize_path(&client_id, LOOPBACK), "/t/acme/oauth/authorize".into(), "/t/acme/login".into()] {
        assert!(world.get(&path).await.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_none(), "{path}");
    }
}

#[tokio::test]
async fn keys_are_public_parts_only_and_rotate() {
    let world = World::start().await;
    let tenant = world.tenant("acme").await;
    let kids = async || -> Vec<String> {
        let reply = world.get("/t/acme/oauth/jwks").await;
        assert!(reply.header(CACHE_CONTROL).contains("max-age"));
        let keys = reply.json()["keys"].as_array().unwrap().clone();
        assert!(keys.iter().all(|key| key["kty"] == "EC" && key.get("d").is_none()));
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let before = kids().await;
    assert_eq!(before.len(), 1);
    let rotate = async |days| {
        let older_than = world.app.clock.now() - chrono::TimeDelta::days(days);
        keys::rotate(&world.app, tenant.id, KeyKind::Signing, older_than, Actor::System).await.unwrap()
    };
    assert_eq!(rotate(30).await, Rotation::NotDue);
    assert_eq!(rotate(-1).await, Rotation::Rotated);
    let during = kids().await;
    assert!(during.len() == 2 && during.contains(&before[0]), "tokens of the old key are still good");
    world.clock.advance(chrono::TimeDelta::hours(14));
    let after = kids().await;
    assert!(after.len() == 1 && !after.contains(&before[0]));
}
