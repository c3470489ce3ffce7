//! Nodes that are to be empty, and what replicas of the control plane know of nodes.

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
-- Since when an operator wants the node to be empty; NULL: it is in use.
ALTER TABLE node_identities ADD COLUMN draining_since {time};
-- The nodes that are connected to it, as of when another replica asked last.
ALTER TABLE replicas ADD COLUMN nodes {json};
";
