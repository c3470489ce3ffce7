//! PostgreSQL's policies, tried with raw SQL and the logins of a deployment: what is left when the store above forgets
//! to name the tenant.

use control_plane::domain::clock::SystemClock;
use control_plane::domain::ids::TenantId;
use control_plane::store::{DatabaseConfig, Store};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgQueryResult;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::Arc;
use url::Url;
use world::db::{Backend, Db};

use super::Neighbours;
use super::rows::Backstage;

/// SQLSTATE of a missing right, and of a row that a policy refuses.
const NOT_ALLOWED: &str = "42501";
/// SQLSTATE of a row that others refer to.
const REFERRED_TO: &str = "23503";

/// A connection of one of the services' logins.
struct Login(PgConnection);

impl Login {
    async fn open(url: &SecretString) -> Self {
        Self(PgConnection::connect(url.expose_secret()).await.unwrap())
    }

    /// One statement in a transaction of its own: rows it touched, or the SQLSTATE of the refusal.
    async fn run(&mut self, tenant: Option<TenantId>, sql: &str) -> Result<u64, String> {
        self.run_with(tenant, sql, None).await
    }

    async fn run_with(&mut self, tenant: Option<TenantId>, sql: &str, row: Option<&str>) -> Result<u64, String> {
        let mut tx = self.0.begin().await.unwrap();
        if let Some(tenant) = tenant {
            let set = sqlx::query("SELECT set_config('portway.tenant_id', $1, true)").bind(tenant.0.to_string());
            set.execute(&mut *tx).await.unwrap();
        }
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        if let Some(row) = row {
            query = query.bind(row.to_owned());
        }
        let done = query.execute(&mut *tx).await;
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done.as_ref().map(PgQueryResult::rows_affected).map_err(|error| sqlstate(error, sql))
    }
}

fn sqlstate(error: &sqlx::Error, sql: &str) -> String {
    let code = error.as_database_error().and_then(|error| error.code());
    code.unwrap_or_else(|| panic!("{sql}: {error}")).into_owned()
}

fn insert(table: &str) -> String {
    format!("INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, $1::jsonb)).*")
}

#[tokio::test]
async fn with_no_tenant_set_nothing_is_there_and_nothing_is_taken() {
    let world = Neighbours::settle(Backend::Postgres).await;
    let mut app = Login::open(&world.db.app_url).await;
    let rows = world.backstage.rows(world.acme.tenant.id).await;
    for (table, rows) in &rows {
        assert_eq!(app.run(None, &format!("SELECT FROM {table}")).await, Ok(0), "{table}");
        let refused = app.run_with(None, &insert(table), rows.first().map(String::as_str)).await;
        assert_eq!(refused, Err(NOT_ALLOWED.to_owned()), "{table}");
    }
    // An empty setting is what a connection has that was used with a tenant before.
    sqlx::query("SELECT set_config('portway.tenant_id', '', false)").execute(&mut app.0).await.unwrap();
    for table in rows.keys() {
        assert_eq!(app.run(None, &format!("SELECT FROM {table}")).await, Ok(0), "{table}");
    }
}

#[tokio::test]
async fn statements_without_where_touch_the_tenant_that_is_set() {
    let world = Neighbours::settle(Backend::Postgres).await;
    let mut app = Login::open(&world.db.app_url).await;
    let (acme, globex) = (world.acme.tenant.id, Some(world.globex.tenant.id));
    let before = world.backstage.rows(acme).await;
    let own = world.backstage.rows(world.globex.tenant.id).await;
    for table in world.backstage.tenant_tables().await {
        let (name, column) = (&table.name, table.tenant);
        let count = own[name].len() as u64;
        assert_eq!(app.run(globex, &format!("SELECT FROM {name}")).await, Ok(count), "{name}");
        let touched = app.run(globex, &format!("UPDATE {name} SET {column} = {column}")).await;
        let append_only = name == "audit_events";
        assert_eq!(touched, if append_only { Err(NOT_ALLOWED.to_owned()) } else { Ok(count) }, "{name}");
        // Neither by giving rows away nor by making some may one tenant write another's.
        let given = app.run(globex, &format!("UPDATE {name} SET {column} = '{}'", acme.0)).await;
        assert_eq!(given, Err(NOT_ALLOWED.to_owned()), "{name}");
        let made = app.run_with(globex, &insert(name), before[name].first().map(String::as_str)).await;
        assert_eq!(made, Err(NOT_ALLOWED.to_owned()), "{name}");
    }
    delete_everything(&mut app, &world, globex).await;
    assert_eq!(world.backstage.rows(acme).await, before, "another tenant deleted");
}

/// Deletes until nothing more goes: children first, by trying.
async fn delete_everything(app: &mut Login, world: &Neighbours, tenant: Option<TenantId>) {
    loop {
        let mut gone = 0;
        for table in world.backstage.tenant_tables().await {
            match app.run(tenant, &format!("DELETE FROM {}", table.name)).await {
                Ok(count) => gone += count,
                Err(code) => assert!([NOT_ALLOWED, REFERRED_TO].contains(&code.as_str()), "{}: {code}", table.name),
            }
        }
        if gone == 0 {
            break;
        }
    }
    let left = world.backstage.rows(world.globex.tenant.id).await;
    let left: Vec<_> = left.iter().filter(|(_, rows)| !rows.is_empty()).map(|(table, _)| table.as_str()).collect();
    assert_eq!(left, ["audit_events", "tenants"], "history stays, and what it refers to");
}

