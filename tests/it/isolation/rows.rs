//! The database behind the store's back: which tables hold tenants' rows, and every row of one tenant as text. Tables
//! are found in the catalogue, never listed here, so that a new one is covered at once.

use std::collections::{BTreeMap, BTreeSet};

use control_plane::domain::ids::{TenantId, UserId};
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, ExecResult, Statement, Value};
use secrecy::ExposeSecret;
use uuid::Uuid;
use world::db::Db;

/// A connection that no policy binds.
pub(crate) struct Backstage {
    pub(super) connection: DatabaseConnection,
}

/// A table and the column that names its tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TenantTable {
    pub(super) name: String,
    pub(super) tenant: &'static str,
}

/// The rows of one tenant, by table.
pub(super) type Rows = BTreeMap<String, Vec<String>>;

impl Backstage {
    pub(crate) async fn open(db: &Db) -> Self {
        Self { connection: Database::connect(db.owner_url.expose_secret()).await.expect("the database answers") }
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.connection.get_database_backend() == DatabaseBackend::Postgres
    }

    pub(crate) async fn run<const N: usize>(&self, sql: &str, values: [Value; N]) -> ExecResult {
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), sql, values);
        self.connection.execute_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of each row, as text.
    pub(crate) async fn texts<const N: usize>(&self, sql: &str, values: [Value; N]) -> Vec<String> {
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), sql, values);
        let rows = self.connection.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter().map(|row| row.try_get_by_index(0).unwrap_or_else(|error| panic!("{sql}: {error}"))).collect()
    }

    /// Every table with tenants' rows. Partitions are seen through their parent.
    pub(super) async fn tenant_tables(&self) -> Vec<TenantTable> {
        let sql = if self.is_postgres() {
            "SELECT c.table_name::text FROM information_schema.columns c
             JOIN pg_class k ON k.oid = format('%I.%I', c.table_schema, c.table_name)::regclass AND NOT k.relispartition
             WHERE c.table_schema = 'public' AND c.column_name = 'tenant_id' ORDER BY 1"
        } else {
            "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND c.name = 'tenant_id' ORDER BY 1"
        };
        let table = |name| TenantTable { name, tenant: "tenant_id" };
        let mut tables: Vec<_> = self.texts(sql, []).await.into_iter().map(table).collect();
        tables.push(TenantTable { name: "tenants".to_owned(), tenant: "id" });
        tables
    }

    /// Every row of a tenant in every table, column by column.
    pub(super) async fn rows(&self, tenant: TenantId) -> Rows {
        let mut all = Rows::new();
        for table in self.tenant_tables().await {
            let sql = format!(
                "SELECT {} FROM {} t WHERE {} = $1 ORDER BY 1",
                self.row_as_text(&table.name).await,
                table.name,
                table.tenant
            );
            all.insert(table.name, self.texts(&sql, [tenant.0.into()]).await);
        }
        all
    }

    async fn row_as_text(&self, table: &str) -> String {
        if self.is_postgres() {
            return "to_jsonb(t)::text".to_owned();
        }
        let columns = self.texts("SELECT name FROM pragma_table_info($1) ORDER BY cid", [table.into()]).await;
        let quoted: Vec<_> = columns.iter().map(|column| format!("quote(t.\"{column}\")")).collect();
        quoted.join(" || ' ' || ")
    }
}

/// Every id in the rows, as program output would show it: hyphenated, and in the letters of a prefixed id.
pub(super) fn ids_in(rows: &Rows) -> BTreeSet<String> {
    let texts = rows.values().flatten();
    let words = texts.flat_map(|text| text.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-'));
    let ids = words.filter(|word| [32, 36].contains(&word.len())).filter_map(|word| Uuid::parse_str(word).ok());
    ids.flat_map(|id| [id.to_string(), UserId(id).to_string().split_off("usr_".len())]).collect()
}
