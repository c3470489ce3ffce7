//! The configuration outbox: which resources changed after a revision, and how long that is remembered.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::entity::outbox;
use super::{SystemStore, TenantStore, db_error};
use crate::domain::Result;
use crate::domain::configuration::ResourceKind;
use crate::domain::limits::{DELTA_ROWS_MAX, OUTBOX_REVISIONS_MAX};

/// Rows deleted by one statement of the prune job.
const PRUNE_ROWS_MAX: i64 = 10_000;

/// What changed between two revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Each resource once.
    Delta(Vec<(ResourceKind, Uuid)>),
    /// Too much, or no longer known: only the full picture helps.
    TooFar,
}

impl TenantStore {
    /// What changed after `from`, up to and including `to`, the present revision of this transaction.
    pub async fn list_changes(&self, from: u64, to: u64) -> Result<Changes> {
        let (Ok(from), Ok(to)) = (i64::try_from(from), i64::try_from(to)) else { return Ok(Changes::TooFar) };
        let rows = outbox::Entity::find()
            .filter(outbox::Column::TenantId.eq(self.tenant_id.0))
            .filter(outbox::Column::Revision.gt(from))
            .order_by_asc(outbox::Column::Revision)
            .order_by_asc(outbox::Column::Ordinal)
            .limit(DELTA_ROWS_MAX + 1)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        if rows.len() as u64 > DELTA_ROWS_MAX || !is_unbroken(&rows, from, to) {
            return Ok(Changes::TooFar);
        }
        let mut changed = Vec::with_capacity(rows.len());
        // A kind that this version does not know was written by a newer one; no node of ours holds it.
        for (kind, row) in rows.iter().filter_map(|row| ResourceKind::parse(&row.kind).map(|kind| (kind, row))) {
            changed.push((kind, row.resource_id));
        }
        changed.sort_unstable_by_key(|(kind, id)| (kind.as_str(), *id));
        changed.dedup();
        Ok(Changes::Delta(changed))
    }
}

/// Whether the rows tell of every revision in (from, to], each from its first row on: pruning may have left holes.
fn is_unbroken(rows: &[outbox::Model], from: i64, to: i64) -> bool {
    let (mut revision, mut ordinal) = (from, 0);
    for row in rows {
        let follows = row.revision == revision && row.ordinal == ordinal + 1;
        let begins = row.revision == revision + 1 && row.ordinal == 0;
        if !follows && !begins {
            return false;
        }
        (revision, ordinal) = (row.revision, row.ordinal);
    }
    revision == to
}

impl SystemStore {
    /// Forgets changes noted before `before`, and all but the newest of each tenant; answers how many rows went. At
    /// most one batch: call again while it answers something.
    pub async fn prune_outbox(&self, before: DateTime<Utc>) -> Result<u64> {
        let (row_id, backend) = match self.tx.get_database_backend() {
            DatabaseBackend::Postgres => ("ctid", DatabaseBackend::Postgres),
            other => ("rowid", other),
        };
        let sql = format!(
            "DELETE FROM outbox WHERE {row_id} IN (
                 SELECT o.{row_id} FROM outbox o JOIN tenant_heads h ON h.tenant_id = o.tenant_id
                 WHERE o.at < $1 OR o.revision <= h.revision - $2
                 ORDER BY o.tenant_id, o.revision, o.ordinal LIMIT $3)"
        );
        let values = [before.into(), OUTBOX_REVISIONS_MAX.into(), PRUNE_ROWS_MAX.into()];
        let done = self.tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map_err(db_error)?;
        Ok(done.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_seen() {
        fn check(rows: &[(i64, i64)], from: i64, to: i64, expected: bool) {
            let row = |&(revision, ordinal): &(i64, i64)| outbox::Model {
                tenant_id: Uuid::nil(),
                revision,
                ordinal,
                kind: "server".to_owned(),
                resource_id: Uuid::nil(),
                at: DateTime::UNIX_EPOCH,
            };
            let rows: Vec<_> = rows.iter().map(row).collect();
            assert_eq!(is_unbroken(&rows, from, to), expected, "{from}..{to}: {rows:?}");
        }
        check(&[], 3, 3, true);
        check(&[(4, 0), (4, 1), (5, 0)], 3, 5, true);
        check(&[(1, 0)], 0, 1, true);
        check(&[], 3, 4, false);
        check(&[(4, 1), (5, 0)], 3, 5, false);
        check(&[(4, 0), (6, 0)], 3, 6, false);
        check(&[(4, 0), (4, 2)], 3, 4, false);
        check(&[(4, 0)], 3, 5, false);
        check(&[(5, 0)], 3, 5, false);
    }
}
