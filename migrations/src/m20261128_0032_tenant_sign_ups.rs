//! Tenants that people make for themselves.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        dialect::run_on_postgres(manager, RIGHTS).await
    }
}

const UP: &str = "
-- Links that were mailed: whoever opens one shows that the address is theirs. used_at: a tenant came of it.
CREATE TABLE tenant_sign_ups (
    id {uuid} PRIMARY KEY,
    email text NOT NULL,
    token_sha256 {bytes} NOT NULL UNIQUE,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time}
);
";

const RIGHTS: &str = "
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_sign_ups TO portway_system;
";
