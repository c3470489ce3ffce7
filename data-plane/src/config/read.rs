//! From raw values to a valid [`Config`]: each field is read by itself, so that one mistake hides no other.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use figment::Figment;
use figment::value::{Dict, Value};
use proto::claims::NODE_SECRET_PREFIX;
use redis::IntoConnectionInfo as _;
use secrecy::{ExposeSecret, SecretString};
use telemetry::{Otlp, OtlpSettings};
use url::{Host, Url};

use super::{Config, ConfigError, EDITOR_ORIGINS, LogFormat, RedisConfig, StateConfig, StateKey, TlsConfig};
use crate::limits;

impl Config {
    pub(super) fn from_figment(figment: &Figment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(figment);
        let node_id = read.required("node_id", "a name that stays the same over restarts", parse_name);
        let url = read.required("control_plane.url", "https://host[:port], or http:// to loopback", control_plane_url);
        let secret = node_secret(&mut read);
        // Placeholders are never used: a missing one is a mistake, and `finish` returns no configuration then.
        let url = url.unwrap_or_else(unset_url);
        let mut config = Config::new(&node_id.unwrap_or_default(), url, secret.unwrap_or_default());
        read.parsed("listen", "address:port", &mut config.listen);
        read.parsed("admin.listen", "address:port", &mut config.admin.listen);
        read.list("admin.hosts", "host names", &mut config.admin.hosts, parse_name);
        config.control_plane.ca_file = read.file("control_plane.ca_file");
        read.value("pool", "a name", &mut config.pool, parse_name);
        read.value("region", "a name", &mut config.region, parse_name);
        read.list("public_origins", "origins like https://gw.example.com", &mut config.public_origins, parse_origin);
        read.list("trusted_proxies", "networks like 10.0.0.0/8", &mut config.trusted_proxies, |text| text.parse().ok());
        config.tls = tls(&mut read);
        let mut added = Vec::new();
        read.list("allowed_origins", "origins like https://ide.example.com", &mut added, parse_allowed_origin);
        config.allowed_origins = EDITOR_ORIGINS.map(str::to_owned).into_iter().chain(added).collect();
        upstream(&mut read, &mut config);
        config.redis = redis(&mut read);
        read.bytes("body_bytes_max", limits::BODY_BYTES_MAX, &mut config.body_bytes_max);
        read.bytes("usage_spool_bytes_max", limits::USAGE_SPOOL_BYTES_MAX, &mut config.usage_spool_bytes_max);
        read.bytes("buffer_bytes_max", usize::MAX, &mut config.buffer_bytes_max);
        read.millis("drain_timeout_ms", &mut config.drain_timeout);
        config.state = state(&mut read);
        read.millis("directory_wait_ms", &mut config.directory_wait);
        read.value("log.filter", "directives like info,data_plane=debug", &mut config.log.filter, |text| {
            tracing_subscriber::EnvFilter::try_new(text).ok().map(|_| text.to_owned())
        });
        read.value("log.format", "text or json", &mut config.log.format, |text| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        });
        config.otlp = otlp(&mut read);
        read.finish(config)
    }
}

#[expect(clippy::expect_used, reason = "a literal")]
fn unset_url() -> Url {
    Url::parse("https://unset.invalid").expect("a literal URL")
}

fn upstream(read: &mut Reader<'_>, config: &mut Config) {
    let upstream = &mut config.upstream;
    read.list(
        "upstream.allowed_private_ranges",
        "networks like 10.0.0.0/8",
        &mut upstream.allowed_private_ranges,
        |text| text.parse().ok(),
    );
    read.millis("upstream.connect_timeout_ms", &mut upstream.connect_timeout);
    read.millis("upstream.call_timeout_ms", &mut upstream.call_timeout);
    upstream.extra_ca_file = read.file("upstream.extra_ca_file");
}

/// The key itself or a file that holds it; the value is never quoted in a mistake.
fn state(read: &mut Reader<'_>) -> Option<StateConfig> {
    const EXPECTED: &str = "32 random bytes in base64, given as state_key_file or state_key";
    let dir = read.text("state_dir").map(PathBuf::from);
    let file = read.file("state_key_file");
    let given = read.text("state_key").map(SecretString::from);
    let (dir, key) = match (dir, file, given) {
        (None, None, None) => return None,
        (Some(_), None, None) => {
            read.mistake("state_key_file", "the key that seals state_dir: there is no default");
            return None;
        }
        (None, ..) => {
            read.mistake("state_dir", "the folder that the key is for");
            return None;
        }
        (Some(_), Some(_), Some(_)) => {
            read.mistake("state_key", "not both state_key and state_key_file");
            return None;
        }
        (Some(dir), Some(file), None) => (dir, std::fs::read_to_string(file).ok().map(SecretString::from)),
        (Some(dir), None, given) => (dir, given),
    };
    let key = key.and_then(|key| StateKey::parse(key.expose_secret()));
    if key.is_none() {
        read.mistake("state_key", EXPECTED);
    }
    Some(StateConfig { dir, key: key? })
}

