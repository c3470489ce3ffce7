//! The few words that differ between PostgreSQL and SQLite. Migrations are written as SQL with `{word}` in place of
//! them, so that a reviewer reads the schema itself.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

/// Replaces the dialect words in `sql`.
pub(crate) fn translate(backend: DatabaseBackend, sql: &str) -> String {
    let words: &[(&str, &str)] = if backend == DatabaseBackend::Postgres {
        &[("{uuid}", "uuid"), ("{time}", "timestamptz"), ("{json}", "jsonb"), ("{bytes}", "bytea"), ("{int}", "bigint")]
    } else {
        &[("{uuid}", "blob"), ("{time}", "text"), ("{json}", "text"), ("{bytes}", "blob"), ("{int}", "bigint")]
    };
    words.iter().fold(sql.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
}

/// Runs statements separated by `;` at line ends, on both databases.
pub(crate) async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    connection.execute_unprepared(&translate(manager.get_database_backend(), sql)).await.map(|_| ())
}

/// Runs statements that only PostgreSQL has: roles, policies, partitions.
pub(crate) async fn run_on_postgres(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
