//! A collector between whoever sends and the test: a program that nobody here wrote takes OTLP in both its protocols and
//! hands on what it understood. What arrives at its end is what a trace backend would have got.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// The collector's program, as the Python package brings it.
const PROGRAM: &str = "rotel/rotel-agent";

pub struct Collector {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
    received: Received,
    folder: TempDir,
    _process: Child,
}

/// What came out of the collector.
#[derive(Clone, Default)]
struct Received {
    spans: Arc<Mutex<Vec<Sent<Span>>>>,
    metrics: Arc<Mutex<Vec<Sent<Metric>>>>,
}

/// And who sent it: `service.name`.
#[derive(Debug, Clone)]
pub struct Sent<T> {
    pub service: String,
    pub what: T,
}

impl Collector {
    pub async fn start() -> Self {
        let (received, end) = (Received::default(), bind().await);
        let exporter = format!("http://{}", end.local_addr().expect("bound"));
        let routes = Router::new().route("/v1/traces", post(traces)).route("/v1/metrics", post(metrics));
        let routes = routes.with_state(received.clone());
        crate::spawn(async move { axum::serve(end, routes).await.expect("it serves") });
        let [grpc, http] = [free_address().await, free_address().await];
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(program());
        command.args(["start", "--log-format", "json", "--batch-timeout", "50ms", "--exporter", "otlp"]);
        command.args(["--otlp-grpc-endpoint", &grpc.to_string(), "--otlp-http-endpoint", &http.to_string()]);
        command.args(["--otlp-exporter-endpoint", &exporter, "--otlp-exporter-protocol", "http"]);
        command.arg("--pid-file").arg(folder.path().join("pid")).arg("--log-file").arg(folder.path().join("log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("the collector starts: `cargo xtask test --only clients` installs it");
        let collector = Self { grpc, http, received, folder, _process: process };
        crate::eventually("the collector listens", || async {
            TcpStream::connect(grpc).await.is_ok() && TcpStream::connect(http).await.is_ok()
        })
        .await;
        collector
    }

    /// A folder for what a test puts beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn spans(&self) -> Vec<Sent<Span>> {
        self.received.spans.lock().expect("not poisoned").clone()
    }

    pub fn metrics(&self) -> Vec<Sent<Metric>> {
        self.received.metrics.lock().expect("not poisoned").clone()
    }

    /// The span with this name and service, once it arrived.
    pub async fn span(&self, service: &str, name: &str) -> Span {
        let found = || self.spans().into_iter().find(|one| one.service == service && one.what.name == name);
        crate::eventually(&format!("{service}: {name}"), || async { found().is_some() }).await;
        found().expect("it is there").what
    }
}

/// Attributes of a span, as text.
pub fn attributes(span: &Span) -> HashMap<String, String> {
    span.attributes.iter().map(|one| (one.key.clone(), text(one))).collect()
}

fn text(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn service(attributes: &[KeyValue]) -> String {
    attributes.iter().find(|one| one.key == "service.name").map(text).unwrap_or_default()
}

async fn traces(State(received): State<Received>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(&*unzipped(&body)).expect("OTLP");
    let mut spans = received.spans.lock().expect("not poisoned");
    for resource in request.resource_spans {
        let service = service(&resource.resource.unwrap_or_default().attributes);
        let inner = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(inner.map(|what| Sent { service: service.clone(), what }));
    }
}

async fn metrics(State(received): State<Received>, body: Bytes) {
    let request = ExportMetricsServiceRequest::decode(&*unzipped(&body)).expect("OTLP");
    let mut metrics = received.metrics.lock().expect("not poisoned");
    for resource in request.resource_metrics {
        let service = service(&resource.resource.unwrap_or_default().attributes);
        let inner = resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
        metrics.extend(inner.map(|what| Sent { service: service.clone(), what }));
    }
}

/// The collector sends nothing otherwise.
fn unzipped(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn program() -> PathBuf {
    let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/.venv/lib");
    let pythons = std::fs::read_dir(&libraries).into_iter().flatten().flatten();
    let program = pythons.map(|python| python.path().join("site-packages").join(PROGRAM)).find(|file| file.is_file());
    program.expect("the collector is installed: `cargo xtask test --only clients`")
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

async fn free_address() -> SocketAddr {
    bind().await.local_addr().expect("bound")
}
