//! Group roles that row-level security policies name. Logins of the services are members of them:
//! `CREATE ROLE gateway_app LOGIN PASSWORD … IN ROLE portway_app`.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run_on_postgres(manager, UP).await
    }
}

// Roles belong to the whole cluster: another database may be creating them at the same moment.
const UP: &str = "
DO $$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['portway_app', 'portway_system'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO portway_app, portway_system;
GRANT SELECT ON seaql_migrations TO portway_app, portway_system;
";
