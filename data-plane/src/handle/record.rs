//! Phase 8: one call record for every authenticated request to a server of the tenant, whatever became of it. Never
//! arguments, never results. A request for a name that no server has is only counted: no record could say where it went.

mod random;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use http::{Method, request};
use proto::convert::uuid_bytes;
use proto::wire::{CallOutcome, CallRecord, Fault, PrincipalKind as WireKind};
use telemetry::TraceContext;
use tokio::time::Instant;
use uuid::Uuid;

use self::random::Random;
use super::authenticate::Caller;
use super::concurrency::Slot;
use super::decode::Meaning;
use super::trace::{Leg, Trace};
use crate::error::{Failure, Source};
use crate::limits::{CLIENT_NAME_BYTES_MAX, CLIENT_VERSION_BYTES_MAX, RECORDED_RULES_MAX, RECORDED_TARGET_BYTES_MAX};
use crate::mcp::era::META_CLIENT_INFO;
use crate::mcp::message::Message;
use crate::mcp::meta;
use crate::mcp::session::truncated;
use crate::metrics::{Finished, Outcome};
use crate::snapshot::{PrincipalKind, Server};
use crate::upstream::headers::TRACEPARENT;
use crate::{Node, clock};

/// The record in the making. When the last clone goes and nobody said how it ended, the client went away.
#[derive(Clone)]
pub(crate) struct Recorder {
    inner: Arc<Inner>,
    /// Of a part of the call that makes no record of its own.
    aside: Option<Arc<Aside>>,
}

struct Inner {
    node: Arc<Node>,
    started: Instant,
    trace: Trace,
    /// What the call asks of its upstream.
    leg: Leg,
    record: Mutex<CallRecord>,
    /// Its place among the tenant's calls, where those are bounded.
    slot: OnceLock<Slot>,
    done: AtomicBool,
}

/// One of many questions that a call causes.
struct Aside {
    call: Arc<Inner>,
    leg: Leg,
}

impl Recorder {
    pub(super) fn start(node: &Arc<Node>, caller: &Caller, head: &request::Parts) -> Self {
        let now = node.clock.now();
        let Random { id, trace, span, leg } = Random::new();
        let inbound = head.headers.get(TRACEPARENT).and_then(|value| TraceContext::parse(value.to_str().ok()?));
        let trace = Trace::new(node.spans(), trace, span, inbound);
        let kind = match caller.kind {
            PrincipalKind::User => WireKind::User,
            PrincipalKind::ServiceAccount => WireKind::ServiceAccount,
        };
        let record = CallRecord {
            id: uuid_bytes(clock::id_from(now, &id)),
            tenant_id: uuid_bytes(caller.snapshot.tenant_id),
            principal_id: uuid_bytes(caller.principal_id),
            principal_kind: kind.into(),
            client_id: caller.credential.client_id().unwrap_or_default().to_owned(),
            method: http_method(&head.method).to_owned(),
            api_key_id: caller.credential.api_key_id().map(uuid_bytes).unwrap_or_default(),
            started_unix_us: u64::try_from(now.timestamp_micros()).unwrap_or(0),
            node_id: node.config.node_id.clone(),
            ..CallRecord::default()
        };
        node.metrics.calls_in_flight.inc();
        let inner = Inner {
            node: node.clone(),
            started: Instant::now(),
            trace,
            leg: Leg::new(leg),
            record: Mutex::new(record),
            slot: OnceLock::new(),
            done: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner), aside: None }
    }

    /// For one of many messages that the call causes, to a member of a virtual server: its trace is this call's, how it
    /// ends is not.
    pub(super) fn aside(&self, member: Option<Uuid>) -> Self {
        // An id is needed only by who looks at the trace.
        let id = if self.inner.trace.is_recorded() { Random::new().leg } else { [0; 8] };
        let leg = Leg::new(id);
        if let Some(member) = member {
            leg.is_to(member);
        }
        Self { inner: self.inner.clone(), aside: Some(Arc::new(Aside { call: self.inner.clone(), leg })) }
    }

    /// Keeps the place until the call is over.
    pub(super) fn hold(&self, slot: Slot) {
        // A call takes one.
        let _ = self.inner.slot.set(slot);
    }

    /// The member that a virtual server has the call from, and what it calls its target.
    pub(super) fn member(&self, id: Uuid, target: Option<&str>) {
        self.inner.leg.is_to(id);
        let mut record = self.record();
        record.member_id = uuid_bytes(id);
        if let Some(target) = target {
            record.target = truncated(target, RECORDED_TARGET_BYTES_MAX).to_owned();
        }
    }

    /// The server that was named, also if the caller may not see it.
    pub(super) fn server(&self, server: Option<&Arc<Server>>) {
        if let Some(server) = server {
            self.record().server_id = uuid_bytes(server.id);
        }
    }

    /// Limits that the call fell under.
    pub(super) fn rules(&self, ids: impl Iterator<Item = Uuid>) {
        let mut record = self.record();
        for id in ids.map(uuid_bytes) {
            if record.rule_ids.len() < RECORDED_RULES_MAX && !record.rule_ids.contains(&id) {
                record.rule_ids.push(id);
            }
        }
    }

    pub(super) fn message(&self, message: &Message, meaning: &Meaning) {
        let mut record = self.record();
        record.bytes_in = message.body.len() as u64;
        record.method = truncated(message.method().unwrap_or("response"), RECORDED_TARGET_BYTES_MAX).to_owned();
        if let Some(target) = &meaning.target {
            record.target = truncated(target, RECORDED_TARGET_BYTES_MAX).to_owned();
        }
        let traced = message.meta().and_then(|meta| message.text(Some(meta), meta::TRACEPARENT));
        if let Some(parent) = traced.as_deref().and_then(TraceContext::parse) {
            self.inner.trace.continues(parent);
        }
        meaning.version.clone_into(&mut record.client_version_mcp);
        match &meaning.session {
            Some(session) => {
                record.client_name.clone_from(&session.client_name);
                record.client_version.clone_from(&session.client_version);
            }
            None => (record.client_name, record.client_version) = client_info(message),
        }
    }

    pub(super) fn client_protocol(&self, version: &str) {
        version.clone_into(&mut self.record().client_version_mcp);
    }

    /// The upstream was reached, speaking this revision.
    pub(super) fn upstream_protocol(&self, version: &str) {
        version.clone_into(&mut self.record().upstream_version_mcp);
    }

    /// Time spent waiting for the upstream.
    pub(super) fn upstream_took(&self, time: Duration) {
        self.record().upstream_us += micros(time);
        self.leg().answered(self.inner.started.elapsed());
    }

    /// The W3C header for the upstream.
    pub(super) fn traceparent(&self) -> &str {
        self.leg().traceparent(&self.inner.trace, || self.inner.started.elapsed())
    }

    pub(super) fn finished(&self, outcome: CallOutcome, bytes_out: usize) {
        if self.aside.is_some() {
            return;
        }
        let (reason, fault) = match outcome {
            CallOutcome::ToolError => ("tool.error", Fault::Upstream),
            CallOutcome::Error => ("upstream.rpc_error", Fault::Upstream),
            CallOutcome::Cancelled => ("client.cancelled", Fault::Client),
            _ => ("", Fault::Unspecified),
        };
        self.inner.finish(outcome, reason, fault, bytes_out);
    }

    pub(super) fn failed(&self, failure: &Failure) {
        if self.aside.is_some() {
            return;
        }
        let (outcome, fault) = match failure.source() {
            Source::Client => (CallOutcome::Refused, Fault::Client),
            Source::Gateway => (CallOutcome::Refused, Fault::Gateway),
            Source::Upstream => (CallOutcome::Error, Fault::Upstream),
        };
        self.inner.finish(outcome, failure.reason(), fault, 0);
    }

    fn record(&self) -> MutexGuard<'_, CallRecord> {
        self.inner.record()
    }

    fn leg(&self) -> &Leg {
        self.aside.as_ref().map_or(&self.inner.leg, |aside| &aside.leg)
    }
}

