//! Reading the audit chain. It is written at commit only.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::changes::chain;
use super::entity::audit_event::{Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::crypto::tokens;
use crate::domain::Result;
use crate::domain::audit::{AuditEvent, ChainStatus};
use crate::domain::page::{Page, PageRequest, Seq};

impl TenantStore {
    /// Events, newest first, and whether their hashes form a chain.
    pub async fn list_audit_events(&self, page: PageRequest<Seq>) -> Result<(Page<AuditEvent>, ChainStatus)> {
        let mut query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        if let Some(Seq(after)) = page.after {
            query = query.filter(Column::Seq.lt(after));
        }
        let rows = query.order_by_desc(Column::Seq).limit(page.limit + 1).all(&self.tx).await.map_err(db_error)?;
        let status = verify(&rows, usize::try_from(page.limit).unwrap_or(usize::MAX));
        Ok((Page::cut(rows, page.limit, |row| Seq(row.seq)).map(to_event), status))
    }
}

/// Recomputes the hashes of the newest `count` rows; a further row, if there is one, is what the oldest links to.
fn verify(rows: &[Model], count: usize) -> ChainStatus {
    let own_hash = |row: &Model| tokens::same_digest(&chain(&row.prev_sha256, &row.body), &row.sha256);
    let linked = |row: &Model, older: Option<&Model>| match older {
        Some(older) => row.seq == older.seq + 1 && tokens::same_digest(&row.prev_sha256, &older.sha256),
        // The first event of all links to zeros.
        None => row.seq == 1 && row.prev_sha256.iter().all(|&byte| byte == 0),
    };
    let broken =
        rows.iter().take(count).enumerate().filter(|(place, row)| !own_hash(row) || !linked(row, rows.get(place + 1)));
    ChainStatus { checked: rows.len().min(count), broken_seq: broken.map(|(_, row)| row.seq).next_back() }
}

fn to_event(row: Model) -> AuditEvent {
    AuditEvent {
        seq: row.seq,
        id: row.id.into(),
        at: row.at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        action: row.action,
        target_kind: row.target_kind,
        target_id: row.target_id,
        body: row.body,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn rows(count: i64) -> Vec<Model> {
        let mut previous = vec![0; 32];
        let mut rows: Vec<Model> = (1..=count)
            .map(|seq| {
                let body = format!("event {seq}").into_bytes();
                let sha256 = chain(&previous, &body).to_vec();
                let prev_sha256 = std::mem::replace(&mut previous, sha256.clone());
                let (at, id) = (DateTime::UNIX_EPOCH, Uuid::nil());
                let [actor_kind, action, target_kind] = [""; 3].map(str::to_owned);
                let (tenant_id, actor_id, target_id) = (id, None, None);
                let (id, at) = (id, at);
                Model {
                    tenant_id,
                    seq,
                    id,
                    at,
                    actor_kind,
                    actor_id,
                    action,
                    target_kind,
                    target_id,
                    body,
                    prev_sha256,
                    sha256,
                }
            })
            .collect();
        rows.reverse();
        rows
    }

    #[test]
    fn a_changed_or_missing_event_breaks_the_chain() {
        let check = |change: fn(&mut Vec<Model>), count, expected| {
            let mut rows = rows(5);
            change(&mut rows);
            assert_eq!(verify(&rows, count).broken_seq, expected);
        };
        check(|_| {}, 5, None);
        check(|_| {}, 3, None);
        check(|rows| rows[2].body = b"forged".to_vec(), 5, Some(3));
        check(|rows| rows[2].body = b"forged".to_vec(), 2, None);
        check(
            |rows| {
                rows.remove(2);
            },
            5,
            Some(4),
        );
        check(
            |rows| {
                rows.pop();
            },
            5,
            Some(2),
        );
        check(|rows| rows[4].prev_sha256 = vec![1; 32], 5, Some(1));
    }
}