#[tokio::test]
async fn neither_role_rewrites_history_and_the_app_sees_no_operators() {
    let world = Neighbours::settle(Backend::Postgres).await;
    let mut app = Login::open(&world.db.app_url).await;
    let mut system = Login::open(world.db.system_url.as_ref().unwrap()).await;
    for sql in ["UPDATE audit_events SET action = ''", "DELETE FROM audit_events", "TRUNCATE audit_events"] {
        assert_eq!(app.run(Some(world.acme.tenant.id), sql).await, Err(NOT_ALLOWED.to_owned()), "{sql}");
        assert_eq!(system.run(None, sql).await, Err(NOT_ALLOWED.to_owned()), "{sql}");
    }
    for table in ["deployment", "operators", "node_identities"] {
        let sql = format!("SELECT FROM {table}");
        assert_eq!(app.run(Some(world.acme.tenant.id), &sql).await, Err(NOT_ALLOWED.to_owned()), "{table}");
    }
    // The system role's policy and the tenant's are alternatives: this login sees all of them.
    let all = system.run(Some(world.acme.tenant.id), "SELECT FROM tenants").await;
    assert_eq!(all, Ok(2));
}

#[tokio::test]
async fn the_owner_of_a_table_is_bound_as_well() {
    let world = Neighbours::settle(Backend::Postgres).await;
    let owner = Role::create(&world.backstage, "NOBYPASSRLS").await;
    let mine = format!("ALTER TABLE users OWNER TO {}", owner.name);
    world.backstage.run(&mine, []).await;
    let mut login = Login::open(&owner.url(&world.db)).await;
    assert_eq!(login.run(None, "SELECT FROM users").await, Ok(0));
    assert_eq!(login.run(Some(world.acme.tenant.id), "DELETE FROM users").await, Ok(0));
    drop(login);
    owner.drop_with(&world.backstage, &["users"]).await;
}

/// A login made for one test.
struct Role {
    name: String,
}

impl Role {
    async fn create(backstage: &Backstage, attributes: &str) -> Self {
        let name = format!("pw_test_{}", uuid::Uuid::new_v4().simple());
        backstage.run(&format!("CREATE ROLE {name} LOGIN {attributes}"), []).await;
        Self { name }
    }

    fn url(&self, db: &Db) -> SecretString {
        let mut url: Url = db.app_url.expose_secret().parse().unwrap();
        url.set_username(&self.name).unwrap();
        url.to_string().into()
    }

    /// Roles outlive the test's database.
    async fn drop_with(self, backstage: &Backstage, owned: &[&str]) {
        for table in owned {
            backstage.run(&format!("ALTER TABLE {table} OWNER TO CURRENT_USER"), []).await;
        }
        backstage.run(&format!("DROP ROLE {}", self.name), []).await;
    }
}

#[tokio::test]
async fn a_login_that_policies_do_not_bind_is_refused_at_the_start() {
    let db = Db::create(Backend::Postgres).await;
    let backstage = Backstage::open(&db).await;
    let owner = Role::create(&backstage, "IN ROLE portway_app").await;
    backstage.run(&format!("ALTER TABLE servers OWNER TO {}", owner.name), []).await;
    let heir = Role::create(&backstage, &format!("IN ROLE portway_app, {}", owner.name)).await;
    let exempt = Role::create(&backstage, "BYPASSRLS IN ROLE portway_app").await;
    let both = Role::create(&backstage, "IN ROLE portway_app, portway_system").await;
    let (app_url, system_url) = (&db.app_url, db.system_url.as_ref().unwrap());
    for (why, app, system, field) in [
        ("a superuser", &db.owner_url, system_url, "database.url"),
        ("a superuser", app_url, &db.owner_url, "database.system_url"),
        ("an owner", &owner.url(&db), system_url, "database.url"),
        ("an owner", app_url, &owner.url(&db), "database.system_url"),
        ("who may become the owner", &heir.url(&db), system_url, "database.url"),
        ("exempt from policies", &exempt.url(&db), system_url, "database.url"),
        ("a login of all tenants for one tenant's work", system_url, system_url, "database.url"),
        ("a login of both roles", &both.url(&db), system_url, "database.url"),
    ] {
        let config = DatabaseConfig { url: app.clone(), system_url: Some(system.clone()), ..db.config() };
        let refused = Store::connect(&config, Arc::new(SystemClock)).await.err();
        let refused = refused.unwrap_or_else(|| panic!("{why}: {field} was taken"));
        assert_eq!(refused.code(), "config.unsafe_database_role", "{why}: {refused}");
        assert!(refused.to_string().starts_with(field), "{why}: {refused}");
    }
    assert!(Store::connect(&db.config(), Arc::new(SystemClock)).await.is_ok());
    for (role, owned) in [(heir, &[][..]), (owner, &["servers"][..]), (exempt, &[]), (both, &[])] {
        role.drop_with(&backstage, owned).await;
    }
}
