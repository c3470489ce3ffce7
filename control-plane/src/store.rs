//! The only SQL. A [`TenantStore`] is a transaction with the tenant set: on PostgreSQL row-level security does the rest
//! (I5), on SQLite every query here names the tenant. A [`SystemStore`] works across tenants; who may use it is listed
//! in `cargo xtask tidy`. SeaORM entities and `DbErr` never leave this module.
//!
//! No network is awaited inside a transaction. Dropping a store rolls back.

mod access_grants;
mod api_keys;
mod audit;
mod auth_overrides;
mod authorization;
mod call_records;
mod calls;
mod changes;
mod client_secrets;
mod connect;
mod connections;
mod consents;
mod credentials;
mod domains;
#[expect(unreachable_pub, reason = "SeaORM's derive needs public items")]
mod entity;
mod feed;
mod given_memberships;
mod group_members;
mod groups;
mod identity_providers;
mod identity_tokens;
mod invitation_mails;
mod invitations;
mod keys;
mod limit_rules;
mod listen;
mod new_calls;
mod node_identities;
mod oauth_clients;
mod operator_sessions;
mod operators;
mod outbox;
mod provider_sessions;
mod refresh_tokens;
mod replicas;
mod revoked_grants;
mod scim;
mod second_factors;
#[cfg(test)]
mod seed;
mod server_access;
mod server_members;
mod servers;
mod service_accounts;
mod session_keys;
mod sessions;
mod shared_credentials;
mod sign_in_flows;
mod snapshot;
mod subjects;
mod system;
mod tenancy;
mod tenant_sign_ups;
mod upstream_clients;
mod usage;
mod user_credentials;
mod user_identities;
mod users;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, SqlErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use secrecy::SecretString;
use tokio::sync::broadcast;
use uuid::{NoContext, Timestamp, Uuid};

pub use connect::{DatabaseConfig, migrate};
pub use consents::ConsentKey;
pub use feed::{ChangeFeed, Changed};
pub use invitation_mails::ClaimedMail;
pub use keys::SigningKeyRow;
pub use new_calls::NewCalls;
pub use outbox::Changes;
pub use replicas::{Asked, Question, Said};
pub use scim::ScimFound;
pub use server_access::UsableServer;
pub use servers::ServersOf;
pub use session_keys::{KeyState, SessionKeyRow};
pub use system::{NewDataKey, SystemStore};
pub use upstream_clients::UpstreamClientRow;

use crate::domain::audit::AuditEntry;
pub use crate::domain::configuration::ResourceKind;
use crate::domain::ids::TenantId;
use crate::domain::page::{Created, PageRequest};
use crate::domain::{Clock, Error, Result};

/// The database, and the feed of what changes in it.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    clock: Arc<dyn Clock>,
    feed: ChangeFeed,
    /// Where to LISTEN for what other replicas commit; on SQLite there are none.
    listen_url: Option<SecretString>,
    /// What replicas say to each other, also this one.
    replicas: broadcast::Sender<Said>,
    /// What other replicas say of calls that they stored.
    new_calls: broadcast::Sender<NewCalls>,
    replica_id: Uuid,
}

#[derive(Clone)]
enum Pools {
    /// One writer with BEGIN IMMEDIATE, several readers.
    Sqlite { writer: DatabaseConnection, reader: DatabaseConnection },
    /// One login per role.
    Postgres { app: DatabaseConnection, system: DatabaseConnection },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Write,
    Read,
    /// Every read sees the same commits: a configuration and its revision belong together.
    Snapshot,
}

impl Store {
    /// A read-write transaction of one tenant.
    pub async fn tenant(&self, id: TenantId) -> Result<TenantStore> {
        self.open(id, Mode::Write).await
    }

    /// A read-only transaction of one tenant.
    pub async fn tenant_read(&self, id: TenantId) -> Result<TenantStore> {
        self.open(id, Mode::Read).await
    }

    /// A read-only transaction of one tenant in which every read sees the same commits.
    pub async fn tenant_snapshot(&self, id: TenantId) -> Result<TenantStore> {
        self.open(id, Mode::Snapshot).await
    }

    /// A read-write transaction across tenants.
    pub async fn system(&self) -> Result<SystemStore> {
        let pool = match &self.pools {
            Pools::Sqlite { writer, .. } => writer,
            Pools::Postgres { system, .. } => system,
        };
        Ok(SystemStore::new(begin(pool, Mode::Write).await?, self.clone()))
    }

    /// A read-only transaction across tenants.
    pub async fn system_read(&self) -> Result<SystemStore> {
        let pool = match &self.pools {
            Pools::Sqlite { reader, .. } => reader,
            Pools::Postgres { system, .. } => system,
        };
        Ok(SystemStore::new(begin(pool, Mode::Read).await?, self.clone()))
    }

    /// A read-only transaction across tenants in which every read sees the same commits.
    pub async fn system_snapshot(&self) -> Result<SystemStore> {
        let pool = match &self.pools {
            Pools::Sqlite { reader, .. } => reader,
            Pools::Postgres { system, .. } => system,
        };
        Ok(SystemStore::new(begin(pool, Mode::Snapshot).await?, self.clone()))
    }

