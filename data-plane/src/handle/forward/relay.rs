//! An upstream's answer on its way to the client: one JSON message, or a stream of events frame by frame.

use std::convert::Infallible;
use std::pin::pin;
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
use super::flow::Flow;
use super::legacy::{self, Attached};
use crate::Node;
use crate::error::{Asked, Failure, json_response};
use crate::handle::record::Recorder;
use crate::handle::streams::Access;
use crate::limits::{FIRST_FRAME_WAIT, KEEP_ALIVE_EVERY, RELAY_FRAMES_MAX};
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::sse;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::{Answer, Events, Frame};
use crate::upstream::in_flight::Entered;

/// Everything that is needed until the last byte is sent.
pub(super) struct Relay {
    pub(super) node: Arc<Node>,
    pub(super) recorder: Recorder,
    pub(super) asked: Option<Asked>,
    pub(super) question: Question,
    pub(super) takes_events: bool,
    /// A stream ends with its caller's right to it.
    pub(super) access: Access,
    /// A legacy client and its upstream session.
    pub(super) attached: Option<Attached>,
    /// Entry in the table of cancellable calls.
    pub(super) entered: Option<Entered>,
    pub(super) sent: Instant,
}

enum Step {
    Pass(Bytes),
    Final(Final),
    /// The upstream ended the stream before it answered, and the client comes back for the rest (SEP-1699).
    Paused,
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
    pub(super) async fn respond(mut self, answer: Answer) -> Result<Response, Failure> {
        match answer {
            Answer::Json(frame) => match self.finish(frame) {
                Ok(last) => Ok(self.last(last).await),
                Err(fault) => Err(fault.into()),
            },
            Answer::Events(events) => Box::pin(self.events(events)).await,
            Answer::Accepted => Err(UpstreamFault::BadResponse("it took a request and did not answer it").into()),
            Answer::Refused { status, body } => match body.map(|frame| self.finish(frame)) {
                Some(Ok(last)) => Ok(self.last(last).await),
                _ => Err(UpstreamFault::Failed { status: status.as_u16() }.into()),
            },
        }
    }

    async fn last(&mut self, last: Final) -> Response {
        self.done(last.outcome, last.body.len()).await;
        json_response(last.status, last.body)
    }

    async fn done(&mut self, outcome: CallOutcome, bytes_out: usize) {
        self.recorder.upstream_took(self.sent.elapsed());
        if let Some(attached) = &mut self.attached {
            attached.over(outcome == CallOutcome::Ok).await;
        }
        self.recorder.finished(outcome, bytes_out);
    }

    fn finish(&self, frame: Frame) -> Result<Final, UpstreamFault> {
        let last = self.question.finish(&parse(frame.bytes)?)?;
        Ok(Final { body: frame.reservation.bind(last.body), ..last })
    }

    async fn events(mut self, mut events: Events) -> Result<Response, Failure> {
        let mut flow = Flow::new();
        // Most streams hold nothing but the answer: that one is sent as plain JSON, without a stream of our own.
        let first = match timeout(FIRST_FRAME_WAIT, self.next(&mut flow, &mut events)).await {
            Ok(step) => Some(step?),
            Err(_) => None,
        };
        let first = match first {
            Some(Step::Final(last)) => return Ok(self.last(last).await),
            Some(Step::Pass(bytes)) => Some(bytes),
            Some(Step::Paused) | None => None,
        };
        if !self.takes_events {
            loop {
                if let Step::Final(last) = self.next(&mut flow, &mut events).await? {
                    return Ok(self.last(last).await);
                }
            }
        }
        Ok(self.stream_on(flow, events, first))
    }

    /// A stream to the client from its first byte.
    pub(super) fn stream(self, events: Events) -> Response {
        self.stream_on(Flow::new(), events, None)
    }

    fn stream_on(self, flow: Flow, events: Events, first: Option<Bytes>) -> Response {
        let (frames, received) = mpsc::channel(RELAY_FRAMES_MAX);
        let node = self.node.clone();
        node.tasks.spawn("relay", self.pump(flow, events, first, frames));
        event_stream(Body::from_stream(ReceiverStream::new(received)))
    }

    /// The next message for the client. Cancel-safe.
    async fn next(&mut self, flow: &mut Flow, events: &mut Events) -> Result<Step, UpstreamFault> {
        loop {
            match (self.read(flow, events).await, &mut self.attached) {
                (Err(UpstreamFault::Interrupted), Some(attached)) if attached.client_resumes() => {
                    return Ok(Step::Paused);
                }
                (Err(UpstreamFault::Interrupted), Some(attached)) => *events = attached.resumed().await?,
                (step, _) => return step,
            }
        }
    }

