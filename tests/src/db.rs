//! A database per test: a file for SQLite; for PostgreSQL a clone of a template that was migrated once per run, with
//! the three logins of a real deployment.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;
use url::Url;

/// Which database a world stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A fresh, migrated database; gone when dropped.
pub struct Db {
    /// What the control plane takes as `database.url`.
    pub app_url: SecretString,
    /// `database.system_url`; none on SQLite.
    pub system_url: Option<SecretString>,
    /// Bound by nothing: tests look behind the scenes with it.
    pub owner_url: SecretString,
    files: tempfile::TempDir,
    clone: Option<(Url, String)>,
}

/// Serialises template building and cloning among the processes of one run.
const ADVISORY_LOCK: i64 = 0x706f_7274_7761_7901;

impl Db {
    pub async fn create(backend: Backend) -> Self {
        let files = tempfile::tempdir().expect("a temporary folder");
        match backend {
            Backend::Sqlite => Self::sqlite(files),
            Backend::Postgres => Self::postgres(files).await,
        }
    }

    fn sqlite(files: tempfile::TempDir) -> Self {
        let path: PathBuf = files.path().join("portway.db");
        let url = SecretString::from(format!("sqlite://{}?mode=rwc", path.display()));
        Self { app_url: url.clone(), system_url: None, owner_url: url, files, clone: None }
    }

    async fn postgres(files: tempfile::TempDir) -> Self {
        let admin = admin_url();
        let template = template(&admin).await;
        let name = format!("pw_test_{}", uuid::Uuid::new_v4().simple());
        let mut connection = connect(&admin).await;
        lock(&mut connection).await;
        run(&mut connection, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        connection.close().await.expect("closing");
        let url = |login: &str| {
            let mut url = admin.clone();
            url.set_path(&name);
            url.set_username(login).expect("a login");
            SecretString::from(url.to_string())
        };
        Self {
            app_url: url("pw_test_app"),
            system_url: Some(url("pw_test_system")),
            owner_url: url(admin.username()),
            files,
            clone: Some((admin, name)),
        }
    }
}

impl Drop for Db {
    /// The server is thrown away after the run; dropping clones early keeps it small.
    fn drop(&mut self) {
        let Some((admin, name)) = self.clone.take() else { return };
        let thread = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let drop = async {
                    let mut connection = PgConnection::connect(admin.as_str()).await.ok()?;
                    connection.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.ok()
                };
                let _ = tokio::time::timeout(Duration::from_secs(5), drop).await;
            });
        });
        let _ = thread.join();
    }
}

#[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says where PostgreSQL is")]
fn admin_url() -> Url {
    let url = std::env::var("PORTWAY_TEST_POSTGRES_URL")
        .expect("PORTWAY_TEST_POSTGRES_URL is not set: run `cargo xtask test`");
    url.parse().expect("a URL")
}

impl Db {
    /// Every row of every table, as text; nothing on SQLite, whose file lies in the folder.
    pub async fn rows(&self) -> String {
        if self.clone.is_none() {
            return String::new();
        }
        let mut connection = connect(&self.owner_url.expose_secret().parse().expect("a URL")).await;
        let tables: Vec<(String, String)> = sqlx::query_as(
            "SELECT table_schema::text, table_name::text FROM information_schema.tables
             WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_all(&mut connection)
        .await
        .expect("the list of tables");
        let mut text = String::new();
        for (schema, table) in tables {
            let sql = format!("SELECT row_to_json(t)::text FROM \"{schema}\".\"{table}\" t");
            let rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect("rows");
            for row in rows {
                text.extend([table.as_str(), " ", &row, "\n"]);
            }
        }
        text
    }
}

/// The migrated template of this schema, built by whoever comes first.
async fn template(admin: &Url) -> String {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(|| build_template(admin.clone())).await.clone()
}

async fn build_template(admin: Url) -> String {
    let name = format!("pw_template_{}", schema_digest());
    let mut connection = connect(&admin).await;
    lock(&mut connection).await;
    let exists: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_optional(&mut connection)
        .await
        .expect("a query");
    if exists.is_none() {
        let building = format!("{name}_building");
        run(&mut connection, &format!("DROP DATABASE IF EXISTS {building}")).await;
        run(&mut connection, &format!("CREATE DATABASE {building}")).await;
        let mut url = admin.clone();
        url.set_path(&building);
        let database = control_plane::store::DatabaseConfig {
            url: url.to_string().into(),
            system_url: None,
            owner_url: Some(url.to_string().into()),
            connections_max: 1,
        };
        control_plane::store::migrate(&database).await.expect("migrations run");
        for (login, group) in [("pw_test_app", "portway_app"), ("pw_test_system", "portway_system")] {
            let sql = format!(
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{login}') THEN CREATE ROLE {login} LOGIN IN ROLE {group}; END IF; END $$"
            );
            run(&mut connection, &sql).await;
        }
        run(&mut connection, &format!("ALTER DATABASE {building} RENAME TO {name}")).await;
    }
    connection.close().await.expect("closing");
    name
}

/// A changed migration makes a new template.
fn schema_digest() -> String {
    let mut names: Vec<PathBuf> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/src"))
        .expect("the migrations")
        .map(|entry| entry.expect("readable").path())
        .collect();
    names.sort();
    let text: Vec<u8> = names.iter().flat_map(|path| std::fs::read(path).expect("readable")).collect();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn connect(url: &Url) -> PgConnection {
    PgConnection::connect(url.as_str()).await.expect("the test PostgreSQL answers")
}

async fn lock(connection: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_lock($1)").bind(ADVISORY_LOCK).execute(connection).await.expect("a lock");
}

async fn run(connection: &mut PgConnection, sql: &str) {
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

impl Db {
    /// A folder that lives as long as the database.
    pub fn folder(&self) -> &std::path::Path {
        self.files.path()
    }

    /// Settings for the control plane.
    pub fn config(&self) -> control_plane::store::DatabaseConfig {
        control_plane::store::DatabaseConfig {
            url: self.app_url.clone(),
            system_url: self.system_url.clone(),
            owner_url: Some(SecretString::from(self.owner_url.expose_secret().to_owned())),
            connections_max: 10,
        }
    }
}
