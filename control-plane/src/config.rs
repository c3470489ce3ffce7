//! Static settings: read once at the start, typed, every mistake listed at once. Everything else is tenant data.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use telemetry::{Otlp, OtlpSettings};
use url::Url;

use crate::crypto::vault::KeyEncryptionKey;
use crate::domain::limits::KEY_AGE_DAYS;
use crate::egress::EgressConfig;
use crate::mail::{MailConfig, Mailer};
use crate::store::DatabaseConfig;

/// Settings of one control-plane process. Environment variables `PORTWAY_CONTROL_…` override the file; `__` nests:
/// `PORTWAY_CONTROL_DATABASE__URL`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where browsers, IDEs and API clients connect (plain HTTP behind a balancer).
    pub listen: SocketAddr,
    /// Where nodes connect (gRPC).
    pub grpc_listen: SocketAddr,
    /// TLS of the gRPC listener; needed unless it is on loopback.
    pub grpc_tls: Option<TlsFiles>,
    /// `/live`, `/ready`, `/metrics`.
    pub admin_listen: SocketAddr,
    /// Origin under which browsers reach this process: tenants' issuers start with it.
    pub public_origin: String,
    /// Origins of the gateway that new tenants get.
    pub gateway_origins: Vec<String>,
    /// Where this process reaches the gateway itself, for the console's playground: where its public address does not
    /// work from inside. Absent: at the tenant's first origin.
    #[serde(default)]
    pub gateway_internal_url: Option<Url>,
    pub database: DatabaseConfig,
    /// Key-encryption key: 32 bytes in base64. Has no default.
    pub kek: Option<SecretString>,
    /// The same from a file.
    pub kek_file: Option<PathBuf>,
    /// Key-encryption keys of before: they open what they wrapped until `portway keys rewrap` has wrapped it anew.
    #[serde(default)]
    pub previous_kek_files: Vec<PathBuf>,
    /// Balancers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Clients may be named by the URL of a document about them, which this process then reads: off where it cannot
    /// reach the internet.
    #[serde(default = "yes")]
    pub client_documents: bool,
    /// Outgoing requests to URLs from outside.
    #[serde(default)]
    pub egress: EgressConfig,
    /// The mail server that invitations go out through; without one, whoever invites passes the link on.
    #[serde(default)]
    pub mail: Option<MailConfig>,
    /// People may make tenants for themselves, at `/new`: needs a mail server.
    #[serde(default)]
    pub tenant_sign_up: bool,
    /// Owners and admins who sign in with a password need a second factor as well.
    #[serde(default = "yes")]
    pub require_second_factor: bool,
    /// Names under which the admin listener is reached, besides `localhost` and addresses.
    #[serde(default)]
    pub admin_hosts: Vec<String>,
    /// Age at which signing and session keys are replaced, days; 0 = only by command.
    #[serde(default = "key_age_days")]
    pub key_age_days: u32,
    /// Where spans and metrics are sent.
    #[serde(default)]
    pub otlp: OtlpSettings,
}

const fn yes() -> bool {
    true
}

