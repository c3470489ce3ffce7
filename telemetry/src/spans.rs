//! Spans, built when what they tell of has ended, and sent in batches by a thread of their own.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};

use crate::context::TraceContext;

/// Spans that wait to be sent; what comes then is dropped.
const QUEUE_SPANS_MAX: usize = 8_192;
const BATCH_SPANS_MAX: usize = 512;
/// How long a span waits for others.
const BATCH_DELAY: Duration = Duration::from_secs(1);

/// What has ended.
#[derive(Debug)]
pub struct Span {
    pub context: TraceContext,
    /// Its parent, and whether that is another process's.
    pub parent: Option<([u8; 8], bool)>,
    pub kind: SpanKind,
    /// Few different ones: names of methods and tools, never what they are called with.
    pub name: Cow<'static, str>,
    pub started: SystemTime,
    pub took: Duration,
    pub attributes: Vec<KeyValue>,
    /// Why it failed: a stable code.
    pub error: Option<Cow<'static, str>>,
}

/// Where ended spans go. Never waits. Cheap to clone.
#[derive(Clone)]
pub struct Spans {
    inner: Arc<Inner>,
}

struct Inner {
    processor: BatchSpanProcessor,
    /// Of the number in the last eight bytes of a trace id: below it a trace that begins here is recorded.
    sampled_below: u64,
    scope: InstrumentationScope,
}

impl Spans {
    pub(crate) fn new(exporter: SpanExporter, resource: &Resource, sample_ratio: f64) -> Self {
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_SPANS_MAX)
            .with_max_export_batch_size(BATCH_SPANS_MAX)
            .with_scheduled_delay(BATCH_DELAY)
            .build();
        let mut processor = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
        processor.set_resource(resource);
        let sampled_below = sampled_below(sample_ratio);
        let scope = InstrumentationScope::builder("portway").with_version(env!("CARGO_PKG_VERSION")).build();
        Self { inner: Arc::new(Inner { processor, sampled_below, scope }) }
    }

    /// Whether a trace that begins here is recorded. The same for everybody who asks about that trace.
    pub fn samples(&self, trace_id: &[u8; 16]) -> bool {
        let number = trace_id.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        self.inner.sampled_below == u64::MAX || number < self.inner.sampled_below
    }

    /// Leaves a span to be sent; one that is not sampled goes nowhere.
    pub fn ended(&self, span: Span) {
        let flags = if span.context.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        let trace_id = TraceId::from_bytes(span.context.trace_id);
        let span_id = SpanId::from_bytes(span.context.span_id);
        self.inner.processor.on_end(SpanData {
            span_context: SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE),
            parent_span_id: span.parent.map_or(SpanId::INVALID, |(id, _)| SpanId::from_bytes(id)),
            parent_span_is_remote: span.parent.is_some_and(|(_, is_remote)| is_remote),
            span_kind: span.kind,
            name: span.name,
            start_time: span.started,
            end_time: span.started + span.took,
            attributes: span.attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: span.error.map_or(Status::Unset, |description| Status::Error { description }),
            instrumentation_scope: self.inner.scope.clone(),
        });
    }

    /// Sends what waits. Blocks.
    pub(crate) fn close(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.processor.shutdown_with_timeout(timeout)
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spans(..)")
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of u64, 0 to 1 of it")]
fn sampled_below(ratio: f64) -> u64 {
    if ratio >= 1.0 { u64::MAX } else { (ratio.max(0.0) * u64::MAX as f64) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        assert_eq!(sampled_below(0.0), 0);
        assert_eq!(sampled_below(1.0), u64::MAX);
        assert!((sampled_below(0.25) as f64 / u64::MAX as f64 - 0.25).abs() < 1e-9);
    }
}
