//! How a plane is watched from outside: spans and metrics to an OTLP receiver, and the place of a request in a trace.
//! Both planes use it, and it knows neither: nothing here is about tenants, servers or calls (ADR 0019).
//!
//! Must never slow a request down: what cannot be sent in time is dropped.

mod context;
mod metrics;
mod settings;
mod spans;
mod transport;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

pub use self::context::TraceContext;
pub use self::metrics::{TraceLabels, TracedHistogram};
pub use self::settings::{Otlp, OtlpSettings, Protocol};
pub use self::spans::{Span, Spans};
pub use self::transport::SetupError;
use self::transport::Transport;
pub use opentelemetry::KeyValue as Attribute;
pub use opentelemetry::trace::SpanKind;

/// How long one message to the receiver may take, with what is tried again.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the rest is sent at shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Who sends: `service.*` of the resource.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// `portway-data-plane`.
    pub name: &'static str,
    pub version: &'static str,
    /// Stable over restarts where there is such a name.
    pub instance: &'a str,
    /// Empty: not said.
    pub region: &'a str,
}

/// The connection to the receiver. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Telemetry {
    transport: Transport,
    resource: Resource,
    spans: Spans,
    metrics_every: Option<Duration>,
}

impl Telemetry {
    /// Nothing is connected before something is sent. Within a runtime.
    pub fn new(otlp: &Otlp, service: Service<'_>) -> Result<Self, SetupError> {
        let transport = Transport::new(otlp)?;
        let mut attributes = vec![
            KeyValue::new("service.namespace", "portway"),
            KeyValue::new("service.version", service.version),
            KeyValue::new("service.instance.id", service.instance.to_owned()),
        ];
        if !service.region.is_empty() {
            attributes.push(KeyValue::new("cloud.region", service.region.to_owned()));
        }
        let resource = Resource::builder_empty().with_service_name(service.name).with_attributes(attributes).build();
        let spans = Spans::new(transport.span_exporter()?, &resource, otlp.sample_ratio);
        Ok(Self { transport, resource, spans, metrics_every: otlp.metrics_every })
    }

    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// Sends what `with_registry` shows at every interval until `closing`, and once more then. A receiver that is away
    /// misses points, not sums: counters go on.
    pub async fn send_metrics(
        self,
        mut with_registry: impl FnMut(&mut dyn FnMut(&Registry)) + Send,
        closing: CancellationToken,
    ) {
        let Some(every) = self.metrics_every else { return };
        let points = metrics::Points::new(&self.resource);
        let mut is_away = false;
        loop {
            let goes_on = tokio::select! {
                () = tokio::time::sleep(every) => true,
                () = closing.cancelled() => false,
            };
            let mut request = None;
            with_registry(&mut |registry| request = points.of(registry));
            if let Some(request) = request {
                match self.transport.send_metrics(request).await {
                    Ok(()) => is_away = false,
                    Err(error) if !is_away => {
                        tracing::warn!(%error, "metrics cannot be sent to the OTLP receiver");
                        is_away = true;
                    }
                    Err(_) => {}
                }
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Sends the spans that wait, within a bound.
    pub async fn close(&self) {
        let spans = self.spans.clone();
        // The exporter blocks its caller.
        let closed = tokio::task::spawn_blocking(move || spans.close(FLUSH_TIMEOUT)).await;
        if !matches!(closed, Ok(Ok(()))) {
            tracing::warn!("the last spans may not have reached the OTLP receiver");
        }
    }
}
