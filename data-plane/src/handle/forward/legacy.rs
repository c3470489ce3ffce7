//! Legacy client, legacy upstream. The client's session id is sealed and lives in the client; the upstream's session
//! is opened anew whenever it is missing, so that any node serves any client and clients need not initialize again.

mod exchange;
mod notification;
mod open;

use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use tokio::time::Instant;

pub(super) use self::notification::notification;
pub(super) use self::open::initialize;
use super::Call;
use super::answer::Question;
use super::outgoing::{self, Outgoing};
use super::relay::{self, Relay};
use crate::Node;
use crate::error::Failure;
use crate::handle::authenticate::Caller;
use crate::limits::UPSTREAM_COURTESY_TIMEOUT;
use crate::mailbox::Letter;
use crate::mcp::era::{self, Era};
use crate::mcp::session::Session;
use crate::session_store::{SessionAt, UpstreamSession};
use crate::snapshot::Server;
use crate::upstream::answer::Patience;
use crate::upstream::headers;

pub(super) async fn request(call: Call) -> Result<Response, Failure> {
    let client = call.meaning.session.clone().ok_or(Failure::SessionUnknown)?;
    let outgoing = outgoing::request(&call.message, Era::Legacy, call.node.upstream.next_id(), |_| {});
    let entered = call.node.upstream.in_flight.enter(client.id, call.message.id().unwrap_or_default(), outgoing.id);
    let cancelled = entered.cancelled();
    let recorder = call.recorder.clone();
    let exchange = async {
        let sent = Instant::now();
        let exchanged = exchange::exchange(&call, &client, &outgoing, &entered).await;
        if exchanged.is_err() {
            call.recorder.upstream_took(sent.elapsed());
        }
        let (answer, session) = exchanged?;
        let relay = Relay {
            question: question(&call, &outgoing),
            takes_events: relay::takes_events(&call.headers),
            upstream: Some((call.server.clone(), in_session(headers::ours(), &session))),
            entered: Some(entered),
            node: call.node,
            recorder: call.recorder,
            asked: call.asked,
            sent,
        };
        relay.respond(answer).await
    };
    tokio::select! {
        response = exchange => response,
        () = cancelled.cancelled() => Ok(relay::cancelled(&recorder)),
    }
}

pub(super) async fn end_session(node: &Arc<Node>, caller: &Caller, server: &Arc<Server>, client: &Session) {
    let (keys, tenant) = (&caller.snapshot.session_keys, caller.snapshot.tenant_id);
    let ended = node.store.end(keys, tenant, client.id).await;
    node.mailbox.tell_all(keys, tenant, Letter::Ended { session: client.id }).await;
    ended.into_iter().for_each(|session| discard(node, server, session));
}

/// Ends an upstream session that nobody uses any more.
fn discard(node: &Arc<Node>, server: &Arc<Server>, session: Arc<UpstreamSession>) {
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
    }
}

impl Call {
    /// Where the upstream session of `client` is kept.
    fn session_at(&self, client: &Session) -> SessionAt {
        self.caller.session_at(client.id, &self.server)
    }
}
