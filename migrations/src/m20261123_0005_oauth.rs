//! The authorization server: keys, clients, consents, requests, grants, codes, tokens.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &TABLES).await
    }
}

const TABLES: [&str; 8] = [
    "signing_keys",
    "session_keys",
    "oauth_clients",
    "consents",
    "authorization_requests",
    "oauth_grants",
    "authorization_codes",
    "refresh_tokens",
];

const UP: &str = "
-- The id is the kid. Private parts are sealed by the vault.
CREATE TABLE signing_keys (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    public_jwk {json} NOT NULL,
    private_sealed {bytes} NOT NULL,
    created_at {time} NOT NULL,
    activated_at {time},
    retired_at {time},
    PRIMARY KEY (tenant_id, id)
);
-- Keys that seal legacy MCP session ids on the nodes.
CREATE TABLE session_keys (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    key_id {int} NOT NULL,
    secret_sealed {bytes} NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX session_keys_key_id ON session_keys (tenant_id, key_id);
CREATE TABLE oauth_clients (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    client_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('dynamic', 'metadata_document', 'static')),
    name text NOT NULL,
    redirect_uris {json} NOT NULL,
    metadata {json} NOT NULL,
    created_at {time} NOT NULL,
    first_authorized_at {time},
    last_used_at {time},
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX oauth_clients_client_id ON oauth_clients (tenant_id, client_id);
CREATE TABLE consents (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    client_id {uuid} NOT NULL,
    server_id {uuid} NOT NULL,
    redirect_host text NOT NULL,
    scope text NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX consents_subject ON consents (tenant_id, user_id, client_id, server_id, redirect_host, scope);
-- A validated /authorize request that waits for sign-in and consent, bound to one browser.
CREATE TABLE authorization_requests (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    browser_sha256 {bytes} NOT NULL,
    client_id {uuid} NOT NULL,
    redirect_uri text NOT NULL,
    state text,
    scope text NOT NULL,
    resource text NOT NULL,
    code_challenge text NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    decided_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX authorization_requests_expiry ON authorization_requests (tenant_id, expires_at);
-- One approval of one client for one server by one person: the token family, claim gid.
CREATE TABLE oauth_grants (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    client_id {uuid} NOT NULL,
    server_id {uuid} NOT NULL,
    session_id {uuid} NOT NULL,
    resource text NOT NULL,
    scope text NOT NULL,
    created_at {time} NOT NULL,
    last_used_at {time},
    revoked_at {time},
    revoke_reason text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES oauth_clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, session_id) REFERENCES browser_sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_grants_user ON oauth_grants (tenant_id, user_id);
CREATE TABLE authorization_codes (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    grant_id {uuid} NOT NULL,
    code_sha256 {bytes} NOT NULL,
    redirect_uri text NOT NULL,
    code_challenge text NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, grant_id) REFERENCES oauth_grants (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authorization_codes_code ON authorization_codes (tenant_id, code_sha256);
-- successor_sealed is the successor token, sealed under a key derived from the text of this one.
CREATE TABLE refresh_tokens (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    grant_id {uuid} NOT NULL,
    token_sha256 {bytes} NOT NULL,
    issued_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    rotated_at {time},
    successor_sealed {bytes},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, grant_id) REFERENCES oauth_grants (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX refresh_tokens_token ON refresh_tokens (tenant_id, token_sha256);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (tenant_id, grant_id);
";
