//! The proxy node: authenticate, authorize, forward, record.
//!
//! A node holds no SQL driver, no signing key and no refresh token, and serves without the control plane (I2).

mod admin;
pub mod clock;
pub mod config;
pub mod configuration;
pub mod discovery;
pub mod disk;
pub mod error;
pub mod handle;
pub mod limits;
pub mod mailbox;
pub mod mcp;
pub mod metrics;
pub mod node_key;
pub mod serve;
pub mod session_store;
pub mod snapshot;
pub mod sync;
pub mod tasks;
pub mod upstream;
pub mod usage;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::configuration::Configuration;
use crate::disk::{Files, Keeper};
use crate::mailbox::Mailbox;
use crate::mailbox::memory::Exchange;
use crate::metrics::Metrics;
use crate::node_key::{NoRandom, NodeKey};
use crate::serve::{Server, TlsError};
use crate::session_store::memory::MemoryStore;
use crate::session_store::{Lifetimes, SessionStore};
use crate::sync::channel::{ChannelError, ControlPlane};
use crate::tasks::Tasks;
use crate::upstream::resolve::{Resolve, SystemResolver};
use crate::upstream::{Upstream, UpstreamSetupError};
use crate::usage::UsageQueue;

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
    pub metrics: Metrics,
    pub tasks: Tasks,
    pub upstream: Upstream,
    /// What nodes agree on about legacy client sessions.
    pub store: Arc<dyn SessionStore>,
    /// To other nodes.
    pub mailbox: Arc<dyn Mailbox>,
    pub memory: handle::Memory,
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
    Upstream(#[from] UpstreamSetupError),
}

impl Node {
    /// A node that knows nothing yet and talks to nobody.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Arc<Self>, UpstreamSetupError> {
        Self::with_resolver(config, clock, Arc::new(SystemResolver))
    }

    /// The same with other eyes for names.
    pub fn with_resolver(
        config: Config,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Arc<Self>, UpstreamSetupError> {
        let metrics = Metrics::default();
        let instance_id = clock::new_id(clock.now());
        let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new(Lifetimes::default()));
        let upstream = Upstream::new(&config, resolver, store.clone())?;
        let (keeper, key) = match &config.state {
            Some(state) => {
                let opened = Keeper::open(Files::open(state)?, metrics.clone());
                let (keeper, key) = opened.map_err(|NoRandom| UpstreamSetupError::Random)?;
                (Some(Arc::new(keeper)), key)
            }
            None => (None, NodeKey::generate().map_err(|NoRandom| UpstreamSetupError::Random)?),
        };
        let key = Arc::new(key);
        Ok(Arc::new_cyclic(|node| Self {
            upstream,
            store,
            mailbox: Arc::new(Exchange::default().join(instance_id, handle::mail::recipient(node))),
            memory: handle::Memory::default(),
            config: Arc::new(config),
            instance_id,
            key,
            keeper,
            configuration: Arc::new(Configuration::new(clock.clone())),
            clock,
            usage: UsageQueue::new(metrics.clone()),
            metrics,
            tasks: Tasks::default(),
        }))
    }
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
    config.state.as_ref().map(Files::open).transpose().map_err(UpstreamSetupError::State)?;
    Upstream::new(config, Arc::new(SystemResolver), Arc::new(MemoryStore::new(Lifetimes::default())))?;
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
    node.tasks.spawn("sync", sync::run(node.clone(), plane.clone()));
    if let Some(keeper) = &node.keeper {
        node.tasks.spawn("state", keeper.clone().run(node.clone()));
    }
    node.tasks.spawn("usage", usage::report::run(node.clone(), plane));
    let (tasks, closing) = (node.tasks.clone(), node.tasks.closing());
    node.tasks.spawn("admin", async move { admin.run(&tasks, closing).await });
    let (tasks, stopping) = (node.tasks.clone(), shutdown.clone());
    node.tasks.spawn("drain", async move {
        stopping.cancelled().await;
        tasks.drain();
    });
    gateway.run(&node.tasks, shutdown).await;
    if tokio::time::timeout(limits::CLOSE_TIMEOUT, node.tasks.close()).await.is_err() {
        tracing::warn!("tasks were left behind at shutdown");
    }
    Ok(())
}
