//! Tables outside tenants: the deployment itself, operators, node identities.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        dialect::run_on_postgres(manager, RIGHTS).await
    }
}

const UP: &str = "
-- One row. history_id tells a restored or foreign database from the one a node knows.
CREATE TABLE deployment (
    id {int} PRIMARY KEY CHECK (id = 1),
    history_id {uuid} NOT NULL,
    directory_revision {int} NOT NULL,
    created_at {time} NOT NULL
);
CREATE TABLE operators (
    id {uuid} PRIMARY KEY,
    name text NOT NULL UNIQUE,
    token_sha256 {bytes} NOT NULL UNIQUE,
    created_at {time} NOT NULL,
    revoked_at {time}
);
CREATE TABLE node_identities (
    id {uuid} PRIMARY KEY,
    name text NOT NULL UNIQUE,
    pool text NOT NULL,
    secret_sha256 {bytes} NOT NULL UNIQUE,
    created_at {time} NOT NULL,
    revoked_at {time}
);
";

const RIGHTS: &str = "
GRANT SELECT, INSERT, UPDATE, DELETE ON deployment, operators, node_identities TO portway_system;
";
