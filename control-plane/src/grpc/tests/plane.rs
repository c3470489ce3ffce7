//! A started control plane with a database of its own.

use std::sync::Arc;

use proto::names::TenantSlug;
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::app::{keys, nodes};
use crate::crypto::vault::Key;
use crate::domain::audit::Actor;
use crate::domain::clock::ShiftedClock;
use crate::domain::ids::{NodeId, TenantId};
use crate::domain::tenancy::{Tenant, TenantSettings, TenantStatus};
use crate::state::App;
use crate::store::{self, DatabaseConfig, NewDataKey, ResourceKind};
use crate::{Listeners, Running};

/// An empty, migrated database; dropped with the folder, or left to the test server.
pub(super) struct Db {
    pub(super) config: DatabaseConfig,
    _folder: Option<TempDir>,
}

impl Db {
    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("portway.db").display());
        Self::migrated(json!({ "url": url, "connections_max": 4 }), Some(folder)).await
    }

    /// `None` when no server was given.
    #[expect(clippy::disallowed_methods, reason = "tests learn from the environment which server to use")]
    pub(super) async fn postgres() -> Option<Self> {
        use sqlx::Executor;
        let server = std::env::var("PORTWAY_TEST_POSTGRES_URL").ok()?;
        let name = format!("stream_{}", Uuid::new_v4().simple());
        let url = |user: &str| {
            let mut url = url::Url::parse(&server).unwrap();
            url.set_path(&name);
            if !user.is_empty() {
                url.set_username(user).unwrap();
                url.set_password(Some("test")).unwrap();
            }
            url.to_string()
        };
        let pool = sqlx::PgPool::connect(&server).await.unwrap();
        pool.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let (app, system) = (format!("{name}_app"), format!("{name}_system"));
        let config = json!({
            "url": url(&app), "system_url": url(&system), "owner_url": url(""), "connections_max": 4,
        });
        let db = Self::migrated(config, None).await;
        for (login, role) in [(app, "portway_app"), (system, "portway_system")] {
            let create = format!("CREATE ROLE {login} LOGIN PASSWORD 'test' IN ROLE {role}");
            pool.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
        }
        Some(db)
    }

    /// Every database there is to test on.
    pub(super) async fn each() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        all.extend(Self::postgres().await);
        all
    }

    async fn migrated(config: serde_json::Value, folder: Option<TempDir>) -> Self {
        let config: DatabaseConfig = serde_json::from_value(config).unwrap();
        store::migrate(&config).await.unwrap();
        Self { config, _folder: folder }
    }
}

pub(super) struct Plane {
    pub(super) app: Arc<App>,
    url: String,
    pub(super) clock: ShiftedClock,
    shutdown: CancellationToken,
    running: Running,
}

impl Plane {
    pub(super) async fn start(db: &Db) -> Self {
        let bind = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let listeners = Listeners { http: bind().await, grpc: bind().await, admin: bind().await };
        let url = format!("http://{}", listeners.grpc.local_addr().unwrap());
        let mut config: crate::config::Config = serde_json::from_value(json!({
            "listen": "127.0.0.1:0", "grpc_listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0",
            "public_origin": "http://localhost:8081", "gateway_origins": ["http://localhost:8080"],
            "database": { "url": "sqlite:", "connections_max": 1 }, "trusted_proxies": [],
            "require_second_factor": false, "kek": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        }))
        .unwrap();
        config.database = db.config.clone();
        let (clock, shutdown) = (ShiftedClock::default(), CancellationToken::new());
        let running = crate::start(config, Arc::new(clock.clone()), listeners, shutdown.clone()).await.unwrap();
        Self { app: running.app.clone(), url, clock, shutdown, running }
    }

    pub(super) async fn channel(&self) -> Channel {
        Channel::from_shared(self.url.clone()).unwrap().connect().await.unwrap()
    }

    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.running.join().await;
    }

    pub(super) async fn enrol(&self, name: &str, pool: &str) -> (NodeId, SecretString) {
        let (identity, secret) = nodes::enrol(&self.app, Actor::System, name, pool).await.unwrap();
        (identity.id, secret)
    }

    /// A tenant with keys; its revision is 1.
    pub(super) async fn tenant(&self, slug: &str, pool: &str) -> TenantId {
        let system = self.app.store.system().await.unwrap();
        let id = TenantId(system.new_id());
        let tenant = Tenant {
            id,
            slug: TenantSlug::parse(slug).unwrap(),
            display_name: slug.to_owned(),
            status: TenantStatus::Active,
            issuer: format!("http://localhost:8081/t/{slug}"),
            gateway_origins: vec!["http://localhost:8080".to_owned()],
            pool: pool.to_owned(),
            region: String::new(),
            settings: TenantSettings::default(),
            created_at: system.now(),
        };
        let (key, key_id) = (Key::generate().unwrap(), system.new_id());
        let wrapped = self.app.kek.wrap(id, key_id, &key).unwrap();
        let data_key = NewDataKey { id: key_id, kek_id: self.app.kek.id.clone(), wrapped };
        system.insert_tenant(&tenant, data_key).await.unwrap();
        let store = system.into_tenant(id).await.unwrap();
        keys::create_signing_key(&self.app, &store).await.unwrap();
        keys::create_session_key(&self.app, &store).await.unwrap();
        store.changed(ResourceKind::TenantSettings, id.0);
        store.directory_changed();
        assert_eq!(store.commit().await.unwrap(), 1);
        id
    }

    /// A server that everyone may use, and a user; answers (server, grant, user, revision).
    pub(super) async fn server(&self, tenant: TenantId, slug: &str) -> (Uuid, Uuid, Uuid, u64) {
        let store = self.app.store.tenant(tenant).await.unwrap();
        let server = store.seed_server(slug).await;
        let grant = store.seed_grant_to_everyone(server).await;
        let user = store.seed_user(&format!("user-of-{slug}")).await;
        store.changed(ResourceKind::Server, server);
        store.changed(ResourceKind::AccessGrant, grant);
        store.changed(ResourceKind::Principal, user);
        (server, grant, user, store.commit().await.unwrap())
    }
}
