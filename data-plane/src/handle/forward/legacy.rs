//! Legacy client, legacy upstream. The client's session id is sealed and lives in the client; the upstream's session
//! is opened anew whenever it is missing, so that any node serves any client and clients need not initialize again.

mod attached;
mod dialogue;
mod exchange;
mod notification;
mod open;
mod parked;
mod progress;
mod reply;
mod resume;
mod stream;
mod wish;

use std::pin::pin;
use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use tokio::time::Instant;
use uuid::Uuid;

pub(super) use self::attached::Attached;
use self::attached::Kind;
use self::dialogue::Dialogue;
pub(super) use self::notification::notification;
pub(super) use self::open::{initialize, new_session};
pub(crate) use self::parked::ParkedRequests;
pub(crate) use self::progress::ProgressTokens;
pub(super) use self::reply::deliver;
pub(crate) use self::reply::from_another_node;
pub(crate) use self::stream::Listeners;
pub(super) use self::stream::listen;
use super::answer::Question;
use super::outgoing::{self, Outgoing};
use super::relay::{self, Relay};
use super::{Call, Visit};
use crate::Node;
use crate::error::Failure;
use crate::limits::UPSTREAM_COURTESY_TIMEOUT;
use crate::mailbox::Letter;
use crate::mcp::era::{self, Era};
use crate::mcp::meta;
use crate::mcp::session::Session;
use crate::session_store::UpstreamSession;
use crate::snapshot::Server;
use crate::upstream::answer::Patience;
use crate::upstream::headers;
use crate::upstream::in_flight::Running;

pub(super) async fn request(call: Call) -> Result<Response, Failure> {
    let client = call.meaning.session.clone().ok_or(Failure::SessionUnknown)?;
    let outgoing = outgoing::request(&call.message, Era::Legacy, call.node.upstream.next_id(), |splice| {
        meta::retrace(&call.message, call.recorder.traceparent(), splice);
    });
    let entered = call.node.upstream.in_flight.enter(client.id, call.message.id().unwrap_or_default(), outgoing.id);
    let tokens = &call.node.memory.progress_tokens;
    let token = outgoing.progress_token.clone().map(|token| tokens.enter(client.id, outgoing.id, token));
    let (cancelled, running) = (entered.cancelled(), entered.running());
    let (node, recorder) = (call.node.clone(), call.recorder.clone());
    let access = call.access();
    let exchange = pin!(async {
        let sent = Instant::now();
        let exchanged = exchange::exchange(&call, &client, &outgoing, &entered).await;
        if exchanged.is_err() {
            call.recorder.upstream_took(sent.elapsed());
        }
        let (answer, session) = exchanged?;
        let (question, takes_events) = (question(&call, &outgoing), relay::takes_events(&call.headers));
        let dialogue = Arc::new(Dialogue::new(call.owner, client.clone(), call.server.clone(), session));
        let attached = Attached::new(&call.node, &dialogue, takes_events, Kind::of(&question), call.alias.as_ref());
        let relay = Relay {
            attached: Some(attached.of_call(token, wish::of(&call))),
            access: call.access(),
            question,
            takes_events,
            entered: Some(entered),
            node: call.node,
            recorder: call.recorder,
            asked: call.asked,
            sent,
        };
        relay.respond(answer).await
    });
    tokio::select! {
        response = exchange => response,
        () = cancelled.cancelled() => Ok(relay::cancelled(&recorder)),
        failure = access.ends_by_decision() => {
            stopped(&node, running);
            Err(failure)
        }
    }
}

/// Tells the upstream of a call that its caller lost the right to it, and waits for nothing.
pub(super) fn stopped(node: &Arc<Node>, running: Running) {
    let telling = node.clone();
    node.tasks.spawn("cancel upstream", async move { running.cancel().send(&telling.upstream).await });
}

/// A client ended its session: no node serves it any more, and the upstream is told.
pub(super) async fn end_session(visit: Visit<'_>, client: &Session) {
    ended(visit, client).await.into_iter().for_each(|session| discard(visit.node, visit.server, session));
}

/// The upstream sessions that the client had, to be ended upstream.
pub(super) async fn ended(visit: Visit<'_>, client: &Session) -> Vec<Arc<UpstreamSession>> {
    let (node, keys, tenant) = (visit.node, &visit.caller.snapshot.session_keys, visit.caller.snapshot.tenant_id);
    let ended = node.store.end(keys, tenant, client.id).await;
    session_ended(node, client.id);
    node.mailbox.tell_all(keys, tenant, Letter::Ended { session: client.id }).await;
    ended
}

/// What this node holds for a session that has ended.
pub(crate) fn session_ended(node: &Node, session: Uuid) {
    node.memory.parked.end(session);
    node.memory.listeners.end(session);
}

/// Ends an upstream session that nobody uses any more.
pub(super) fn discard(node: &Arc<Node>, server: &Arc<Server>, session: Arc<UpstreamSession>) {
    if session.id.is_none() {
        return;
    }
    let (ending, server) = (node.clone(), server.clone());
    node.tasks.spawn("end upstream session", async move {
        let headers = in_session(headers::ours(), &session);
        // Best effort: an upstream forgets sessions by itself, too.
        let to = server.destination_at(&session.url);
        let _ = ending.upstream.delete(to, headers, Patience::new(UPSTREAM_COURTESY_TIMEOUT)).await;
    });
}

fn in_session(mut headers: HeaderMap, session: &UpstreamSession) -> HeaderMap {
    headers.insert(era::PROTOCOL_VERSION, session.protocol_version.clone());
    if let Some(id) = &session.id {
        headers.insert(era::SESSION_ID, id.clone());
    }
    headers
}

fn question(call: &Call, outgoing: &Outgoing) -> Question {
    Question {
        era: Era::Legacy,
        method: call.meaning.method,
        upstream_id: outgoing.id,
        client_id: call.message.id().unwrap_or_default(),
        progress_token: outgoing.progress_token.clone(),
        terms: None,
        alias: call.alias.clone(),
        tools: call.server.tools.clone(),
    }
}
