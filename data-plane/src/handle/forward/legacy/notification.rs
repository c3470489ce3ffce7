//! What a client tells without asking.

use super::super::Call;
use crate::limits::CANCEL_BYTES_MAX;
use crate::mailbox::Letter;

/// Of a client's notifications only a cancellation concerns the upstream: `initialized` it has had, and there are no
/// roots.
pub(in super::super) async fn notification(call: &Call) {
    let Some(client) =
        call.meaning.session.as_ref().filter(|_| call.message.method() == Some("notifications/cancelled"))
    else {
        return;
    };
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
