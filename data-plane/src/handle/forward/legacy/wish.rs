//! What a client asked for once and expects to last: its log level, its subscriptions. Kept in the store, so that an
//! upstream session that is opened anew hears it again.

use http::HeaderMap;
use serde_json::{Value, json};

use super::super::{Call, Visit};
use crate::limits::UPSTREAM_COURTESY_TIMEOUT;
use crate::mcp::method::Method;
use crate::mcp::session::Session;
use crate::session_store::{Wish, Wishes};
use crate::upstream::answer::Patience;

/// What this call asks for, if it is something that lasts.
pub(super) fn of(call: &Call) -> Option<Wish> {
    let text = |key| call.message.param(key).map(|text| text.into_owned());
    match call.meaning.method? {
        Method::SetLogLevel => text("level").map(Wish::LogLevel),
        Method::Subscribe => text("uri").map(Wish::Subscribed),
        Method::Unsubscribe => text("uri").map(Wish::Unsubscribed),
        _ => None,
    }
}

/// Tells a new upstream session. Best effort: the client was told yes once, and no call depends on it.
pub(super) async fn again(visit: Visit<'_>, client: &Session, headers: HeaderMap) {
    let keys = &visit.caller.snapshot.session_keys;
    let Wishes { log_level, subscriptions } = visit.node.store.wishes(keys, visit.session_at(client)).await;
    let level = log_level.map(|level| ("logging/setLevel", json!({ "level": level })));
    let subscriptions = subscriptions.into_iter().map(|uri| ("resources/subscribe", json!({ "uri": uri })));
    for (method, params) in level.into_iter().chain(subscriptions) {
        let body = request(visit.node.upstream.next_id(), method, &params);
        let patience = Patience::new(UPSTREAM_COURTESY_TIMEOUT);
        if let Err(fault) = visit.node.upstream.post(visit.server.destination(), headers.clone(), body, patience).await
        {
            tracing::debug!(%fault, method, "a new upstream session was not told what the client wants");
            return;
        }
    }
}

fn request(id: u64, method: &str, params: &Value) -> bytes::Bytes {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string().into()
}
