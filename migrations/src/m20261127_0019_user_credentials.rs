//! Credentials of single people and service accounts for servers.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["user_credentials"]).await
    }
}

const UP: &str = "
-- Grows with every change of somebody's credentials, so that nodes let go of what they hold.
ALTER TABLE users ADD COLUMN credentials_version {int} NOT NULL DEFAULT 0;
ALTER TABLE service_accounts ADD COLUMN credentials_version {int} NOT NULL DEFAULT 0;
-- The only origin that it may be sent to is part of the record: a server that moves does not take it along.
CREATE TABLE user_credentials (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid},
    service_account_id {uuid},
    server_id {uuid} NOT NULL,
    upstream_origin text NOT NULL,
    values_sealed {bytes} NOT NULL,
    version {int} NOT NULL,
    set_by {uuid},
    created_at {time} NOT NULL,
    set_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_owner CHECK ((user_id IS NULL) <> (service_account_id IS NULL))
);
CREATE UNIQUE INDEX user_credentials_user ON user_credentials (tenant_id, server_id, user_id);
CREATE UNIQUE INDEX user_credentials_service_account ON user_credentials (tenant_id, server_id, service_account_id);
CREATE INDEX user_credentials_of_user ON user_credentials (tenant_id, user_id);
CREATE INDEX user_credentials_of_service_account ON user_credentials (tenant_id, service_account_id);
";
