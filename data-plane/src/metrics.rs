//! What a node measures. Its own registry: several nodes live in one test process.
//!
//! Labels are bounded: never a user, a tool or a URL.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use telemetry::{TraceLabels, TracedHistogram};

/// How a call ended, as the call record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "label values are snake_case")]
pub enum Outcome {
    ok,
    tool_error,
    error,
    refused,
    cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallLabels {
    pub outcome: Outcome,
    /// Stable code of the refusal or failure; empty when ok.
    pub reason: &'static str,
}

/// What came of the limits of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "label values are snake_case")]
pub enum LimitDecision {
    allowed,
    /// A limit that is only watched.
    would_refuse,
    refused,
    /// Redis is away, and a limit lets nothing through without it.
    uncounted,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    decision: LimitDecision,
}

/// A call that is over.
pub struct Finished {
    pub outcome: Outcome,
    /// Stable code of the refusal or failure; empty when ok.
    pub reason: &'static str,
    pub duration: Duration,
    /// Spent waiting for the upstream.
    pub upstream: Option<Duration>,
    /// Where its trace is recorded, and when it ended.
    pub trace: Option<(TraceLabels, SystemTime)>,
}

/// Handles to every metric of one node.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    pub(crate) connected: Gauge,
    pub(crate) snapshot_age_s: Gauge,
    pub(crate) tenants: Gauge,
    pub(crate) directory_revision: Gauge,
    pub(crate) updates: Counter,
    pub(crate) rejects: Counter,
    pub(crate) resyncs: Counter,
    pub(crate) reconnects: Counter,
    pub(crate) state_writes: Counter,
    pub(crate) state_failures: Counter,
    pub(crate) state_refused: Counter,
    pub(crate) usage_queued: Gauge,
    pub(crate) usage_spooled: Gauge,
    pub(crate) usage_dropped: Counter,
    pub(crate) usage_refused: Counter,
    limits: Family<LimitLabels, Counter>,
    pub(crate) calls_in_flight: Gauge,
    calls: Family<CallLabels, Counter>,
    call_duration_s: TracedHistogram,
    upstream_duration_s: TracedHistogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = || [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
        let metrics = Self {
            registry: Arc::default(),
            connected: Gauge::default(),
            snapshot_age_s: Gauge::default(),
            tenants: Gauge::default(),
            directory_revision: Gauge::default(),
            updates: Counter::default(),
            rejects: Counter::default(),
            resyncs: Counter::default(),
            reconnects: Counter::default(),
            state_writes: Counter::default(),
            state_failures: Counter::default(),
            state_refused: Counter::default(),
            usage_queued: Gauge::default(),
            usage_spooled: Gauge::default(),
            usage_dropped: Counter::default(),
            usage_refused: Counter::default(),
            limits: Family::default(),
            calls_in_flight: Gauge::default(),
            calls: Family::default(),
            call_duration_s: TracedHistogram::new(buckets().into_iter()),
            upstream_duration_s: TracedHistogram::new(buckets().into_iter()),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    /// One finished call.
    pub fn call(&self, call: Finished) {
        let Finished { outcome, reason, duration, upstream, trace } = call;
        self.calls.get_or_create(&CallLabels { outcome, reason }).inc();
        let (labels, at) = trace.unzip();
        if let Some(upstream) = upstream {
            self.upstream_duration_s.observe(upstream.as_secs_f64(), labels.clone(), at);
        }
        self.call_duration_s.observe(duration.as_secs_f64(), labels, at);
    }

    /// One request that fell under a limit.
    pub fn limit(&self, decision: LimitDecision) {
        self.limits.get_or_create(&LimitLabels { decision }).inc();
    }

    /// Adds a metric of another module, at start.
    pub fn add(&self, name: &str, help: &str, metric: impl prometheus_client::registry::Metric) {
        self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner).register(name, help, metric);
    }

    /// Shows the registry, for who makes something else of it.
    pub fn with_registry(&self, look: &mut dyn FnMut(&Registry)) {
        look(&self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// OpenMetrics text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Writing to a String cannot fail; a half page would be worse than none.
        if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
            text.clear();
        }
        text
    }

    fn register(&self) {
        self.add("portway_control_plane_connected", "1 while the configuration stream is up", self.connected.clone());
        self.add(
            "portway_snapshot_age_seconds",
            "Time since the control plane was last heard",
            self.snapshot_age_s.clone(),
        );
        self.add("portway_snapshots", "Tenants with a snapshot", self.tenants.clone());
        self.add("portway_directory_revision", "Revision of the directory", self.directory_revision.clone());
        self.add("portway_updates", "Tenant updates applied", self.updates.clone());
        self.add("portway_rejects", "Resources rejected", self.rejects.clone());
        self.add("portway_resyncs", "Tenants asked for again in full", self.resyncs.clone());
        self.add("portway_reconnects", "Connections to the control plane that ended", self.reconnects.clone());
        self.add("portway_state_writes", "State files written or removed", self.state_writes.clone());
        self.add("portway_state_failures", "State files that could not be written", self.state_failures.clone());
        self.add("portway_state_refused", "State files ignored at the start", self.state_refused.clone());
        self.add("portway_usage_queue", "Call records waiting to be reported", self.usage_queued.clone());
        self.add("portway_usage_spooled", "Call records waiting on disk", self.usage_spooled.clone());
        self.add("portway_usage_dropped", "Call records lost to a full queue or disk ring", self.usage_dropped.clone());
        self.add("portway_usage_refused", "Call records the control plane would not store", self.usage_refused.clone());
        self.add("portway_limit_decisions", "Requests under a limit, by what came of it", self.limits.clone());
        self.add(
            "portway_calls_in_flight",
            "Calls and streams that have begun and not ended",
            self.calls_in_flight.clone(),
        );
        self.add("portway_calls", "Calls by outcome and reason", self.calls.clone());
        self.add("portway_call_duration_seconds", "Time of a call on the node", self.call_duration_s.clone());
        self.add("portway_upstream_duration_seconds", "Time of a call upstream", self.upstream_duration_s.clone());
    }
}
