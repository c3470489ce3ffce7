//! Call records: stored once, acknowledged after that, refused where they do not belong.

use proto::convert::uuid_bytes;
use proto::wire::usage_sink_client::UsageSinkClient;
use proto::wire::{CallOutcome, CallRecord, PrincipalKind, UsageAck, UsageBatch};
use secrecy::SecretString;
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::node::with_bearer;
use super::plane::{Db, Plane};
use crate::app::{Caller, Ctx, Proof, calls};
use crate::domain::access::TenantRole;
use crate::domain::call::CallFilter;
use crate::domain::ids::{SessionId, TenantId, UserId};
use crate::domain::page::{Created, PageRequest};

/// Reports batches on one stream and answers the acknowledgements.
async fn report(plane: &Plane, secret: &SecretString, batches: Vec<UsageBatch>) -> Vec<UsageAck> {
    let mut client = UsageSinkClient::new(plane.channel().await);
    let acks = client.report(with_bearer(tokio_stream::iter(batches), secret)).await.unwrap().into_inner();
    acks.map(Result::unwrap).collect().await
}

fn record(plane: &Plane, tenant: TenantId, server: Uuid, user: Uuid) -> CallRecord {
    CallRecord {
        id: uuid_bytes(plane.app.new_id()),
        tenant_id: uuid_bytes(tenant.0),
        principal_id: uuid_bytes(user),
        principal_kind: PrincipalKind::User.into(),
        server_id: uuid_bytes(server),
        method: "tools/call".to_owned(),
        target: "search\0".to_owned(),
        outcome: CallOutcome::Ok.into(),
        bytes_in: u64::MAX,
        started_unix_us: u64::try_from(plane.app.clock.now().timestamp_micros()).unwrap(),
        ..CallRecord::default()
    }
}

fn batch(sequence: u64, records: Vec<CallRecord>) -> UsageBatch {
    UsageBatch { sequence, records, dropped_before: 0 }
}

fn page(after: Option<Created>) -> PageRequest<Created> {
    PageRequest { limit: 1_000, after }
}

#[tokio::test]
async fn records_are_stored_once_and_then_acknowledged() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let acme = plane.tenant("acme", "eu").await;
        let (server, _, user, revision) = plane.server(acme, "github").await;
        let records: Vec<_> = (0..700).map(|_| record(&plane, acme, server, user)).collect();
        let twice = [records[..10].to_vec(), records[..10].to_vec()].concat();
        let acks = report(&plane, &secret, vec![batch(7, records.clone()), batch(8, twice)]).await;
        assert_eq!(acks.iter().map(|ack| (ack.sequence, ack.refused.len())).collect::<Vec<_>>(), [(7, 0), (8, 0)]);

        let store = plane.app.store.tenant_read(acme).await.unwrap();
        let all = store.list_calls(&CallFilter::default(), page(None)).await.unwrap().items;
        assert_eq!(all.len(), 700);
        assert_eq!((all[0].target.as_str(), all[0].bytes_in), ("search", i64::MAX as u64));
        let after = Created { at: all[9].started_at, id: all[9].id.0 };
        let rest = store.list_calls(&CallFilter::default(), page(Some(after))).await.unwrap().items;
        assert_eq!(rest, all[10..]);
        assert_eq!(store.get_call(all[3].id).await.unwrap(), all[3]);
        let filter = CallFilter { method: Some("tools/list".to_owned()), ..CallFilter::default() };
        assert!(store.list_calls(&filter, page(None)).await.unwrap().items.is_empty());
        assert_eq!(store.revision().await.unwrap(), revision, "records are no configuration");
        drop(store);
        plane.stop().await;
    }
}