const fn key_age_days() -> u32 {
    KEY_AGE_DAYS
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// Every mistake in the configuration, one line each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} mistake(s):\n{}", .mistakes.len(), .mistakes.join("\n"))]
pub struct ConfigError {
    pub mistakes: Vec<String>,
}

impl Config {
    /// Reads the file, if any, then the environment, and validates.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::load_with(file, Self::validate)
    }

    /// The same for who migrates: the database has to be right, and no key is needed.
    pub fn load_database(file: Option<&Path>) -> Result<DatabaseConfig, ConfigError> {
        let validate = |config: &Self| match config.database_mistake() {
            Some(mistake) => Err(ConfigError { mistakes: vec![mistake.to_owned()] }),
            None => Ok(()),
        };
        Ok(Self::load_with(file, validate)?.database)
    }

    fn load_with(
        file: Option<&Path>,
        validate: impl Fn(&Self) -> Result<(), ConfigError>,
    ) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(defaults()));
        if let Some(path) = file {
            if !path.is_file() {
                return Err(ConfigError { mistakes: vec![format!("  --config: {} is not a file", path.display())] });
            }
            figment = figment.merge(Toml::file(path));
        }
        let (config, mut mistakes) = extract(figment.merge(Env::prefixed("PORTWAY_CONTROL_").split("__")));
        if let Some(Err(error)) = config.as_ref().map(validate) {
            // A field of a wrong type was replaced by its default: it is named once, for its type.
            mistakes.extend(error.mistakes);
        }
        match config {
            Some(config) if mistakes.is_empty() => Ok(config),
            _ => Err(ConfigError { mistakes }),
        }
    }

    fn database_mistake(&self) -> Option<&'static str> {
        let url = self.database.url.expose_secret();
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Some("  database.url: expected postgres://… or sqlite://…");
        }
        let needs_system = !self.database.is_sqlite() && self.database.system_url.is_none();
        needs_system.then_some("  database.system_url: needed with PostgreSQL (a member of the role portway_system)")
    }

    /// Checks what types cannot; lists every mistake.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut mistakes = Vec::new();
        if !is_origin(&self.public_origin) {
            mistakes.push(
                "  public_origin: expected an origin such as https://auth.example.com, no trailing slash".to_owned(),
            );
        }
        if self.gateway_origins.is_empty() {
            mistakes.push("  gateway_origins: expected at least one origin".to_owned());
        }
        for origin in self.gateway_origins.iter().filter(|origin| !is_origin(origin)) {
            mistakes.push(format!("  gateway_origins: {origin} is no origin such as https://mcp.example.com"));
        }
        if self.gateway_internal_url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
            mistakes.push("  gateway_internal_url: expected an http or https URL".to_owned());
        }
        mistakes.extend(self.database_mistake().map(str::to_owned));
        if !self.grpc_listen.ip().is_loopback() && self.grpc_tls.is_none() {
            mistakes.push("  grpc_tls: needed because grpc_listen is not a loopback address".to_owned());
        }
        if let Err(mistake) = self.key_encryption_key() {
            mistakes.push(format!("  {mistake}"));
        }
        if let Err(mistake) = self.previous_keys() {
            mistakes.push(format!("  {mistake}"));
        }
        if let Err(mistake) = self.mailer() {
            mistakes.push(format!("  {mistake}"));
        }
        if self.tenant_sign_up && self.mail.is_none() {
            let mistake = "  tenant_sign_up: needs mail, which the links go out through: set mail.url and mail.from";
            mistakes.push(mistake.to_owned());
        }
        if let Err(wrong) = self.otlp.validate() {
            mistakes.extend(wrong.into_iter().map(|(field, expected)| format!("  {field}: expected {expected}")));
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ConfigError { mistakes }) }
    }

    /// The key-encryption key (I13: there is no default).
    pub fn key_encryption_key(&self) -> Result<KeyEncryptionKey, String> {
        let text = match (&self.kek, &self.kek_file) {
            (Some(text), None) => text.clone(),
            (None, Some(path)) => read_key(path)?,
            _ => {
                return Err(
                    "kek: set exactly one of kek and kek_file (make one with: openssl rand -base64 32)".to_owned()
                );
            }
        };
        parse_key(&text).ok_or_else(|| "kek: expected 32 bytes in base64".to_owned())
    }

    /// Those of before.
    pub fn previous_keys(&self) -> Result<Vec<KeyEncryptionKey>, String> {
        let read = |path: &PathBuf| {
            let key = parse_key(&read_key(path)?);
            key.ok_or_else(|| format!("previous_kek_files: {}: expected 32 bytes in base64", path.display()))
        };
        self.previous_kek_files.iter().map(read).collect()
    }

    /// The way to the mail server, if there is one.
    pub fn mailer(&self) -> Result<Option<Mailer>, String> {
        let ca = self.egress.extra_ca_file.as_deref();
        self.mail.as_ref().map(|mail| Mailer::new(mail, &self.public_origin, ca)).transpose()
    }

    /// The receiver of spans and metrics, if there is one.
    pub fn otlp(&self) -> Result<Option<Otlp>, String> {
        self.otlp.validate().map_err(|wrong| wrong.into_iter().map(|(field, _)| field).collect::<Vec<_>>().join(", "))
    }

    /// Whether browsers reach us over TLS: decides cookie names and flags.
    pub fn is_https(&self) -> bool {
        self.public_origin.starts_with("https://")
    }
}

