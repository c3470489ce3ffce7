//! One request within the upstream's session. Must never send twice what may have run (ATK-36).

use std::sync::Arc;

use http::StatusCode;

use super::super::outgoing::Outgoing;
use super::super::{Call, answer};
use super::dialogue::Dialogue;
use super::{in_session, open};
use crate::Node;
use crate::mcp::message::Message;
use crate::mcp::session::Session;
use crate::session_store::UpstreamSession;
use crate::upstream::answer::{Answer, Frame, Patience};
use crate::upstream::in_flight::Entered;
use crate::upstream::{UpstreamFault, headers};

/// Sends the message within the upstream's session. An upstream that no longer knows the session has not run the call,
/// so it is sent once more in a new one; nothing else is ever sent twice (ATK-36).
pub(super) async fn exchange(
    call: &Call,
    client: &Session,
    outgoing: &Outgoing,
    entered: &Entered,
) -> Result<(Answer, Arc<UpstreamSession>), UpstreamFault> {
    let (upstream, server) = (&call.node.upstream, &call.server);
    let patience = Patience::new(upstream.idle_timeout(server));
    let mut held = call.meaning.held.clone().filter(|held| held.url == server.upstream_url);
    for _ in 0..2 {
        let session = match held.take() {
            Some(session) => session,
            None => Box::pin(open::reopened(call.visit(), client)).await?,
        };
        call.recorder.upstream_protocol(session.protocol_version.to_str().unwrap_or_default());
        let headers = in_session(headers::relayed(&call.headers, call.recorder.traceparent()), &session);
        entered.sent_to(server.clone(), headers.clone());
        let (_, answer) = upstream.post(server.destination(), headers, outgoing.body.clone(), patience).await?;
        if !is_session_lost(&answer, &session) {
            return Ok((answer, session));
        }
        upstream.sessions.forget(call.visit().session_at(client), &session).await;
    }
    Err(UpstreamFault::SessionLost)
}

/// Whether the upstream no longer knows the session. It is asked: a server without a stream of its own may answer GET
/// with 404, too.
pub(super) async fn is_gone(node: &Node, dialogue: &Dialogue, session: &UpstreamSession) -> bool {
    dialogue.ping(node).await.is_ok_and(|answer| is_session_lost(&answer, session))
}

/// 404 by the specification. Servers built from a well-known example say 400 with code -32000 and no id, before they
/// look at the message.
fn is_session_lost(answer: &Answer, session: &UpstreamSession) -> bool {
    let Answer::Refused { status, body } = answer else { return false };
    let says_so = |frame: &Frame| {
        let message = Message::from_upstream(frame.bytes.clone());
        message.is_ok_and(|message| message.id().is_none() && answer::error_code(&message) == Some(-32000))
    };
    let lost = match *status {
        StatusCode::NOT_FOUND => true,
        StatusCode::BAD_REQUEST => body.as_ref().is_some_and(says_so),
        _ => false,
    };
    lost && session.id.is_some()
}