impl Inner {
    fn record(&self) -> MutexGuard<'_, CallRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first word counts.
    fn finish(&self, outcome: CallOutcome, reason: &'static str, fault: Fault, bytes_out: usize) {
        if self.done.swap(true, Ordering::AcqRel) {
            return;
        }
        let duration = self.started.elapsed();
        let mut record = std::mem::take(&mut *self.record());
        if record.method.is_empty() {
            POST_WITHOUT_MESSAGE.clone_into(&mut record.method);
        }
        record.outcome = outcome.into();
        reason.clone_into(&mut record.error_reason);
        record.fault = fault.into();
        record.bytes_out = bytes_out as u64;
        record.duration_us = micros(duration);
        record.trace_id = self.trace.context().trace_text();
        let upstream = (record.upstream_us > 0).then(|| Duration::from_micros(record.upstream_us));
        let label = match outcome {
            CallOutcome::Ok | CallOutcome::Unspecified => Outcome::ok,
            CallOutcome::ToolError => Outcome::tool_error,
            CallOutcome::Error => Outcome::error,
            CallOutcome::Refused => Outcome::refused,
            CallOutcome::Cancelled => Outcome::cancelled,
        };
        let trace = self.trace.exemplar(&*self.node.clock);
        self.node.metrics.call(Finished { outcome: label, reason, duration, upstream, trace });
        self.trace.ended(&record, &self.leg);
        if !record.server_id.is_empty() {
            self.node.usage.push(record);
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let record = self.call.record();
        self.call.trace.asked(&record, &self.leg);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.finish(CallOutcome::Cancelled, "client.gone", Fault::Client, 0);
        self.node.metrics.calls_in_flight.dec();
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Name and version of the client, from `initialize` or from the metadata of a modern request.
pub(super) fn client_info(message: &Message) -> (String, String) {
    let in_meta = message.meta().and_then(|meta| message.find(Some(meta), META_CLIENT_INFO));
    let in_params = || message.params().and_then(|params| message.find(Some(params), "clientInfo"));
    let Some((info, _)) = in_meta.or_else(in_params) else { return Default::default() };
    let text =
        |key, max| message.text(Some(info), key).map(|text| truncated(&text, max).to_owned()).unwrap_or_default();
    (text("name", CLIENT_NAME_BYTES_MAX), text("version", CLIENT_VERSION_BYTES_MAX))
}

/// How the record of a POST whose message was not read names what was asked.
const POST_WITHOUT_MESSAGE: &str = "http/post";

/// The same for other requests; the message names what a POST is.
fn http_method(method: &Method) -> &'static str {
    match *method {
        Method::POST => "",
        Method::GET => "http/get",
        Method::HEAD => "http/head",
        Method::DELETE => "http/delete",
        _ => "http/other",
    }
}
