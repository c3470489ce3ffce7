//! Sign-in by identity providers: who they are, whom they know, sign-ins on their way.

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

const TABLES: [&str; 4] = ["identity_providers", "user_identities", "sign_in_flows", "honoured_statements"];

const UP: &str = "
-- issuer is compared byte by byte. endpoints is null where the provider's own document says where they are.
CREATE TABLE identity_providers (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    label text NOT NULL,
    issuer text NOT NULL,
    endpoints {json},
    client_id text NOT NULL,
    client_secret_sealed {bytes},
    settings {json} NOT NULL,
    enabled boolean NOT NULL,
    scim_source boolean NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX identity_providers_label ON identity_providers (tenant_id, label);
-- People that SCIM created are bound by one provider only.
CREATE UNIQUE INDEX identity_providers_scim_source ON identity_providers (tenant_id) WHERE scim_source;
-- Who somebody is at a provider. Never found by an e-mail address.
CREATE TABLE user_identities (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    provider_id {uuid} NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at {time} NOT NULL,
    last_used_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_identities_subject ON user_identities (tenant_id, provider_id, issuer, subject);
CREATE INDEX user_identities_user ON user_identities (tenant_id, user_id);
-- A browser on its way to a provider and back. secrets_sealed holds state, nonce and PKCE verifier.
CREATE TABLE sign_in_flows (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    provider_id {uuid} NOT NULL,
    state_sha256 {bytes} NOT NULL,
    browser_sha256 {bytes} NOT NULL,
    secrets_sealed {bytes} NOT NULL,
    request_id {uuid},
    invitation_id {uuid},
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, request_id) REFERENCES authorization_requests (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX sign_in_flows_state ON sign_in_flows (tenant_id, state_sha256);
CREATE INDEX sign_in_flows_expiry ON sign_in_flows (tenant_id, expires_at);
-- Logout tokens and identity assertions of providers that were honoured, so that none is twice.
CREATE TABLE honoured_statements (
    tenant_id {uuid} NOT NULL,
    provider_id {uuid} NOT NULL,
    sha256 {bytes} NOT NULL,
    expires_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, provider_id, sha256),
    FOREIGN KEY (tenant_id, provider_id) REFERENCES identity_providers (tenant_id, id) ON DELETE CASCADE
);
-- The session at the provider that a browser session rests on, and the ID token that ends it there.
ALTER TABLE browser_sessions ADD COLUMN provider_id {uuid};
ALTER TABLE browser_sessions ADD COLUMN provider_sid text;
ALTER TABLE browser_sessions ADD COLUMN id_token_sealed {bytes};
-- The provider whose claims gave a membership; null where a person or SCIM did.
ALTER TABLE group_members ADD COLUMN given_by {uuid};
-- The provider whose assertion (ID-JAG) stands for the consent; null where a person gave it in a browser.
ALTER TABLE oauth_grants ADD COLUMN asserted_by {uuid};
";
