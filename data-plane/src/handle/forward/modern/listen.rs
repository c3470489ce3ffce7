//! `subscriptions/listen`: a stream that stays open until the client leaves, loses its access, or the node stops.
//!
//! When we end it we say so twice, because the specification asks for both in different places: `notifications/cancelled`,
//! then the empty result, then the end of the stream. When the upstream breaks off without a word, so do we: a client
//! may then connect again.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use proto::wire::CallOutcome;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::super::Call;
use super::super::answer::{Final, Question};
use super::super::bundle;
use super::super::relay;
use super::filter::Filter;
use super::terms::{Subscription, Terms};
use crate::Node;
use crate::error::{Failure, json_response};
use crate::handle::record::Recorder;
use crate::handle::streams::{Access, Place};
use crate::limits::{GOODBYE_TIMEOUT, KEEP_ALIVE_EVERY, RELAY_FRAMES_MAX};
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::meta::SUBSCRIPTION_ID;
use crate::mcp::splice::Splice;
use crate::mcp::sse;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::{Answer, Events};

/// A listening client.
pub(super) struct Listener {
    node: Arc<Node>,
    recorder: Recorder,
    question: Question,
    terms: Arc<Terms>,
    subscription: Subscription,
    filter: Filter,
    access: Access,
    _place: Place,
}

type Frames = mpsc::Sender<Result<Bytes, Infallible>>;

enum Step {
    Pass(Bytes),
    Final(Final),
}

/// Why a stream ended.
enum End {
    ClientLeft,
    Answered(Final),
    BrokenOff(UpstreamFault),
    AccessGone(Failure),
    Draining,
}

impl Listener {
    /// Takes a place among the streams of this caller. `terms` are those of the listen request itself.
    pub(super) fn new(call: &Call, filter: Filter, mut terms: Terms, upstream_id: u64) -> Result<Self, Failure> {
        if !relay::takes_events(&call.headers) {
            return Err(Failure::InvalidParams("subscriptions/listen needs Accept: text/event-stream"));
        }
        // A copy: the id must not keep the whole request in memory for as long as the stream lives.
        let client_id = Bytes::copy_from_slice(&call.message.id().unwrap_or_default());
        let subscription = Subscription { upstream_id, client_id: client_id.clone() };
        terms.subscription = Some(subscription.clone());
        let terms = Arc::new(terms);
        let question = Question {
            era: Era::Modern,
            method: terms.method,
            upstream_id,
            client_id,
            progress_token: None,
            terms: Some(terms.clone()),
            alias: call.alias.clone(),
            tools: call.server.tools.clone(),
        };
        Ok(Self {
            _place: call.node.memory.streams.place(call.owner)?,
            node: call.node.clone(),
            recorder: call.recorder.clone(),
            question,
            terms,
            subscription,
            filter,
            access: call.access(),
        })
    }

    pub(super) async fn respond(self, answer: Answer) -> Result<Response, Failure> {
        let mut events = match answer {
            Answer::Events(events) => events,
            Answer::Json(frame) => return self.last(&relay::parse(frame.bytes)?),
            Answer::Refused { status, body } => {
                let body = body.and_then(|frame| relay::parse(frame.bytes).ok());
                return self.last(&body.ok_or(UpstreamFault::Failed { status: status.as_u16() })?);
            }
            Answer::Accepted => {
                return Err(UpstreamFault::BadResponse("it took a request and did not answer it").into());
            }
        };
        let frame = events.next().await?.ok_or(UpstreamFault::Interrupted)?;
        let first = relay::parse(frame.bytes.clone())?;
        if first.kind == MessageKind::Response {
            return self.last(&first);
        }
        let acknowledged = self
            .acknowledged(&first)
            .ok_or(UpstreamFault::BadResponse("it did not begin a subscription with its acknowledgement"))?;
        let (frames, received) = mpsc::channel(RELAY_FRAMES_MAX);
        let first = frame.reservation.bind(sse::event(&acknowledged));
        let node = self.node.clone();
        node.tasks.spawn("listen", self.run(events.endless(), first, frames));
        Ok(relay::event_stream(Body::from_stream(ReceiverStream::new(received))))
    }

    /// An answer in place of a stream.
    fn last(&self, message: &Message) -> Result<Response, Failure> {
        let last = self.question.finish(message)?;
        self.recorder.finished(last.outcome, last.body.len());
        Ok(json_response(last.status, last.body))
    }

    fn acknowledged(&self, message: &Message) -> Option<Bytes> {
        let mut splice = Splice::default();
        let is_it = message.method() == Some("notifications/subscriptions/acknowledged");
        let is_ours = is_it && self.subscription.tag(message, message.params()?, &mut splice);
        self.filter.acknowledge(message, &mut splice);
        is_ours.then(|| splice.apply(&message.body))
    }

