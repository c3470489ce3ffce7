//! Hostile and broken nodes.

use proto::convert::uuid_bytes;
use proto::wire::control_message::Message as Control;
use proto::wire::{GetRequest, config_sync_client::ConfigSyncClient};
use tonic::Code;
use uuid::Uuid;

use super::node::{Node, hello, with_bearer};
use super::plane::{Db, Plane};
use crate::app::nodes;
use crate::domain::audit::Actor;
use crate::domain::ids::TenantId;
use crate::domain::limits::{REFUSALS_QUEUED_MAX, SUBSCRIBES_PER_S};

#[tokio::test]
async fn atk_06_a_node_learns_of_its_own_pool_only() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let (acme, foreign) = (plane.tenant("acme", "eu").await, plane.tenant("foreign", "us").await);

        let mut liar = Node::open(&plane, &secret, hello("us")).await.unwrap();
        assert_eq!(liar.end().await.code(), Code::PermissionDenied, "the pool is the identity's, not the hello's");

        let (mut node, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
        node.subscribe(foreign, 0).await;
        assert_eq!(node.refusal().await, ("tenant.outside_pool".to_owned(), 0));
        node.subscribe(TenantId(Uuid::new_v4()), 0).await;
        assert_eq!(node.refusal().await, ("tenant.unknown".to_owned(), 0));
        // A revision that happens to be the present one must not slip past the check.
        node.subscribe(foreign, 1).await;
        assert_eq!(node.refusal().await.0, "tenant.outside_pool");
        plane.server(foreign, "secret").await;
        node.subscribe(acme, 0).await;
        assert_eq!(node.update().await.begin.tenant_id, uuid_bytes(acme.0), "and nothing of the other tenant");

        let mut client = ConfigSyncClient::new(plane.channel().await);
        let get = GetRequest { tenant_id: uuid_bytes(foreign.0) };
        assert_eq!(client.get(with_bearer(get, &secret)).await.unwrap_err().code(), Code::PermissionDenied);
        plane.stop().await;
    }
}

#[tokio::test]
async fn atk_07_without_a_good_secret_there_is_no_stream() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, good) = plane.enrol("n1", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    let forged = crate::crypto::tokens::opaque("pwn_").unwrap();
    for bad in [forged, "pwn_".to_owned().into(), "pwk_x".to_owned().into(), String::new().into()] {
        let refused = Node::open(&plane, &bad, hello("eu")).await.err().unwrap();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
    let mut client = ConfigSyncClient::new(plane.channel().await);
    let get = GetRequest { tenant_id: uuid_bytes(acme.0) };
    assert_eq!(client.get(get.clone()).await.unwrap_err().code(), Code::Unauthenticated, "no header");
    let mut twice = with_bearer(get, &good);
    twice.metadata_mut().append("authorization", "Bearer x".parse().unwrap());
    assert_eq!(client.get(twice).await.unwrap_err().code(), Code::Unauthenticated, "two headers");
    plane.stop().await;
}

#[tokio::test]
async fn atk_07_a_revoked_node_is_dropped_in_mid_stream_and_stays_out() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (id, secret) = plane.enrol("n1", "eu").await;
    let (mut node, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
    nodes::revoke(&plane.app, Actor::System, id).await.unwrap();
    assert_eq!(node.end().await.code(), Code::Unauthenticated);
    let refused = Node::open(&plane, &secret, hello("eu")).await.err().unwrap();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(nodes::revoke(&plane.app, Actor::System, id).await.is_err(), "once is enough");
    assert!(plane.app.nodes.list().is_empty());
    plane.stop().await;
}

#[tokio::test]
async fn subscriptions_come_at_a_bounded_rate() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let (mut node, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
    for _ in 0..SUBSCRIBES_PER_S + 10 {
        node.subscribe(TenantId(Uuid::new_v4()), 0).await;
    }
    let mut refusals = Vec::new();
    for _ in 0..SUBSCRIBES_PER_S + 10 {
        refusals.push(node.refusal().await);
    }
    let too_fast: Vec<_> = refusals.iter().filter(|(code, _)| code == "subscribe.too_fast").collect();
    assert!(!too_fast.is_empty() && too_fast.iter().all(|(_, retry_after_ms)| *retry_after_ms > 0));
    plane.stop().await;
}

#[tokio::test]
async fn a_flood_ends_the_stream_of_the_flooder_alone() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let (_, other) = plane.enrol("n2", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    let (mut flooder, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
    let (mut quiet, _) = Node::welcomed(&plane, &other, hello("eu")).await;
    // Not reading, so that refusals queue up.
    let flood = async {
        for _ in 0..REFUSALS_QUEUED_MAX * 200 {
            flooder.subscribe_if_open(TenantId(Uuid::new_v4())).await;
        }
    };
    flood.await;
    let ended = flooder.end().await;
    assert!(matches!(ended.code(), Code::ResourceExhausted | Code::Cancelled), "{ended:?}");
    quiet.subscribe(acme, 0).await;
    assert!(quiet.update().await.begin.full);
    plane.stop().await;
}

#[tokio::test]
async fn a_newer_stream_of_a_process_replaces_the_older() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let ((_, secret), (_, other)) = (plane.enrol("n1", "eu").await, plane.enrol("n2", "eu").await);
    let first = hello("eu");
    let (mut old, _) = Node::welcomed(&plane, &secret, first.clone()).await;
    // Another identity that claims the same process takes nothing over.
    let (mut thief, _) = Node::welcomed(&plane, &other, first.clone()).await;
    assert!(matches!(old.next().await, Ok(Control::Directory(_))));
    assert_eq!(plane.app.nodes.list().len(), 2);
    let (mut new, _) = Node::welcomed(&plane, &secret, first).await;
    old.end().await;
    assert!(matches!(new.next().await, Ok(Control::Directory(_))));
    assert!(matches!(thief.next().await, Ok(Control::Directory(_))));
    assert_eq!(plane.app.nodes.list().len(), 2);
    plane.stop().await;
}

#[tokio::test]
async fn a_silent_node_is_dropped() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let (mut node, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
    assert_eq!(node.end_in_silence().await.code(), Code::DeadlineExceeded);
    plane.stop().await;
}
