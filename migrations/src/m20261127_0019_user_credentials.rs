//! Credentials of single people and service accounts for servers.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["user_credentials", "upstream_clients", "account_flows"]).await
    }
}

const UP: &str = "
-- Grows with every change of somebody's credentials, so that nodes let go of what they hold.
ALTER TABLE users ADD COLUMN credentials_version {int} NOT NULL DEFAULT 0;
ALTER TABLE service_accounts ADD COLUMN credentials_version {int} NOT NULL DEFAULT 0;
-- The only origin that it may be sent to is part of the record: a server that moves does not take it along.
CREATE TABLE user_credentials (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid},
    service_account_id {uuid},
    server_id {uuid} NOT NULL,
    kind text NOT NULL,
    upstream_origin text NOT NULL,
    values_sealed {bytes} NOT NULL,
    version {int} NOT NULL,
    set_by {uuid},
    created_at {time} NOT NULL,
    set_at {time} NOT NULL,
    expires_at {time},
    refused_at {time},
    refreshed_at {time},
    -- Until then one replica renews it, or nobody does.
    refresh_claimed_until {time},
    scope text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_credentials_owner CHECK ((user_id IS NULL) <> (service_account_id IS NULL))
);
CREATE UNIQUE INDEX user_credentials_user ON user_credentials (tenant_id, server_id, user_id);
CREATE UNIQUE INDEX user_credentials_service_account ON user_credentials (tenant_id, server_id, service_account_id);
CREATE INDEX user_credentials_of_user ON user_credentials (tenant_id, user_id);
CREATE INDEX user_credentials_of_service_account ON user_credentials (tenant_id, service_account_id);
-- Under what name a provider knows us: one that somebody registered by hand belongs to a server, one of our own to an
-- issuer.
CREATE TABLE upstream_clients (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    issuer text,
    server_id {uuid},
    client_id text NOT NULL,
    secret_sealed {bytes},
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT upstream_clients_of CHECK ((issuer IS NULL) <> (server_id IS NULL))
);
CREATE UNIQUE INDEX upstream_clients_issuer ON upstream_clients (tenant_id, issuer);
CREATE UNIQUE INDEX upstream_clients_server ON upstream_clients (tenant_id, server_id);
-- A browser on its way to a server's provider and back.
CREATE TABLE account_flows (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    server_id {uuid} NOT NULL,
    state_sha256 {bytes} NOT NULL,
    secrets_sealed {bytes} NOT NULL,
    request_id {uuid},
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, request_id) REFERENCES authorization_requests (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX account_flows_state ON account_flows (tenant_id, state_sha256);
CREATE INDEX account_flows_expiry ON account_flows (tenant_id, expires_at);
";
