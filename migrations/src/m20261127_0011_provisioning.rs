//! Where people and groups come from, and the tenant roles that groups give.

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
-- users.role is what counts: the highest of assigned_role and of what the person's groups give.
ALTER TABLE users ADD COLUMN assigned_role text NOT NULL DEFAULT 'member'
    CHECK (assigned_role IN ('owner', 'admin', 'auditor', 'member'));
UPDATE users SET assigned_role = role;
ALTER TABLE users ADD COLUMN source text NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'jit', 'scim'));
-- SCIM externalId; a person may have none.
ALTER TABLE users ADD COLUMN external_id text;
CREATE UNIQUE INDEX users_external_id ON users (tenant_id, external_id) WHERE external_id IS NOT NULL;
ALTER TABLE groups ADD COLUMN source text NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'scim'));
ALTER TABLE groups ADD COLUMN external_id text;
-- Owners are made by hand only.
ALTER TABLE groups ADD COLUMN tenant_role text CHECK (tenant_role IN ('admin', 'auditor'));
-- display_name in lower case: names that differ only in case are one group.
ALTER TABLE groups ADD COLUMN name_key text NOT NULL DEFAULT '';
UPDATE groups SET name_key = lower(display_name);
DROP INDEX groups_display_name;
CREATE UNIQUE INDEX groups_name_key ON groups (tenant_id, name_key);
";
