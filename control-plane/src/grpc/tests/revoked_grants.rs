//! Ended grants on the stream: told in full pictures and in deltas, while a token of theirs may live, and only to nodes
//! that know what they are.

use chrono::TimeDelta;
use proto::wire::Hello;
use proto::wire::resource::Body;

use super::node::{Node, Update, hello};
use super::plane::{Db, Plane};
use crate::app::upkeep;
use crate::domain::configuration::ResourceKind;
use crate::domain::ids::TenantId;

fn newer() -> Hello {
    let base = hello("eu");
    let capabilities = [base.capabilities.clone(), vec!["revoked_grants".to_owned()]].concat();
    Hello { node_id: "node-2".to_owned(), capabilities, ..base }
}

fn ended(told: &Update) -> Vec<(uuid::Uuid, u64)> {
    let ended = told.resources.iter().filter_map(|resource| match &resource.body {
        Some(Body::RevokedGrant(grant)) => {
            Some((uuid::Uuid::from_slice(&resource.id).unwrap(), grant.forget_after_unix_ms - grant.revoked_unix_ms))
        }
        _ => None,
    });
    ended.collect()
}

async fn end_one(plane: &Plane, tenant: TenantId) -> uuid::Uuid {
    let store = plane.app.store.tenant(tenant).await.unwrap();
    let id = store.seed_revoked_grant().await;
    store.changed(ResourceKind::RevokedGrant, id);
    store.commit().await.unwrap();
    id
}

#[tokio::test]
async fn an_ended_grant_is_told_while_its_tokens_may_live() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let acme = plane.tenant("acme", "eu").await;
        let first = end_one(&plane, acme).await;
        let (mut old, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
        let (mut new, _) = Node::welcomed(&plane, &secret, newer()).await;
        old.subscribe(acme, 0).await;
        new.subscribe(acme, 0).await;
        let hour_ms = 3_600_000;
        assert_eq!(ended(&new.update().await), [(first, hour_ms)], "in the full picture");
        assert!(!old.update().await.kinds().contains(&"other"), "an older node would stop every server");

        let second = end_one(&plane, acme).await;
        assert_eq!(ended(&new.update().await), [(second, hour_ms)], "as a delta");
        let delta = old.update().await;
        assert_eq!((delta.begin.to_revision, delta.resources.len()), (3, 0), "the revision advances there, too");

        plane.clock.advance(TimeDelta::minutes(61));
        new.subscribe(acme, 0).await;
        assert!(ended(&new.update().await).is_empty(), "no token is left");
        for _ in 0..2 {
            upkeep::forget_expired(&plane.app).await.unwrap();
        }
        let store = plane.app.store.tenant(acme).await.unwrap();
        assert_eq!(store.delete_lapsed_revoked_grants(store.now()).await.unwrap(), 0, "the rows are gone");
        drop(store);
        plane.stop().await;
    }
}
