//! Personal API keys, the key in call records, and which control-plane replicas are alive.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["api_keys"]).await?;
        dialect::run_on_postgres(manager, RIGHTS).await
    }
}

const UP: &str = "
-- server_ids: null is every server its owner may use; a list narrows that and is never empty.
CREATE TABLE api_keys (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    name text NOT NULL,
    secret_sha256 {bytes} NOT NULL,
    server_ids {json},
    created_at {time} NOT NULL,
    expires_at {time},
    last_used_at {time},
    revoked_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX api_keys_user ON api_keys (tenant_id, user_id, created_at);
ALTER TABLE call_records ADD COLUMN api_key_id {uuid};
-- Who must be asked whether all nodes know a change: each replica knows only the nodes that are connected to it.
CREATE TABLE replicas (
    id {uuid} PRIMARY KEY,
    seen_at {time} NOT NULL
);
";

const RIGHTS: &str = "
GRANT SELECT, INSERT, UPDATE, DELETE ON replicas TO portway_system;
";