fn otlp(read: &mut Reader<'_>) -> Option<Otlp> {
    let (mut sample_ratio, mut metrics_every_s) = (None, None);
    read.value("otlp.sample_ratio", "a number from 0 to 1", &mut sample_ratio, |text| text.parse().ok().map(Some));
    read.value("otlp.metrics_every_s", "seconds", &mut metrics_every_s, |text| text.parse().ok().map(Some));
    let settings = OtlpSettings {
        endpoint: read.text("otlp.endpoint"),
        protocol: read.text("otlp.protocol"),
        headers: read.text("otlp.headers").map(SecretString::from),
        headers_file: read.text("otlp.headers_file").map(PathBuf::from),
        ca_file: read.text("otlp.ca_file").map(PathBuf::from),
        sample_ratio,
        metrics_every_s,
    };
    settings.validate().unwrap_or_else(|mistakes| {
        mistakes.into_iter().for_each(|(field, expected)| read.mistake(field, &expected));
        None
    })
}

fn tls(read: &mut Reader<'_>) -> Option<TlsConfig> {
    match (read.file("tls.cert_file"), read.file("tls.key_file")) {
        (Some(cert_file), Some(key_file)) => Some(TlsConfig { cert_file, key_file }),
        (None, None) => None,
        _ => {
            read.mistake("tls", "both cert_file and key_file, or neither");
            None
        }
    }
}

fn redis(read: &mut Reader<'_>) -> Option<RedisConfig> {
    const FIELDS: [&str; 2] = ["redis.url", "redis.url_file"];
    let mut cluster = false;
    read.parsed("redis.cluster", "true or false", &mut cluster);
    let ca_file = read.file("redis.ca_file");
    let mut deadline = limits::REDIS_DEADLINE_DEFAULT;
    let expected = format!("milliseconds, 1 to {}", limits::REDIS_DEADLINE_MAX.as_millis());
    read.value("redis.deadline_ms", &expected, &mut deadline, |text| {
        let deadline = Duration::from_millis(text.parse().ok().filter(|millis| *millis > 0)?);
        (deadline <= limits::REDIS_DEADLINE_MAX).then_some(deadline)
    });
    let url = match read.secret(FIELDS) {
        Ok(Some(url)) => url,
        Ok(None) => {
            if cluster || ca_file.is_some() {
                read.mistake(FIELDS[0], "a URL, where there are other settings of redis");
            }
            return None;
        }
        Err(()) => return None,
    };
    let several = url.expose_secret().split(',').count() > 1;
    if !url.expose_secret().split(',').all(is_redis_url) {
        read.mistake(
            FIELDS[0],
            "redis://host:port or rediss://host:port, with user:password@ and /database if need be",
        );
        return None;
    }
    if several && !cluster {
        read.mistake(FIELDS[0], "one URL, or redis.cluster = true");
        return None;
    }
    Some(RedisConfig { url, cluster, ca_file, deadline })
}

/// A fragment would switch off the check of certificates, a query the protocol.
fn is_redis_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text.trim()) else { return false };
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    let database = url.path().trim_start_matches('/');
    let bare = url.query().is_none() && url.fragment().is_none() && database.bytes().all(|byte| byte.is_ascii_digit());
    matches!(url.scheme(), "redis" | "rediss") && has_host && bare && text.trim().into_connection_info().is_ok()
}

fn node_secret(read: &mut Reader<'_>) -> Option<SecretString> {
    const EXPECTED: &str = "the enrolment secret pwn_…, given as node_secret or node_secret_file";
    let Some(secret) = read.secret(["control_plane.node_secret", "control_plane.node_secret_file"]).ok()? else {
        read.mistake("control_plane.node_secret", EXPECTED);
        return None;
    };
    let text = secret.expose_secret();
    let well_formed = text.strip_prefix(NODE_SECRET_PREFIX).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if !well_formed {
        read.mistake("control_plane.node_secret", EXPECTED);
        return None;
    }
    Some(secret)
}

/// Plain http is for loopback only: the stream carries secrets.
fn control_plane_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.path() == "/";
    let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    (scheme_ok && bare && url.fragment().is_none()).then_some(url)
}

/// An http or https origin, as `Origin` headers and resource identifiers spell it.
fn parse_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && bare).then(|| url.origin().ascii_serialization())
}

/// Also schemes of editors: `vscode-webview://` admits every host below it.
fn parse_allowed_origin(text: &str) -> Option<String> {
    parse_origin(text).or_else(|| {
        let (scheme, rest) = text.split_once("://")?;
        let scheme_ok = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let rest_ok = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        (scheme_ok && rest_ok && !matches!(scheme, "http" | "https")).then(|| text.to_owned())
    })
}

fn parse_name(text: &str) -> Option<String> {
    let ok = (1..=253).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    ok.then(|| text.to_owned())
}

