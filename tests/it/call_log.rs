//! The call log: what nodes report, and who finds it how.

mod away;
mod export;
mod retention;
mod search;
mod tail;
mod usage;

use chrono::{DateTime, TimeDelta, Utc};
use control_plane::app::{nodes, usage as ingest};
use control_plane::domain::audit::Actor;
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::configuration::PrincipalKind;
use control_plane::domain::ids::{CallRecordId, ServerId, TenantId, UserId};
use control_plane::state::App;
use control_plane::store::Store;
use proto::convert::uuid_bytes;
use proto::wire;
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

    /// As a node reports it.
    pub(crate) async fn report(&self, calls: &[CallRecord]) {
        report(self.world.app(), calls).await;
    }
}

/// As a node reports it to one replica.
pub(crate) async fn report(app: &App, calls: &[CallRecord]) {
    let (identity, _) = nodes::enrol(app, Actor::System, &app.new_id().to_string(), "default").await.unwrap();
    assert_eq!(ingest::store(app, &identity, calls.iter().map(reported).collect()).await.unwrap(), []);
}

fn reported(call: &CallRecord) -> wire::CallRecord {
    wire::CallRecord {
        id: uuid_bytes(call.id.0),
        tenant_id: uuid_bytes(call.tenant_id.0),
        started_unix_us: u64::try_from(call.started_at.timestamp_micros()).unwrap(),
        principal_kind: wire::PrincipalKind::User.into(),
        principal_id: uuid_bytes(call.principal_id),
        client_name: call.client_name.clone(),
        client_version: call.client_version.clone(),
        client_id: call.client_id.clone(),
        server_id: uuid_bytes(call.server_id.0),
        member_id: call.member_id.map(|id| uuid_bytes(id.0)).unwrap_or_default(),
        method: call.method.clone(),
        target: call.target.clone(),
        client_version_mcp: call.client_protocol.clone(),
        upstream_version_mcp: call.upstream_protocol.clone(),
        outcome: match call.outcome {
            CallOutcome::Ok => wire::CallOutcome::Ok,
            CallOutcome::ToolError => wire::CallOutcome::ToolError,
            CallOutcome::Error => wire::CallOutcome::Error,
            CallOutcome::Refused => wire::CallOutcome::Refused,
            CallOutcome::Cancelled => wire::CallOutcome::Cancelled,
        }
        .into(),
        error_reason: call.error_reason.clone(),
        fault: match call.fault {
            Fault::None => wire::Fault::Unspecified,
            Fault::Client => wire::Fault::Client,
            Fault::Gateway => wire::Fault::Gateway,
            Fault::Upstream => wire::Fault::Upstream,
        }
        .into(),
        bytes_in: call.bytes_in,
        bytes_out: call.bytes_out,
        duration_us: call.duration_us,
        upstream_us: call.upstream_us,
        trace_id: call.trace_id.clone(),
        rule_ids: call.rule_ids.iter().map(|id| uuid_bytes(*id)).collect(),
        node_id: call.node_id.clone(),
        ..wire::CallRecord::default()
    }
}
