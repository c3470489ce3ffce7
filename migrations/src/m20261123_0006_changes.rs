//! What changed: the audit chain and the configuration outbox, written with the change itself.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["audit_events", "outbox"]).await?;
        dialect::run_on_postgres(manager, APPEND_ONLY).await
    }
}

const UP: &str = "
-- sha256 covers prev_sha256 and the bytes of body, as stored.
CREATE TABLE audit_events (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    seq {int} NOT NULL,
    id {uuid} NOT NULL,
    at {time} NOT NULL,
    actor_kind text NOT NULL,
    actor_id {uuid},
    action text NOT NULL,
    target_kind text NOT NULL,
    target_id {uuid},
    body {bytes} NOT NULL,
    prev_sha256 {bytes} NOT NULL,
    sha256 {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
-- Which resources a revision changed; the stream reads their present state.
CREATE TABLE outbox (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    revision {int} NOT NULL,
    ordinal {int} NOT NULL,
    kind text NOT NULL,
    resource_id {uuid} NOT NULL,
    at {time} NOT NULL,
    PRIMARY KEY (tenant_id, revision, ordinal)
);
";

const APPEND_ONLY: &str = "
REVOKE UPDATE, DELETE ON audit_events FROM portway_app, portway_system;
";
