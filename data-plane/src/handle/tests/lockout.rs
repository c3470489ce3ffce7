//! What somebody loses their right to ends at once: the next call, and what is under way.

use std::sync::Arc;

use axum::body::Body;
use http::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::upstream::Speaks;
use super::world::{ACME, ANA, Ide, World, initialize, modern};
use crate::map::HashMap;
use crate::mcp::sse::Parser;
use crate::snapshot::{RevokedGrant, Snapshot, TenantStatus};

async fn messages(response: Response<Body>) -> Vec<Value> {
    let body = response.into_body().collect().await.expect("whole").to_bytes();
    let events = Parser::new(1 << 20).feed(&body).expect("short");
    events
        .iter()
        .filter(|event| !event.data.is_empty())
        .map(|event| serde_json::from_slice(&event.data).expect("JSON"))
        .collect()
}

/// A grant that was ended; nobody's tokens but its own are void.
pub(super) fn revoked(id: Uuid) -> Arc<HashMap<Uuid, RevokedGrant>> {
    let grant = RevokedGrant { revoked_unix_ms: 1, forget_after_unix_ms: 2 };
    Arc::new(HashMap::from_iter([(id, grant)]))
}

/// What a caller loses their right by, and whether what they hear is about their token.
type Loss = (&'static str, fn(&mut Snapshot), u16);

const LOSSES: [Loss; 4] = [
    ("connection", |snapshot| snapshot.revoked_grants = revoked(Uuid::nil()), 401),
    ("tenant", |snapshot| snapshot.status = TenantStatus::Suspended, 503),
    ("person", |snapshot| drop(snapshot.principals.remove(&ANA)), 401),
    (
        "grant",
        |snapshot| snapshot.servers.values_mut().for_each(|server| Arc::make_mut(server).grants = Default::default()),
        404,
    ),
];

#[tokio::test]
async fn a_call_under_way_ends_with_the_callers_right_to_it() {
    for speaks in [Speaks::Legacy, Speaks::Modern] {
        for (what, change, status) in LOSSES {
            let world = World::start(speaks).await;
            let is_legacy = matches!(speaks, Speaks::Legacy);
            let ide = if is_legacy { world.legacy(ANA, "demo").await } else { world.ide(ANA, "demo").await };
            let lose = |revision| {
                let mut snapshot = world.snapshot(ACME, revision);
                change(&mut snapshot);
                world.node.configuration.publish(Arc::new(snapshot));
            };
            // One that waits for its answer is refused; one that streams ends with the reason.
            for (tool, revision) in [("hang", 6), ("hang_stream", 8)] {
                world.publish(revision - 1);
                let seen = world.upstream.seen().len();
                let running = async {
                    if is_legacy {
                        ide.call_open(tool).await
                    } else {
                        ide.modern(&modern(1, "tools/call", json!({"name": tool}))).await
                    }
                };
                let losing = async {
                    world.upstream.saw_after(seen, |seen| seen.body["params"]["name"] == tool).await;
                    if tool == "hang" {
                        // Something else changes: that ends nothing.
                        world.publish(revision);
                        lose(revision + 1);
                    }
                };
                let (response, ()) = tokio::join!(running, losing);
                if tool == "hang" {
                    assert_eq!(response.status(), status, "{what}");
                    continue;
                }
                assert_eq!(response.status(), 200);
                lose(revision);
                let last = messages(response).await.pop().expect("the reason");
                let code = last["error"]["data"]["code"].as_str().expect("an error").to_owned();
                assert!(
                    ["token.disconnected", "tenant.suspended", "token.revoked", "not_found"].contains(&&*code),
                    "{what}: {last}"
                );
            }
            world.upstream.saw_abandoned(2).await;
            if is_legacy {
                world.upstream.saw(|seen| seen.method() == "notifications/cancelled").await;
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_an_ended_connection_is_refused_and_others_are_not() {
    let world = World::start(Speaks::Legacy).await;
    let mut claims = world.claims(ANA);
    claims.gid = Uuid::from_u128(77);
    let other = format!("Bearer {}", world.sign(&claims));
    let ide = world.legacy(ANA, "demo").await;
    let mut snapshot = world.snapshot(ACME, 6);
    snapshot.revoked_grants = revoked(Uuid::nil());
    world.node.configuration.publish(Arc::new(snapshot));
    let refused = ide.call(1, "echo").await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").contains("this connection was ended"), "{refused:?}");
    let ide = Ide { authorization: other, ..world.ide(ANA, "demo").await };
    assert_eq!(ide.post(&initialize("2025-11-25")).await.status, 200, "another connection of the same person");
}