    /// What changes, as it is committed; on PostgreSQL also by other replicas.
    pub fn feed(&self) -> &ChangeFeed {
        &self.feed
    }

    async fn open(&self, id: TenantId, mode: Mode) -> Result<TenantStore> {
        let pool = match (&self.pools, mode) {
            (Pools::Sqlite { writer, .. }, Mode::Write) => writer,
            (Pools::Sqlite { reader, .. }, Mode::Read | Mode::Snapshot) => reader,
            (Pools::Postgres { app, .. }, _) => app,
        };
        TenantStore::new(begin(pool, mode).await?, id, self.clone()).await
    }
}

async fn begin(pool: &DatabaseConnection, mode: Mode) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        // A reader that later writes would fail with SQLITE_BUSY; a writer takes the lock at once.
        sqlite_transaction_mode: Some(match mode {
            Mode::Write => SqliteTransactionMode::Immediate,
            Mode::Read | Mode::Snapshot => SqliteTransactionMode::Deferred,
        }),
        access_mode: match (pool.get_database_backend(), mode) {
            (DatabaseBackend::Postgres, Mode::Read | Mode::Snapshot) => Some(sea_orm::AccessMode::ReadOnly),
            _ => None,
        },
        // SQLite transactions are snapshots from their first read on.
        isolation_level: match (pool.get_database_backend(), mode) {
            (DatabaseBackend::Postgres, Mode::Snapshot) => Some(sea_orm::IsolationLevel::RepeatableRead),
            _ => None,
        },
    };
    pool.begin_with_options(options).await.map_err(db_error)
}

/// A transaction of one tenant. Reads see that tenant only; [`TenantStore::commit`] writes the audit and outbox rows
/// noted with [`TenantStore::audit`] and [`TenantStore::changed`] together with the change itself (I7).
pub struct TenantStore {
    tx: DatabaseTransaction,
    tenant_id: TenantId,
    store: Store,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    audit: Vec<AuditEntry>,
    changed: Vec<(ResourceKind, Uuid)>,
    directory: bool,
}

impl TenantStore {
    async fn new(tx: DatabaseTransaction, tenant_id: TenantId, store: Store) -> Result<Self> {
        if tx.get_database_backend() == DatabaseBackend::Postgres {
            let sql = "SELECT set_config('portway.tenant_id', $1, true)";
            let set = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [tenant_id.0.to_string().into()]);
            tx.query_one_raw(set).await.map_err(db_error)?;
        }
        Ok(Self { tx, tenant_id, store, pending: Mutex::default() })
    }

    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// The time of everything this transaction writes.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.clock.now()
    }

    /// A fresh UUIDv7.
    pub fn new_id(&self) -> Uuid {
        new_id(&*self.store.clock)
    }

    /// Notes an audit entry for the commit.
    pub fn audit(&self, entry: AuditEntry) {
        self.pending().audit.push(entry);
    }

    /// Notes that nodes must learn the present state of a resource, created, changed or gone.
    pub fn changed(&self, kind: ResourceKind, id: Uuid) {
        self.pending().changed.push((kind, id));
    }

    /// Adds FOR UPDATE on PostgreSQL; on SQLite the one writer already has everything locked.
    fn for_update<E: EntityTrait>(&self, query: Select<E>) -> Select<E> {
        match self.tx.get_database_backend() {
            DatabaseBackend::Postgres => query.lock(LockType::Update),
            _ => query,
        }
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fresh UUIDv7 at the clock's time.
pub fn new_id(clock: &dyn Clock) -> Uuid {
    let now = clock.now();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// The rows of a page, newest first, and one more if there is a next page: what [`Page::cut`] takes.
///
/// [`Page::cut`]: crate::domain::page::Page::cut
async fn newest_first<E: EntityTrait>(
    query: Select<E>,
    page: PageRequest<Created>,
    created_at: E::Column,
    id: E::Column,
    connection: &impl ConnectionTrait,
) -> Result<Vec<E::Model>> {
    let rows = query
        .filter(after(page.after, created_at, id))
        .order_by_desc(created_at)
        .order_by_desc(id)
        .limit(page.limit + 1)
        .all(connection);
    rows.await.map_err(db_error)
}

/// Rows after a place of a list that is ordered by descending time of creation, ties by descending id.
fn after<C: ColumnTrait>(place: Option<Created>, created_at: C, id: C) -> Condition {
    let Some(Created { at, id: last }) = place else { return Condition::all() };
    let tie = Condition::all().add(created_at.eq(at)).add(id.lt(last));
    Condition::any().add(created_at.lt(at)).add(tie)
}

/// A database failure as a domain error: no pool slot or no server is `Unavailable`, the rest is internal.
fn db_error(error: DbErr) -> Error {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Error::Unavailable { internal: error.to_string() },
        _ => Error::internal(error),
    }
}

/// Turns a violated unique index into the conflict that the caller names.
fn conflict_or(error: DbErr, code: &'static str, public: &str) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::conflict(code, public),
        _ => db_error(error),
    }
}

/// A stored value that the program does not understand: another version wrote it, or somebody by hand.
fn unreadable(table: &'static str, column: &'static str) -> Error {
    Error::internal(format!("{table}.{column} holds a value this version does not know"))
}
