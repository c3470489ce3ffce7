//! MCP servers and who may use them.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["servers", "server_grants"]).await
    }
}

const UP: &str = "
-- A slug is never reused: retired servers stay.
CREATE TABLE servers (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    slug text NOT NULL,
    display_name text NOT NULL,
    description text NOT NULL,
    upstream_url text NOT NULL,
    outbound_auth {json} NOT NULL,
    status text NOT NULL CHECK (status IN ('enabled', 'disabled', 'retired')),
    timeout_ms {int} NOT NULL,
    created_by {uuid},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);
CREATE UNIQUE INDEX servers_slug ON servers (tenant_id, slug);
-- The subject is the column that is not null; with none, it is everyone.
CREATE TABLE server_grants (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    server_id {uuid} NOT NULL,
    role text NOT NULL CHECK (role IN ('user', 'manager')),
    subject_kind text NOT NULL,
    user_id {uuid},
    group_id {uuid},
    service_account_id {uuid},
    created_by {uuid},
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, group_id) REFERENCES groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id),
    CHECK (
        (subject_kind = 'everyone' AND user_id IS NULL AND group_id IS NULL AND service_account_id IS NULL)
        OR (subject_kind = 'user' AND user_id IS NOT NULL AND group_id IS NULL AND service_account_id IS NULL)
        OR (subject_kind = 'group' AND user_id IS NULL AND group_id IS NOT NULL AND service_account_id IS NULL)
        OR (subject_kind = 'service_account' AND user_id IS NULL AND group_id IS NULL AND service_account_id IS NOT NULL)
    )
);
CREATE UNIQUE INDEX server_grants_user ON server_grants (tenant_id, server_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX server_grants_group ON server_grants (tenant_id, server_id, group_id) WHERE group_id IS NOT NULL;
CREATE UNIQUE INDEX server_grants_service_account ON server_grants (tenant_id, server_id, service_account_id)
    WHERE service_account_id IS NOT NULL;
CREATE UNIQUE INDEX server_grants_everyone ON server_grants (tenant_id, server_id) WHERE subject_kind = 'everyone';
";
