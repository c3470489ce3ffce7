//! Tenants, their keys and counters, and their people.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure_by(manager, "tenants", "id").await?;
        tenant_table::secure(manager, &TABLES).await
    }
}

const TABLES: [&str; 9] = [
    "tenant_heads",
    "data_keys",
    "users",
    "local_credentials",
    "groups",
    "group_members",
    "service_accounts",
    "browser_sessions",
    "invitations",
];

const UP: &str = "
-- A slug is never reused: rows of deleted tenants stay.
CREATE TABLE tenants (
    id {uuid} PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    display_name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'suspended', 'deleting')),
    issuer text NOT NULL UNIQUE,
    gateway_origins {json} NOT NULL,
    pool text NOT NULL,
    region text NOT NULL,
    settings {json} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX tenants_pool ON tenants (pool);
-- Locked last before each commit: revisions and audit numbers are in commit order.
CREATE TABLE tenant_heads (
    tenant_id {uuid} PRIMARY KEY REFERENCES tenants (id),
    revision {int} NOT NULL,
    audit_seq {int} NOT NULL,
    audit_sha256 {bytes} NOT NULL
);
-- The tenant data key, wrapped by the key-encryption key. Destroying it shreds every secret of the tenant.
CREATE TABLE data_keys (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    kek_id text NOT NULL,
    wrapped {bytes} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE users (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    user_name text NOT NULL,
    email text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'auditor', 'member')),
    status text NOT NULL CHECK (status IN ('active', 'deactivated')),
    epoch {int} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    deactivated_at {time},
    PRIMARY KEY (tenant_id, id)
);
-- user_name is stored in lower case: names that differ only in case are one person.
CREATE UNIQUE INDEX users_user_name ON users (tenant_id, user_name);
CREATE TABLE local_credentials (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    password_hash text NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE groups (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    display_name text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX groups_display_name ON groups (tenant_id, display_name);
CREATE TABLE group_members (
    tenant_id {uuid} NOT NULL,
    group_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    PRIMARY KEY (tenant_id, group_id, user_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_members_user ON group_members (tenant_id, user_id);
CREATE TABLE service_accounts (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'deactivated')),
    epoch {int} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX service_accounts_name ON service_accounts (tenant_id, name);
CREATE TABLE browser_sessions (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    token_sha256 {bytes} NOT NULL,
    user_agent text NOT NULL,
    created_at {time} NOT NULL,
    last_seen_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    revoked_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX browser_sessions_token ON browser_sessions (tenant_id, token_sha256);
CREATE INDEX browser_sessions_user ON browser_sessions (tenant_id, user_id);
CREATE TABLE invitations (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'auditor', 'member')),
    token_sha256 {bytes} NOT NULL,
    created_by {uuid},
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    accepted_at {time},
    accepted_user_id {uuid},
    revoked_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, accepted_user_id) REFERENCES users (tenant_id, id)
);
CREATE UNIQUE INDEX invitations_token ON invitations (tenant_id, token_sha256);
";
