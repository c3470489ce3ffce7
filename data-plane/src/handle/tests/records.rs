//! What is recorded of a request.

use axum::body::Body;
use http::Method;
use proto::wire::{CallOutcome, CallRecord, Fault, PrincipalKind};
use serde_json::json;

use super::upstream::Speaks;
use super::world::{ACME, ANA, DEMO, World, call, modern};

fn drained(world: &World) -> Vec<CallRecord> {
    world.node.usage.take().0
}

#[tokio::test]
async fn a_record_says_who_what_where_and_how_it_ended_and_nothing_of_the_contents() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    drained(&world);
    let mut headers = ide.headers();
    headers.push(("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    let body = call(1, "echo").to_string();
    let answer = world.send(Method::POST, DEMO, &headers, body.clone()).await;
    let [record]: [CallRecord; 1] = drained(&world).try_into().expect("one");
    assert_eq!(
        (record.id.len(), &record.tenant_id[..], &record.principal_id[..]),
        (16, &ACME.as_bytes()[..], &ANA.as_bytes()[..])
    );
    assert_eq!((record.principal_kind(), record.server_id.len(), record.member_id.len()), (PrincipalKind::User, 16, 0));
    assert_eq!(
        (record.client_name.as_str(), record.client_version.as_str(), record.client_id.as_str()),
        ("test-ide", "9", "client-1")
    );
    assert_eq!((record.method.as_str(), record.target.as_str()), ("tools/call", "echo"));
    assert_eq!(
        (record.client_version_mcp.as_str(), record.upstream_version_mcp.as_str()),
        ("2025-11-25", "2025-11-25")
    );
    assert_eq!(
        (record.outcome(), record.fault(), record.error_reason.as_str()),
        (CallOutcome::Ok, Fault::Unspecified, "")
    );
    assert_eq!((record.bytes_in, record.bytes_out), (body.len() as u64, answer.body.len() as u64));
    assert!(record.upstream_us > 0 && record.duration_us >= record.upstream_us);
    assert_eq!((record.started_unix_us, record.node_id.as_str()), (1_800_000_000_000_000, "node-1"));
    assert_eq!(record.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test]
async fn every_ending_is_recorded_once() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    drained(&world);
    let one = |expected: (&str, CallOutcome, Fault, &str)| {
        let [record]: [CallRecord; 1] =
            drained(&world).try_into().unwrap_or_else(|all| panic!("{expected:?}: {all:?}"));
        let got = (record.method.as_str(), record.outcome(), record.fault(), record.error_reason.as_str());
        assert_eq!(got, expected);
    };
    ide.call(1, "tool_error").await;
    one(("tools/call", CallOutcome::ToolError, Fault::Upstream, "tool.error"));
    ide.call(1, "s500").await;
    one(("tools/call", CallOutcome::Error, Fault::Upstream, "upstream.failed"));
    ide.call(1, "stream").await;
    one(("tools/call", CallOutcome::Ok, Fault::Unspecified, ""));
    ide.call(1, "cut").await;
    one(("tools/call", CallOutcome::Error, Fault::Upstream, "upstream.interrupted"));
    ide.post_raw("{").await;
    one(("http/post", CallOutcome::Refused, Fault::Client, "request.malformed"));
    ide.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    one(("notifications/initialized", CallOutcome::Ok, Fault::Unspecified, ""));
    drop(ide.modern(&modern(1, "server/discover", json!({}))).await);
    one(("server/discover", CallOutcome::Refused, Fault::Client, "protocol.upstream_is_legacy"));
    ide.request(Method::GET).await;
    one(("http/get", CallOutcome::Refused, Fault::Client, "http.method_not_allowed"));
    ide.request(Method::DELETE).await;
    one(("http/delete", CallOutcome::Ok, Fault::Unspecified, ""));
    world.ide(ANA, "secret").await.request(Method::GET).await;
    one(("http/get", CallOutcome::Refused, Fault::Client, "not_found"));

    world.ide(ANA, "no-such-server").await.request(Method::GET).await;
    world.send(Method::GET, DEMO, &[], Body::empty()).await;
    assert_eq!(drained(&world).len(), 0, "strangers and names of no server are counted, not recorded");
}
