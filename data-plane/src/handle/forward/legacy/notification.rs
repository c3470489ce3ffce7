//! What a client tells without asking.

use std::sync::Arc;

use super::super::Call;
use super::dialogue::Dialogue;
use super::reply;
use crate::limits::CANCEL_BYTES_MAX;
use crate::mailbox::Letter;
use crate::mcp::reserved;
use crate::mcp::session::Session;

/// Hands on what is a notification by name: a message without an id that is named like a request could make an
/// upstream do what policy never saw (ATK-28).
pub(in super::super) async fn notification(call: &Call) {
    let (Some(client), Some(method)) = (&call.meaning.session, call.message.method()) else { return };
    match method {
        // The upstream has had it from us.
        "notifications/initialized" => {}
        "notifications/cancelled" => cancelled(call, client).await,
        "notifications/progress" => {
            // Of a request that nobody waits for any more.
            let _ = reply::deliver(call).await;
        }
        tasks if tasks.starts_with("notifications/tasks/") => {}
        other if other.starts_with("notifications/") => handed_on(call, client).await,
        _ => {}
    }
}

async fn cancelled(call: &Call, client: &Session) {
    match call.node.upstream.in_flight.cancel(client.id, &call.message) {
        Some(cancelling) => cancelling.send(&call.node.upstream).await,
        // It runs on another node, or has ended.
        None if call.message.body.len() <= CANCEL_BYTES_MAX => {
            let snapshot = &call.caller.snapshot;
            let letter = Letter::Cancel { session: client.id, body: call.message.body.clone() };
            call.node.mailbox.tell_all(&snapshot.session_keys, snapshot.tenant_id, letter).await;
        }
        None => {}
    }
}

/// Never opens a session: a new one would have nothing to apply it to.
async fn handed_on(call: &Call, client: &Arc<Session>) {
    let Some(upstream) = call.meaning.held.clone().filter(|held| held.url == call.server.upstream_url) else { return };
    let dialogue = Dialogue::new(call.owner, client.clone(), call.server.clone(), upstream);
    if let Err(fault) = dialogue.tell(&call.node, reserved::stripped(&call.message)).await {
        tracing::debug!(%fault, "a client's notification did not reach the upstream");
    }
}
