//! Second factors of local accounts, their recovery codes, and sign-ins that wait for one.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["second_factors", "recovery_codes", "sign_in_challenges"]).await
    }
}

const UP: &str = "
-- confirmed_at: null until the first right code. last_step: the time step of the last code taken; only later ones are.
CREATE TABLE second_factors (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    secret_sealed {bytes} NOT NULL,
    created_at {time} NOT NULL,
    confirmed_at {time},
    last_step {int},
    failures {int} NOT NULL,
    failed_at {time},
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE recovery_codes (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    code_sha256 {bytes} NOT NULL,
    used_at {time},
    PRIMARY KEY (tenant_id, user_id, code_sha256),
    FOREIGN KEY (tenant_id, user_id) REFERENCES second_factors (tenant_id, user_id) ON DELETE CASCADE
);
-- A password was right; the second factor is still missing. The token is in a cookie of the browser that sent it.
CREATE TABLE sign_in_challenges (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    token_sha256 {bytes} NOT NULL,
    expires_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_sha256),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
";
