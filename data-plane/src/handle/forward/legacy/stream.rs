//! The stream that a client opens by GET: messages of the upstream's that belong to no call, or the rest of a call's
//! stream (`Last-Event-ID`). One standing stream per session, the newest: a message must never be on two (T7).

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use proto::members::Alias;
use proto::wire::CallOutcome;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::flow::Flow;
use super::super::{Visit, relay};
use super::attached::{Attached, Kind};
use super::dialogue::Dialogue;
use super::{exchange, open, resume};
use crate::error::Failure;
use crate::handle::decode::Listening;
use crate::handle::record::Recorder;
use crate::handle::streams::{Access, Place};
use crate::limits::{KEEP_ALIVE_EVERY, RELAY_FRAMES_MAX};
use crate::mailbox::Letter;
use crate::mcp::correlation::ResumeAt;
use crate::mcp::era;
use crate::mcp::message::MessageKind;
use crate::mcp::sse;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::{Answer, Events, Patience};

/// Standing streams of this node, by session.
#[derive(Default)]
pub(crate) struct Listeners {
    streams: Arc<Mutex<Streams>>,
}

/// By session and server: the members of a virtual server are listened to one by one.
type Streams = HashMap<Uuid, HashMap<Uuid, (Uuid, CancellationToken)>>;

/// The standing stream of a session.
struct Listener {
    streams: Arc<Mutex<Streams>>,
    session: Uuid,
    server: Uuid,
    stream: Uuid,
    over: CancellationToken,
}

impl Listeners {
    /// Ends the stream that the session has, and makes room for a new one.
    fn enter(&self, session: Uuid, server: Uuid) -> Listener {
        let (stream, over) = (Uuid::new_v4(), CancellationToken::new());
        let before = lock(&self.streams).entry(session).or_default().insert(server, (stream, over.clone()));
        if let Some((_, before)) = before {
            before.cancel();
        }
        Listener { streams: Arc::clone(&self.streams), session, server, stream, over }
    }

