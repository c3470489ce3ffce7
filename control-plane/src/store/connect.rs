//! Opens the pools and runs migrations.

use std::sync::Arc;
use std::time::Duration;

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::broadcast;

use super::feed::ChangeFeed;
use super::{Pools, Store, db_error, new_id};
use crate::domain::limits::TAIL_UNHEARD_MAX;
use crate::domain::{Clock, Error, Result};

/// What replicas say, kept for a slow ear; what it misses counts as not said.
const REPLICA_TALK_MAX: usize = 1_024;
/// Connections of the SQLite reader pool.
const SQLITE_READERS: u32 = 8;
/// How long SQLite waits for the write lock.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a pool slot.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The role whose policies admit the rows of every tenant.
const SYSTEM_ROLE: &str = "portway_system";

/// Where the data is. URLs carry passwords, so all are secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite://path` or `postgres://…` as a member of the role `portway_app`.
    pub url: SecretString,
    /// PostgreSQL only: a member of the role `portway_system`.
    pub system_url: Option<SecretString>,
    /// PostgreSQL only, for `migrate`: the owner of the schema.
    pub owner_url: Option<SecretString>,
    /// PostgreSQL only: connections of each of the two pools.
    pub connections_max: u32,
}

impl DatabaseConfig {
    pub fn is_sqlite(&self) -> bool {
        self.url.expose_secret().starts_with("sqlite:")
    }
}

impl Store {
    /// Connects; migrations must have run. Refuses PostgreSQL logins that row-level security does not bind.
    pub async fn connect(config: &DatabaseConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let pools = if config.is_sqlite() {
            let reader = sqlite(&config.url, SQLITE_READERS).await?;
            Pools::Sqlite { writer: sqlite(&config.url, 1).await?, reader }
        } else {
            let system_url = config.system_url.as_ref().ok_or_else(|| missing("database.system_url"))?;
            let app = postgres(&config.url, config.connections_max).await?;
            let system = postgres(system_url, config.connections_max).await?;
            refuse_unbound(&app, "database.url", Some(SYSTEM_ROLE)).await?;
            refuse_unbound(&system, "database.system_url", None).await?;
            Pools::Postgres { app, system }
        };
        let listen_url = (!config.is_sqlite()).then(|| config.url.clone());
        let (replicas, replica_id) = (broadcast::channel(REPLICA_TALK_MAX).0, new_id(&*clock));
        let new_calls = broadcast::channel(TAIL_UNHEARD_MAX).0;
        Ok(Self { pools, clock, feed: ChangeFeed::new(), listen_url, replicas, new_calls, replica_id })
    }
}

impl Store {
    /// How many migrations this program has that the database lacks. Also tells whether the database answers.
    pub async fn pending_migrations(&self) -> Result<usize> {
        let pool = match &self.pools {
            Pools::Sqlite { reader, .. } => reader,
            Pools::Postgres { app, .. } => app,
        };
        Ok(Migrator::get_pending_migrations_read_only(pool).await.map_err(db_error)?.len())
    }
}

/// Brings the schema up to date, as the owner.
pub async fn migrate(config: &DatabaseConfig) -> Result<()> {
    let connection = if config.is_sqlite() {
        sqlite(&config.url, 1).await?
    } else {
        postgres(config.owner_url.as_ref().ok_or_else(|| missing("database.owner_url"))?, 1).await?
    };
    Migrator::up(&connection, None).await.map_err(db_error)?;
    connection.close().await.map_err(db_error)
}

fn missing(field: &'static str) -> Error {
    Error::invalid("config.missing", field, "is needed with PostgreSQL")
}

async fn sqlite(url: &SecretString, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url.expose_secret().to_owned());
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT * 2).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
            .busy_timeout(SQLITE_BUSY_TIMEOUT)
            .foreign_keys(true)
    });
    Database::connect(options).await.map_err(db_error)
}

async fn postgres(url: &SecretString, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url.expose_secret().to_owned());
    options.max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    Database::connect(options).await.map_err(db_error)
}

/// Superusers and roles with BYPASSRLS are not bound by policies, and an owner could switch them off; so could whoever may
/// become one of them. Policies of several roles are alternatives: a login for one tenant's work must not have the role
/// that works across tenants.
async fn refuse_unbound(connection: &DatabaseConnection, field: &'static str, refused: Option<&str>) -> Result<()> {
    let sql = "SELECT EXISTS (
                   SELECT FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'MEMBER')
                   AND (r.rolsuper OR r.rolbypassrls OR r.rolname = $1
                        OR EXISTS (SELECT FROM pg_tables t
                                   WHERE t.schemaname = 'public' AND t.tableowner = r.rolname))) AS unbound";
    let row = connection
        .query_one_raw(Statement::from_sql_and_values(
            DatabaseBackend::Postgres,
            sql,
            [refused.unwrap_or_default().into()],
        ))
        .await
        .map_err(db_error)?
        .ok_or_else(|| Error::internal("EXISTS answers one row"))?;
    if row.try_get::<bool>("", "unbound").map_err(db_error)? {
        let public = "must not be, or be able to become, a superuser, a role that bypasses row-level security, an owner \
                      of tables or, for one tenant's work, the role for all tenants";
        return Err(Error::invalid("config.unsafe_database_role", field, public));
    }
    Ok(())
}
