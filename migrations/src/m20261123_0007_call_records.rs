//! Call records, partitioned by month on PostgreSQL.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        let partitioning = if postgres { "PARTITION BY RANGE (started_at)" } else { "" };
        dialect::run(manager, &UP.replace("{partitioning}", partitioning)).await?;
        tenant_table::secure(manager, &["call_records"]).await?;
        dialect::run_on_postgres(manager, PARTITIONS).await
    }
}

const UP: &str = "
CREATE TABLE call_records (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    started_at {time} NOT NULL,
    principal_kind text NOT NULL,
    principal_id {uuid} NOT NULL,
    client_name text NOT NULL,
    client_version text NOT NULL,
    client_id text NOT NULL,
    server_id {uuid} NOT NULL,
    member_id {uuid},
    method text NOT NULL,
    target text NOT NULL,
    client_protocol text NOT NULL,
    upstream_protocol text NOT NULL,
    outcome text NOT NULL,
    error_reason text NOT NULL,
    fault text NOT NULL,
    bytes_in {int} NOT NULL,
    bytes_out {int} NOT NULL,
    duration_us {int} NOT NULL,
    upstream_us {int} NOT NULL,
    trace_id text NOT NULL,
    rule_ids {json} NOT NULL,
    node_id text NOT NULL,
    PRIMARY KEY (tenant_id, started_at, id)
) {partitioning};
CREATE INDEX call_records_server ON call_records (tenant_id, server_id, started_at);
CREATE INDEX call_records_principal ON call_records (tenant_id, principal_id, started_at);
";

// The services may not create tables, so the owner lends them this one function. Rows before the first partition or
// after the last go to the default partition: late months are never lost.
const PARTITIONS: &str = "
CREATE TABLE call_records_default PARTITION OF call_records DEFAULT;
CREATE FUNCTION portway_ensure_call_record_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    part text := 'call_records_' || to_char(first_day, 'YYYYMM');
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF call_records FOR VALUES FROM (%L) TO (%L)',
        part, first_day, (first_day + interval '1 month')::date);
END $$;
REVOKE ALL ON FUNCTION portway_ensure_call_record_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION portway_ensure_call_record_partition(date) TO portway_system;
";
