//! An upstream's answer on its way to the client: one JSON message, or a stream of events frame by frame.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use proto::wire::CallOutcome;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::answer::{Final, Question};
use crate::Node;
use crate::error::{Asked, Failure, json_response};
use crate::handle::record::Recorder;
use crate::limits::{FIRST_FRAME_WAIT, KEEP_ALIVE_EVERY, RELAY_FRAMES_MAX, UPSTREAM_COURTESY_TIMEOUT};
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::sse;
use crate::snapshot::Server;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::{Answer, Events, Frame, Patience};
use crate::upstream::in_flight::Entered;

/// Everything that is needed until the last byte is sent.
pub(super) struct Relay {
    pub(super) node: Arc<Node>,
    pub(super) recorder: Recorder,
    pub(super) asked: Option<Asked>,
    pub(super) question: Question,
    pub(super) takes_events: bool,
    /// Where and how to answer what a legacy upstream asks.
    pub(super) upstream: Option<(Arc<Server>, HeaderMap)>,
    /// Entry in the table of cancellable calls.
    pub(super) entered: Option<Entered>,
    pub(super) sent: Instant,
}

enum Step {
    Pass(Bytes),
    Final(Final),
}

/// Whether a client takes event streams; clients that say nothing do (T6).
pub(super) fn takes_events(headers: &HeaderMap) -> bool {
    let mut accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    let takes = |value: &str| ["text/event-stream", "text/*", "*/*"].iter().any(|mime| value.contains(mime));
    accept.peek().is_none() || accept.any(takes)
}

/// The answer to a call that its client cancelled: nobody waits for it.
pub(super) fn cancelled(recorder: &Recorder) -> Response {
    recorder.finished(CallOutcome::Cancelled, 0);
    event_stream(Body::empty())
}

impl Relay {
    pub(super) async fn respond(self, answer: Answer) -> Result<Response, Failure> {
        match answer {
            Answer::Json(frame) => self.last(self.finish(frame)?),
            Answer::Events(events) => self.events(events).await,
            Answer::Accepted => Err(UpstreamFault::BadResponse("it took a request and did not answer it").into()),
            Answer::Refused { status, body } => match body.map(|frame| self.finish(frame)) {
                Some(Ok(last)) => self.last(last),
                _ => Err(UpstreamFault::Failed { status: status.as_u16() }.into()),
            },
        }
    }

    fn last(&self, last: Final) -> Result<Response, Failure> {
        self.done(last.outcome, last.body.len());
        Ok(json_response(last.status, last.body))
    }

    fn done(&self, outcome: CallOutcome, bytes_out: usize) {
        self.recorder.upstream_took(self.sent.elapsed());
        self.recorder.finished(outcome, bytes_out);
    }

    fn finish(&self, frame: Frame) -> Result<Final, UpstreamFault> {
        let last = self.question.finish(&parse(frame.bytes)?)?;
        Ok(Final { body: frame.reservation.bind(last.body), ..last })
    }

    async fn events(self, mut events: Events) -> Result<Response, Failure> {
        // Most streams hold nothing but the answer: that one is sent as plain JSON, without a stream of our own.
        let first = match timeout(FIRST_FRAME_WAIT, self.next(&mut events)).await {
            Ok(step) => Some(step?),
            Err(_) => None,
        };
        let first = match first {
            Some(Step::Final(last)) => return self.last(last),
            Some(Step::Pass(bytes)) => Some(bytes),
            None => None,
        };
        if !self.takes_events {
            loop {
                if let Step::Final(last) = self.next(&mut events).await? {
                    return self.last(last);
                }
            }
        }
        let (frames, received) = mpsc::channel(RELAY_FRAMES_MAX);
        let node = self.node.clone();
        node.tasks.spawn("relay", self.pump(events, first, frames));
        Ok(event_stream(Body::from_stream(ReceiverStream::new(received))))
    }

    /// The next message for the client. Cancel-safe.
    async fn next(&self, events: &mut Events) -> Result<Step, UpstreamFault> {
        while let Some(frame) = events.next().await? {
            let message = parse(frame.bytes.clone())?;
            match message.kind {
                MessageKind::Response => return self.finish(frame).map(Step::Final),
                MessageKind::Notification => {
                    if let Some(bytes) = self.question.notification(&message) {
                        return Ok(Step::Pass(frame.reservation.bind(sse::event(&bytes))));
                    }
                }
                MessageKind::Request => self.refuse_request(&message),
            }
        }
        Err(UpstreamFault::Interrupted)
    }

    async fn pump(self, mut events: Events, first: Option<Bytes>, frames: mpsc::Sender<Result<Bytes, Infallible>>) {
        let cancelled = self.entered.as_ref().map(Entered::cancelled).unwrap_or_default();
        let closing = self.node.tasks.closing();
        let mut sent = 0;
        let mut client_is_here = true;
        let mut ready = first;
        loop {
            if let Some(bytes) = ready.take() {
                sent += bytes.len();
                client_is_here &= frames.send(Ok(bytes)).await.is_ok();
            }
            // A modern client cancels by closing the stream; a legacy one that went away has not cancelled (L7).
            if !client_is_here && self.question.era == Era::Modern {
                return self.done(CallOutcome::Cancelled, sent);
            }
            tokio::select! {
                step = self.next(&mut events) => match step {
                    Ok(Step::Pass(bytes)) => ready = Some(bytes),
                    Ok(Step::Final(last)) => {
                        let event = sse::event(&last.body);
                        self.done(last.outcome, sent + event.len());
                        let _ = frames.send(Ok(event)).await;
                        return;
                    }
                    Err(fault) => return self.fail(&Failure::Upstream(fault), &frames).await,
                },
                () = closing.cancelled() => return self.fail(&Failure::Stopping, &frames).await,
                () = cancelled.cancelled() => return self.done(CallOutcome::Cancelled, sent),
                () = frames.closed(), if client_is_here => client_is_here = false,
                () = sleep(KEEP_ALIVE_EVERY), if client_is_here => ready = Some(sse::KEEP_ALIVE),
            }
        }
    }

    async fn fail(&self, failure: &Failure, frames: &mpsc::Sender<Result<Bytes, Infallible>>) {
        self.recorder.upstream_took(self.sent.elapsed());
        self.recorder.failed(failure);
        let _ = frames.send(Ok(sse::event(&failure.message(self.asked.as_ref())))).await;
    }

    /// Answers a request of the upstream's. It was told of no client capability, so only `ping` has a good answer; a
    /// modern upstream may not ask at all.
    fn refuse_request(&self, message: &Message) {
        let (Some((server, headers)), Some(id)) = (self.upstream.clone(), message.id()) else { return };
        let answer: &[u8] = match message.method() {
            Some("ping") => b",\"result\":{}}",
            _ => b",\"error\":{\"code\":-32601,\"message\":\"the client does not offer this\"}}",
        };
        let body = Bytes::from([b"{\"jsonrpc\":\"2.0\",\"id\":", &id[..], answer].concat());
        let node = self.node.clone();
        self.node.tasks.spawn("answer upstream", async move {
            // Best effort: an upstream that does not listen waits in vain, as it would have anyway.
            let _ =
                node.upstream.post(server.destination(), headers, body, Patience::new(UPSTREAM_COURTESY_TIMEOUT)).await;
        });
    }
}

pub(super) fn parse(bytes: Bytes) -> Result<Message, UpstreamFault> {
    Message::from_upstream(bytes).map_err(|_| UpstreamFault::BadResponse("malformed JSON-RPC"))
}

pub(super) fn event_stream(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
