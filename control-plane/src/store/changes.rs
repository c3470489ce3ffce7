//! Commit: audit chain and configuration outbox, in the transaction of the change, in commit order (I3, I7).
//!
//! The row of `tenant_heads` is locked last and held to the commit, so revisions and audit numbers appear in the order
//! in which transactions commit, and a transaction never waits for it while holding nothing else to give.

use std::collections::HashSet;

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseBackend, EntityTrait, QuerySelect, Statement,
};
use serde_json::json;
use uuid::Uuid;

use super::entity::{audit_event, outbox, tenant_head};
use super::feed::Changed;
use super::{Pending, TenantStore, db_error};
use crate::crypto::audit_chain;
use crate::domain::audit::{AuditEntry, AuditEvent};
use crate::domain::ids::AuditEventId;
use crate::domain::{Error, Result};

const OUTBOX_ROWS_PER_STATEMENT: usize = 1_000;

/// Channel of LISTEN/NOTIFY between replicas.
pub(super) const NOTIFY_CHANNEL: &str = "portway_config";

impl TenantStore {
    /// Commits, and answers the tenant's revision: the new one if configuration changed, else the present one.
    pub async fn commit(self) -> Result<u64> {
        let pending = std::mem::take(&mut *self.pending());
        let head = self.lock_head().await?;
        let (revision, seq) = (advance(head.revision, !pending.changed.is_empty())?, head.audit_seq);
        if !pending.changed.is_empty() {
            self.insert_outbox(&pending, revision).await?;
        }
        let (seq, sha256) = self.append_audit(&pending.audit, seq, head.audit_sha256.clone()).await?;
        if !pending.audit.is_empty() || !pending.changed.is_empty() {
            let mut head: tenant_head::ActiveModel = head.into();
            (head.revision, head.audit_seq, head.audit_sha256) = (Set(revision), Set(seq), Set(sha256));
            head.update(&self.tx).await.map_err(db_error)?;
        }
        if pending.directory {
            super::system::advance_directory(&self.tx).await?;
        }
        let revision = u64::try_from(revision).map_err(Error::internal)?;
        let changed = Changed::Tenant { id: self.tenant_id, revision };
        if !pending.changed.is_empty() {
            notify(&self.tx, &format!("{} {revision}", self.tenant_id.0)).await?;
        }
        self.tx.commit().await.map_err(db_error)?;
        if !pending.changed.is_empty() {
            self.store.feed.publish(changed);
        }
        if pending.directory {
            self.store.feed.publish(Changed::Directory);
        }
        Ok(revision)
    }

    /// The tenant's revision as of this transaction.
    pub async fn revision(&self) -> Result<u64> {
        let head = tenant_head::Entity::find_by_id(self.tenant_id.0).one(&self.tx).await.map_err(db_error)?;
        let head = head.ok_or(Error::NotFound { what: "tenant" })?;
        u64::try_from(head.revision).map_err(Error::internal)
    }

    async fn lock_head(&self) -> Result<tenant_head::Model> {
        let mut query = tenant_head::Entity::find_by_id(self.tenant_id.0);
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        query.one(&self.tx).await.map_err(db_error)?.ok_or(Error::NotFound { what: "tenant" })
    }

    async fn insert_outbox(&self, pending: &Pending, revision: i64) -> Result<()> {
        let mut seen = HashSet::new();
        let first = pending.changed.iter().copied().filter(|&changed| seen.insert(changed));
        let rows = first.zip(0_i64..).map(|((kind, resource_id), ordinal)| outbox::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            revision: Set(revision),
            ordinal: Set(ordinal),
            kind: Set(kind.as_str().to_owned()),
            resource_id: Set(resource_id),
            at: Set(self.now()),
        });
        // Ten thousand people may join a group at once; both databases bound the values of a statement.
        let rows: Vec<_> = rows.collect();
        for rows in rows.chunks(OUTBOX_ROWS_PER_STATEMENT) {
            let insert = outbox::Entity::insert_many(rows.iter().cloned());
            insert.exec_without_returning(&self.tx).await.map_err(db_error)?;
        }
        Ok(())
    }

    async fn append_audit(
        &self,
        entries: &[AuditEntry],
        mut seq: i64,
        mut previous: Vec<u8>,
    ) -> Result<(i64, Vec<u8>)> {
        for entry in entries {
            seq += 1;
            let (id, at) = (self.new_id(), self.now());
            let mut event = AuditEvent {
                tenant_id: self.tenant_id,
                seq,
                id: AuditEventId(id),
                at,
                actor_kind: entry.actor.kind().to_owned(),
                actor_id: entry.actor.id(),
                action: entry.action.to_owned(),
                target_kind: entry.target_kind.to_owned(),
                target_id: entry.target_id,
                body: audit_body(entry, seq, id, at)?,
                chain: audit_chain::RULE,
                prev_sha256: previous,
                sha256: Vec::new(),
            };
            let sha256 = audit_chain::link(&event).ok_or_else(|| Error::internal("the audit chain has no rule"))?;
            event.sha256 = sha256.to_vec();
            previous = event.sha256.clone();
            audit_event::Entity::insert(row(event)).exec_without_returning(&self.tx).await.map_err(db_error)?;
        }
        Ok((seq, previous))
    }
}

fn advance(revision: i64, changed: bool) -> Result<i64> {
    if !changed {
        return Ok(revision);
    }
    revision.checked_add(1).ok_or_else(|| Error::internal("revision overflow"))
}

fn audit_body(entry: &AuditEntry, seq: i64, id: Uuid, at: chrono::DateTime<chrono::Utc>) -> Result<Vec<u8>> {
    let (kind, actor_id) = (entry.actor.kind(), entry.actor.id());
    let actor = match entry.actor.api_key_id() {
        Some(key) => json!({ "kind": kind, "id": actor_id, "api_key_id": key.0 }),
        None => json!({ "kind": kind, "id": actor_id }),
    };
    let body = json!({
        "seq": seq, "id": id, "at": at, "action": entry.action,
        "actor": actor,
        "target": { "kind": entry.target_kind, "id": entry.target_id },
        "detail": entry.detail,
    });
    serde_json::to_vec(&body).map_err(Error::internal)
}

fn row(event: AuditEvent) -> audit_event::ActiveModel {
    audit_event::ActiveModel {
        tenant_id: Set(event.tenant_id.0),
        seq: Set(event.seq),
        id: Set(event.id.0),
        at: Set(event.at),
        actor_kind: Set(event.actor_kind),
        actor_id: Set(event.actor_id),
        action: Set(event.action),
        target_kind: Set(event.target_kind),
        target_id: Set(event.target_id),
        body: Set(event.body),
        prev_sha256: Set(event.prev_sha256),
        sha256: Set(event.sha256),
        chain: Set(event.chain),
    }
}

/// Wakes other replicas; delivered at commit.
pub(super) async fn notify(tx: &impl ConnectionTrait, payload: &str) -> Result<()> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        let values = [NOTIFY_CHANNEL.into(), payload.into()];
        let notify = Statement::from_sql_and_values(DatabaseBackend::Postgres, "SELECT pg_notify($1, $2)", values);
        tx.query_one_raw(notify).await.map_err(db_error)?;
    }
    Ok(())
}
