//! The stream: full pictures, deltas, resumption, acknowledgements.

use proto::wire::node_message::Message as Said;
use proto::wire::resource::Body;
use proto::wire::{Ack, GetRequest, Reject, config_sync_client::ConfigSyncClient};

use super::node::{Node, hello, hello_again, with_bearer};
use super::plane::{Db, Plane};
use crate::domain::configuration::ResourceKind;

#[tokio::test]
async fn a_subscription_begins_with_everything_and_goes_on_with_changes() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let acme = plane.tenant("acme", "eu").await;
        let (server, _, _, revision) = plane.server(acme, "github").await;
        let (mut node, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
        node.subscribe(acme, 0).await;

        let full = node.update().await;
        assert!(full.begin.full && full.begin.from_revision == 0);
        assert_eq!(full.begin.to_revision, revision);
        let all = ["access_grant", "principal", "server", "session_key", "signing_key", "tenant_settings"];
        assert_eq!(full.kinds(), all);
        for resource in &full.resources {
            match resource.body.as_ref().unwrap() {
                Body::SessionKey(key) => assert_eq!(key.secret.len(), 32, "unsealed for the node"),
                Body::SigningKey(key) => assert!(!key.jwk.contains("\"d\""), "the public part only"),
                _ => {}
            }
        }

        let store = plane.app.store.tenant(acme).await.unwrap();
        store.seed_retired(server).await;
        store.changed(ResourceKind::Server, server);
        store.changed(ResourceKind::TenantSettings, acme.0);
        let revision = store.commit().await.unwrap();
        let delta = node.update().await;
        assert!(!delta.begin.full);
        assert_eq!((delta.begin.from_revision, delta.begin.to_revision), (full.begin.to_revision, revision));
        assert_eq!(delta.kinds(), ["deleted", "tenant_settings"]);
        plane.stop().await;
    }
}

#[tokio::test]
async fn an_answer_can_wait_until_nodes_know() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    let (mut node, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
    node.subscribe(acme, 0).await;
    assert_eq!(node.update().await.begin.to_revision, 1);
    assert!(!plane.app.nodes.acknowledged(acme, 1).await, "nothing was acknowledged yet");
    let nodes = plane.app.nodes.clone();
    let (all, ()) = tokio::join!(nodes.acknowledged(acme, 1), node.ack(acme, 1));
    assert!(all);

    let reject = Reject { kind: "server".to_owned(), reason: "x".repeat(1_000), ..Reject::default() };
    let tenant_id = proto::convert::uuid_bytes(acme.0);
    let rejects = vec![reject; 100];
    let (_, _, _, revision) = plane.server(acme, "github").await;
    node.update().await;
    let ack = node.say(Said::Ack(Ack { tenant_id, revision, rejects }));
    assert!(tokio::join!(nodes.acknowledged(acme, revision), ack).0, "also with rejected resources");
    let seen = nodes.list();
    let kept = &seen[0].rejects[&acme];
    assert!(kept.len() < 100 && kept[0].reason.len() < 1_000, "visible, within bounds");
    assert!(nodes.all_have("servers") && !nodes.all_have("limit_rules"));
    plane.stop().await;
}

#[tokio::test]
async fn a_node_goes_on_where_it_was_also_after_a_restart() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let acme = plane.tenant("acme", "eu").await;
        let (mut node, welcome) = Node::welcomed(&plane, &secret, hello("eu")).await;
        assert!(node.directory().await.full);
        node.subscribe(acme, 0).await;
        node.update().await;
        plane.stop().await;
        node.end().await;

        let plane = Plane::start(&db).await;
        let (_, _, _, revision) = plane.server(acme, "github").await;
        let again = hello_again("eu", &welcome.history_id, &[(acme, 1)]);
        let (mut node, _) = Node::welcomed(&plane, &secret, again).await;
        node.subscribe(acme, 1).await;
        let delta = node.update().await;
        assert!(!delta.begin.full && delta.begin.from_revision == 1 && delta.begin.to_revision == revision);
        assert_eq!(delta.kinds(), ["access_grant", "principal", "server"]);
        plane.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_continued_is_sent_whole() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    plane.server(acme, "github").await;
    let (_, welcome) = Node::welcomed(&plane, &secret, hello("eu")).await;
    let history = welcome.history_id.as_str();
    for (history, have, why) in [
        ("00000000-0000-0000-0000-000000000000", 1, "another history"),
        ("", 1, "no history"),
        (history, 99, "ahead of us: a restored backup"),
        (history, 0, "nothing"),
    ] {
        let (mut node, _) = Node::welcomed(&plane, &secret, hello_again("eu", history, &[(acme, have)])).await;
        node.subscribe(acme, have).await;
        assert!(node.update().await.begin.full, "{why}");
    }
    // What was forgotten cannot be told as a delta.
    let store = plane.app.store.system().await.unwrap();
    assert!(store.prune_outbox(store.now() + chrono::TimeDelta::days(1)).await.unwrap() > 0);
    assert_eq!(store.prune_outbox(store.now() + chrono::TimeDelta::days(1)).await.unwrap(), 0);
    store.commit().await.unwrap();
    let (mut node, _) = Node::welcomed(&plane, &secret, hello_again("eu", history, &[(acme, 1)])).await;
    node.subscribe(acme, 1).await;
    assert!(node.update().await.begin.full, "pruned");
    plane.stop().await;
}

#[tokio::test]
async fn the_directory_is_told_whole_and_then_by_changes() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let acme = plane.tenant("acme", "eu").await;
        plane.tenant("other", "us").await;
        let (mut node, welcome) = Node::welcomed(&plane, &secret, hello("eu")).await;
        let slugs = |update: &proto::wire::DirectoryUpdate| {
            update.entries.iter().map(|entry| entry.slug.clone()).collect::<Vec<_>>()
        };
        let full = node.directory().await;
        assert!(full.full && full.last);
        assert_eq!(slugs(&full), ["acme"], "the pool's tenants only");
        plane.tenant("beta", "eu").await;
        let delta = node.directory().await;
        assert!(!delta.full && delta.last && delta.revision > full.revision);
        assert_eq!(slugs(&delta), ["beta"]);

        // A node that has the present picture is told of the next change only.
        let mut again = hello_again("eu", &welcome.history_id, &[]);
        again.directory_revision = delta.revision;
        let (mut node, _) = Node::welcomed(&plane, &secret, again).await;
        // The directory comes before tenants: when the first update is here, it was looked at.
        node.subscribe(acme, 0).await;
        node.update().await;
        plane.tenant("gamma", "eu").await;
        assert_eq!(slugs(&node.directory().await), ["gamma"]);
        plane.stop().await;
    }
}

#[tokio::test]
async fn the_same_picture_can_be_got_in_one_answer() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    let mut client = ConfigSyncClient::new(plane.channel().await);
    let request = GetRequest { tenant_id: proto::convert::uuid_bytes(acme.0) };
    let got = client.get(with_bearer(request, &secret)).await.unwrap().into_inner();
    assert_eq!((got.revision, got.resources.len()), (1, 3));
    plane.stop().await;
}
