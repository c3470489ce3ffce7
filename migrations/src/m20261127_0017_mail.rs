//! Invitations by mail.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["invitation_mails"]).await
    }
}

const UP: &str = "
-- link_sealed: until the mail is sent or given up; then nobody needs the link any more.
CREATE TABLE invitation_mails (
    tenant_id {uuid} NOT NULL,
    invitation_id {uuid} NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
    link_sealed {bytes},
    attempts {int} NOT NULL,
    due_at {time} NOT NULL,
    reason text,
    ended_at {time},
    PRIMARY KEY (tenant_id, invitation_id),
    FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX invitation_mails_due ON invitation_mails (due_at) WHERE state = 'pending';
";
