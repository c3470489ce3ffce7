//! Operators in a browser.

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
CREATE TABLE operator_sessions (
    id {uuid} PRIMARY KEY,
    operator_id {uuid} NOT NULL REFERENCES operators (id),
    token_sha256 {bytes} NOT NULL UNIQUE,
    created_at {time} NOT NULL,
    last_seen_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    ended_at {time}
);
";

const RIGHTS: &str = "
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_sessions TO portway_system;
";
