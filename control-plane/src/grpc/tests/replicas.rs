//! Two replicas on one database.

use proto::wire::node_message::Message as NodeSays;
use proto::wire::{Heartbeat, Hello, NodeLoad};

use super::node::{Node, hello};
use super::plane::{Db, Plane};
use crate::app::{acks, nodes, publish};
use crate::domain::audit::Actor;
use crate::store::Changed;

#[tokio::test]
async fn what_one_replica_commits_the_other_hears() {
    let Some(db) = Db::postgres().await else { return };
    let (one, two) = (Plane::start(&db).await, Plane::start(&db).await);
    let acme = one.tenant("acme", "eu").await;
    let mut feed = publish::feed(&two.app);
    // No node is connected to the second replica, so its poll is idle: only LISTEN can have told. The ear may still be
    // opening, so changes are made until one is heard.
    let heard = async {
        loop {
            if let Ok(Changed::Tenant { id, revision }) = feed.recv().await
                && id == acme
            {
                return revision;
            }
        }
    };
    tokio::pin!(heard);
    let mut number = 0;
    let revision = loop {
        number += 1;
        one.server(acme, &format!("server-{number}")).await;
        match tokio::time::timeout(std::time::Duration::from_millis(500), &mut heard).await {
            Ok(revision) => break revision,
            Err(_) => assert!(number < 20, "nothing was heard"),
        }
    };
    assert!(revision >= 1);

    let (id, secret) = one.enrol("n1", "eu").await;
    let (mut node, _) = Node::welcomed(&two, &secret, hello("eu")).await;
    node.subscribe(acme, 0).await;
    let full = node.update().await;
    let (_, _, _, revision) = one.server(acme, "github").await;
    let delta = node.update().await;
    assert_eq!((delta.begin.from_revision, delta.begin.to_revision), (full.begin.to_revision, revision));
    // A revocation through one replica ends streams of the other.
    nodes::revoke(&one.app, Actor::System, id).await.unwrap();
    assert_eq!(node.end().await.code(), tonic::Code::Unauthenticated);
    one.stop().await;
    two.stop().await;
}

/// The same question to both, whichever replica the node is connected to.
#[tokio::test]
async fn a_change_is_known_only_when_nodes_of_every_replica_have_it() {
    let Some(db) = Db::postgres().await else { return };
    let (one, two) = (Plane::start(&db).await, Plane::start(&db).await);
    let acme = one.tenant("acme", "eu").await;
    let (_, secret) = one.enrol("n1", "eu").await;
    let (mut node, _) = Node::welcomed(&two, &secret, hello("eu")).await;
    node.subscribe(acme, 0).await;
    let full = node.update().await;
    node.ack(acme, full.begin.to_revision).await;
    let (_, _, _, revision) = one.server(acme, "github").await;
    let resource = uuid::Uuid::from_u128(1);
    node.update().await;
    assert_eq!(
        acks::pending(&one.app, acme, revision, resource).await,
        1,
        "the node of the other replica did not say so"
    );
    node.ack(acme, revision).await;
    // The ears of both may still be opening: what is not heard counts as not known, and is asked again.
    let mut pending = 1;
    for _ in 0..20 {
        pending = acks::pending(&one.app, acme, revision, resource).await;
        if pending == 0 {
            break;
        }
    }
    assert_eq!(pending, 0);
    // A node that took the revision but not the resource has not got it.
    let (_, _, _, revision) = one.server(acme, "gitlab").await;
    node.update().await;
    node.ack_rejecting(acme, revision, resource).await;
    assert_eq!(acks::pending(&one.app, acme, revision, resource).await, 1);
    // A replica that stops says so, and nobody waits for it.
    node.ack(acme, revision).await;
    two.stop().await;
    assert_eq!(acks::pending(&one.app, acme, revision, resource).await, 0);
    one.stop().await;
}

/// Who looks at nodes sees those of every replica, and hears when one did not say.
#[tokio::test]
async fn nodes_of_every_replica_are_shown() {
    let Some(db) = Db::postgres().await else { return };
    let (one, two) = (Plane::start(&db).await, Plane::start(&db).await);
    let acme = one.tenant("acme", "eu").await;
    let (id, secret) = one.enrol("n1", "eu").await;
    let able = Hello { capabilities: vec!["servers".to_owned(), "drain".to_owned()], ..hello("eu") };
    let (mut node, _) = Node::welcomed(&two, &secret, able).await;
    node.subscribe(acme, 0).await;
    let revision = node.update().await.begin.to_revision;
    node.ack(acme, revision).await;
    let load = NodeLoad { calls: 3, streams: 2, sessions: 1, draining: false };
    node.say(NodeSays::Heartbeat(Heartbeat { load: Some(load), ..Heartbeat::default() })).await;
    // The ears of both may still be opening.
    let mut seen = nodes::get(&one.app, id).await.unwrap();
    for _ in 0..20 {
        if seen.streams.first().is_some_and(|stream| stream.load.is_some() && stream.acked.contains_key(&acme)) {
            break;
        }
        seen = nodes::get(&one.app, id).await.unwrap();
    }
    assert_eq!((seen.streams.len(), seen.silent_replicas), (1, 0));
    let stream = &seen.streams[0];
    assert_eq!((stream.load.unwrap().calls, stream.acked[&acme], seen.revisions[&acme]), (3, revision, revision));
    assert_eq!(seen.slugs[&acme], "acme");

    // What it cannot do is refused also where it is not connected.
    nodes::drain(&one.app, Actor::System, id, true).await.unwrap();
    drop(node);
    let (_old, _) = Node::welcomed(&two, &secret, hello("eu")).await;
    let refused = nodes::drain(&one.app, Actor::System, id, true).await.unwrap_err();
    assert_eq!(refused.code(), "node.too_old");

    // A replica that was killed is missed for as long as it counts as alive.
    two.stop().await;
    let store = one.app.store.system().await.unwrap();
    store.touch_replica(uuid::Uuid::from_u128(7)).await.unwrap();
    store.commit().await.unwrap();
    let seen = nodes::get(&one.app, id).await.unwrap();
    assert_eq!((seen.streams.len(), seen.silent_replicas), (0, 1));
    one.stop().await;
}
