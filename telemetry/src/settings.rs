//! The settings `otlp.*` of both planes, and what is wrong with them.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

/// As files and the environment have them. All text, so that a mistake names its field and hides no other.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtlpSettings {
    /// `http://collector:4317`. None: nothing is sent.
    pub endpoint: Option<String>,
    /// `grpc` (default) or `http`, which is protobuf over HTTP.
    pub protocol: Option<String>,
    /// Sent along, for receivers that ask who sends: `name=value,name=value`.
    pub headers: Option<SecretString>,
    /// The same from a file.
    pub headers_file: Option<PathBuf>,
    /// PEM certificates trusted for the receiver instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// Of the traces that begin here, the share that is recorded: 0 to 1, by default all. A trace that began elsewhere
    /// is recorded where its beginning says so.
    pub sample_ratio: Option<f64>,
    /// How often metrics are sent, seconds: 60 by default, 0 for never.
    pub metrics_every_s: Option<u64>,
}

/// The same, validated.
#[derive(Debug, Clone)]
pub struct Otlp {
    pub endpoint: Url,
    pub protocol: Protocol,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// PEM.
    pub ca: Option<Vec<u8>>,
    pub sample_ratio: f64,
    pub metrics_every: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Grpc,
    /// Binary protobuf over HTTP.
    Http,
}

const METRICS_EVERY_S_DEFAULT: u64 = 60;
const METRICS_EVERY_S_MAX: u64 = 3_600;

impl OtlpSettings {
    /// `None` where no receiver is named. A mistake is a field below `otlp` and what was expected; values are not quoted.
    pub fn validate(&self) -> Result<Option<Otlp>, Vec<(&'static str, String)>> {
        let mut mistakes = Vec::new();
        let Some(endpoint) = &self.endpoint else {
            let has_headers = self.headers.is_some() || self.headers_file.is_some();
            let has_more = has_headers || self.protocol.is_some() || self.ca_file.is_some();
            return match has_more || self.sample_ratio.is_some() || self.metrics_every_s.is_some() {
                true => Err(vec![("otlp.endpoint", "a URL, where there are other settings of otlp".to_owned())]),
                false => Ok(None),
            };
        };
        let mut checked = |field, expected: &str, is_good: bool| {
            if !is_good {
                mistakes.push((field, expected.to_owned()));
            }
        };
        let url = endpoint_url(endpoint);
        checked("otlp.endpoint", "http://host:port or https://host:port", url.is_some());
        let protocol = match self.protocol.as_deref() {
            None | Some("grpc") => Some(Protocol::Grpc),
            Some("http") => Some(Protocol::Http),
            Some(_) => None,
        };
        checked("otlp.protocol", "grpc or http", protocol.is_some());
        if protocol == Some(Protocol::Grpc) {
            let is_bare = url.as_ref().is_none_or(|url| url.path() == "/");
            checked("otlp.endpoint", "no path, where the protocol is grpc", is_bare);
        }
        let from_file = self.headers_file.as_ref().map(std::fs::read_to_string).transpose();
        checked("otlp.headers_file", "a file that can be read", from_file.is_ok());
        let from_file = from_file.ok().flatten().map(SecretString::from);
        checked("otlp.headers", "not both headers and headers_file", self.headers.is_none() || from_file.is_none());
        let headers = self.headers.as_ref().or(from_file.as_ref()).map_or(Some(Vec::new()), headers);
        checked("otlp.headers", "name=value,name=value with names and values of HTTP headers", headers.is_some());
        let ca = self.ca_file.as_ref().map(std::fs::read).transpose();
        checked("otlp.ca_file", "a file that can be read", ca.is_ok());
        let ratio = self.sample_ratio.unwrap_or(1.0);
        checked("otlp.sample_ratio", "a number from 0 to 1", (0.0..=1.0).contains(&ratio));
        let every = self.metrics_every_s.unwrap_or(METRICS_EVERY_S_DEFAULT);
        let expected = format!("seconds, 0 to {METRICS_EVERY_S_MAX}");
        checked("otlp.metrics_every_s", &expected, every <= METRICS_EVERY_S_MAX);
        let metrics_every = (every > 0).then(|| Duration::from_secs(every));
        match (url, protocol, headers, ca) {
            (Some(endpoint), Some(protocol), Some(headers), Ok(ca)) if mistakes.is_empty() => {
                Ok(Some(Otlp { endpoint, protocol, headers, ca, sample_ratio: ratio, metrics_every }))
            }
            _ => Err(mistakes),
        }
    }
}

fn endpoint_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let is_good = is_bare && url.password().is_none() && url.has_host();
    (matches!(url.scheme(), "http" | "https") && is_good).then_some(url)
}

fn headers(text: &SecretString) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let pairs = text.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let mut value = HeaderValue::from_str(value.trim()).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_their_mistakes() {
        fn check(settings: OtlpSettings, expected: &[&str]) {
            let shown = format!("{settings:?}");
            let mistakes = settings.validate().map(drop).err().unwrap_or_default();
            let fields: Vec<&str> = mistakes.iter().map(|(field, _)| *field).collect();
            assert_eq!(fields, expected, "{shown}");
        }
        let some = |text: &str| Some(text.to_owned());
        let good = OtlpSettings { endpoint: some("http://collector:4317"), ..Default::default() };
        check(OtlpSettings::default(), &[]);
        check(good.clone(), &[]);
        check(OtlpSettings { protocol: some("http"), endpoint: some("https://c.example/otlp/"), ..good.clone() }, &[]);
        check(OtlpSettings { endpoint: some("https://c.example/otlp"), ..good.clone() }, &["otlp.endpoint"]);
        check(OtlpSettings { endpoint: None, protocol: some("grpc"), ..good.clone() }, &["otlp.endpoint"]);
        check(OtlpSettings { endpoint: some("collector:4317"), ..good.clone() }, &["otlp.endpoint"]);
        check(OtlpSettings { endpoint: some("http://u:p@collector"), ..good.clone() }, &["otlp.endpoint"]);
        let bad = OtlpSettings {
            protocol: some("json"),
            headers: Some("no value".into()),
            ca_file: Some("/nowhere".into()),
            sample_ratio: Some(2.0),
            metrics_every_s: Some(1_000_000),
            ..good.clone()
        };
        let all = ["otlp.protocol", "otlp.headers", "otlp.ca_file", "otlp.sample_ratio", "otlp.metrics_every_s"];
        check(bad, &all);
        let with_headers = OtlpSettings { headers: Some("Authorization=Basic YTpi, x-scope=a".into()), ..good };
        assert!(!format!("{with_headers:?}").contains("YTpi"), "values are secrets");
        let otlp = with_headers.validate().unwrap().unwrap();
        let names: Vec<&str> = otlp.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, otlp.sample_ratio), (vec!["authorization", "x-scope"], 1.0));
        assert!(!format!("{otlp:?}").contains("YTpi"), "values are secrets");
    }
}
