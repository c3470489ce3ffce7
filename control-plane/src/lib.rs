//! The control plane: tenants, people, servers, the OAuth authorization server, the configuration stream.
//!
//! [`start`] is the one way in, for the binary, for `portway dev` and for tests. Migrations must have run.

pub mod app;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod egress;
pub mod grpc;
pub mod health;
pub mod http;
pub mod jobs;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod nodes;
pub mod rate;
pub mod state;
pub mod store;
pub mod tasks;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::domain::{Clock, Error};
use crate::egress::{Resolve, SystemResolver};
use crate::state::App;
use crate::tasks::Tasks;

/// Bound sockets: the caller chooses the ports, tests take port 0.
pub struct Listeners {
    pub http: TcpListener,
    pub grpc: TcpListener,
    pub admin: TcpListener,
}

/// Why the control plane does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the database lacks {pending} migration(s): run `portway-control-plane migrate` first")]
    NotMigrated { pending: usize },
    #[error(transparent)]
    Domain(#[from] Error),
}

/// A started control plane.
pub struct Running {
    pub app: Arc<App>,
}

impl Running {
    /// Waits until it has stopped, which `shutdown` asks for.
    pub async fn join(self) {
        self.app.tasks.join().await;
    }
}

/// Starts every part on its listener. Returns when all accept.
pub async fn start(
    config: Config,
    clock: Arc<dyn Clock>,
    listeners: Listeners,
    shutdown: CancellationToken,
) -> Result<Running, StartError> {
    let resolver = Arc::new(SystemResolver::with_servers(config.egress.name_servers.clone()));
    start_with(config, clock, resolver, listeners, shutdown).await
}

/// The same with names resolved otherwise than by the operating system.
pub async fn start_with(
    config: Config,
    clock: Arc<dyn Clock>,
    resolver: Arc<dyn Resolve>,
    listeners: Listeners,
    shutdown: CancellationToken,
) -> Result<Running, StartError> {
    config.validate()?;
    let app = Arc::new(App::with_resolver(config, clock, Tasks::new(shutdown), resolver).await?);
    let pending = app.store.pending_migrations().await?;
    if pending > 0 {
        return Err(StartError::NotMigrated { pending });
    }
    app::platform::open_deployment(&app).await?;
    // Before the first node connects: other replicas ask this one about its nodes from now on.
    app::replicas::beat(&app).await?;
    grpc::serve(&app, listeners.grpc)?;
    http::serve(&app, listeners.http, "http", http::router(app.clone()));
    http::serve(&app, listeners.admin, "admin", http::admin::router(app.clone()));
    jobs::start(&app);
    app.report();
    Ok(Running { app })
}

/// Starts and waits for the end.
pub async fn run(
    config: Config,
    clock: Arc<dyn Clock>,
    listeners: Listeners,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    start(config, clock, listeners, shutdown).await?.join().await;
    Ok(())
}
