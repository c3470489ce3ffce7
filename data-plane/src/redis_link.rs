//! The connection to Redis, one server or a cluster. Every exchange has a deadline, and after a few failures nobody asks
//! for a while: a call must never hang on Redis.

mod breaker;

use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, PubSub};
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, TlsCertificates, Value};
use secrecy::ExposeSecret as _;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use self::breaker::Breaker;
use crate::config::RedisConfig;
use crate::limits::{REDIS_CONNECT_TIMEOUT, REDIS_PING_EVERY};
use crate::metrics::Metrics;

/// The settings cannot be used. Never quotes the URL: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum RedisSetupError {
    #[error("redis.ca_file: {0}")]
    CaFile(std::io::Error),
    #[error("redis.url: {0}")]
    Url(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    kind: ErrorKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "label values are snake_case")]
enum ErrorKind {
    timeout,
    error,
    /// Not even asked, after failures.
    paused,
}

pub struct Link {
    /// For connections to listen on. Any node of a cluster passes on what is published at any other.
    clients: Vec<Client>,
    /// For what requests wait for.
    fast: Connection,
    /// For large values, which must not hold up small ones.
    slow: Connection,
    breaker: Breaker,
    deadline: Duration,
    up: Gauge,
    errors: Family<ErrorLabels, Counter>,
}

#[derive(Clone)]
pub(crate) enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Link {
    /// Connects in the background, when first needed.
    pub fn new(config: &RedisConfig, metrics: &Metrics) -> Result<Arc<Self>, RedisSetupError> {
        // With one provider compiled in rustls would choose it anyway; that it is this one is said here.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (clients, certificates) = clients(config)?;
        let connections = match clients.first() {
            Some(client) if !config.cluster => single(client),
            _ => cluster(config, certificates),
        };
        let [fast, slow] = connections.map_err(unusable)?;
        let link = Self {
            clients,
            fast,
            slow,
            breaker: Breaker::default(),
            deadline: config.deadline,
            up: Gauge::default(),
            errors: Family::default(),
        };
        metrics.add("portway_redis_up", "1 while Redis answers", link.up.clone());
        metrics.add("portway_redis_errors", "Exchanges with Redis that came to nothing", link.errors.clone());
        Ok(Arc::new(link))
    }

    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.fast, Connection::Cluster(_))
    }

    /// Whether Redis answered when it was last asked.
    pub fn is_up(&self) -> bool {
        self.breaker.is_up()
    }

    /// Keeps the connection, and the knowledge of whether there is one, fresh.
    pub async fn watch(&self, closing: CancellationToken) {
        let mut ticks = interval(REDIS_PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = closing.cancelled() => return,
            }
            let _: Option<String> = self.ask(async |mut fast| redis::cmd("PING").query_async(&mut fast).await).await;
        }
    }

    /// One exchange that a request waits for. `None`: Redis is away or slow, and that is counted.
    pub(crate) async fn ask<T>(&self, exchange: impl AsyncFnOnce(Connection) -> RedisResult<T>) -> Option<T> {
        let Some(attempt) = self.breaker.attempt(Instant::now()) else {
            self.count(ErrorKind::paused);
            return None;
        };
        let failure = match timeout(self.deadline, exchange(self.fast.clone())).await {
            Ok(Ok(value)) => {
                attempt.succeeded();
                self.up.set(1);
                return Some(value);
            }
            Ok(Err(error)) => {
                tracing::debug!(error = %kind(&error), "redis failed");
                ErrorKind::error
            }
            Err(_) => ErrorKind::timeout,
        };
        self.count(failure);
        if attempt.failed(Instant::now()) {
            self.up.set(0);
            tracing::warn!(kind = ?failure, "redis is away: this node answers from its own memory");
        }
        None
    }

    /// One command with a large value, which may take up to `patience`.
    pub(crate) async fn send<T: redis::FromRedisValue>(&self, command: &Cmd, patience: Duration) -> Option<T> {
        let mut slow = self.slow.clone();
        let failure = match timeout(patience, command.query_async(&mut slow)).await {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(error)) => {
                tracing::debug!(error = %kind(&error), "redis failed");
                ErrorKind::error
            }
            Err(_) => ErrorKind::timeout,
        };
        self.count(failure);
        None
    }

    /// A connection of its own to listen on.
    pub(crate) async fn subscriber(&self) -> Option<PubSub> {
        for client in &self.clients {
            match timeout(REDIS_CONNECT_TIMEOUT, client.get_async_pubsub()).await {
                Ok(Ok(subscriber)) => return Some(subscriber),
                Ok(Err(_)) => self.count(ErrorKind::error),
                Err(_) => self.count(ErrorKind::timeout),
            }
        }
        None
    }

    fn count(&self, kind: ErrorKind) {
        self.errors.get_or_create(&ErrorLabels { kind }).inc();
    }
}

/// Whether the settings can be used; nothing is opened.
pub fn check(config: &RedisConfig) -> Result<(), RedisSetupError> {
    clients(config).map(|_| ())
}

fn clients(config: &RedisConfig) -> Result<(Vec<Client>, TlsCertificates), RedisSetupError> {
    let ca = config.ca_file.as_ref().map(std::fs::read).transpose().map_err(RedisSetupError::CaFile)?;
    let certificates = TlsCertificates { client_tls: None, root_cert: ca };
    let clients = urls(config).map(|url| client(url, &certificates)).collect::<RedisResult<_>>().map_err(unusable)?;
    Ok((clients, certificates))
}

fn urls(config: &RedisConfig) -> impl Iterator<Item = &str> {
    config.url.expose_secret().split(',').map(str::trim)
}

fn client(url: &str, certificates: &TlsCertificates) -> RedisResult<Client> {
    if is_tls(url) { Client::build_with_tls(url, certificates.clone()) } else { Client::open(url) }
}

fn is_tls(url: &str) -> bool {
    url.starts_with("rediss://")
}

fn single(client: &Client) -> RedisResult<[Connection; 2]> {
    let connect = || {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(REDIS_CONNECT_TIMEOUT))
            // Whoever asks next tries again; deadlines are ours.
            .set_number_of_retries(0)
            .set_response_timeout(None);
        ConnectionManager::new_lazy_with_config(client.clone(), config).map(Connection::Single)
    };
    Ok([connect()?, connect()?])
}

fn cluster(config: &RedisConfig, certificates: TlsCertificates) -> RedisResult<[Connection; 2]> {
    let mut client = ClusterClient::builder(urls(config));
    // Certificates switch TLS on, whatever the URLs say.
    if urls(config).all(is_tls) {
        client = client.certs(certificates);
    }
    let client = client.build()?;
    let connect = || {
        let config = ClusterConfig::new().set_connection_timeout(REDIS_CONNECT_TIMEOUT);
        Connection::Cluster(client.get_pending_async_connection_with_config(config))
    };
    Ok([connect(), connect()])
}

/// What redis says about a URL it cannot use, without the URL.
fn unusable(error: RedisError) -> RedisSetupError {
    tracing::debug!(kind = ?error.kind(), "redis settings");
    RedisSetupError::Url("it cannot be used; expected redis://host:port or rediss://host:port")
}

/// What went wrong, without what was sent: keys name tenants.
fn kind(error: &RedisError) -> String {
    format!("{:?}", error.kind())
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
