//! What a connected node is too old for is refused before it is saved, and only while it is connected.

use serde_json::json;
use uuid::Uuid;

use super::node::{Node, hello};
use super::plane::{Db, Plane};
use crate::app::platform::{self, PlatformChange};
use crate::app::{Caller, Ctx, Proof, limit_rules};
use crate::domain::access::TenantRole;
use crate::domain::audit::Actor;
use crate::domain::ids::{SessionId, UserId};

fn bound(calls: u32) -> PlatformChange {
    PlatformChange { concurrent_calls_max: Some(calls), ..PlatformChange::default() }
}

#[tokio::test]
async fn limits_wait_for_the_oldest_node_of_the_pool() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    plane.tenant("elsewhere", "us").await;
    let (mut old, _) = Node::welcomed(&plane, &secret, hello("eu")).await;
    // It answers heartbeats all the while, or it would count as gone.
    let (gone, leave) = tokio::sync::oneshot::channel();
    plane.app.tasks.spawn("node", async move {
        tokio::select! {
            ended = old.end() => panic!("the stream ended too early: {ended}"),
            left = leave => left.unwrap(),
        }
    });

    let refused = platform::update_tenant(&plane.app, Actor::System, "acme", bound(5)).await.unwrap_err();
    assert_eq!(refused.code(), "tenant.node_too_old");
    let caller = Caller {
        principal: UserId(Uuid::from_u128(1)).into(),
        role: TenantRole::Owner,
        proof: Proof::Session(SessionId(Uuid::from_u128(2))),
    };
    let ctx = Ctx { app: plane.app.clone(), tenant_id: acme, caller };
    let rule = json!({ "name": "all", "key": ["tenant"], "windows": [{ "limit": 5, "per": "second" }] });
    let rule = serde_json::from_value(rule).unwrap();
    let refused = limit_rules::create(&ctx, rule, false).await.err().expect("refused");
    assert_eq!(refused.code(), "limit_rule.node_too_old");

    // It holds nobody up whom it does not serve, nor what it can do: no bound.
    platform::update_tenant(&plane.app, Actor::System, "elsewhere", bound(5)).await.unwrap();
    platform::update_tenant(&plane.app, Actor::System, "acme", bound(0)).await.unwrap();
    gone.send(()).expect("the stream is open still");
    for _ in 0..100 {
        if platform::update_tenant(&plane.app, Actor::System, "acme", bound(5)).await.is_ok() {
            return plane.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the node that is gone still counts");
}
