//! Call records: append and forget. They change no configuration, so their commits take neither revision nor audit.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};
use uuid::Uuid;

use super::entity::{call_record, server, service_account, user};
use super::{SystemStore, TenantStore, db_error};
use crate::domain::call::CallRecord;
use crate::domain::ids::{CallRecordId, ServerId};
use crate::domain::{Error, Result};

/// Rows of one INSERT: 25 columns each, and SQLite binds at most 32,766 values.
const INSERT_ROWS_MAX: usize = 500;

/// Advisory lock of whoever makes partitions.
const PARTITIONS_LOCK: i64 = 0x7077_7061_7274;

impl TenantStore {
    /// Those of `ids` that are servers of the tenant, retired ones too: calls may be reported late.
    pub async fn known_servers(&self, ids: &HashSet<Uuid>) -> Result<HashSet<Uuid>> {
        let query = server::Entity::find()
            .select_only()
            .column(server::Column::Id)
            .filter(server::Column::TenantId.eq(self.tenant_id.0))
            .filter(server::Column::Id.is_in(ids.iter().copied()));
        let rows: Vec<Uuid> = query.into_tuple().all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().collect())
    }

    /// Those of `ids` that are users or service accounts of the tenant.
    pub async fn known_principals(&self, ids: &HashSet<Uuid>) -> Result<HashSet<Uuid>> {
        let users = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Id.is_in(ids.iter().copied()));
        let accounts = service_account::Entity::find()
            .select_only()
            .column(service_account::Column::Id)
            .filter(service_account::Column::TenantId.eq(self.tenant_id.0))
            .filter(service_account::Column::Id.is_in(ids.iter().copied()));
        let mut known: Vec<Uuid> = users.into_tuple().all(&self.tx).await.map_err(db_error)?;
        known.append(&mut accounts.into_tuple().all(&self.tx).await.map_err(db_error)?);
        Ok(known.into_iter().collect())
    }

    /// Appends records of this tenant; those stored already stay as they are. Answers which are new.
    pub async fn insert_call_records(&self, records: &[CallRecord]) -> Result<HashSet<CallRecordId>> {
        let mut new = HashSet::with_capacity(records.len());
        for some in records.chunks(INSERT_ROWS_MAX) {
            let rows: Vec<_> = some.iter().map(|one| self.call_row(one)).collect::<Result<_>>()?;
            let mut insert = call_record::Entity::insert_many(rows).into_query();
            insert.on_conflict(OnConflict::new().do_nothing().to_owned());
            insert.returning_col(call_record::Column::Id);
            for row in self.tx.query_all(&insert).await.map_err(db_error)? {
                new.insert(CallRecordId(row.try_get("", "id").map_err(db_error)?));
            }
        }
        Ok(new)
    }

    /// Commits appended records. Unlike `commit` it does not wait for the tenant's head.
    pub async fn commit_records(self) -> Result<()> {
        if !self.pending().changed.is_empty() || !self.pending().audit.is_empty() {
            return Err(Error::internal("records are committed apart from configuration"));
        }
        self.tx.commit().await.map_err(db_error)
    }

    fn call_row(&self, record: &CallRecord) -> Result<call_record::ActiveModel> {
        let rule_ids: Vec<String> = record.rule_ids.iter().map(Uuid::to_string).collect();
        Ok(call_record::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(record.id.0),
            started_at: Set(record.started_at),
            principal_kind: Set(record.principal_kind.as_str().to_owned()),
            principal_id: Set(record.principal_id),
            client_name: Set(record.client_name.clone()),
            client_version: Set(record.client_version.clone()),
            client_id: Set(record.client_id.clone()),
            server_id: Set(record.server_id.0),
            member_id: Set(record.member_id.map(ServerId::uuid)),
            method: Set(record.method.clone()),
            target: Set(record.target.clone()),
            client_protocol: Set(record.client_protocol.clone()),
            upstream_protocol: Set(record.upstream_protocol.clone()),
            outcome: Set(record.outcome.as_str().to_owned()),
            error_reason: Set(record.error_reason.clone()),
            fault: Set(record.fault.as_str().to_owned()),
            bytes_in: Set(number(record.bytes_in)?),
            bytes_out: Set(number(record.bytes_out)?),
            duration_us: Set(number(record.duration_us)?),
            upstream_us: Set(number(record.upstream_us)?),
            trace_id: Set(record.trace_id.clone()),
            rule_ids: Set(serde_json::to_value(rule_ids).map_err(Error::internal)?),
            node_id: Set(record.node_id.clone()),
            api_key_id: Set(record.api_key_id.map(|id| id.0)),
        })
    }

    /// Forgets at most about `batch` calls that started before then, oldest first. Answers how many.
    pub async fn delete_calls_before(&self, cutoff: DateTime<Utc>, batch: u64) -> Result<u64> {
        use call_record::Column;
        let old = Condition::all().add(Column::TenantId.eq(self.tenant_id.0)).add(Column::StartedAt.lt(cutoff));
        let last: Option<DateTime<Utc>> = call_record::Entity::find()
            .select_only()
            .column(Column::StartedAt)
            .filter(old.clone())
            .order_by_asc(Column::StartedAt)
            .offset(batch.saturating_sub(1))
            .limit(1)
            .into_tuple()
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        // Those that started at the same moment go together.
        let these = last.map_or(old.clone(), |last| old.add(Column::StartedAt.lte(last)));
        let done = call_record::Entity::delete_many().filter(these).exec(&self.tx).await.map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

impl SystemStore {
    /// Drops the partitions of months that end at or before that day. Answers how many. On SQLite there are none.
    pub async fn drop_call_record_partitions(&self, before: NaiveDate) -> Result<i64> {
        if self.tx.get_database_backend() != DatabaseBackend::Postgres {
            return Ok(0);
        }
        let sql = "SELECT portway_drop_call_record_partitions($1::date)";
        let drop = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [before.into()]);
        let row = self.tx.query_one_raw(drop).await.map_err(db_error)?;
        row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(db_error))
    }

    /// Makes sure that the month of `day` and the two after it have a partition. On SQLite there are none.
    pub async fn ensure_call_record_partitions(&self, day: NaiveDate) -> Result<()> {
        if self.tx.get_database_backend() != DatabaseBackend::Postgres {
            return Ok(());
        }
        // IF NOT EXISTS does not keep two replicas that start together from creating the same table.
        let lock = Statement::from_sql_and_values(
            DatabaseBackend::Postgres,
            "SELECT pg_advisory_xact_lock($1)",
            [PARTITIONS_LOCK.into()],
        );
        self.tx.query_one_raw(lock).await.map_err(db_error)?;
        for ahead in 0..=2 {
            let month = day.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(ahead)));
            let month = month.ok_or_else(|| Error::internal("no such month"))?;
            let sql = "SELECT portway_ensure_call_record_partition($1::date)";
            let ensure = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [month.into()]);
            self.tx.query_one_raw(ensure).await.map_err(db_error)?;
        }
        Ok(())
    }
}

fn number(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}
