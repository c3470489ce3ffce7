//! Which rule made an audit event's hash, and indexes for searching the trail.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await
    }
}

const UP: &str = "
-- 1: sha256 covers prev_sha256 and body. 2: it covers prev_sha256 and every other column.
ALTER TABLE audit_events ADD COLUMN chain {int} NOT NULL DEFAULT 1;
CREATE INDEX audit_events_at ON audit_events (tenant_id, at);
CREATE INDEX audit_events_action ON audit_events (tenant_id, action, seq);
CREATE INDEX audit_events_actor ON audit_events (tenant_id, actor_id, seq);
CREATE INDEX audit_events_target ON audit_events (tenant_id, target_id, seq);
";
