//! Clients beyond dynamic registration: metadata documents and pre-registered clients with secrets; keys that rotate.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["client_secrets"]).await
    }
}

const UP: &str = "
-- How the client proves who it is at the token endpoint: not at all, or with a secret.
ALTER TABLE oauth_clients ADD COLUMN auth text NOT NULL DEFAULT 'none' CHECK (auth IN ('none', 'secret'));
-- When the metadata document was last read, for clients whose client_id is its URL.
ALTER TABLE oauth_clients ADD COLUMN fetched_at {time};
-- Two live ones while a client changes over; expires_at is set when a successor is made.
CREATE TABLE client_secrets (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    client_id {uuid} NOT NULL,
    secret_sha256 {bytes} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_secrets_client ON client_secrets (tenant_id, client_id);
-- Pending keys open but do not seal; retired ones open until the sessions they sealed are dead.
ALTER TABLE session_keys ADD COLUMN state text NOT NULL DEFAULT 'active'
    CHECK (state IN ('pending', 'active', 'retired'));
ALTER TABLE session_keys ADD COLUMN retired_at {time};
";
