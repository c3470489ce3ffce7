//! Call records: append and read. They change no configuration, so their commits take neither revision nor audit.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QuerySelect, Select,
    Statement,
};
use uuid::Uuid;

use super::entity::{call_record, server, service_account, user};
use super::{SystemStore, TenantStore, db_error, newest_first, unreadable};
use crate::domain::call::{CallFilter, CallOutcome, CallRecord, Fault};
use crate::domain::configuration::PrincipalKind;
use crate::domain::ids::{ApiKeyId, CallRecordId, ServerId};
use crate::domain::page::{Created, Page, PageRequest};
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

    /// Appends records of this tenant; those stored already stay as they are.
    pub async fn insert_call_records(&self, records: &[CallRecord]) -> Result<()> {
        for some in records.chunks(INSERT_ROWS_MAX) {
            let rows: Vec<_> = some.iter().map(|one| self.call_row(one)).collect::<Result<_>>()?;
            call_record::Entity::insert_many(rows)
                .on_conflict_do_nothing()
                .exec_without_returning(&self.tx)
                .await
                .map_err(db_error)?;
        }
        Ok(())
    }

    /// Commits appended records. Unlike `commit` it does not wait for the tenant's head.
    pub async fn commit_records(self) -> Result<()> {
        if !self.pending().changed.is_empty() || !self.pending().audit.is_empty() {
            return Err(Error::internal("records are committed apart from configuration"));
        }
        self.tx.commit().await.map_err(db_error)
    }

    /// Newest first.
    pub async fn list_calls(&self, filter: &CallFilter, page: PageRequest<Created>) -> Result<Page<CallRecord>> {
        let query =
            narrow(call_record::Entity::find(), filter).filter(call_record::Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, call_record::Column::StartedAt, call_record::Column::Id, &self.tx).await?;
        let calls = rows.into_iter().map(call_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(calls, page.limit, |call| Created { at: call.started_at, id: call.id.0 }))
    }

    pub async fn get_call(&self, id: CallRecordId) -> Result<CallRecord> {
        let row = call_record::Entity::find()
            .filter(call_record::Column::TenantId.eq(self.tenant_id.0))
            .filter(call_record::Column::Id.eq(id.0))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        call_of(row.ok_or(Error::NotFound { what: "call" })?)
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
            bytes_in: Set(clamp(record.bytes_in)),
            bytes_out: Set(clamp(record.bytes_out)),
            duration_us: Set(clamp(record.duration_us)),
            upstream_us: Set(clamp(record.upstream_us)),
            trace_id: Set(record.trace_id.clone()),
            rule_ids: Set(serde_json::to_value(rule_ids).map_err(Error::internal)?),
            node_id: Set(record.node_id.clone()),
            api_key_id: Set(record.api_key_id.map(|id| id.0)),
        })
    }
}

impl SystemStore {
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

/// A number larger than the database holds is a lie or a bug of the node; neither may lose the record.
fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn narrow(query: Select<call_record::Entity>, filter: &CallFilter) -> Select<call_record::Entity> {
    use call_record::Column;
    let text = |column: Column, value: &Option<String>| value.as_ref().map(|value| column.eq(value.as_str()));
    let conditions = [
        filter.server_id.map(|id| Column::ServerId.eq(id.0).or(Column::MemberId.eq(id.0))),
        filter.principal_id.map(|id| Column::PrincipalId.eq(id)),
        text(Column::ClientName, &filter.client),
        text(Column::Method, &filter.method),
        text(Column::Target, &filter.target),
        filter.outcome.map(|outcome| Column::Outcome.eq(outcome.as_str())),
        filter.fault.map(|fault| Column::Fault.eq(fault.as_str())),
        filter.from.map(|from| Column::StartedAt.gte(from)),
        filter.to.map(|to| Column::StartedAt.lt(to)),
    ];
    conditions.into_iter().flatten().fold(query, |query, condition: Expr| query.filter(condition))
}

fn call_of(row: call_record::Model) -> Result<CallRecord> {
    let number = |value: i64| u64::try_from(value).map_err(Error::internal);
    let rule_ids: Vec<Uuid> = serde_json::from_value(row.rule_ids).map_err(Error::internal)?;
    Ok(CallRecord {
        id: CallRecordId(row.id),
        tenant_id: row.tenant_id.into(),
        started_at: row.started_at,
        principal_kind: PrincipalKind::parse(&row.principal_kind)
            .ok_or_else(|| unreadable("call_records", "principal_kind"))?,
        principal_id: row.principal_id,
        client_name: row.client_name,
        client_version: row.client_version,
        client_id: row.client_id,
        api_key_id: row.api_key_id.map(ApiKeyId),
        server_id: ServerId(row.server_id),
        member_id: row.member_id.map(ServerId),
        method: row.method,
        target: row.target,
        client_protocol: row.client_protocol,
        upstream_protocol: row.upstream_protocol,
        outcome: CallOutcome::parse(&row.outcome).ok_or_else(|| unreadable("call_records", "outcome"))?,
        error_reason: row.error_reason,
        fault: Fault::parse(&row.fault).ok_or_else(|| unreadable("call_records", "fault"))?,
        bytes_in: number(row.bytes_in)?,
        bytes_out: number(row.bytes_out)?,
        duration_us: number(row.duration_us)?,
        upstream_us: number(row.upstream_us)?,
        trace_id: row.trace_id,
        rule_ids,
        node_id: row.node_id,
    })
}