    async fn run(self, mut events: Events, first: Bytes, frames: Frames) {
        let mut sent = 0;
        let end = self.pump(&mut events, first, &frames, &mut sent).await;
        // Closing its stream is how the upstream hears that nobody listens any more.
        drop(events);
        let goodbye = match &end {
            End::ClientLeft | End::BrokenOff(_) => Bytes::new(),
            End::Answered(last) => sse::event(&last.body),
            End::AccessGone(failure) => goodbye(&self.subscription.client_id, &failure.to_string()),
            End::Draining => goodbye(&self.subscription.client_id, "this gateway node is stopping; connect again"),
        };
        sent += goodbye.len();
        match end {
            End::ClientLeft | End::Draining => self.recorder.finished(CallOutcome::Ok, sent),
            End::Answered(last) => self.recorder.finished(last.outcome, sent),
            End::BrokenOff(fault) => self.recorder.failed(&fault.into()),
            End::AccessGone(failure) => self.recorder.failed(&failure),
        }
        if !goodbye.is_empty() {
            // A client that does not read misses it.
            let _ = timeout(GOODBYE_TIMEOUT, frames.send(Ok(goodbye))).await;
        }
    }

    async fn pump(&self, events: &mut Events, first: Bytes, frames: &Frames, sent: &mut usize) -> End {
        let staying = self.node.tasks.staying();
        let mut access_ends = pin!(self.access.ends());
        let mut ready = Some(first);
        loop {
            let busy = ready.is_some();
            tokio::select! {
                // A client that reads slowly loses its access no later than others.
                permit = frames.reserve(), if busy => match (permit, ready.take()) {
                    (Ok(permit), Some(bytes)) => {
                        *sent += bytes.len();
                        permit.send(Ok(bytes));
                    }
                    _ => return End::ClientLeft,
                },
                step = self.next(events), if !busy => match step {
                    Ok(Step::Pass(bytes)) => ready = Some(bytes),
                    Ok(Step::Final(last)) => return End::Answered(last),
                    Err(fault) => return End::BrokenOff(fault),
                },
                failure = &mut access_ends => return End::AccessGone(failure),
                () = staying.cancelled() => return End::Draining,
                () = frames.closed() => return End::ClientLeft,
                () = sleep(KEEP_ALIVE_EVERY), if !busy => ready = Some(sse::KEEP_ALIVE),
            }
        }
    }

    /// The next message for the client. Cancel-safe.
    async fn next(&self, events: &mut Events) -> Result<Step, UpstreamFault> {
        while let Some(frame) = events.next().await? {
            let message = relay::parse(frame.bytes.clone())?;
            match message.kind {
                MessageKind::Response => return self.question.finish(&message).map(Step::Final),
                MessageKind::Notification => {
                    if let Some(bytes) = self.notification(&message) {
                        return Ok(Step::Pass(frame.reservation.bind(sse::event(&bytes))));
                    }
                }
                // A modern upstream may not ask; nobody would hear our refusal.
                MessageKind::Request => {}
            }
        }
        Err(UpstreamFault::Interrupted)
    }

    /// A notification as the client gets it; `None` if it did not ask for it.
    fn notification(&self, message: &Message) -> Option<Bytes> {
        let mut splice = Splice::default();
        if !self.filter.wants(message, &mut splice) {
            return None;
        }
        let Some(params) = message.params() else {
            let method = serde_json::to_string(message.method()?).ok()?;
            let id = String::from_utf8_lossy(&self.subscription.client_id);
            let meta = format!("{{\"{SUBSCRIPTION_ID}\":{id}}}");
            let params = format!("{{\"jsonrpc\":\"2.0\",\"method\":{method},\"params\":{{\"_meta\":{meta}}}}}");
            return Some(params.into());
        };
        let is_ours = self.subscription.tag(message, params, &mut splice);
        if let Some(alias) = &self.question.alias {
            bundle::expose(message, alias, &mut splice);
        }
        let is_fit = self.terms.check_requests(message, params).is_ok();
        (is_ours && is_fit).then(|| splice.apply(&message.body))
    }
}

/// The end of a client's subscription that we bring about.
pub(in super::super) fn goodbye(client_id: &Bytes, reason: &str) -> Bytes {
    let id = String::from_utf8_lossy(client_id);
    let (meta, reason) = (format!("{{\"{SUBSCRIPTION_ID}\":{id}}}"), serde_json::Value::from(reason));
    let cancelled = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{{\"requestId\":{id},\"reason\":{reason},\"_meta\":{meta}}}}}"
    );
    let result =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"resultType\":\"complete\",\"_meta\":{meta}}}}}");
    [sse::event(cancelled.as_bytes()), sse::event(result.as_bytes())].concat().into()
}