/// Reads the settings; a field of a wrong type is noted and replaced by its default, so that one mistake hides no
/// other. Values are never quoted: one of them may be a secret.
fn extract(mut figment: Figment) -> (Option<Config>, Vec<String>) {
    let mut mistakes = Vec::new();
    loop {
        let error = match figment.extract::<Config>() {
            Ok(config) => return (Some(config), mistakes),
            Err(error) => error,
        };
        let key = error.path.join(".");
        let mistake = match &error.kind {
            Kind::MissingField(field) => format!("  {key}: the field {field} is missing"),
            Kind::UnknownField(field, known) => format!("  {field}: unknown; expected one of {}", known.join(", ")),
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("  {key}: expected {expected}"),
            _ => format!("  {key}: cannot be read"),
        };
        let is_new = !key.is_empty() && !mistakes.contains(&mistake);
        mistakes.push(mistake);
        if !is_new || matches!(error.kind, Kind::UnknownField(..)) {
            return (None, mistakes);
        }
        let pointer = format!("/{}", error.path.join("/"));
        let default = defaults().pointer(&pointer).cloned().unwrap_or_default();
        figment = figment.merge(Serialized::default(&key, default));
    }
}

/// What is empty here has no default; [`Config::validate`] says so.
fn defaults() -> serde_json::Value {
    json!({
        "listen": "127.0.0.1:8081",
        "grpc_listen": "127.0.0.1:8082",
        "admin_listen": "127.0.0.1:8083",
        "public_origin": "",
        "gateway_origins": [],
        "database": { "url": "", "connections_max": 20 },
        "trusted_proxies": [],
        "client_documents": true,
        "egress": {},
        "tenant_sign_up": false,
        "require_second_factor": true,
        "admin_hosts": [],
        "key_age_days": KEY_AGE_DAYS,
        "otlp": {},
    })
}

/// `scheme://host[:port]`, lower case, nothing after it; http only on loopback.
pub fn is_origin(text: &str) -> bool {
    // No browser sends a wildcard, and whoever writes one expects it to mean something.
    if text.contains('*') {
        return false;
    }
    let Ok(url) = Url::parse(text) else { return false };
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    scheme_ok && url.origin().ascii_serialization() == text
}

fn read_key(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path);
    text.map(SecretString::from).map_err(|error| format!("kek_file: cannot read {}: {error}", path.display()))
}

fn parse_key(text: &SecretString) -> Option<KeyEncryptionKey> {
    let bytes = STANDARD.decode(text.expose_secret().trim()).ok()?;
    <[u8; 32]>::try_from(bytes).ok().map(KeyEncryptionKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for good in [
            "https://a.example",
            "https://a.example:8443",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:9",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "https://a.example/",
            "https://A.example",
            "http://a.example",
            "a.example",
            "https://a.example/x",
            "ftp://localhost",
            "https://*.example",
            "https://u@a.example",
            "",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_wrong_type_hides_no_other_mistake_and_quotes_no_value() {
        let figment = Figment::from(Serialized::defaults(defaults()))
            .merge(Serialized::default("listen", "not an address"))
            .merge(Serialized::default("database.connections_max", "marker-many"))
            .merge(Serialized::default("kek", 77_777));
        let (config, mistakes) = extract(figment);
        assert!(config.is_some_and(|config| config.validate().is_err()));
        let text = mistakes.join("\n");
        for field in ["listen", "database.connections_max", "kek"] {
            assert!(text.contains(field), "{field} not in {text}");
        }
        assert!(!text.contains("marker") && !text.contains("77777"), "{text}");
    }

    #[test]
    fn every_mistake_is_listed() {
        let config: Config = serde_json::from_value(json!({
            "listen": "127.0.0.1:1", "grpc_listen": "0.0.0.0:2", "admin_listen": "127.0.0.1:3", "public_origin": "nope",
            "gateway_origins": [], "database": { "url": "postgres://x", "connections_max": 1 }, "trusted_proxies": [],
            "tenant_sign_up": true,
        }))
        .unwrap();
        let text = config.validate().unwrap_err().to_string();
        for field in ["public_origin", "gateway_origins", "database.system_url", "grpc_tls", "kek", "tenant_sign_up"] {
            assert!(text.contains(field), "{field} not in {text}");
        }
    }
}
