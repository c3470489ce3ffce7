//! Tools that are switched off, and clients that are blocked.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await
    }
}

const UP: &str = "
-- Absent: all tools are on.
ALTER TABLE servers ADD COLUMN tool_switches {json};

-- Absent: it is not blocked.
ALTER TABLE oauth_clients ADD COLUMN blocked_at {time};
";
