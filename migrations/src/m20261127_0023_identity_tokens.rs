//! Tokens of people at the company's identity provider.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["identity_tokens"]).await
    }
}

const UP: &str = "
CREATE TABLE identity_tokens (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    provider_id {uuid} NOT NULL,
    -- The vault seals for a record: this one.
    id {uuid} NOT NULL,
    tokens_sealed {bytes} NOT NULL,
    version {int} NOT NULL,
    expires_at {time},
    refresh_claimed_until {time},
    set_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, user_id, provider_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
";
