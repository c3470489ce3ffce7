//! The call log: what nodes report, and who finds it how.

mod away;
mod export;
mod retention;
mod search;
mod usage;

use chrono::{DateTime, TimeDelta, Utc};
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::configuration::PrincipalKind;
use control_plane::domain::ids::{CallRecordId, ServerId, TenantId, UserId};
use control_plane::store::Store;
use uuid::{NoContext, Timestamp, Uuid};
use world::World;
use world::people::Person;

/// A tenant, somebody who calls, and what was called.
pub(crate) struct Log {
    pub(crate) world: World,
    pub(crate) owner: Person,
    pub(crate) tenant: TenantId,
    pub(crate) server: ServerId,
    pub(crate) principal: UserId,
}

impl Log {
    pub(crate) async fn of(setup: world::world::Setup) -> Self {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", "https://mcp.example/mcp").await.parse().unwrap();
        let (tenant, principal) = (world.tenant_id("acme").await, owner.id().await.parse().unwrap());
        Self { world, owner, tenant, server, principal }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.world.app().store
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.world.app().clock.now()
    }

    /// A call that began so long ago.
    pub(crate) fn call(&self, ago: TimeDelta) -> CallRecord {
        let started_at = self.now() - ago;
        let (seconds, nanos) = (u64::try_from(started_at.timestamp()).unwrap(), started_at.timestamp_subsec_nanos());
        CallRecord {
            id: CallRecordId(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos))),
            tenant_id: self.tenant,
            started_at,
            principal_kind: PrincipalKind::User,
            principal_id: self.principal.0,
            client_name: "Editor".to_owned(),
            client_version: "1.0".to_owned(),
            client_id: "editor-1".to_owned(),
            api_key_id: None,
            server_id: self.server,
            member_id: None,
            method: "tools/call".to_owned(),
            target: "search".to_owned(),
            client_protocol: "2025-11-25".to_owned(),
            upstream_protocol: "2025-11-25".to_owned(),
            outcome: CallOutcome::Ok,
            error_reason: String::new(),
            fault: Fault::None,
            bytes_in: 10,
            bytes_out: 20,
            duration_us: 30_000,
            upstream_us: 29_000,
            trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
            rule_ids: Vec::new(),
            node_id: "n1".to_owned(),
        }
    }

    pub(crate) async fn keep(&self, calls: &[CallRecord]) {
        let store = self.store().tenant(self.tenant).await.unwrap();
        store.insert_call_records(calls).await.unwrap();
        store.commit_records().await.unwrap();
    }
}
