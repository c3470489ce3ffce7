//! Servers that are made of others.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["server_members"]).await
    }
}

const UP: &str = "
ALTER TABLE servers ADD COLUMN kind text NOT NULL DEFAULT 'single';
CREATE TABLE server_members (
    tenant_id {uuid} NOT NULL,
    virtual_id {uuid} NOT NULL,
    member_id {uuid} NOT NULL,
    -- The order of lists.
    position {int} NOT NULL,
    alias text NOT NULL,
    -- What of the member is offered, by kind; a kind that is left out is offered whole.
    offer {json} NOT NULL,
    added_by {uuid},
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, virtual_id, member_id),
    FOREIGN KEY (tenant_id, virtual_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT server_members_not_itself CHECK (virtual_id <> member_id)
);
CREATE UNIQUE INDEX server_members_alias ON server_members (tenant_id, virtual_id, alias);
CREATE INDEX server_members_of ON server_members (tenant_id, member_id);
";
