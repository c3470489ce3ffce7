//! One GET of a small JSON document, and requests to identity providers.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http::header::{ACCEPT, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Frame;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use sse_stream::SseStream;
use url::Url;

use super::EgressConfig;
use super::connect::GuardedConnector;
use super::resolve::Resolve;
use crate::domain::limits::FETCH_MS_MAX;

const AGENT: &str = concat!("portway/", env!("CARGO_PKG_VERSION"));

/// What was found.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub body: Bytes,
    /// All lines of `Cache-Control`, joined; empty if there are none.
    pub cache_control: String,
    pub age_s: i64,
}

/// Why there is no document. For the log: who asked may not learn what our network looks like (ATK-15).
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the request failed: {0}")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("the URL cannot be requested: {0}")]
    Url(#[from] http::Error),
    #[error("https only")]
    Plaintext,
    #[error("the certificates to trust besides cannot be used: {0}")]
    Certificates(String),
    #[error("it took too long")]
    Timeout,
    #[error("status {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("it is no JSON by its type")]
    Type,
    #[error("it is larger than allowed, or broke off")]
    Body,
}

impl FetchError {
    /// The site is away, not of another mind.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Request(_) | Self::Timeout | Self::Body)
            || matches!(self, Self::Status(status) if status.is_server_error())
    }
}

/// How much of an answer is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub bytes_max: usize,
    pub limit: Duration,
}

/// An answer as it came, and the data of its events if it is a stream of them.
#[derive(Debug)]
pub struct Conversation {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub events: Vec<String>,
}

/// The client. It keeps no connection open: documents are rare, and an idle socket is a place to wait in ambush.
#[derive(Clone)]
pub struct Fetcher {
    client: Client<HttpsConnector<GuardedConnector>, Full<Bytes>>,
    connector: GuardedConnector,
    roots: RootCertStore,
}

impl Fetcher {
    /// Fails with words for an operator if the extra certificates cannot be read.
    pub fn new(config: &EgressConfig, resolver: Arc<dyn Resolve>) -> Result<Self, String> {
        let allowed = config.allowed_private_ranges.clone().into();
        let connector = GuardedConnector { resolver, allowed, is_own: false };
        Self::of(connector, roots(config.extra_ca_file.as_deref())?)
    }

    /// The same for requests to our own gateway, whose address operators set, and nobody else.
    pub fn to_own_gateway(&self) -> Result<Self, String> {
        Self::of(GuardedConnector { is_own: true, ..self.connector.clone() }, self.roots.clone())
    }

    /// The same with certificates (PEM) that are trusted besides: for requests about the one server that they were set
    /// for. Which addresses may be dialled stays as it is.
    pub fn trusting(&self, pem: &str) -> Result<Self, FetchError> {
        let wrong = |error: &dyn std::fmt::Display| FetchError::Certificates(error.to_string());
        let mut roots = self.roots.clone();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| wrong(&error))?;
            roots.add(certificate).map_err(|error| wrong(&error))?;
        }
        Self::of(self.connector.clone(), roots).map_err(FetchError::Certificates)
    }

    fn of(connector: GuardedConnector, roots: RootCertStore) -> Result<Self, String> {
        let tls = client_config(roots.clone())?;
        // Plaintext goes to loopback at most: the connector sees to it.
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector.clone());
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https);
        Ok(Self { client, connector, roots })
    }

    /// Reads at most `bytes_max` from `url`, which must answer 200 with JSON.
    pub async fn get_json(&self, url: &Url, bytes_max: usize) -> Result<Fetched, FetchError> {
        let limit = Duration::from_millis(FETCH_MS_MAX);
        tokio::time::timeout(limit, self.get(url, bytes_max)).await.unwrap_or(Err(FetchError::Timeout))
    }

    /// Sends a request as it is and reads at most `bytes_max` of the answer, whatever its status. Redirects are answers
    /// too. http reaches loopback only, and that only in a range that the operator allowed.
    pub async fn send(&self, request: Request<Vec<u8>>, bytes_max: usize) -> Result<Response<Vec<u8>>, FetchError> {
        let exchange = async {
            let (head, body) = self.client.request(ours(request)).await?.into_parts();
            let body = Limited::new(body, bytes_max).collect().await.map_err(|_| FetchError::Body)?.to_bytes();
            Ok(Response::from_parts(head, body.to_vec()))
        };
        let limit = Duration::from_millis(FETCH_MS_MAX);
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(FetchError::Timeout))
    }

    /// The same where the answer may be a stream of events, which need not end: it is read until `is_last` says so of an
    /// event.
    pub async fn converse(
        &self,
        request: Request<Vec<u8>>,
        Patience { bytes_max, limit }: Patience,
        is_last: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<Conversation, FetchError> {
        let exchange = async {
            let (head, body) = self.client.request(ours(request)).await?.into_parts();
            let seen = Arc::new(Mutex::new(Vec::new()));
            let keep = {
                let seen = seen.clone();
                move |frame: Frame<Bytes>| {
                    if let Some(data) = frame.data_ref() {
                        seen.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(data);
                    }
                    frame
                }
            };
            let body = Limited::new(body, bytes_max).map_frame(keep).map_err(broken);
            let mut events = Vec::new();
            if text(&head.headers, CONTENT_TYPE).to_ascii_lowercase().starts_with("text/event-stream") {
                let mut stream = pin!(SseStream::new(body));
                while let Some(event) = stream.next().await {
                    events.extend(event.map_err(|_| FetchError::Body)?.data);
                    if events.last().is_some_and(|event| is_last(event)) {
                        break;
                    }
                }
            } else {
                body.collect().await.map_err(|_| FetchError::Body)?;
            }
            let body = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(Conversation { status: head.status, headers: head.headers, body, events })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(FetchError::Timeout))
    }

    async fn get(&self, url: &Url, bytes_max: usize) -> Result<Fetched, FetchError> {
        if url.scheme() != "https" {
            return Err(FetchError::Plaintext);
        }
        let request = Request::get(url.as_str())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .body(Full::default())?;
        let response = self.client.request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let (head, body) = response.into_parts();
        if !is_json(&head.headers) {
            return Err(FetchError::Type);
        }
        let body = Limited::new(body, bytes_max).collect().await.map_err(|_| FetchError::Body)?.to_bytes();
        let age_s = text(&head.headers, AGE).parse().unwrap_or(0);
        Ok(Fetched { body, cache_control: text(&head.headers, CACHE_CONTROL), age_s })
    }
}

/// Too large, or cut off.
fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> io::Error {
    io::Error::other(error)
}

/// Says who asks.
fn ours(request: Request<Vec<u8>>) -> Request<Full<Bytes>> {
    let (mut head, body) = request.into_parts();
    head.headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    Request::from_parts(head, Full::from(body))
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = text(headers, CONTENT_TYPE).to_ascii_lowercase();
    let media = media.split(';').next().unwrap_or_default().trim();
    let plain = matches!(text(headers, CONTENT_ENCODING).as_str(), "" | "identity");
    plain && (media == "application/json" || (media.starts_with("application/") && media.ends_with("+json")))
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    lines.join(", ")
}

fn roots(extra_ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra_ca_file {
        let describe = |error: &dyn std::fmt::Display| format!("egress.extra_ca_file: {error}");
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| describe(&error))? {
            let certificate = certificate.map_err(|error| describe(&error))?;
            roots.add(certificate).map_err(|error| describe(&error))?;
        }
    }
    Ok(roots)
}

fn client_config(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
