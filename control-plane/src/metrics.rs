//! Numbers for Prometheus. One registry per process part, passed by hand: several planes live in one test process.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Labels of a request. `route` is the pattern, never the path: paths carry names and one-time tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    pub route: String,
    pub status: u16,
}

pub struct Metrics {
    registry: Registry,
    pub http_requests: Family<RequestLabels, Counter>,
    /// Calls that listeners of the call log were not shown: they read too slowly.
    pub tail_dropped: Counter,
    connected_nodes: Gauge,
    tail_listeners: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("portway_control");
        let (http_requests, connected_nodes) = (Family::default(), Gauge::default());
        let (tail_dropped, tail_listeners) = (Counter::default(), Gauge::default());
        registry.register("http_requests", "HTTP requests by route and status", Clone::clone(&http_requests));
        registry.register("connected_nodes", "Nodes with a live configuration stream", connected_nodes.clone());
        registry.register("tail_listeners", "Streams that follow the call log of a tenant", tail_listeners.clone());
        let help = "Calls that such streams did not show: their readers were too slow";
        registry.register("tail_dropped", help, tail_dropped.clone());
        Self { registry, http_requests, tail_dropped, connected_nodes, tail_listeners }
    }
}

impl Metrics {
    /// The text that Prometheus scrapes.
    pub fn render(&self, connected_nodes: usize, tail_listeners: usize) -> Result<String, std::fmt::Error> {
        self.connected_nodes.set(i64::try_from(connected_nodes).unwrap_or(i64::MAX));
        self.tail_listeners.set(i64::try_from(tail_listeners).unwrap_or(i64::MAX));
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}
