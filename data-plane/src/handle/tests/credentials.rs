//! Shared credentials on their way to the upstream they were stored for.

use http::Method;
use serde_json::json;

use super::upstream::Speaks;
use super::world::{ANA, World, modern};

fn authorizations(world: &World) -> Vec<Option<String>> {
    let seen = world.upstream.seen();
    let value = |seen: &super::upstream::Seen| Some(seen.headers.get("authorization")?.to_str().ok()?.to_owned());
    seen.iter().map(value).collect()
}

#[tokio::test]
async fn every_request_of_a_legacy_session_carries_the_credential_of_the_server() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "keyed").await;
    assert_eq!(ide.call(1, "echo").await.status, 200);
    assert_eq!(ide.request(Method::DELETE).await.status, 204);
    world.upstream.saw(|seen| seen.http == Method::DELETE).await;
    let all = authorizations(&world);
    assert_eq!(all.len(), 4, "initialize, initialized, tools/call, DELETE: {:?}", world.upstream.methods());
    assert!(all.iter().all(|value| value.as_deref() == Some("Bearer upstream-key-5")), "{all:?}");
}

#[tokio::test]
async fn the_era_probe_and_modern_calls_carry_it_too() {
    let world = World::start(Speaks::Modern).await;
    let ide = world.ide(ANA, "keyed").await;
    let answer = ide.modern(&modern(1, "tools/call", json!({"name": "echo"}))).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(world.upstream.methods(), ["server/discover", "tools/call"]);
    assert_eq!(authorizations(&world), vec![Some("Bearer upstream-key-5".to_owned()); 2]);
}

#[tokio::test]
async fn without_one_nothing_is_sent_not_even_the_callers_own() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    assert_eq!(ide.call(1, "echo").await.status, 200);
    assert_eq!(authorizations(&world), vec![None; 3]);
}

#[tokio::test]
async fn atk_18_a_credential_of_another_origin_is_refused_and_never_sent() {
    for speaks in [Speaks::Legacy, Speaks::Modern] {
        let world = World::start(speaks).await;
        let ide = world.ide(ANA, "moved").await;
        let answer = match speaks {
            Speaks::Legacy => ide.post(&super::world::initialize("2025-11-25")).await.json(),
            Speaks::Modern => {
                let answer = ide.modern(&modern(1, "tools/list", json!({}))).await;
                let body = axum::body::to_bytes(answer.into_body(), 1 << 16).await.expect("whole");
                serde_json::from_slice(&body).expect("JSON")
            }
        };
        assert_eq!(answer["error"]["data"]["code"], "credential.origin", "{answer}");
        assert!(world.upstream.seen().is_empty(), "{speaks:?}");
    }
}
