//! SCIM: what identity providers say of people and groups, their tokens, and the last requests received.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        let tables = ["scim_users", "scim_user_emails", "scim_groups", "scim_tokens", "scim_requests"];
        tenant_table::secure(manager, &tables).await
    }
}

const UP: &str = "
-- A person whom an identity provider owns has a row here; attributes is JSON as it was sent.
CREATE TABLE scim_users (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    version {int} NOT NULL,
    attributes text NOT NULL,
    -- displayName in lower case.
    display_key text,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX scim_users_display_key ON scim_users (tenant_id, display_key);
-- Addresses in lower case, to search by.
CREATE TABLE scim_user_emails (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    email text NOT NULL,
    PRIMARY KEY (tenant_id, user_id, email),
    FOREIGN KEY (tenant_id, user_id) REFERENCES scim_users (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX scim_user_emails_email ON scim_user_emails (tenant_id, email);
CREATE TABLE scim_groups (
    tenant_id {uuid} NOT NULL,
    group_id {uuid} NOT NULL,
    version {int} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, group_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES groups (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE scim_tokens (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    name text NOT NULL,
    secret_sha256 {bytes} NOT NULL,
    -- Plain: who made it may be gone.
    created_by {uuid},
    created_at {time} NOT NULL,
    expires_at {time},
    last_used_at {time},
    PRIMARY KEY (tenant_id, id)
);
-- The last ones of each tenant only.
CREATE TABLE scim_requests (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    at {time} NOT NULL,
    token_id {uuid} NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    status {int} NOT NULL,
    detail text,
    duration_ms {int} NOT NULL,
    body text,
    PRIMARY KEY (tenant_id, id)
);
";
