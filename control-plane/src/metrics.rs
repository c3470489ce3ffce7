//! Numbers for Prometheus. One registry per process part, passed by hand: several planes live in one test process.

use std::time::{Duration, SystemTime};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use telemetry::{TraceLabels, TracedHistogram};

/// Labels of a request. `route` is the pattern, never the path: paths carry names and one-time tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

pub struct Metrics {
    registry: Registry,
    http_requests: Family<RequestLabels, Counter>,
    http_duration_s: TracedHistogram,
    /// Calls that listeners of the call log were not shown: they read too slowly.
    pub tail_dropped: Counter,
    pub(crate) connected_nodes: Gauge,
    pub(crate) tail_listeners: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("portway_control");
        let (http_requests, connected_nodes) = (Family::default(), Gauge::default());
        let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let http_duration_s = TracedHistogram::new(buckets.into_iter());
        registry.register("http_requests", "HTTP requests by route and status", Clone::clone(&http_requests));
        let help = "Time to the head of an HTTP answer";
        registry.register("http_request_duration_seconds", help, http_duration_s.clone());
        registry.register("connected_nodes", "Nodes with a live configuration stream", connected_nodes.clone());
        let (tail_dropped, tail_listeners) = (Counter::default(), Gauge::default());
        registry.register("tail_listeners", "Streams that follow the call log of a tenant", tail_listeners.clone());
        let help = "Calls that such streams did not show: their readers were too slow";
        registry.register("tail_dropped", help, tail_dropped.clone());
        Self { registry, http_requests, http_duration_s, tail_dropped, connected_nodes, tail_listeners }
    }
}

impl Metrics {
    /// One answered request. `trace`: where its trace is recorded, and when it ended.
    pub fn answered(&self, route: String, status: u16, took: Duration, trace: Option<(TraceLabels, SystemTime)>) {
        self.http_requests.get_or_create(&RequestLabels { route, status }).inc();
        let (labels, at) = trace.unzip();
        self.http_duration_s.observe(took.as_secs_f64(), labels, at);
    }

    /// Shows the registry, for who makes something else of it.
    pub fn with_registry(&self, look: &mut dyn FnMut(&Registry)) {
        look(&self.registry);
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}
