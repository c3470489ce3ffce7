//! How messages reach the receiver: gRPC, or protobuf over HTTP (OTLP 1.x).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use prost::Message as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::EXPORT_TIMEOUT;
use crate::settings::{Otlp, Protocol};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Of the receiver's answers, which say little.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why nothing can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("otlp.endpoint: {0}")]
    Endpoint(#[from] tonic::transport::Error),
    #[error("otlp.ca_file: not a PEM file with certificates")]
    CaFile,
    #[error("otlp.headers: a name or value that gRPC does not take")]
    Headers,
    #[error("otlp: {0}")]
    Exporter(#[from] ExporterBuildError),
}

/// Why the receiver did not take a message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("{0}")]
    Grpc(Box<tonic::Status>),
    #[error("{0}")]
    Http(HttpError),
    #[error("HTTP status {0}")]
    Refused(StatusCode),
}

#[derive(Debug, Clone)]
pub(crate) enum Transport {
    Grpc { channel: Channel, metadata: MetadataMap },
    Http { client: Arc<Http>, base: String, headers: http::HeaderMap },
}

impl Transport {
    pub(crate) fn new(otlp: &Otlp) -> Result<Self, SetupError> {
        match otlp.protocol {
            Protocol::Grpc => Ok(Self::Grpc { channel: channel(otlp)?, metadata: metadata(otlp)? }),
            Protocol::Http => Ok(Self::Http {
                client: Arc::new(Http::new(otlp)?),
                base: otlp.endpoint.as_str().trim_end_matches('/').to_owned(),
                headers: otlp.headers.iter().cloned().collect(),
            }),
        }
    }

    pub(crate) fn span_exporter(&self) -> Result<SpanExporter, SetupError> {
        let builder = SpanExporter::builder();
        Ok(match self {
            Self::Grpc { channel, metadata } => {
                let builder = builder.with_tonic().with_channel(channel.clone()).with_metadata(metadata.clone());
                builder.with_timeout(EXPORT_TIMEOUT).build()?
            }
            Self::Http { client, base, headers } => {
                let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
                let headers: HashMap<String, String> =
                    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
                let builder = builder.with_http().with_shared_http_client(client.clone()).with_headers(headers);
                builder.with_endpoint(format!("{base}/v1/traces")).with_timeout(EXPORT_TIMEOUT).build()?
            }
        })
    }

    /// Once: points that were lost are made up for by the next ones.
    pub(crate) async fn send_metrics(&self, request: ExportMetricsServiceRequest) -> Result<(), SendError> {
        match self {
            Self::Grpc { channel, metadata } => {
                let mut message = tonic::Request::new(request);
                *message.metadata_mut() = metadata.clone();
                let sent = MetricsServiceClient::new(channel.clone()).export(message).await;
                sent.map(drop).map_err(|status| SendError::Grpc(Box::new(status)))
            }
            Self::Http { client, base, headers } => {
                let mut message = Request::post(format!("{base}/v1/metrics"))
                    .header(http::header::CONTENT_TYPE, "application/x-protobuf")
                    .body(Bytes::from(request.encode_to_vec()))
                    .map_err(|error| SendError::Http(error.into()))?;
                message.headers_mut().extend(headers.clone());
                let status = client.send_bytes(message).await.map_err(SendError::Http)?.status();
                if status.is_success() { Ok(()) } else { Err(SendError::Refused(status)) }
            }
        }
    }
}

fn channel(otlp: &Otlp) -> Result<Channel, SetupError> {
    let endpoint = Endpoint::from_shared(otlp.endpoint.to_string())?;
    let mut endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).timeout(EXPORT_TIMEOUT).tcp_nodelay(true);
    if otlp.endpoint.scheme() == "https" {
        endpoint = endpoint.tls_config(match &otlp.ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_webpki_roots(),
        })?;
    }
    Ok(endpoint.connect_lazy())
}

fn metadata(otlp: &Otlp) -> Result<MetadataMap, SetupError> {
    let mut metadata = MetadataMap::new();
    for (name, value) in &otlp.headers {
        let name = MetadataKey::from_bytes(name.as_str().as_bytes()).map_err(|_| SetupError::Headers)?;
        let mut value = MetadataValue::try_from(value.as_bytes()).map_err(|_| SetupError::Headers)?;
        value.set_sensitive(true);
        metadata.insert(name, value);
    }
    Ok(metadata)
}

/// The receiver is named by the operator: nothing is asked about its address.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// The thread that sends spans has none of its own.
    runtime: tokio::runtime::Handle,
}

impl Http {
    fn new(otlp: &Otlp) -> Result<Self, SetupError> {
        let tls = ClientConfig::builder();
        let tls = match &otlp.ca {
            Some(pem) => tls.with_root_certificates(roots(pem).ok_or(SetupError::CaFile)?),
            None => tls.with_webpki_roots(),
        };
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let https = HttpsConnectorBuilder::new().with_tls_config(tls.with_no_client_auth()).https_or_http();
        let client =
            Client::builder(TokioExecutor::new()).build(https.enable_http1().enable_http2().wrap_connector(http));
        Ok(Self { client, runtime: tokio::runtime::Handle::current() })
    }
}

fn roots(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

#[async_trait]
impl HttpClient for Http {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let exchange = async move {
            let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        // Sockets and timers belong to the runtime, whoever asks.
        self.runtime.spawn(async { tokio::time::timeout(EXPORT_TIMEOUT, exchange).await }).await??
    }
}