/// Reads fields one by one and remembers what was wrong and which keys mean something.
struct Reader<'a> {
    figment: &'a Figment,
    known: BTreeSet<&'static str>,
    mistakes: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(figment: &'a Figment) -> Self {
        Self { figment, known: BTreeSet::new(), mistakes: Vec::new() }
    }

    fn mistake(&mut self, field: &str, expected: &str) {
        self.mistakes.push(format!("{field}: expected {expected}"));
    }

    fn find(&mut self, field: &'static str) -> Option<Value> {
        self.known.insert(field);
        self.figment.find_value(field).ok()
    }

    /// Numbers and booleans count as text: the environment has no types.
    fn text(&mut self, field: &'static str) -> Option<String> {
        let text = scalar(&self.find(field)?);
        if text.is_none() {
            self.mistake(field, "one value");
        }
        text
    }

    /// A secret or the file that holds it; the value is never quoted in a mistake.
    fn secret(&mut self, [field, file_field]: [&'static str; 2]) -> Result<Option<SecretString>, ()> {
        let file = self.file(file_field);
        match (self.text(field), file) {
            (Some(_), Some(_)) => {
                let (field_name, file_name) = (last_segment(field), last_segment(file_field));
                self.mistake(field, &format!("not both {field_name} and {file_name}"));
                Err(())
            }
            (Some(secret), None) => Ok(Some(SecretString::from(secret))),
            (None, Some(file)) => match std::fs::read_to_string(&file) {
                Ok(text) => Ok(Some(SecretString::from(text.trim()))),
                Err(_) => {
                    self.mistake(file_field, "a file this process may read");
                    Err(())
                }
            },
            (None, None) => Ok(None),
        }
    }

    fn value<T>(&mut self, field: &'static str, expected: &str, slot: &mut T, parse: impl Fn(&str) -> Option<T>) {
        let Some(text) = self.text(field) else { return };
        match parse(&text) {
            Some(value) => *slot = value,
            None => self.mistake(field, expected),
        }
    }

    fn required<T>(&mut self, field: &'static str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let parsed = self.find(field).as_ref().and_then(scalar).and_then(|text| parse(&text));
        if parsed.is_none() {
            self.mistake(field, expected);
        }
        parsed
    }

    fn parsed<T: FromStr>(&mut self, field: &'static str, expected: &str, slot: &mut T) {
        self.value(field, expected, slot, |text| text.parse().ok());
    }

    fn millis(&mut self, field: &'static str, slot: &mut Duration) {
        let expected = format!("milliseconds, 1 to {}", limits::TIMEOUT_MS_MAX);
        self.value(field, &expected, slot, |text| {
            let millis = text.parse().ok().filter(|millis| (1..=limits::TIMEOUT_MS_MAX).contains(millis))?;
            Some(Duration::from_millis(millis))
        });
    }

    fn bytes(&mut self, field: &'static str, max: usize, slot: &mut usize) {
        let expected = format!("bytes, 1024 to {max}");
        self.value(field, &expected, slot, |text| text.parse().ok().filter(|bytes| (1024..=max).contains(bytes)));
    }

    fn file(&mut self, field: &'static str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(field)?);
        if !path.is_file() {
            self.mistake(field, "a file that exists");
        }
        Some(path)
    }

    /// A TOML array, or one string with commas as the environment has it.
    fn list<T>(&mut self, field: &'static str, expected: &str, slot: &mut Vec<T>, parse: impl Fn(&str) -> Option<T>) {
        let Some(value) = self.find(field) else { return };
        let items: Option<Vec<String>> = match &value {
            Value::Array(_, items) => items.iter().map(scalar).collect(),
            value => scalar(value).map(|text| text.split(',').map(|item| item.trim().to_owned()).collect()),
        };
        let items = items.map(|items| items.into_iter().filter(|item| !item.is_empty()).collect::<Vec<_>>());
        match items.and_then(|items| items.iter().map(|item| parse(item)).collect()) {
            Some(parsed) => *slot = parsed,
            None => self.mistake(field, expected),
        }
    }

    /// The configuration if nothing was wrong. A key nobody asked for is a mistake: it is a typing error.
    fn finish(mut self, config: Config) -> Result<Config, ConfigError> {
        match self.figment.extract::<Dict>() {
            Ok(values) => {
                let mut keys = Vec::new();
                flatten("", &values, &mut keys);
                let unknown = keys.iter().filter(|key| !self.known.contains(key.as_str()));
                self.mistakes.extend(unknown.map(|key| format!("{key}: expected no such setting")));
            }
            // figment names the file, line and column; a syntax error hides everything else anyway.
            Err(error) => self.mistakes = error.into_iter().map(|error| format!("syntax: {}", error.kind)).collect(),
        }
        if self.mistakes.is_empty() { Ok(config) } else { Err(ConfigError { mistakes: self.mistakes }) }
    }
}

fn flatten(prefix: &str, values: &Dict, keys: &mut Vec<String>) {
    for (key, value) in values {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) => flatten(&path, inner, keys),
            _ => keys.push(path),
        }
    }
}

fn last_segment(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Num(_, num) => {
            let whole = num.to_u128().map(|n| n.to_string()).or_else(|| num.to_i128().map(|n| n.to_string()));
            whole.or_else(|| num.to_f64().map(|n| n.to_string()))
        }
        Value::Bool(_, flag) => Some(flag.to_string()),
        _ => None,
    }
}
