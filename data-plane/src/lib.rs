//! The proxy node: authenticate, authorize, forward, record.
//!
//! A node holds no SQL driver, no signing key and no refresh token, and serves without the control plane (I2).

pub mod clock;
pub mod config;
pub mod configuration;
pub mod discovery;
pub mod error;
pub mod handle;
pub mod limits;
pub mod mcp;
pub mod metrics;
pub mod snapshot;
mod sync;
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
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::upstream::resolve::{Resolve, SystemResolver};
use crate::upstream::{Upstream, UpstreamSetupError};
use crate::usage::UsageQueue;

/// Everything a request may touch.
pub struct Node {
    pub config: Arc<Config>,
    /// UUIDv7, one per process.
    pub instance_id: Uuid,
    pub clock: Arc<dyn Clock>,
    pub configuration: Arc<Configuration>,
    pub usage: UsageQueue,
    pub metrics: Metrics,
    pub tasks: Tasks,
    pub upstream: Upstream,
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
    #[error("gateway listener: {0}")]
    Gateway(#[source] std::io::Error),
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
        Ok(Arc::new(Self {
            upstream: Upstream::new(&config, resolver)?,
            memory: handle::Memory::default(),
            config: Arc::new(config),
            instance_id: clock::new_id(clock.now()),
            configuration: Arc::new(Configuration::new(clock.clone())),
            clock,
            usage: UsageQueue::new(metrics.clone()),
            metrics,
            tasks: Tasks::default(),
        }))
    }
}

/// Serves until `shutdown`, then drains. The one way to start a node, for `main` and for tests.
pub async fn run(config: Config, listeners: Listeners, shutdown: CancellationToken) -> Result<(), RunError> {
    let node = Node::new(config, Arc::new(SystemClock))?;
    let service = handle::service(node.clone());
    axum::serve(listeners.gateway, service)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
        .map_err(RunError::Gateway)?;
    node.tasks.close().await;
    Ok(())
}
