//! How often callers may call.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["limit_rules"]).await
    }
}

const UP: &str = "
CREATE TABLE limit_rules (
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    id {uuid} NOT NULL,
    -- In lower case: names are unique in any case.
    name_key text NOT NULL,
    -- Name, match, key, windows and modes, as the API has them. Ids of what is gone stay: they match nothing.
    spec {json} NOT NULL,
    created_by {uuid},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX limit_rules_name ON limit_rules (tenant_id, name_key);
";
