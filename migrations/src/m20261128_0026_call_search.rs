//! Searching call records by client, tool, member, outcome and fault; and forgetting whole months of them.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        dialect::run_on_postgres(manager, DROP_PARTITIONS).await
    }
}

const UP: &str = "
CREATE INDEX call_records_target ON call_records (tenant_id, target, started_at);
CREATE INDEX call_records_client_name ON call_records (tenant_id, client_name, started_at);
CREATE INDEX call_records_client_id ON call_records (tenant_id, client_id, started_at);
CREATE INDEX call_records_member ON call_records (tenant_id, member_id, started_at) WHERE member_id IS NOT NULL;
CREATE INDEX call_records_server_target ON call_records (tenant_id, server_id, target, started_at);
CREATE INDEX call_records_fault ON call_records (tenant_id, fault, started_at) WHERE fault <> 'none';
CREATE INDEX call_records_failed ON call_records (tenant_id, outcome, started_at) WHERE outcome <> 'ok';
";

// Lent by the owner, as the one that makes them. A month is dropped when it lies wholly before the day.
const DROP_PARTITIONS: &str = "
CREATE FUNCTION portway_drop_call_record_partitions(before date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET lock_timeout = '5s' AS $$
DECLARE
    part text;
    dropped bigint := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'call_records'::regclass AND c.relname ~ '^call_records_[0-9]{6}$'
        AND (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::date <= before
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION portway_drop_call_record_partitions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION portway_drop_call_record_partitions(date) TO portway_system;
";
