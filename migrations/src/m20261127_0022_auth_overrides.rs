//! Credentials of single principals that go before the server's own.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["auth_overrides"]).await
    }
}

const UP: &str = "
CREATE TABLE auth_overrides (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    server_id {uuid} NOT NULL,
    user_id {uuid},
    service_account_id {uuid},
    upstream_origin text NOT NULL,
    -- Which headers, for those who may not see what is in them.
    header_names {json} NOT NULL,
    headers_sealed {bytes} NOT NULL,
    version {int} NOT NULL,
    set_by {uuid},
    set_at {time} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT auth_overrides_owner CHECK ((user_id IS NULL) <> (service_account_id IS NULL))
);
CREATE UNIQUE INDEX auth_overrides_user ON auth_overrides (tenant_id, server_id, user_id);
CREATE UNIQUE INDEX auth_overrides_service_account ON auth_overrides (tenant_id, server_id, service_account_id);
";
