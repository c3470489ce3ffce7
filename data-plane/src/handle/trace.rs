//! A node's part in the trace of a call: one span of the call, and one of each question to an upstream. Built when the
//! call has ended, from its record; where nobody records the trace, nothing is built, and the upstream sees the client
//! as its caller, as if no gateway were between them.
//!
//! Names follow the semantic conventions for MCP. Never arguments, never results.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::wire::{CallOutcome, CallRecord, Fault};
use telemetry::{Attribute, Span, SpanKind, Spans, TraceContext, TraceLabels};
use uuid::Uuid;

use crate::clock::Clock;

/// The trace of one call.
pub(super) struct Trace {
    /// None: no receiver is named.
    spans: Option<Spans>,
    /// Where no other begins: this call's own.
    own: TraceContext,
    /// What the client said it belongs to.
    parent: OnceLock<TraceContext>,
}

/// What is asked of one upstream, be it in several requests.
pub(super) struct Leg {
    id: [u8; 8],
    member: OnceLock<Uuid>,
    /// The header that goes along, and when it was made, since the call began.
    sent: OnceLock<(String, Duration)>,
    /// When the upstream was heard last, microseconds since the call began.
    answered_us: AtomicU64,
}

impl Trace {
    pub(super) fn new(
        spans: Option<&Spans>,
        trace_id: [u8; 16],
        span_id: [u8; 8],
        parent: Option<TraceContext>,
    ) -> Self {
        let is_sampled = spans.is_some_and(|spans| spans.samples(&trace_id));
        let own = TraceContext { trace_id, span_id, is_sampled };
        Self { spans: spans.cloned(), own, parent: parent.map(OnceLock::from).unwrap_or_default() }
    }

    /// The message names what it belongs to; what came in a header counts more.
    pub(super) fn continues(&self, parent: TraceContext) {
        let _ = self.parent.set(parent);
    }

    /// This node's span.
    pub(super) fn context(&self) -> TraceContext {
        self.parent.get().map_or(self.own, |parent| TraceContext { span_id: self.own.span_id, ..*parent })
    }

    /// Whether somebody gets to see this node's part.
    pub(super) fn is_recorded(&self) -> bool {
        self.spans.is_some() && self.context().is_sampled
    }

    /// What a metric says of the trace, and since when.
    pub(super) fn exemplar(&self, clock: &dyn Clock) -> Option<(TraceLabels, SystemTime)> {
        let labels = self.is_recorded().then(|| TraceLabels::of(&self.context())).flatten()?;
        Some((labels, clock.now().into()))
    }

    /// The call is over.
    pub(super) fn ended(&self, record: &CallRecord, leg: &Leg) {
        let Some(spans) = self.recorder() else { return };
        self.asked(record, leg);
        let fault = record.fault();
        let is_failure = !record.error_reason.is_empty() && fault != Fault::Client;
        let mut attributes = about(record);
        attributes.extend([
            Attribute::new("portway.call.id", uuid_text(&record.id)),
            Attribute::new("portway.tenant.id", uuid_text(&record.tenant_id)),
            Attribute::new("user.id", uuid_text(&record.principal_id)),
            Attribute::new("portway.outcome", outcome(record.outcome())),
        ]);
        let optional = [
            ("portway.client.name", record.client_name.clone()),
            ("portway.client.version", record.client_version.clone()),
            ("mcp.protocol.version", record.client_version_mcp.clone()),
            ("portway.server.id", uuid_text(&record.server_id)),
            ("portway.member.id", uuid_text(&record.member_id)),
            ("error.type", record.error_reason.clone()),
        ];
        attributes.extend(said(optional));
        spans.ended(Span {
            context: self.context(),
            parent: self.parent.get().map(|parent| (parent.span_id, true)),
            kind: SpanKind::Server,
            name: name(record),
            started: began(record),
            took: Duration::from_micros(record.duration_us),
            attributes,
            error: is_failure.then(|| record.error_reason.clone().into()),
        });
    }

    /// An upstream was asked, if it was. `record` is the call's, as far as it is known.
    pub(super) fn asked(&self, record: &CallRecord, leg: &Leg) {
        let Some((spans, (_, sent))) = self.recorder().zip(leg.sent.get()) else { return };
        let answered = Duration::from_micros(leg.answered_us.load(Ordering::Relaxed));
        let mut attributes = about(record);
        let member = leg.member.get().map(Uuid::to_string).unwrap_or_default();
        let optional = [
            ("mcp.protocol.version", record.upstream_version_mcp.clone()),
            ("portway.server.id", uuid_text(&record.server_id)),
            ("portway.member.id", member),
        ];
        attributes.extend(said(optional));
        let failed = record.fault() == Fault::Upstream && !record.error_reason.is_empty();
        if failed {
            attributes.push(Attribute::new("error.type", record.error_reason.clone()));
        }
        spans.ended(Span {
            context: TraceContext { span_id: leg.id, ..self.context() },
            parent: Some((self.own.span_id, false)),
            kind: SpanKind::Client,
            name: name(record),
            started: began(record) + *sent,
            took: answered.saturating_sub(*sent),
            attributes,
            error: failed.then(|| record.error_reason.clone().into()),
        });
    }

