//! Everything that opens a socket for a tenant's URL: one guarded connector, one client, bounds on time and memory.
//!
//! Must never follow a redirect (ATK-18), reach an address the operator did not allow (ATK-14), or hand on a header
//! that is not listed in [`headers`].

pub mod address;
pub mod answer;
pub mod budget;
pub mod connector;
pub mod credential;
pub mod eras;
pub mod fault;
pub mod headers;
pub mod in_flight;
pub mod resolve;
pub mod sessions;
mod tls;
pub mod trust;
pub mod url;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use moka::sync::Cache;
use rustls::RootCertStore;

pub use self::answer::Answer;
use self::budget::Budget;
use self::connector::GuardedConnector;
use self::eras::Eras;
pub use self::fault::UpstreamFault;
use self::in_flight::InFlight;
use self::resolve::Resolve;
use self::sessions::UpstreamSessions;
use self::trust::Trust;
pub use self::url::UpstreamUrl;
use crate::config::Config;
use crate::disk::StateError;
use crate::limits::{TRUSTING_CLIENTS_MAX, UPSTREAM_IDLE_CONNECTION_TIMEOUT, UPSTREAM_IDLE_CONNECTIONS_PER_HOST_MAX};
use crate::session_store::SessionStore;

/// A node cannot start without trust anchors, or with a state folder it cannot use.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamSetupError {
    #[error("upstream.extra_ca_file: {0}")]
    ExtraCa(String),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the system has no random numbers")]
    Random,
    #[error(transparent)]
    State(#[from] StateError),
}

type HttpClient = Client<HttpsConnector<GuardedConnector>, Full<Bytes>>;

/// The upstream side of a node.
pub struct Upstream {
    client: HttpClient,
    /// For servers with certificates of their own, by those.
    trusting: Cache<Vec<u8>, HttpClient>,
    roots: RootCertStore,
    guarded: GuardedConnector,
    pub budget: Budget,
    pub sessions: UpstreamSessions,
    pub eras: Eras,
    pub in_flight: InFlight,
    call_timeout: Duration,
    next_id: AtomicU64,
}

impl Upstream {
    pub fn new(
        config: &Config,
        resolver: Arc<dyn Resolve>,
        store: Arc<dyn SessionStore>,
    ) -> Result<Self, UpstreamSetupError> {
        let guarded = GuardedConnector::new(
            resolver,
            config.upstream.allowed_private_ranges.clone().into(),
            config.upstream.connect_timeout,
        );
        let roots = tls::roots(config.upstream.extra_ca_file.as_deref())?;
        let mut seed = [0; 8];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| UpstreamSetupError::Random)?;
        Ok(Self {
            client: client(guarded.clone(), roots.clone())?,
            trusting: Cache::new(TRUSTING_CLIENTS_MAX),
            roots,
            guarded,
            budget: Budget::new(config.buffer_bytes_max),
            sessions: UpstreamSessions::new(store),
            eras: Eras::default(),
            in_flight: InFlight::default(),
            call_timeout: config.upstream.call_timeout,
            // Two nodes behind one shared upstream transport must not use the same ids (ATK-11). Ids stay below 2^53,
            // which JavaScript counts exactly.
            next_id: AtomicU64::new(u64::from_be_bytes(seed) >> 13),
        })
    }

    /// The client for a server that trusts these certificates, too. Connections are never shared with other servers.
    fn client_for(&self, trust: Option<&Arc<Trust>>) -> Result<Cow<'_, HttpClient>, UpstreamFault> {
        let Some(trust) = trust else { return Ok(Cow::Borrowed(&self.client)) };
        if let Some(known) = self.trusting.get(trust.sha256()) {
            return Ok(Cow::Owned(known));
        }
        let mut roots = self.roots.clone();
        let made = trust.add_to(&mut roots).and_then(|()| client(self.guarded.clone(), roots));
        let made = made.map_err(|_| UpstreamFault::Unreachable)?;
        self.trusting.insert(trust.sha256().to_vec(), made.clone());
        Ok(Cow::Owned(made))
    }

    /// A JSON-RPC id of our own; clients' ids never reach an upstream (ATK-11).
    pub fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// How long a call may go on without a sign of life.
    pub fn idle_timeout(&self, server: &crate::snapshot::Server) -> Duration {
        match server.timeout_ms {
            0 => self.call_timeout,
            timeout_ms => Duration::from_millis(timeout_ms.into()),
        }
    }
}

fn client(guarded: GuardedConnector, roots: RootCertStore) -> Result<HttpClient, rustls::Error> {
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls::client_config(roots)?)
        // Plain HTTP is refused by the guarded connector unless the operator allowed the address.
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(guarded);
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(UPSTREAM_IDLE_CONNECTION_TIMEOUT)
        .pool_max_idle_per_host(UPSTREAM_IDLE_CONNECTIONS_PER_HOST_MAX)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .build(connector))
}
