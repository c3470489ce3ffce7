//! Credentials that the gateway presents to a server for everybody.

use sea_orm_migration::prelude::*;

use crate::{dialect, tenant_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await?;
        tenant_table::secure(manager, &["shared_credentials"]).await
    }
}

const UP: &str = "
-- The only origin that the headers may be sent to is part of the record: a server that moves does not take them along.
CREATE TABLE shared_credentials (
    tenant_id {uuid} NOT NULL,
    server_id {uuid} NOT NULL,
    upstream_origin text NOT NULL,
    headers_sealed {bytes} NOT NULL,
    version {int} NOT NULL,
    set_by {uuid},
    set_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, server_id),
    FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, set_by) REFERENCES users (tenant_id, id)
);
";
