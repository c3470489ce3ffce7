//! API keys at the door of a node.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use http::Method;
use uuid::Uuid;

use super::upstream::Speaks;
use super::world::{ANA, DEMO, LEAVER, World, initialize};
use crate::map::HashMap;
use crate::snapshot::ApiKey;

/// 43 digits; shows wherever it leaks.
const SECRET: &str = "MARKERMARKERMARKERMARKERMARKERMARKERMARKERM";
const OTHER_SECRET: &str = "0000000000000000000000000000000000000000000";
const PLAIN: u128 = 200;
const DEMO_ONLY: u128 = 201;
const EXPIRES: u128 = 202;
const OF_LEAVER: u128 = 203;
const NEWER: u128 = 204;
const UNKNOWN: u128 = 299;

/// What a snapshot of the tenant holds at a revision.
pub(super) fn keys(tenant: Uuid, revision: u64) -> HashMap<Uuid, Arc<ApiKey>> {
    let demo = Uuid::from_u128(tenant.as_u128() << 32 | 100);
    let key = |number, principal_id, expires_unix_ms, servers: &[Uuid]| {
        let id = Uuid::from_u128(number);
        let secret_sha256 = digest(&SHA256, SECRET.as_bytes()).as_ref().try_into().expect("32 bytes");
        let server_ids = (!servers.is_empty()).then(|| servers.iter().copied().collect());
        (id, Arc::new(ApiKey { id, secret_sha256, principal_id, expires_unix_ms, server_ids }))
    };
    let mut keys = HashMap::from_iter([
        key(PLAIN, ANA, None, &[]),
        key(DEMO_ONLY, ANA, None, &[demo]),
        key(EXPIRES, ANA, Some(1_800_000_001_000), &[]),
        key(OF_LEAVER, LEAVER, None, &[]),
    ]);
    keys.extend((revision > 5).then(|| key(NEWER, ANA, None, &[])));
    keys
}

fn text(number: u128) -> String {
    proto::api_key::text(Uuid::from_u128(number), SECRET)
}

/// Status and reason for a bearer.
async fn ask(world: &World, path: &str, bearer: &str) -> (u16, String) {
    let authorization = format!("Bearer {bearer}");
    let accept = ("accept", "application/json, text/event-stream");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json"), accept];
    let answer = world.send(Method::POST, path, &headers, initialize("2025-11-25").to_string()).await;
    let shown = format!("{answer:?}");
    assert!(!shown.contains("MARKER"), "a key is never shown: {shown}");
    let challenge = answer.header("www-authenticate").to_owned();
    let reason = challenge.split("error_description=\"").nth(1).and_then(|rest| rest.split('"').next());
    (answer.status.as_u16(), reason.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn keys_open_what_their_owner_may_use_and_faults_are_told_apart() {
    let world = World::start(Speaks::Legacy).await;
    world.node.configuration.contact();
    world.publish(5);
    let typo = text(PLAIN).replacen('M', "N", 1);
    let wrong_secret = proto::api_key::text(Uuid::from_u128(PLAIN), OTHER_SECRET);
    let secret = "/acme/mcp/secret/server";
    let unknown = "the API key is not known here: it was revoked, or never issued";
    for (path, bearer, status, reason) in [
        (DEMO, text(PLAIN), 200, ""),
        ("/globex/mcp/demo/server", text(PLAIN), 200, ""),
        (secret, text(PLAIN), 404, ""),
        ("/acme/mcp/no-such-server/server", text(PLAIN), 404, ""),
        (DEMO, text(DEMO_ONLY), 200, ""),
        ("/acme/mcp/hasty/server", text(DEMO_ONLY), 404, ""),
        ("/acme/mcp/broken/server", text(DEMO_ONLY), 404, ""),
        (DEMO, text(EXPIRES), 200, ""),
        (DEMO, "pwk_abc".to_owned(), 401, "the API key is incomplete or has characters that no key has"),
        (DEMO, typo, 401, "the API key has a typo: its checksum does not fit"),
        (DEMO, wrong_secret, 401, unknown),
        (DEMO, text(UNKNOWN), 401, unknown),
        (DEMO, text(NEWER), 401, unknown),
        (DEMO, text(OF_LEAVER), 401, "the token was revoked"),
    ] {
        assert_eq!(ask(&world, path, &bearer).await, (status, reason.to_owned()), "{path} {reason}");
    }
    world.clock.advance(chrono::TimeDelta::seconds(2));
    assert_eq!(ask(&world, DEMO, &text(EXPIRES)).await, (401, "the API key has expired".to_owned()));
}

#[tokio::test]
async fn out_of_scope_answers_byte_for_byte_like_what_does_not_exist() {
    let world = World::start(Speaks::Legacy).await;
    let authorization = format!("Bearer {}", text(DEMO_ONLY));
    let ask = async |slug: &str| {
        let path = format!("/acme/mcp/{slug}/server");
        let headers = [("authorization", authorization.as_str())];
        let answer = world.send(Method::POST, &path, &headers, initialize("2025-11-25").to_string()).await;
        (answer.status, answer.headers, answer.body)
    };
    assert_eq!(ask("hasty").await, ask("no-such-server").await);
}

#[tokio::test(start_paused = true)]
async fn unknown_is_said_only_by_a_node_that_can_know() {
    let world = World::start(Speaks::Legacy).await;
    let ask = async |number| ask(&world, DEMO, &text(number)).await.0;
    assert_eq!(ask(NEWER).await, 503, "not connected: it may be newer than what is known here");
    assert_eq!(ask(PLAIN).await, 200, "what is known works without the control plane");
    world.node.configuration.contact();
    let early = tokio::time::timeout(std::time::Duration::from_millis(100), ask(NEWER)).await;
    assert!(early.is_err(), "just connected: an update may be on its way");
    let (status, ()) = tokio::join!(ask(NEWER), async { world.publish(6) });
    assert_eq!(status, 200, "and here it is");
    assert_eq!(ask(UNKNOWN).await, 401);
    world.node.configuration.disconnected();
    assert_eq!(ask(UNKNOWN).await, 503);
    world.node.configuration.contact();
    assert_eq!(ask(UNKNOWN).await, 401, "nothing came in the time that an update takes");
}

#[tokio::test]
async fn calls_by_key_are_recorded_with_the_key_and_without_a_client() {
    let world = World::start(Speaks::Legacy).await;
    assert_eq!(ask(&world, DEMO, &text(PLAIN)).await.0, 200);
    let record = world.node.usage.take().0.pop().expect("a record");
    assert_eq!(
        (record.client_id.as_str(), record.api_key_id.as_ref()),
        ("", Uuid::from_u128(PLAIN).as_bytes().as_slice())
    );
    assert!(!format!("{record:?}").contains("MARKER"));
    let seen = format!("{:?}", world.upstream.seen());
    assert!(!seen.contains("MARKER") && !seen.contains("pwk_"), "a key never goes upstream");
}
