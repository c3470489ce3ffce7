//! Service accounts that people can read about, and API keys that belong to one and have successors.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        let keys = if manager.get_database_backend() == DatabaseBackend::Postgres { ALTERED } else { REBUILT };
        dialect::run(manager, keys).await
    }
}

const UP: &str = "
ALTER TABLE service_accounts ADD COLUMN description text NOT NULL DEFAULT '';
ALTER TABLE service_accounts ADD COLUMN deactivated_at {time};
-- The name in lower case: names that differ only in case are one account.
ALTER TABLE service_accounts ADD COLUMN name_key text NOT NULL DEFAULT '';
UPDATE service_accounts SET name_key = lower(name);
DROP INDEX service_accounts_name;
CREATE UNIQUE INDEX service_accounts_name_key ON service_accounts (tenant_id, name_key);
";

/// A key belongs to a person or to a service account. successor_id is the key that replaces it; it ends on its own.
const ALTERED: &str = "
ALTER TABLE api_keys ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE api_keys ADD COLUMN service_account_id {uuid};
ALTER TABLE api_keys ADD COLUMN successor_id {uuid};
ALTER TABLE api_keys ADD CONSTRAINT api_keys_owner CHECK ((user_id IS NULL) <> (service_account_id IS NULL));
ALTER TABLE api_keys ADD CONSTRAINT api_keys_service_account
    FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX api_keys_service_account ON api_keys (tenant_id, service_account_id, created_at);
";

/// SQLite cannot drop a NOT NULL: the same table, made anew.
const REBUILT: &str = "
CREATE TABLE api_keys_anew (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    user_id {uuid},
    name text NOT NULL,
    secret_sha256 {bytes} NOT NULL,
    server_ids {json},
    created_at {time} NOT NULL,
    expires_at {time},
    last_used_at {time},
    revoked_at {time},
    service_account_id {uuid},
    successor_id {uuid},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT api_keys_owner CHECK ((user_id IS NULL) <> (service_account_id IS NULL))
);
INSERT INTO api_keys_anew
    (tenant_id, id, user_id, name, secret_sha256, server_ids, created_at, expires_at, last_used_at, revoked_at)
    SELECT tenant_id, id, user_id, name, secret_sha256, server_ids, created_at, expires_at, last_used_at, revoked_at
    FROM api_keys;
DROP TABLE api_keys;
ALTER TABLE api_keys_anew RENAME TO api_keys;
CREATE INDEX api_keys_user ON api_keys (tenant_id, user_id, created_at);
CREATE INDEX api_keys_service_account ON api_keys (tenant_id, service_account_id, created_at);
";
