//! Reading the audit chain. It is written at commit only.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::LikeExpr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::entity::audit_event::{Column, Entity, Model};
use super::entity::tenant_head;
use super::{TenantStore, db_error};
use crate::crypto::audit_chain::{self, Walk};
use crate::domain::audit::{ActionFilter, AuditEvent, AuditFilter, ChainHead, ChainStatus};
use crate::domain::page::{Page, PageRequest, Seq};
use crate::domain::{Error, Result};

impl TenantStore {
    /// Events, newest first, and whether their hashes fit: with each other if every event is asked for, each with its own
    /// event otherwise.
    pub async fn list_audit_events(
        &self,
        filter: &AuditFilter,
        page: PageRequest<Seq>,
    ) -> Result<(Page<AuditEvent>, ChainStatus)> {
        let mut query = narrow(Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)), filter);
        if let Some(Seq(after)) = page.after {
            query = query.filter(Column::Seq.lt(after));
        }
        let rows = query.order_by_desc(Column::Seq).limit(page.limit + 1).all(&self.tx).await.map_err(db_error)?;
        let events: Vec<_> = rows.into_iter().map(to_event).collect();
        let shown = events.len().min(usize::try_from(page.limit).unwrap_or(usize::MAX));
        let status = if filter.is_empty() { linked(&events, shown) } else { sound(events.get(..shown)) };
        Ok((Page::cut(events, page.limit, |event| Seq(event.seq)), status))
    }

    /// Events after a number up to another one, oldest first.
    pub async fn read_audit_events(&self, after: i64, last: i64, limit: u64) -> Result<Vec<AuditEvent>> {
        let query = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Seq.gt(after))
            .filter(Column::Seq.lte(last))
            .order_by_asc(Column::Seq)
            .limit(limit);
        Ok(query.all(&self.tx).await.map_err(db_error)?.into_iter().map(to_event).collect())
    }

    pub async fn find_audit_event(&self, seq: i64) -> Result<Option<AuditEvent>> {
        let row = Entity::find_by_id((self.tenant_id.0, seq)).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(to_event))
    }

    /// Numbers of the first event since then and of the last one before then.
    pub async fn find_audit_range(
        &self,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
    ) -> Result<Option<(i64, i64)>> {
        let filter = AuditFilter { from, to, ..AuditFilter::default() };
        let query = narrow(Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)), &filter).select_only();
        let query = query.column_as(Column::Seq.min(), "first").column_as(Column::Seq.max(), "last");
        let range: Option<(Option<i64>, Option<i64>)> = query.into_tuple().one(&self.tx).await.map_err(db_error)?;
        Ok(range.and_then(|(first, last)| first.zip(last)))
    }

    /// What was committed last.
    pub async fn get_audit_head(&self) -> Result<ChainHead> {
        let head = tenant_head::Entity::find_by_id(self.tenant_id.0).one(&self.tx).await.map_err(db_error)?;
        let head = head.ok_or(Error::NotFound { what: "tenant" })?;
        Ok(ChainHead { seq: head.audit_seq, sha256: head.audit_sha256 })
    }
}

fn narrow(query: Select<Entity>, filter: &AuditFilter) -> Select<Entity> {
    let action = filter.action.as_ref().map(|action| match action {
        ActionFilter::Exact(action) => Column::Action.eq(action.as_str()),
        ActionFilter::Noun(noun) => {
            Column::Action.like(LikeExpr::new(format!("{}.%", noun.replace('_', "\\_"))).escape('\\'))
        }
    });
    let conditions = [
        filter.actor_id.map(|id| Column::ActorId.eq(id)),
        filter.target_id.map(|id| Column::TargetId.eq(id)),
        action,
        filter.from.map(|from| Column::At.gte(from)),
        filter.to.map(|to| Column::At.lt(to)),
    ];
    conditions.into_iter().flatten().fold(query, |query, condition| query.filter(condition))
}

/// Recomputes the hashes of the newest `count` events; a further one, if there is one, is what the oldest links to.
fn linked(events: &[AuditEvent], count: usize) -> ChainStatus {
    let mut walk = match events.get(count) {
        Some(older) => Walk::after(older.seq, Some(older.sha256.clone())),
        None => Walk::from_origin(),
    };
    events.iter().take(count).rev().for_each(|event| walk.step(event));
    ChainStatus { checked: count, broken_seq: walk.flaws.first().map(|flaw| flaw.seq) }
}

/// Recomputes hashes of events that do not follow each other.
fn sound(events: Option<&[AuditEvent]>) -> ChainStatus {
    let events = events.unwrap_or_default();
    let broken = events.iter().rev().find(|event| !audit_chain::is_sound(event));
    ChainStatus { checked: events.len(), broken_seq: broken.map(|event| event.seq) }
}

fn to_event(row: Model) -> AuditEvent {
    AuditEvent {
        tenant_id: row.tenant_id.into(),
        seq: row.seq,
        id: row.id.into(),
        at: row.at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        action: row.action,
        target_kind: row.target_kind,
        target_id: row.target_id,
        body: row.body,
        chain: row.chain,
        prev_sha256: row.prev_sha256,
        sha256: row.sha256,
    }
}
