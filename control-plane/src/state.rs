//! Everything a request may touch: the composition root.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use prometheus_client::registry::Registry;
use telemetry::{Service, Telemetry};
use tokio::sync::Notify;

use crate::app::documents::Documents;
use crate::app::machine_tokens::MachineTokens;
use crate::app::sso::Providers;
use crate::app::tail::Tails;
use crate::config::Config;
use crate::crypto::vault::{Key, KeyEncryptionKey};
use crate::domain::ids::TenantId;
use crate::domain::{Clock, Error, Result};
use crate::egress::{Fetcher, Resolve, SystemResolver};
use crate::mail::Mailer;
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::rate::Rates;
use crate::store::{self, Store, TenantStore};
use crate::tasks::Tasks;

/// Unwrapped tenant data keys kept in memory.
const DATA_KEYS_MAX: u64 = 10_000;
const DATA_KEY_IDLE: Duration = Duration::from_secs(600);

/// The control plane's parts.
pub struct App {
    pub config: Config,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub kek: KeyEncryptionKey,
    /// Of before: they only open.
    previous_keks: Vec<KeyEncryptionKey>,
    pub nodes: Nodes,
    pub tasks: Tasks,
    pub metrics: Metrics,
    /// Where spans and metrics are sent, if anywhere.
    pub telemetry: Option<Telemetry>,
    pub rates: Rates,
    /// None where the operator has named no mail server.
    pub mailer: Option<Mailer>,
    /// Says that a mail was written down.
    pub mail_waits: Notify,
    pub resolver: Arc<dyn Resolve>,
    pub fetcher: Fetcher,
    /// To our own nodes.
    pub to_gateway: Fetcher,
    pub documents: Documents,
    pub providers: Providers,
    /// Who follows the call log.
    pub tails: Tails,
    /// Of calls to servers.
    pub machine_tokens: MachineTokens,
    data_keys: Cache<TenantId, Key>,
}

impl App {
    pub async fn new(config: Config, clock: Arc<dyn Clock>, tasks: Tasks) -> Result<Self> {
        let resolver = Arc::new(SystemResolver::with_servers(config.egress.name_servers.clone()));
        Self::with_resolver(config, clock, tasks, resolver).await
    }

    /// The same with names resolved otherwise than by the operating system.
    pub async fn with_resolver(
        config: Config,
        clock: Arc<dyn Clock>,
        tasks: Tasks,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self> {
        let kek = config.key_encryption_key().map_err(|public| Error::invalid("config.kek", "kek", public))?;
        let previous_keks = config.previous_keys();
        let previous_keks =
            previous_keks.map_err(|public| Error::invalid("config.kek", "previous_kek_files", public))?;
        let fetcher = Fetcher::new(&config.egress, resolver.clone());
        let fetcher = fetcher.map_err(|public| Error::invalid("config.egress", "egress", public))?;
        let to_gateway = fetcher.to_own_gateway().map_err(Error::internal)?;
        let mailer = config.mailer().map_err(|public| Error::invalid("config.mail", "mail", public))?;
        let store = Store::connect(&config.database, clock.clone()).await?;
        let telemetry = telemetry_of(&config, &store::new_id(&*clock).simple().to_string())?;
        let data_keys = Cache::builder().max_capacity(DATA_KEYS_MAX).time_to_idle(DATA_KEY_IDLE).build();
        let (nodes, metrics, rates) = (Nodes::default(), Metrics::default(), Rates::default());
        let (documents, providers, mail_waits) = (Documents::default(), Providers::default(), Notify::new());
        Ok(Self {
            config,
            store,
            clock,
            kek,
            previous_keks,
            nodes,
            tasks,
            metrics,
            telemetry,
            rates,
            mailer,
            mail_waits,
            resolver,
            fetcher,
            to_gateway,
            documents,
            providers,
            tails: Tails::default(),
            machine_tokens: MachineTokens::default(),
            data_keys,
        })
    }

    /// Metrics that are known only when somebody looks.
    pub fn take_stock(&self) {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.connected_nodes.set(number(self.nodes.list().len()));
        self.metrics.tail_listeners.set(number(self.tails.listeners.count()));
    }

    /// Sends metrics until shutdown, and then the spans that wait.
    pub fn report(self: &Arc<Self>) {
        let Some(telemetry) = self.telemetry.clone() else { return };
        let app = self.clone();
        self.tasks.spawn("telemetry", async move {
            let shown = app.clone();
            let show = move |look: &mut dyn FnMut(&Registry)| {
                shown.take_stock();
                shown.metrics.with_registry(look);
            };
            telemetry.clone().send_metrics(show, app.tasks.shutdown().clone()).await;
            app.tasks.shutdown().cancelled().await;
            telemetry.close().await;
        });
    }

    /// A fresh UUIDv7.
    pub fn new_id(&self) -> uuid::Uuid {
        store::new_id(&*self.clock)
    }

    /// The tenant's data key, unwrapped; cached in memory.
    pub async fn data_key(&self, store: &TenantStore) -> Result<Key> {
        let tenant = store.tenant_id();
        if let Some(key) = self.data_keys.get(&tenant).await {
            return Ok(key);
        }
        let (id, kek_id, wrapped) = store.get_data_key().await?;
        let kek = self.kek_by_id(&kek_id).ok_or_else(|| {
            let have = &self.kek.id;
            Error::internal(format!("data key of {tenant} is wrapped by KEK {kek_id}, this process has {have}"))
        })?;
        let key = kek.unwrap(tenant, id, &wrapped)?;
        self.data_keys.insert(tenant, key.clone()).await;
        Ok(key)
    }

    /// The key-encryption key that wrapped a data key, if this process has it.
    pub fn kek_by_id(&self, id: &str) -> Option<&KeyEncryptionKey> {
        std::iter::once(&self.kek).chain(&self.previous_keks).find(|kek| kek.id == id)
    }

    /// A tenant's data key is destroyed, or wrapped anew.
    pub async fn forget_data_key(&self, tenant: TenantId) {
        self.data_keys.invalidate(&tenant).await;
    }
}

fn telemetry_of(config: &Config, instance: &str) -> Result<Option<Telemetry>> {
    let invalid = |public: String| Error::invalid("config.otlp", "otlp", public);
    let service = Service { name: "portway-control-plane", version: env!("CARGO_PKG_VERSION"), instance, region: "" };
    let otlp = config.otlp().map_err(invalid)?;
    otlp.map(|otlp| Telemetry::new(&otlp, service)).transpose().map_err(|error| invalid(error.to_string()))
}
