//! A client session and the upstream session behind it, as their streams need them. What an upstream asks is shown to
//! the client under an id of ours and parked here; what the client did not declare is answered for it (L9).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::in_session;
use super::parked::Parked;
use crate::Node;
use crate::limits::{
    JSON_RPC_ID_BYTES_MAX, STREAM_TAKEOVER_ATTEMPTS_MAX, STREAM_TAKEOVER_PAUSE, UPSTREAM_COURTESY_TIMEOUT,
};
use crate::mcp::capabilities::{self, NotDeclared};
use crate::mcp::correlation::{Correlation, ResumeAt, ResumedCall};
use crate::mcp::message::Message;
use crate::mcp::reserved;
use crate::mcp::session::{Owner, Session};
use crate::mcp::splice::Splice;
use crate::session_store::{SessionAt, UpstreamSession, Wish};
use crate::snapshot::Server;
use crate::upstream::answer::{Answer, Patience};
use crate::upstream::in_flight::Entered;
use crate::upstream::{UpstreamFault, headers};

pub(in super::super) struct Dialogue {
    owner: Owner,
    client: Arc<Session>,
    server: Arc<Server>,
    upstream: Arc<UpstreamSession>,
}

/// An upstream's request as its client gets it.
pub(in super::super) struct Shown {
    pub(in super::super) ticket: Uuid,
    pub(in super::super) body: Bytes,
}

impl Dialogue {
    pub(super) fn new(owner: Owner, client: Arc<Session>, server: Arc<Server>, upstream: Arc<UpstreamSession>) -> Self {
        Self { owner, client, server, upstream }
    }

    pub(super) fn client(&self) -> &Session {
        &self.client
    }

    /// Tells the upstream session from others of the same client.
    pub(super) fn opened(&self) -> Uuid {
        self.upstream.opened
    }

    fn headers(&self) -> HeaderMap {
        in_session(headers::ours(), &self.upstream)
    }

    /// Parks a request of the upstream's and puts our id, and our progress token, in place of its own. `None`: it was
    /// answered from here.
    pub(in super::super) fn show(self: &Arc<Self>, node: &Arc<Node>, message: &Message) -> Option<Shown> {
        let upstream_id = message.id()?;
        match (message.method(), capabilities::may_ask(&self.client.capabilities, message)) {
            (Some("ping"), _) => self.answer(node, &upstream_id, "\"result\":{}"),
            (_, Err(NotDeclared::Method)) => self.refuse(node, message),
            (_, Err(NotDeclared::Mode)) => {
                self.answer(
                    node,
                    &upstream_id,
                    r#""error":{"code":-32602,"message":"the client does not know this mode"}"#,
                );
            }
            (_, Ok(())) => match self.parked(node, message, &upstream_id) {
                Some(shown) => return Some(shown),
                None => self.answer(
                    node,
                    &upstream_id,
                    r#""error":{"code":-32603,"message":"too many requests wait for this client"}"#,
                ),
            },
        }
        None
    }

