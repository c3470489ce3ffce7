//! The token endpoint: codes.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use chrono::TimeDelta;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use proto::claims::AccessClaims;

use super::fixture::{LOOPBACK, VERIFIER, World};

#[tokio::test]
async fn the_access_token_is_what_nodes_expect() {
    let world = World::start().await;
    let (client_id, code) = world.approved(LOOPBACK).await;
    let reply = world.redeem(&client_id, LOOPBACK, &code).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!((reply.header(CACHE_CONTROL), reply.header(CONTENT_TYPE)), ("no-store", "application/json"));
    let body = reply.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&"Bearer".into(), &3600.into(), &"mcp".into())
    );
    assert!(body["refresh_token"].as_str().unwrap().starts_with("pwr_"));
    let token = body["access_token"].as_str().unwrap();
    let keys: JwkSet = serde_json::from_str(&world.get("/t/acme/oauth/jwks").await.body).unwrap();
    let header = decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::ES256, Some("at+jwt")));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://gw.example/acme/mcp/git/server"]);
    validation.set_issuer(&["https://auth.example/t/acme"]);
    let claims = decode::<AccessClaims>(token, &key, &validation).unwrap().claims;
    let tenant = world.tenant("acme").await;
    let store = world.app.store.tenant_read(tenant.id).await.unwrap();
    let ana = store.find_user_by_name("ana").await.unwrap().unwrap();
    assert_eq!((claims.sub, claims.tid, claims.ep), (ana.id.0, tenant.id.0, 3));
    assert_eq!((claims.client_id, claims.scope.as_str()), (client_id, "mcp"));
    assert_eq!(claims.exp - claims.iat, 3600);
    assert_eq!(claims.rev, store.revision().await.unwrap());
    let grant = store.find_oauth_grant(claims.gid.into()).await.unwrap().unwrap();
    assert_eq!(grant.session_id.0, claims.sid);
}

#[tokio::test]
async fn a_code_is_bound_to_everything_it_was_given_for() {
    let world = World::start().await;
    let other = world.register("acme", LOOPBACK).await;
    let (client_id, code) = world.approved(LOOPBACK).await;
    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id.as_str()),
        ("code", code.as_str()),
        ("redirect_uri", LOOPBACK),
        ("code_verifier", VERIFIER),
        ("resource", "https://gw.example/acme/mcp/git/server/"),
    ];
    let wrong_verifier = VERIFIER.replace('d', "e");
    for (name, value, error) in [
        ("client_id", other.as_str(), "invalid_grant"),
        ("client_id", "cli_unknown", "invalid_client"),
        ("client_id", "", "invalid_request"),
        ("code", "guessed", "invalid_grant"),
        ("code", "", "invalid_request"),
        ("redirect_uri", "http://localhost:9/callback", "invalid_grant"),
        ("code_verifier", wrong_verifier.as_str(), "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("resource", "https://gw.example/acme/mcp/other/server", "invalid_target"),
        ("resource", "nonsense", "invalid_target"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
    ] {
        let fields: Vec<_> = good.iter().map(|pair| if pair.0 == name { (name, value) } else { *pair }).collect();
        let reply = world.token("acme", &fields).await;
        let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
        assert_eq!((reply.status, reply.json()["error"].as_str()), (status, Some(error)), "{name}={value}");
        assert_eq!(reply.header(CACHE_CONTROL), "no-store");
    }
    let repeated: Vec<_> = good.iter().copied().chain([("code", "x")]).collect();
    assert_eq!(world.token("acme", &repeated).await.json()["error"], "invalid_request");
    // None of that used the code up.
    assert_eq!(world.token("acme", &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_replayed_code_ends_the_family() {
    let world = World::start().await;
    let (client_id, code) = world.approved(LOOPBACK).await;
    let first = world.redeem(&client_id, LOOPBACK, &code).await.json();
    assert_eq!(world.redeem(&client_id, LOOPBACK, &code).await.json()["error"], "invalid_grant");
    let refreshed = world.refresh(&client_id, first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let world = World::start().await;
    let (client_id, code) = world.approved(LOOPBACK).await;
    world.clock.advance(TimeDelta::seconds(61));
    assert_eq!(world.redeem(&client_id, LOOPBACK, &code).await.json()["error"], "invalid_grant");
}
