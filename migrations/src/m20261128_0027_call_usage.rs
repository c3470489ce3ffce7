//! Roll-ups of call records: how much was called by whom, per hour and per day.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let slots: String = (0..LATENCY_SLOTS).map(|slot| format!("    l{slot:02} {{int}} NOT NULL,\n")).collect();
        dialect::run(manager, &UP.replace("{slots}", &slots)).await?;
        tenant_table::secure(manager, &["call_usage"]).await
    }
}

const LATENCY_SLOTS: usize = 32;

const UP: &str = "
-- span: hour or day; bucket: when it begins. callee_id is the member that was called, or else the server. tool is empty
-- where the method is not tools/call. l00 to l31 count calls by how long they took.
CREATE TABLE call_usage (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    span text NOT NULL CHECK (span IN ('hour', 'day')),
    bucket {time} NOT NULL,
    server_id {uuid} NOT NULL,
    callee_id {uuid} NOT NULL,
    principal_kind text NOT NULL,
    principal_id {uuid} NOT NULL,
    client_name text NOT NULL,
    method text NOT NULL,
    tool text NOT NULL,
    calls {int} NOT NULL,
    errors {int} NOT NULL,
    refused {int} NOT NULL,
{slots}    PRIMARY KEY (tenant_id, span, bucket, server_id, callee_id, principal_kind, principal_id, client_name, method, tool)
);
";
