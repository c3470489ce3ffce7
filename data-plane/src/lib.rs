//! The proxy node: authenticate, authorize, forward, record.
//!
//! A node holds no SQL driver, no signing key and no refresh token, and serves without the control plane (I2).

mod admin;
pub mod clock;
pub mod config;
pub mod configuration;
pub mod discovery;
pub mod disk;
pub mod drain;
pub mod error;
pub mod handle;
pub mod health;
mod leases;
pub mod limiter;
pub mod limits;
pub mod mailbox;
pub mod map;
pub mod mcp;
pub mod metrics;
pub mod node_key;
pub mod redis_link;
pub mod serve;
pub mod session_store;
pub mod snapshot;
pub mod sync;
pub mod tasks;
pub mod upstream;
pub mod usage;

use std::sync::Arc;

use prometheus_client::registry::Registry;
use telemetry::{Service, Spans, Telemetry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::configuration::Configuration;
use crate::disk::{Files, Keeper};
use crate::drain::Drain;
use crate::leases::Leases;
use crate::limiter::RateLimiter;
use crate::limiter::local::LocalLimiter;
use crate::limiter::redis::RedisLimiter;
use crate::mailbox::Mailbox;
use crate::mailbox::memory::Exchange;
use crate::mailbox::redis::RedisMailbox;
use crate::metrics::Metrics;
use crate::node_key::{NoRandom, NodeKey};
use crate::redis_link::{Link, RedisSetupError};
use crate::serve::{Server, TlsError};
use crate::session_store::memory::MemoryStore;
use crate::session_store::redis::RedisStore;
use crate::session_store::{Lifetimes, SessionStore};
use crate::sync::channel::{ChannelError, ControlPlane};
use crate::tasks::Tasks;
use crate::upstream::resolve::{Resolve, SystemResolver};
use crate::upstream::{Upstream, UpstreamSetupError};
use crate::usage::UsageQueue;
use crate::usage::backlog::Backlog;
use crate::usage::spool::Spool;

/// Everything a request may touch.
pub struct Node {
    pub config: Arc<Config>,
    /// UUIDv7, one per process.
    pub instance_id: Uuid,
    /// Shared credentials come sealed to it.
    pub key: Arc<NodeKey>,
    /// What the node knows over restarts, if it was given a place for it.
    pub keeper: Option<Arc<Keeper>>,
    pub clock: Arc<dyn Clock>,
    pub configuration: Arc<Configuration>,
    pub usage: UsageQueue,
    /// The same, and what waits on disk: for the tasks that report.
    backlog: Arc<Backlog>,
    pub metrics: Metrics,
    /// Where spans and metrics are sent, if anywhere.
    pub telemetry: Option<Telemetry>,
    pub tasks: Tasks,
    /// Whether it is to be empty.
    pub drain: Drain,
    pub upstream: Upstream,
    /// What nodes agree on about legacy client sessions.
    pub store: Arc<dyn SessionStore>,
    /// To other nodes.
    pub mailbox: Arc<dyn Mailbox>,
    /// How often callers may call.
    pub limiter: Arc<dyn RateLimiter>,
    /// What store and mailbox go through when there are several nodes.
    pub redis: Option<Redis>,
    /// Credentials of single callers.
    pub leases: Leases,
    pub memory: handle::Memory,
}

/// The parts of a node that are about Redis itself.
pub struct Redis {
    pub link: Arc<Link>,
    pub mailbox: Arc<RedisMailbox>,
    pub limiter: Arc<RedisLimiter>,
}

/// Bound sockets, so that tests take port 0.
pub struct Listeners {
    pub gateway: TcpListener,
    pub admin: TcpListener,
}

/// Why a node could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("tls: {0}")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    ControlPlane(#[from] ChannelError),
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Why there is no node with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Upstream(#[from] UpstreamSetupError),
    #[error(transparent)]
    Redis(#[from] RedisSetupError),
    #[error(transparent)]
    Telemetry(#[from] telemetry::SetupError),
}

impl Node {
    /// A node that knows nothing yet and talks to nobody.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Arc<Self>, SetupError> {
        Self::with_resolver(config, clock, Arc::new(SystemResolver))
    }

    /// The same with other eyes for names.
    pub fn with_resolver(
        config: Config,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Arc<Self>, SetupError> {
        let (metrics, tasks) = (Metrics::default(), Tasks::default());
        let instance_id = clock::new_id(clock.now());
        let link = config.redis.as_ref().map(|redis| Link::new(redis, &metrics)).transpose()?;
        let store: Arc<dyn SessionStore> = match &link {
            Some(link) => Arc::new(RedisStore::new(link.clone(), Lifetimes::default())),
            None => Arc::new(MemoryStore::new(Lifetimes::default())),
        };
        let upstream = Upstream::new(&config, resolver, store.clone())?;
        let (keeper, spool, key) = match &config.state {
            Some(state) => {
                let files = Arc::new(Files::open(state).map_err(UpstreamSetupError::State)?);
                let opened = Keeper::open(files.clone(), metrics.clone());
                let (keeper, key) = opened.map_err(|NoRandom| UpstreamSetupError::Random)?;
                let spool = Spool::open(files, metrics.clone(), config.usage_spool_bytes_max as u64);
                (Some(Arc::new(keeper)), Some(Arc::new(spool)), key)
            }
            None => (None, None, NodeKey::generate().map_err(|NoRandom| UpstreamSetupError::Random)?),
        };
        let usage = UsageQueue::new(metrics.clone());
        let telemetry = telemetry_of(&config)?;
        let key = Arc::new(key);
        Ok(Arc::new_cyclic(|node| {
            let recipient = handle::mail::recipient(node);
            let (mailbox, limiter, redis): (Arc<dyn Mailbox>, Arc<dyn RateLimiter>, _) = match link {
                Some(link) => {
                    let mailbox = RedisMailbox::new(instance_id, link.clone(), recipient, tasks.clone(), &metrics);
                    let limiter = Arc::new(RedisLimiter::new(link.clone()));
                    (mailbox.clone(), limiter.clone(), Some(Redis { link, mailbox, limiter }))
                }
                None => {
                    let mailbox = Arc::new(Exchange::default().join(instance_id, recipient));
                    (mailbox, Arc::new(LocalLimiter::default()), None)
                }
            };
            Self {
                upstream,
                store,
                mailbox,
                limiter,
                redis,
                memory: handle::Memory::default(),
                leases: Leases::default(),
                config: Arc::new(config),
                instance_id,
                key,
                keeper,
                configuration: Arc::new(Configuration::new(clock.clone())),
                clock,
                backlog: Arc::new(Backlog::new(usage.clone(), spool)),
                usage,
                metrics,
                telemetry,
                tasks,
                drain: Drain::default(),
            }
        }))
    }

    /// Metrics that are known only when somebody looks.
    pub(crate) fn take_stock(&self) {
        let (configuration, metrics) = (&self.configuration, &self.metrics);
        let age_s = configuration.away(self.clock.now()).as_secs();
        metrics.connected.set(configuration.connected().into());
        metrics.snapshot_age_s.set(i64::try_from(age_s).unwrap_or(i64::MAX));
        metrics.tenants.set(i64::try_from(configuration.snapshot_count()).unwrap_or(i64::MAX));
    }

    pub(crate) fn spans(&self) -> Option<&Spans> {
        self.telemetry.as_ref().map(Telemetry::spans)
    }
}

fn telemetry_of(config: &Config) -> Result<Option<Telemetry>, telemetry::SetupError> {
    let service = Service {
        name: "portway-data-plane",
        version: env!("CARGO_PKG_VERSION"),
        instance: &config.node_id,
        region: &config.region,
    };
    config.otlp.as_ref().map(|otlp| Telemetry::new(otlp, service)).transpose()
}

/// Serves until `shutdown`, then drains. The one way to start a node, for `main` and for tests.
///
/// I10: not ready, no new connections, calls under way end within the drain time, records are reported, exit.
pub async fn run(config: Config, listeners: Listeners, shutdown: CancellationToken) -> Result<(), RunError> {
    let node = Node::new(config, Arc::new(SystemClock))?;
    run_node(node, listeners, shutdown).await
}

/// Whether the files that the settings name can be used; nothing is opened to the outside.
pub fn check(config: &Config) -> Result<(), RunError> {
    ControlPlane::new(&config.control_plane)?;
    config.tls.as_ref().map(serve::acceptor).transpose()?;
    config.state.as_ref().map(Files::open).transpose().map_err(UpstreamSetupError::State).map_err(SetupError::from)?;
    let store = Arc::new(MemoryStore::new(Lifetimes::default()));
    Upstream::new(config, Arc::new(SystemResolver), store).map_err(SetupError::from)?;
    config.redis.as_ref().map(redis_link::check).transpose().map_err(SetupError::from)?;
    telemetry_of(config).map_err(SetupError::from)?;
    Ok(())
}

/// The same for a node that somebody wants to look into while it runs.
pub async fn run_node(node: Arc<Node>, listeners: Listeners, shutdown: CancellationToken) -> Result<(), RunError> {
    let plane = ControlPlane::new(&node.config.control_plane)?;
    let gateway = Server {
        name: "gateway",
        listener: listeners.gateway,
        tls: node.config.tls.as_ref().map(serve::acceptor).transpose()?,
        service: handle::Gateway(node.clone()),
        connections_max: limits::GATEWAY_CONNECTIONS_MAX,
        drain_timeout: node.config.drain_timeout,
    };
    let admin = Server {
        name: "admin",
        listener: listeners.admin,
        tls: None,
        service: admin::service(node.clone(), shutdown.clone()),
        connections_max: limits::ADMIN_CONNECTIONS_MAX,
        drain_timeout: limits::CLOSE_TIMEOUT,
    };
    node.leases.ask(&plane);
    node.tasks.spawn("sync", sync::run(node.clone(), plane.clone()));
    if let Some(keeper) = &node.keeper {
        node.tasks.spawn("state", keeper.clone().run(node.clone()));
    }
    if let Some(redis) = &node.redis {
        let link = redis.link.clone();
        let closing = node.tasks.closing();
        node.tasks.spawn("redis", async move { link.watch(closing).await });
        let (limiter, closing, here) = (redis.limiter.clone(), node.tasks.closing(), node.clone());
        node.tasks.spawn("presence", async move {
            limiter.be_present(here.instance_id, &here.config.pool, closing).await;
        });
        node.tasks.spawn("mailbox", redis.mailbox.clone().listen(node.tasks.closing()));
    }
    if let Some(telemetry) = &node.telemetry {
        let shown = node.clone();
        let show = move |look: &mut dyn FnMut(&Registry)| {
            shown.take_stock();
            shown.metrics.with_registry(look);
        };
        node.tasks.spawn("metrics", telemetry.clone().send_metrics(show, node.tasks.closing()));
    }
    node.tasks.spawn("usage-spool", node.backlog.clone().run(node.tasks.closing()));
    node.tasks.spawn("usage", usage::report::run(node.clone(), plane));
    let (tasks, closing) = (node.tasks.clone(), node.tasks.closing());
    node.tasks.spawn("admin", async move { admin.run(&tasks, closing).await });
    node.tasks.spawn("drain", drain::run(node.clone()));
    gateway.run(&node.tasks, shutdown).await;
    if tokio::time::timeout(limits::CLOSE_TIMEOUT, node.tasks.close()).await.is_err() {
        tracing::warn!("tasks were left behind at shutdown");
    }
    if let Some(telemetry) = &node.telemetry {
        telemetry.close().await;
    }
    Ok(())
}
