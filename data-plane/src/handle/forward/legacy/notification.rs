//! What a client tells without asking.

use super::super::Call;
use super::{at, in_session};
use crate::limits::UPSTREAM_COURTESY_TIMEOUT;
use crate::mcp::splice::Splice;
use crate::upstream::answer::Patience;
use crate::upstream::{UpstreamFault, headers};

/// Of a client's notifications only a cancellation concerns the upstream: `initialized` it has had, and there are no
/// roots.
pub(in super::super) async fn notification(call: &Call) {
    let Some(client) =
        call.meaning.session.as_ref().filter(|_| call.message.method() == Some("notifications/cancelled"))
    else {
        return;
    };
    let requested = call.message.params().and_then(|params| call.message.find(Some(params), "requestId"));
    let Some((_, member)) = requested else { return };
    let (upstream, id) = (&call.node.upstream, call.message.body.slice(member.value.clone()));
    let Some(entry) = upstream.in_flight.find(client.id, &id) else { return };
    let mut splice = Splice::default();
    splice.replace(member.value.clone(), entry.upstream_id.to_string());
    let url = &call.server.upstream_url;
    // Never opens a session: a call that is under way has one.
    let at = at(client.id, call.owner);
    let none = std::future::ready(Err(UpstreamFault::SessionLost));
    if let Ok(session) = upstream.sessions.get(at, url, none).await {
        let headers = in_session(headers::relayed(&call.headers, call.recorder.traceparent()), &session);
        // Best effort: the client has stopped waiting in any case.
        let body = splice.apply(&call.message.body);
        let _ = upstream.post(call.server.destination(), headers, body, Patience::new(UPSTREAM_COURTESY_TIMEOUT)).await;
    }
    entry.cancelled.cancel();
}