    /// Answers a request for a client that cannot.
    pub(in super::super) fn refuse(self: &Arc<Self>, node: &Arc<Node>, message: &Message) {
        if let Some(id) = message.id() {
            self.answer(node, &id, r#""error":{"code":-32601,"message":"the client does not offer this"}"#);
        }
    }

    fn parked(self: &Arc<Self>, node: &Node, message: &Message, upstream_id: &Bytes) -> Option<Shown> {
        let snapshot = node.configuration.snapshot(self.owner.tenant_id)?;
        let correlation = Correlation { instance: node.instance_id, ticket: Uuid::new_v4() };
        let shown_as = correlation.seal(&snapshot.session_keys, self.owner, self.client.id).ok()?;
        let mut splice = Splice::default();
        splice.replace(message.id_span()?, shown_as.clone());
        let token = message.meta().and_then(|meta| message.find(Some(meta), "progressToken"));
        let token = token.map(|(_, member)| member.value.clone()).filter(|span| span.len() <= JSON_RPC_ID_BYTES_MAX);
        if let Some(span) = &token {
            splice.replace(span.clone(), shown_as.clone());
        }
        reserved::strip(message, &mut splice);
        let parked = Parked {
            ticket: correlation.ticket,
            // Copies: the message may be large and is gone before its answer comes.
            upstream_id: Bytes::copy_from_slice(upstream_id),
            progress_token: token.map(|span| Bytes::copy_from_slice(message.slice(&span))),
            shown_as,
            dialogue: self.clone(),
            since: Instant::now(),
        };
        node.memory.parked.park(self.client.id, parked).ok()?;
        Some(Shown { ticket: correlation.ticket, body: splice.apply(&message.body) })
    }

    /// The upstream withdraws a request (`notifications/cancelled`): the same about the id that the client knows.
    pub(in super::super) fn withdrawn(&self, node: &Node, message: &Message) -> Option<Bytes> {
        let (_, requested) = message.find(Some(message.params()?), "requestId")?;
        let upstream_id = message.slice(&requested.value);
        let shown_as = node.memory.parked.withdraw(self.client.id, self.opened(), upstream_id)?;
        let mut splice = Splice::default();
        splice.replace(requested.value.clone(), shown_as);
        Some(splice.apply(&message.body))
    }

    /// An upstream's event id as the client gets to hold it.
    pub(in super::super) fn event_id(
        &self,
        node: &Node,
        event_id: Option<&Bytes>,
        call: Option<ResumedCall>,
    ) -> Option<String> {
        let resume = ResumeAt { opened: self.opened(), event_id: event_id?.clone(), call };
        let snapshot = node.configuration.snapshot(self.owner.tenant_id)?;
        resume.seal(&snapshot.session_keys, self.owner, self.client.id).ok()
    }

    /// Opens a stream upstream, or resumes the one that had the event `last`. `patience` is for its messages.
    pub(super) async fn get(
        &self,
        node: &Node,
        last: Option<&Bytes>,
        patience: Patience,
    ) -> Result<Answer, UpstreamFault> {
        let opening = Patience::new(node.upstream.idle_timeout(&self.server));
        let mut pause = STREAM_TAKEOVER_PAUSE;
        for _ in 0..STREAM_TAKEOVER_ATTEMPTS_MAX {
            let to = self.server.destination();
            match node.upstream.get(to, self.headers(), last, opening, patience).await? {
                // It has not noticed yet that the stream before this one was given up.
                Answer::Refused { status: StatusCode::CONFLICT, .. } => sleep(pause).await,
                answer => return Ok(answer),
            }
            pause *= 2;
        }
        Err(UpstreamFault::Failed { status: StatusCode::CONFLICT.as_u16() })
    }

    /// Goes on reading the stream of a call that the upstream left without an answer.
    pub(in super::super) async fn resume(&self, node: &Node, last: &Bytes) -> Result<Answer, UpstreamFault> {
        self.get(node, Some(last), Patience::new(node.upstream.idle_timeout(&self.server))).await
    }

    /// A call that is resumed can be cancelled here.
    pub(super) fn entered(&self, node: &Node, call: &ResumedCall) -> Entered {
        let entered = node.upstream.in_flight.enter(self.client.id, call.client_id.clone(), call.upstream_id);
        entered.sent_to(self.server.clone(), self.headers());
        entered
    }

    /// Keeps what an upstream granted, for the session after this one.
    pub(super) async fn remember(&self, node: &Node, wish: Wish) {
        let Some(snapshot) = node.configuration.snapshot(self.owner.tenant_id) else { return };
        let at = SessionAt {
            tenant: self.owner.tenant_id,
            holder: self.client.id,
            server: self.server.id,
            credential: self.server.credential_version(),
        };
        if node.store.remember(&snapshot.session_keys, at, wish).await.is_err() {
            tracing::debug!("a session has too many subscriptions: a new upstream session will not hear of all");
        }
    }

    /// Asks the upstream whether it is there.
    pub(super) async fn ping(&self, node: &Node) -> Result<Answer, UpstreamFault> {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"ping"}}"#, node.upstream.next_id());
        let patience = Patience::new(UPSTREAM_COURTESY_TIMEOUT);
        let posted = node.upstream.post(self.server.destination(), self.headers(), body.into(), patience).await;
        posted.map(|(_, answer)| answer)
    }

    /// Sends a message that has no answer.
    pub(super) async fn tell(&self, node: &Node, body: Bytes) -> Result<(), UpstreamFault> {
        let patience = Patience::new(UPSTREAM_COURTESY_TIMEOUT);
        match node.upstream.post(self.server.destination(), self.headers(), body, patience).await? {
            (_, Answer::Refused { status, .. }) => Err(UpstreamFault::Failed { status: status.as_u16() }),
            _ => Ok(()),
        }
    }

    fn answer(self: &Arc<Self>, node: &Arc<Node>, id: &[u8], outcome: &str) {
        let body = Bytes::from([b"{\"jsonrpc\":\"2.0\",\"id\":", id, b",", outcome.as_bytes(), b"}"].concat());
        let (here, node) = (self.clone(), node.clone());
        node.clone().tasks.spawn("answer upstream", async move {
            // Best effort: an upstream that does not listen waits in vain, as it would have anyway.
            let _ = here.tell(&node, body).await;
        });
    }
}
