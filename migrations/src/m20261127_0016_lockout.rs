//! OAuth grants that were ended while access tokens of them may still live, as nodes are told of them.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["revoked_grants"]).await
    }
}

const UP: &str = "
-- The id is the grant's; it stays when the grant goes with its client or its person. forget_after: by then the last
-- token of the grant has expired.
CREATE TABLE revoked_grants (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    revoked_at {time} NOT NULL,
    forget_after {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
-- A connection shows where its client is sent back to.
CREATE INDEX authorization_codes_grant ON authorization_codes (tenant_id, grant_id);
";
