//! E-mail domains of a tenant, proved by a DNS record.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["domains"]).await
    }
}

const UP: &str = "
-- Two tenants may prove the same domain: a company may have several. token is published in DNS, so it is no secret.
-- failing_since: verified, but the record was gone when last looked for.
CREATE TABLE domains (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    name text NOT NULL,
    token text NOT NULL,
    created_at {time} NOT NULL,
    verified_at {time},
    failing_since {time},
    checked_at {time},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
-- The door looks across tenants.
CREATE INDEX domains_name ON domains (name);
";