#[tokio::test]
async fn atk_06_records_of_other_pools_and_of_nobody_are_refused_one_by_one() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        let (_, secret) = plane.enrol("n1", "eu").await;
        let (acme, foreign) = (plane.tenant("acme", "eu").await, plane.tenant("foreign", "us").await);
        let (server, _, user, _) = plane.server(acme, "github").await;
        let (foreign_server, _, foreign_user, _) = plane.server(foreign, "github").await;
        let late = plane.app.clock.now() + chrono::TimeDelta::days(3);
        let cases = [
            (record(&plane, foreign, foreign_server, foreign_user), "tenant.outside_pool"),
            (record(&plane, TenantId(Uuid::new_v4()), server, user), "tenant.unknown"),
            (record(&plane, acme, foreign_server, user), "record.unknown_server"),
            (record(&plane, acme, server, foreign_user), "record.unknown_principal"),
            // The time in the id is where the record is looked for.
            (CallRecord { id: uuid_bytes(Uuid::new_v4()), ..record(&plane, acme, server, user) }, "record.id_time"),
            (CallRecord { started_unix_us: 1_000_000, ..record(&plane, acme, server, user) }, "record.id_time"),
            (CallRecord { outcome: 99, ..record(&plane, acme, server, user) }, "record.malformed"),
            (CallRecord { server_id: Default::default(), ..record(&plane, acme, server, user) }, "record.malformed"),
            (
                CallRecord {
                    started_unix_us: u64::try_from(late.timestamp_micros()).unwrap(),
                    ..record(&plane, acme, server, user)
                },
                "record.in_the_future",
            ),
        ];
        let mut records: Vec<_> = cases.iter().map(|(record, _)| record.clone()).collect();
        records.push(record(&plane, acme, server, user));
        let acks = report(&plane, &secret, vec![batch(1, records)]).await;
        assert_eq!(acks[0].refused.len(), cases.len());
        for (record, code) in &cases {
            let refused = acks[0].refused.iter().find(|refused| refused.id == record.id);
            assert_eq!(refused.unwrap().code, *code);
        }
        let stored = |tenant| {
            let plane = &plane;
            async move {
                let store = plane.app.store.tenant_read(tenant).await.unwrap();
                store.list_calls(&CallFilter::default(), page(None)).await.unwrap().items.len()
            }
        };
        assert_eq!((stored(acme).await, stored(foreign).await), (1, 0), "the good one is kept");
        plane.stop().await;
    }
}

#[tokio::test]
async fn jobs_may_run_twice() {
    for db in Db::each().await {
        let plane = Plane::start(&db).await;
        plane.tenant("acme", "eu").await;
        for _ in 0..2 {
            crate::app::usage::ensure_partitions(&plane.app).await.unwrap();
            crate::app::publish::forget_old_changes(&plane.app).await.unwrap();
            crate::app::upkeep::forget_expired(&plane.app).await.unwrap();
            crate::app::nodes::follow_decisions(&plane.app).await.unwrap();
        }
        plane.clock.advance(chrono::TimeDelta::days(400));
        crate::app::usage::ensure_partitions(&plane.app).await.unwrap();
        plane.stop().await;
    }
}

#[tokio::test]
async fn members_see_their_own_calls_and_auditors_all() {
    let db = Db::sqlite().await;
    let plane = Plane::start(&db).await;
    let (_, secret) = plane.enrol("n1", "eu").await;
    let acme = plane.tenant("acme", "eu").await;
    let (server, _, ana, _) = plane.server(acme, "github").await;
    let (_, _, ben, _) = plane.server(acme, "jira").await;
    let records = vec![record(&plane, acme, server, ana), record(&plane, acme, server, ben)];
    report(&plane, &secret, vec![batch(1, records)]).await;
    let ctx = |role| Ctx {
        app: plane.app.clone(),
        tenant_id: acme,
        caller: Caller { principal: UserId(ana).into(), role, proof: Proof::Session(SessionId(Uuid::nil())) },
    };
    let seen = |role, principal_id| {
        let (ctx, filter) = (ctx(role), CallFilter { principal_id, ..CallFilter::default() });
        async move { calls::list(&ctx, filter, page(None)).await.unwrap().items }
    };
    assert_eq!(seen(TenantRole::Auditor, None).await.len(), 2);
    let bens = seen(TenantRole::Auditor, Some(ben)).await;
    assert_eq!(bens.len(), 1);
    let own = seen(TenantRole::Member, None).await;
    assert!(own.len() == 1 && own[0].principal_id == ana);
    assert!(seen(TenantRole::Member, Some(ben)).await.is_empty());
    let refused = calls::get(&ctx(TenantRole::Member), bens[0].id).await.unwrap_err();
    assert_eq!(refused.code(), "not_found", "like a call that never was");
    assert!(calls::get(&ctx(TenantRole::Member), own[0].id).await.is_ok());
    plane.stop().await;
}
