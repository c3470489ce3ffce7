//! Static settings of a node, read once at start from a TOML file and `PORTWAY_NODE_*` variables (`__` nests:
//! `PORTWAY_NODE_TLS__CERT_FILE`). The only module that reads the environment.
//!
//! Every mistake is listed at once, and a node with a mistake does not start. No secret has a default (I13).

mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use ipnet::IpNet;
use secrecy::SecretString;
use telemetry::Otlp;
use url::Url;
use zeroize::Zeroizing;

use crate::limits;

/// The settings a node runs with; validated.
#[derive(Debug, Clone)]
pub struct Config {
    /// Operator-given, stable over restarts.
    pub node_id: String,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// `/live`, `/ready` and `/metrics`.
    pub admin: AdminConfig,
    pub control_plane: ControlPlaneConfig,
    /// The pool the node's enrolment belongs to.
    pub pool: String,
    pub region: String,
    /// Origins at which clients reach this node: `https://host[:port]`, lower-case, no trailing slash.
    pub public_origins: Vec<String>,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// TLS of the gateway listener; `None` behind a balancer that ends TLS.
    pub tls: Option<TlsConfig>,
    /// `Origin` header values let in besides loopback and the node's own origins.
    pub allowed_origins: Vec<String>,
    pub upstream: UpstreamConfig,
    /// What nodes share. `None`: this node is alone, or the balancer sends each client to the same node.
    pub redis: Option<RedisConfig>,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Memory for frames in flight, node-wide.
    pub buffer_bytes_max: usize,
    /// How long calls may go on after the node was told to stop (I10).
    pub drain_timeout: Duration,
    /// Where the node keeps over restarts what it knows; `None`: in memory only.
    pub state: Option<StateConfig>,
    /// What call records may take of the state folder while the control plane is away.
    pub usage_spool_bytes_max: usize,
    /// How long a request waits for the first directory after a start.
    pub directory_wait: Duration,
    pub log: LogConfig,
    /// Where spans and metrics are sent; `None`: nowhere.
    pub otlp: Option<Otlp>,
}

#[derive(Debug, Clone)]
pub struct StateConfig {
    pub dir: PathBuf,
    pub key: StateKey,
}

/// Seals the state folder; given by the operator (I13).
#[derive(Clone)]
pub struct StateKey(Zeroizing<[u8; 32]>);

impl StateKey {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// 32 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Self::from_bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey(..)")
    }
}

#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Directives like `info,data_plane=debug`.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone)]
pub struct AdminConfig {
    pub listen: SocketAddr,
    /// `Host` names let in besides loopback names and IP literals (ATK-26).
    pub hosts: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct ControlPlaneConfig {
    /// `https`, or `http` to loopback.
    pub url: Url,
    /// Enrolment secret, `pwn_…`.
    pub node_secret: SecretString,
    /// PEM certificates trusted for the control plane instead of the public ones.
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct TlsConfig {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// Private ranges tenants' servers may live in; none by default (ATK-14).
    pub allowed_private_ranges: Vec<IpNet>,
    pub connect_timeout: Duration,
    /// Of one call without progress, unless the server has its own.
    pub call_timeout: Duration,
    /// PEM certificates trusted for upstreams besides the public ones.
    pub extra_ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// `redis://` or `rediss://`; may hold a password. Of a cluster any number of its nodes, with commas.
    pub url: SecretString,
    pub cluster: bool,
    /// PEM certificates trusted for Redis instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// What a request waits for Redis, before this node answers from its own memory.
    pub deadline: Duration,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    pub mistakes: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mistake(s) in the configuration:", self.mistakes.len())?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

/// `Origin` values of editors that have no web origin of their own.
pub const EDITOR_ORIGINS: [&str; 4] =
    ["vscode-file://vscode-app", "vscode-webview://", "https://vscode.dev", "https://insiders.vscode.dev"];

impl Config {
    /// Settings from the file, if one is given, overridden by the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError { mistakes: vec![format!("--config: no such file: {}", file.display())] });
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        Self::from_figment(&figment.merge(Env::prefixed("PORTWAY_NODE_").split("__")))
    }

    /// The defaults around what every node needs: for a node inside another process.
    pub fn new(node_id: &str, control_plane: Url, node_secret: SecretString) -> Self {
        Self {
            node_id: node_id.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin: AdminConfig { listen: SocketAddr::from(([127, 0, 0, 1], 9080)), hosts: Vec::new() },
            control_plane: ControlPlaneConfig { url: control_plane, node_secret, ca_file: None },
            pool: "default".to_owned(),
            region: String::new(),
            public_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            tls: None,
            allowed_origins: EDITOR_ORIGINS.map(str::to_owned).to_vec(),
            upstream: UpstreamConfig {
                allowed_private_ranges: Vec::new(),
                connect_timeout: Duration::from_millis(limits::CONNECT_TIMEOUT_MS_DEFAULT),
                call_timeout: Duration::from_millis(limits::CALL_TIMEOUT_MS_DEFAULT),
                extra_ca_file: None,
            },
            redis: None,
            body_bytes_max: limits::BODY_BYTES_DEFAULT,
            buffer_bytes_max: limits::BUFFER_BYTES_DEFAULT,
            drain_timeout: Duration::from_millis(limits::DRAIN_TIMEOUT_MS_DEFAULT),
            state: None,
            usage_spool_bytes_max: limits::USAGE_SPOOL_BYTES_DEFAULT,
            directory_wait: Duration::from_millis(limits::DIRECTORY_WAIT_MS_DEFAULT),
            log: LogConfig { filter: "info".to_owned(), format: LogFormat::Text },
            otlp: None,
        }
    }
}