    /// The next message of this stream.
    async fn read(&mut self, flow: &mut Flow, events: &mut Events) -> Result<Step, UpstreamFault> {
        while let Some(frame) = flow.next(events).await? {
            if let Some(attached) = &mut self.attached {
                attached.read(&frame);
            }
            if frame.bytes.is_empty() {
                match self.attached.as_mut().and_then(|attached| attached.empty_event(&frame)) {
                    Some(event) => return Ok(Step::Pass(event)),
                    None => continue,
                }
            }
            let message = parse(frame.bytes.clone())?;
            let passed = match message.kind {
                MessageKind::Response => return self.finish(frame).map(Step::Final),
                MessageKind::Request => self.attached.as_mut().and_then(|attached| attached.request(&message)),
                MessageKind::Notification => match &self.attached {
                    Some(attached) if message.method() == Some("notifications/cancelled") => {
                        attached.withdrawn(&message)
                    }
                    _ => self.question.notification(&message),
                },
            };
            if let Some(json) = passed {
                let event = match &mut self.attached {
                    Some(attached) => attached.event(&json, &frame),
                    None => sse::event(&json),
                };
                return Ok(Step::Pass(frame.reservation.bind(event)));
            }
        }
        Err(UpstreamFault::Interrupted)
    }

    async fn pump(
        mut self,
        mut flow: Flow,
        mut events: Events,
        first: Option<Bytes>,
        frames: mpsc::Sender<Result<Bytes, Infallible>>,
    ) {
        let cancelled = self.entered.as_ref().map(Entered::cancelled).unwrap_or_default();
        let closing = self.node.tasks.closing();
        let access = self.access.clone();
        let mut access_ends = pin!(access.ends_by_decision());
        let mut sent = 0;
        let mut client_is_here = true;
        let mut ready = first;
        loop {
            if let Some(bytes) = ready.take() {
                sent += bytes.len();
                client_is_here &= frames.send(Ok(bytes)).await.is_ok();
            }
            if !client_is_here && self.ends_with_the_client() {
                return self.left(sent).await;
            }
            tokio::select! {
                step = self.next(&mut flow, &mut events) => match step {
                    Ok(Step::Pass(bytes)) => ready = Some(bytes),
                    Ok(Step::Final(last)) => {
                        let event = sse::event(&last.body);
                        self.done(last.outcome, sent + event.len()).await;
                        let _ = frames.send(Ok(event)).await;
                        return;
                    }
                    // How the call ends is recorded where it is resumed.
                    Ok(Step::Paused) => return self.recorder.finished(CallOutcome::Ok, sent),
                    Err(fault) => return self.fail(&Failure::Upstream(fault), &frames).await,
                },
                failure = &mut access_ends => {
                    if let Some(entered) = &self.entered {
                        legacy::stopped(&self.node, entered.running());
                    }
                    return self.fail(&failure, &frames).await;
                }
                () = closing.cancelled() => return self.fail(&Failure::Stopping, &frames).await,
                () = cancelled.cancelled() => return self.done(CallOutcome::Cancelled, sent).await,
                () = frames.closed(), if client_is_here => client_is_here = false,
                () = sleep(KEEP_ALIVE_EVERY), if client_is_here => ready = Some(sse::KEEP_ALIVE),
            }
        }
    }

    /// A modern client cancels by closing the stream. A legacy one that went away has not cancelled (L7): its call goes
    /// on without it, unless it may come back and resume; then the upstream, too, sees a stream that was left, and
    /// keeps the rest of it.
    fn ends_with_the_client(&self) -> bool {
        self.attached.as_ref().is_none_or(Attached::client_may_resume)
    }

    async fn left(&mut self, sent: usize) {
        match self.question.era {
            Era::Modern => self.done(CallOutcome::Cancelled, sent).await,
            // What it was asked it may still answer. Its record says that the client went away.
            Era::Legacy => self.recorder.upstream_took(self.sent.elapsed()),
        }
    }

    async fn fail(&mut self, failure: &Failure, frames: &mpsc::Sender<Result<Bytes, Infallible>>) {
        self.recorder.upstream_took(self.sent.elapsed());
        if let Some(attached) = &mut self.attached {
            attached.over(false).await;
        }
        self.recorder.failed(failure);
        let _ = frames.send(Ok(sse::event(&failure.message(self.asked.as_ref())))).await;
    }
}

pub(super) fn parse(bytes: Bytes) -> Result<Message, UpstreamFault> {
    Message::from_upstream(bytes).map_err(|_| UpstreamFault::BadResponse("malformed JSON-RPC"))
}

/// A stream of this one message.
pub(super) fn last_event(json: &[u8]) -> Response {
    event_stream(Body::from(sse::event(json)))
}

pub(super) fn event_stream(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
