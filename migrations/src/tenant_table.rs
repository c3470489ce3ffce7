//! What every tenant table gets on PostgreSQL: forced row-level security with one policy per role, and rights.
//!
//! The application role sees the rows of the tenant set for the transaction and nothing else; with no tenant set it
//! sees nothing at all (I5). The system role works across tenants. The owner only migrates, and FORCE binds it too.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Puts `tables` (with a `tenant_id` column) under row-level security.
pub(crate) async fn secure(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        secure_by(manager, table, "tenant_id").await?;
    }
    Ok(())
}

/// The same for a table whose tenant is in another column (the `tenants` table itself).
pub(crate) async fn secure_by(manager: &SchemaManager<'_>, table: &str, tenant: &str) -> Result<(), DbErr> {
    let sql = format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
         CREATE POLICY tenant_only ON {table} TO portway_app
             USING ({tenant} = (SELECT NULLIF(current_setting('portway.tenant_id', true), '')::uuid))
             WITH CHECK ({tenant} = (SELECT NULLIF(current_setting('portway.tenant_id', true), '')::uuid));
         CREATE POLICY every_tenant ON {table} TO portway_system USING (true) WITH CHECK (true);
         GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portway_app, portway_system;"
    );
    dialect::run_on_postgres(manager, &sql).await
}