    /// The session has ended, or listens at another node.
    pub(crate) fn end(&self, session: Uuid) {
        for (_, over) in lock(&self.streams).remove(&session).unwrap_or_default().into_values() {
            over.cancel();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut streams = lock(&self.streams);
        let Some(of_session) = streams.get_mut(&self.session) else { return };
        if of_session.get(&self.server).is_some_and(|(stream, _)| *stream == self.stream) {
            of_session.remove(&self.server);
        }
        if of_session.is_empty() {
            streams.remove(&self.session);
        }
    }
}

fn lock(streams: &Mutex<Streams>) -> MutexGuard<'_, Streams> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `alias` is of the member that is listened to for its virtual server.
pub(in super::super) async fn listen(
    visit: Visit<'_>,
    listening: Listening,
    alias: Option<&Alias>,
) -> Result<Response, Failure> {
    if !relay::takes_events(visit.headers) {
        return Err(Failure::MethodNotAllowed);
    }
    let (node, client) = (visit.node, &listening.session);
    let keys = &visit.caller.snapshot.session_keys;
    let last = visit.headers.get(era::LAST_EVENT_ID).filter(|value| !value.is_empty());
    let last = last.map(|value| {
        let resume = ResumeAt::open(value.to_str().unwrap_or_default(), keys, visit.owner(), client.id);
        resume.ok_or(Failure::EventUnknown)
    });
    let last = match last.transpose()? {
        Some(ResumeAt { opened, event_id, call: Some(call) }) => {
            return resume::call(visit, listening, opened, &event_id, call, alias).await;
        }
        standing => standing,
    };
    let place = node.memory.streams.place(visit.owner())?;
    let listener = node.memory.listeners.enter(client.id, visit.server.id);
    let elsewhere = Letter::Listening { session: client.id };
    node.mailbox.tell_all(keys, visit.caller.snapshot.tenant_id, elsewhere).await;
    let (dialogue, events) = opened(visit, &listening, last).await?;
    visit.recorder.upstream_protocol(client.protocol_version);
    let (frames, received) = mpsc::channel(RELAY_FRAMES_MAX);
    let standing = Standing {
        attached: Attached::new(node, &dialogue, true, Kind::Standing, alias),
        access: visit.access(),
        recorder: visit.recorder.clone(),
        listener,
        _place: place,
        frames,
        sent: 0,
    };
    let staying = node.tasks.staying();
    node.tasks.spawn("standing stream", standing.run(events, staying));
    Ok(relay::event_stream(Body::from_stream(ReceiverStream::new(received))))
}

/// The upstream's stream, in a new upstream session if the old one is lost.
async fn opened(
    visit: Visit<'_>,
    listening: &Listening,
    last: Option<ResumeAt>,
) -> Result<(Arc<Dialogue>, Events), Failure> {
    let (node, server, client) = (visit.node, visit.server, &listening.session);
    let mut held = listening.held.clone().filter(|held| held.url == server.upstream_url);
    for _ in 0..2 {
        let upstream = match held.take() {
            Some(upstream) => upstream,
            None => open::reopened(visit, client).await?,
        };
        // Event ids of an upstream session that is gone are worth nothing: the stream begins anew.
        let last = last.as_ref().filter(|last| last.opened == upstream.opened).map(|last| &last.event_id);
        let dialogue = Arc::new(Dialogue::new(visit.owner(), client.clone(), server.clone(), upstream.clone()));
        match dialogue.get(node, last, Patience::stream()).await {
            Ok(Answer::Events(events)) => return Ok((dialogue, events)),
            Ok(Answer::Refused { status: StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, .. })
                if exchange::is_gone(node, &dialogue, &upstream).await =>
            {
                node.upstream.sessions.forget(visit.session_at(client), &upstream).await;
            }
            // Also an upstream that serves a page to browsers there. Clients take 405 quietly (L4).
            Ok(_) | Err(UpstreamFault::BadResponse(_) | UpstreamFault::Failed { status: 501 }) => {
                return Err(Failure::MethodNotAllowed);
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(UpstreamFault::SessionLost.into())
}

struct Standing {
    attached: Attached,
    access: Access,
    recorder: Recorder,
    listener: Listener,
    _place: Place,
    frames: mpsc::Sender<Result<Bytes, Infallible>>,
    sent: usize,
}

impl Standing {
    async fn run(mut self, mut events: Events, staying: CancellationToken) {
        let ended = {
            let (over, frames) = (self.listener.over.clone(), self.frames.clone());
            let (access, attached) = (&self.access, &mut self.attached);
            let sent = &mut self.sent;
            tokio::select! {
                ended = relayed(attached, &mut events, &frames, sent) => ended,
                failure = access.ends() => Err(failure),
                () = over.cancelled() => Ok(()),
                () = staying.cancelled() => Ok(()),
                () = frames.closed() => Ok(()),
            }
        };
        match ended {
            Ok(()) => self.recorder.finished(CallOutcome::Ok, self.sent),
            Err(failure) => self.recorder.failed(&failure),
        }
    }
}

/// Relays until the upstream ends the stream. What it says as the answer to a call belongs on that call's stream.
async fn relayed(
    attached: &mut Attached,
    events: &mut Events,
    frames: &mpsc::Sender<Result<Bytes, Infallible>>,
    sent: &mut usize,
) -> Result<(), Failure> {
    let mut flow = Flow::new();
    loop {
        let frame = tokio::select! {
            frame = flow.next(events) => frame?,
            () = sleep(KEEP_ALIVE_EVERY) => {
                let _ = frames.send(Ok(sse::KEEP_ALIVE)).await;
                continue;
            }
        };
        let Some(frame) = frame else { return Ok(()) };
        let event = match frame.bytes.is_empty() {
            true => attached.empty_event(&frame),
            false => {
                let message = relay::parse(frame.bytes.clone())?;
                let passed = match message.kind {
                    MessageKind::Request => attached.request(&message),
                    MessageKind::Notification => attached.notification(&message),
                    MessageKind::Response => None,
                };
                passed.map(|json| attached.event(&json, &frame))
            }
        };
        if let Some(event) = event {
            *sent += event.len();
            let _ = frames.send(Ok(frame.reservation.bind(event))).await;
        }
    }
}
