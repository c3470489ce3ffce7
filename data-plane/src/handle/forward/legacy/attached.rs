//! One stream of an upstream's as its client sees it: requests are shown, event ids are wrapped, and a stream that
//! ended before its call was answered is resumed, by the client if it can, else from here (SEP-1699).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proto::members::Alias;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::super::answer::Question;
use super::super::bundle;
use super::dialogue::Dialogue;
use super::progress::ActiveToken;
use crate::Node;
use crate::limits::{CALL_TOTAL_TIMEOUT, JSON_RPC_ID_BYTES_MAX, RESUME_ATTEMPTS_MAX, RESUME_PAUSE, RESUME_PAUSE_MAX};
use crate::mcp::correlation::ResumedCall;
use crate::mcp::message::Message;
use crate::mcp::method::Method;
use crate::mcp::reserved;
use crate::mcp::splice::Splice;
use crate::mcp::sse;
use crate::mcp::version::FIRST_WITH_POLLING;
use crate::session_store::Wish;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::{Answer, Events, Frame};

/// What a stream is for.
pub(in super::super) enum Kind {
    /// Messages that belong to no call.
    Standing,
    Call(ResumedCall),
    /// A call with too much to carry along: its stream cannot be resumed by the client.
    Fleeting,
}

pub(in super::super) struct Attached {
    node: Arc<Node>,
    dialogue: Arc<Dialogue>,
    kind: Kind,
    takes_events: bool,
    /// Requests shown on this stream.
    tickets: Vec<Uuid>,
    /// The upstream's last event id.
    last: Option<Bytes>,
    /// The client holds an event id, so it can resume at any node.
    can_resume: bool,
    pause: Duration,
    resume_at: Option<Instant>,
    attempts: u32,
    began: Instant,
    /// Of the member whose stream it is.
    alias: Option<Alias>,
    _token: Option<ActiveToken>,
    wish: Option<Wish>,
}

impl Attached {
    pub(super) fn new(
        node: &Arc<Node>,
        dialogue: &Arc<Dialogue>,
        takes_events: bool,
        kind: Kind,
        alias: Option<&Alias>,
    ) -> Self {
        Self {
            _token: None,
            node: node.clone(),
            dialogue: dialogue.clone(),
            kind,
            takes_events,
            tickets: Vec::new(),
            last: None,
            can_resume: false,
            pause: RESUME_PAUSE,
            resume_at: None,
            attempts: 0,
            began: Instant::now(),
            alias: alias.cloned(),
            wish: None,
        }
    }

    /// The stream of a call that reports progress under `token`, and may ask for something that lasts.
    pub(super) fn of_call(self, token: Option<ActiveToken>, wish: Option<Wish>) -> Self {
        Self { _token: token, wish, ..self }
    }

    /// Notes where the stream stands.
    pub(in super::super) fn read(&mut self, frame: &Frame) {
        if let Some(id) = &frame.event_id {
            self.last = Some(id.clone());
        }
        if let Some(retry_ms) = frame.retry_ms {
            self.pause = Duration::from_millis(retry_ms).min(RESUME_PAUSE_MAX);
        }
        self.attempts = 0;
    }

    /// An upstream's request as the client gets it, if it is for the client.
    pub(in super::super) fn request(&mut self, message: &Message) -> Option<Bytes> {
        if !self.takes_events {
            self.dialogue.refuse(&self.node, message);
            return None;
        }
        let shown = self.dialogue.show(&self.node, message)?;
        self.tickets.push(shown.ticket);
        Some(shown.body)
    }

    /// A notification on a stream of no call.
    pub(super) fn notification(&self, message: &Message) -> Option<Bytes> {
        match message.method()? {
            "notifications/cancelled" => self.withdrawn(message),
            "notifications/progress" => self.node.memory.progress_tokens.restored(self.dialogue.client().id, message),
            _ => {
                let mut splice = Splice::default();
                reserved::strip(message, &mut splice);
                if let Some(alias) = &self.alias {
                    bundle::expose(message, alias, &mut splice);
                }
                Some(splice.apply(&message.body))
            }
        }
    }

    /// The upstream no longer wants an answer.
    pub(in super::super) fn withdrawn(&self, message: &Message) -> Option<Bytes> {
        self.dialogue.withdrawn(&self.node, message)
    }

    /// An event with this message, at which the client can resume if the upstream said so.
    pub(in super::super) fn event(&mut self, json: &[u8], frame: &Frame) -> Bytes {
        let id = match &self.kind {
            _ if !self.takes_events => None,
            Kind::Standing => self.dialogue.event_id(&self.node, frame.event_id.as_ref(), None),
            Kind::Call(call) => self.dialogue.event_id(&self.node, frame.event_id.as_ref(), Some(call.clone())),
            Kind::Fleeting => None,
        };
        self.can_resume |= id.is_some();
        sse::event_with(json, id.as_deref(), frame.retry_ms)
    }

    /// An event without a message. Clients of older revisions stumble over those.
    pub(in super::super) fn empty_event(&mut self, frame: &Frame) -> Option<Bytes> {
        (self.takes_events && self.client_polls()).then(|| self.event(b"", frame))
    }

    fn client_polls(&self) -> bool {
        self.dialogue.client().protocol_version >= FIRST_WITH_POLLING
    }

    /// The client will come back for the rest of the stream.
    pub(in super::super) fn client_resumes(&self) -> bool {
        self.can_resume && self.client_polls()
    }

    /// A client that holds an event id may come back, also one of an older revision.
    pub(in super::super) fn client_may_resume(&self) -> bool {
        self.can_resume
    }

    /// The rest of a stream that ended too early, read on from here. Cancel-safe.
    pub(in super::super) async fn resumed(&mut self) -> Result<Events, UpstreamFault> {
        let Some(last) = self.last.clone() else { return Err(UpstreamFault::Interrupted) };
        while self.attempts < RESUME_ATTEMPTS_MAX && self.began.elapsed() < CALL_TOTAL_TIMEOUT {
            sleep_until(*self.resume_at.get_or_insert_with(|| Instant::now() + self.pause)).await;
            let answer = self.dialogue.resume(&self.node, &last).await;
            (self.resume_at, self.attempts) = (None, self.attempts + 1);
            match answer {
                Ok(Answer::Events(events)) => return Ok(events),
                Err(UpstreamFault::Unreachable) => {}
                // Nothing else is the rest of it; what became of the call is unknown.
                _ => break,
            }
        }
        Err(UpstreamFault::Interrupted)
    }

    /// The call is over: nobody waits for what was asked during it, and what was granted is remembered.
    pub(in super::super) async fn over(&mut self, granted: bool) {
        self.node.memory.parked.forget(self.dialogue.client().id, &self.tickets);
        if let Some(wish) = self.wish.take().filter(|_| granted) {
            self.dialogue.remember(&self.node, wish).await;
        }
    }
}

impl Kind {
    /// The stream of this call.
    pub(super) fn of(question: &Question) -> Self {
        if question.progress_token.as_ref().is_some_and(|token| token.len() > JSON_RPC_ID_BYTES_MAX) {
            return Self::Fleeting;
        }
        Self::Call(ResumedCall {
            upstream_id: question.upstream_id,
            client_id: question.client_id.clone(),
            progress_token: question.progress_token.clone(),
            is_tool_call: question.method == Some(Method::ToolsCall),
        })
    }
}