    fn recorder(&self) -> Option<&Spans> {
        self.spans.as_ref().filter(|_| self.context().is_sampled)
    }
}

impl Leg {
    pub(super) fn new(id: [u8; 8]) -> Self {
        Self { id, member: OnceLock::new(), sent: OnceLock::new(), answered_us: AtomicU64::new(0) }
    }

    pub(super) fn is_to(&self, member: Uuid) {
        let _ = self.member.set(member);
    }

    /// The W3C header for the upstream; asked for when the first request is made.
    pub(super) fn traceparent(&self, trace: &Trace, elapsed: impl Fn() -> Duration) -> &str {
        let (header, _) = self.sent.get_or_init(|| {
            let seen = match trace.parent.get() {
                // Nobody would find a parent that is not recorded.
                Some(parent) if !trace.is_recorded() => *parent,
                _ => TraceContext { span_id: self.id, ..trace.context() },
            };
            (seen.to_string(), elapsed())
        });
        header
    }

    pub(super) fn answered(&self, elapsed: Duration) {
        self.answered_us.store(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// `tools/call search`: what is asked, and of what.
fn name(record: &CallRecord) -> Cow<'static, str> {
    let target = Some(record.target.as_str()).filter(|target| !target.is_empty() && record.method != "resources/read");
    target.map_or_else(|| record.method.clone(), |target| format!("{} {target}", record.method)).into()
}

fn about(record: &CallRecord) -> Vec<Attribute> {
    let mut attributes = Vec::with_capacity(12);
    attributes.push(Attribute::new("mcp.method.name", record.method.clone()));
    let target = match record.method.as_str() {
        "tools/call" => Some("gen_ai.tool.name"),
        "prompts/get" => Some("gen_ai.prompt.name"),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => Some("mcp.resource.uri"),
        _ => None,
    };
    attributes.extend(target.map(|key| Attribute::new(key, record.target.clone())));
    attributes
}

fn said<const N: usize>(pairs: [(&'static str, String); N]) -> impl Iterator<Item = Attribute> {
    pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| Attribute::new(key, value))
}

fn outcome(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Ok | CallOutcome::Unspecified => "ok",
        CallOutcome::ToolError => "tool_error",
        CallOutcome::Error => "error",
        CallOutcome::Refused => "refused",
        CallOutcome::Cancelled => "cancelled",
    }
}

fn began(record: &CallRecord) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(record.started_unix_us)
}

/// Empty where there is none.
fn uuid_text(bytes: &[u8]) -> String {
    Uuid::from_slice(bytes).map(|id| id.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn who_the_upstream_sees() {
        let parent = TraceContext::parse(PARENT);
        let elapsed = || Duration::ZERO;
        let alone = Trace::new(None, [1; 16], [2; 8], None);
        let leg = Leg::new([3; 8]);
        let header = format!("00-{}-{}-00", "01".repeat(16), "03".repeat(8));
        assert_eq!(leg.traceparent(&alone, elapsed), header, "a trace that nobody records");
        let passed = Trace::new(None, [1; 16], [2; 8], parent);
        assert_eq!(Leg::new([3; 8]).traceparent(&passed, elapsed), PARENT, "the client is the parent");
        let named = Trace::new(None, [1; 16], [2; 8], None);
        named.continues(parent.unwrap());
        assert_eq!(Leg::new([3; 8]).traceparent(&named, elapsed), PARENT, "named by the message");
        let both = Trace::new(None, [1; 16], [2; 8], parent);
        both.continues(TraceContext { trace_id: [9; 16], ..parent.unwrap() });
        assert_eq!(both.context().trace_id, parent.unwrap().trace_id, "the header counts more");
    }

    #[test]
    fn names() {
        fn check(method: &str, target: &str, expected: &str) {
            let record = CallRecord { method: method.to_owned(), target: target.to_owned(), ..CallRecord::default() };
            assert_eq!(name(&record), expected);
        }
        check("tools/call", "search", "tools/call search");
        check("tools/list", "", "tools/list");
        check("resources/read", "file:///etc/x", "resources/read");
    }
}
