//! Two replicas on one database.

use super::node::{Node, hello};
use super::plane::{Db, Plane};
use crate::app::{nodes, publish};
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
    nodes::revoke(&one.app, id).await.unwrap();
    assert_eq!(node.end().await.code(), tonic::Code::Unauthenticated);
    one.stop().await;
    two.stop().await;
}
