//! One request within the upstream's session. Must never send twice what may have run (ATK-36).

use std::sync::Arc;

use http::StatusCode;

use super::super::outgoing::Outgoing;
use super::super::{Call, answer};
use super::{at, in_session, open};
use crate::mcp::message::Message;
use crate::mcp::session::Session;
use crate::upstream::answer::{Answer, Frame, Patience};
use crate::upstream::sessions::UpstreamSession;
use crate::upstream::{UpstreamFault, headers};

/// Sends the message within the upstream's session. An upstream that no longer knows the session has not run the call,
/// so it is sent once more in a new one; nothing else is ever sent twice (ATK-36).
pub(super) async fn exchange(
    call: &Call,
    client: &Session,
    outgoing: &Outgoing,
) -> Result<(Answer, Arc<UpstreamSession>), UpstreamFault> {
    let (upstream, server, at) = (&call.node.upstream, &call.server, at(client.id, call.owner));
    let patience = Patience::new(upstream.idle_timeout(server));
    for _ in 0..2 {
        let session = upstream.sessions.get(at, &server.upstream_url, open::reopen(call, client)).await?;
        call.recorder.upstream_protocol(session.protocol_version.to_str().unwrap_or_default());
        let headers = in_session(headers::relayed(&call.headers, call.recorder.traceparent()), &session);
        let (_, answer) = upstream.post(server.destination(), headers, outgoing.body.clone(), patience).await?;
        if !is_session_lost(&answer, &session) {
            return Ok((answer, session));
        }
        upstream.sessions.forget(at, &session).await;
    }
    Err(UpstreamFault::SessionLost)
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
