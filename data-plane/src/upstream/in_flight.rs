//! Calls of legacy sessions that are under way on this node, so that a client's `notifications/cancelled`, whichever
//! node it reaches, finds the id the upstream knows and the session it runs in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Upstream;
use super::answer::Patience;
use crate::limits::UPSTREAM_COURTESY_TIMEOUT;
use crate::mcp::message::Message;
use crate::mcp::splice::Splice;
use crate::snapshot::Server;

/// A server and the headers of a session there.
type Place = (Arc<Server>, HeaderMap);
type Calls = HashMap<(Uuid, Bytes), Entry>;

#[derive(Debug, Clone)]
struct Entry {
    upstream_id: u64,
    /// Where the call runs. Empty until it is on its way.
    place: Arc<Mutex<Option<Place>>>,
    /// Fires when the client cancelled the call.
    cancelled: CancellationToken,
}

#[derive(Debug, Clone, Default)]
pub struct InFlight {
    calls: Arc<Mutex<Calls>>,
}

/// Takes the call out of the table when it ends.
#[derive(Debug)]
pub struct Entered {
    calls: Arc<Mutex<Calls>>,
    key: (Uuid, Bytes),
    entry: Entry,
}

/// A call that goes on elsewhere.
#[derive(Debug)]
pub struct Running(Entry);

/// A cancellation on its way.
#[derive(Debug)]
pub struct Cancelling {
    entry: Entry,
    notification: Bytes,
}

impl InFlight {
    /// Enters a call. A client that uses an id twice at once can cancel only the later one.
    pub fn enter(&self, session: Uuid, client_id: Bytes, upstream_id: u64) -> Entered {
        let entry = Entry { upstream_id, place: Arc::default(), cancelled: CancellationToken::new() };
        let key = (session, client_id);
        self.lock().insert(key.clone(), entry.clone());
        Entered { calls: Arc::clone(&self.calls), key, entry }
    }

    /// The call that `notification` is about, if it runs here.
    pub fn cancel(&self, session: Uuid, notification: &Message) -> Option<Cancelling> {
        let (_, requested) = notification.find(Some(notification.params()?), "requestId")?;
        let client_id = notification.body.slice(requested.value.clone());
        let entry = self.lock().get(&(session, client_id))?.clone();
        let mut splice = Splice::default();
        splice.replace(requested.value.clone(), entry.upstream_id.to_string());
        Some(Cancelling { notification: splice.apply(&notification.body), entry })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entered {
    /// From now on the upstream has to be told of a cancellation.
    pub fn sent_to(&self, server: Arc<Server>, headers: HeaderMap) {
        *self.entry.place.lock().unwrap_or_else(PoisonError::into_inner) = Some((server, headers));
    }

    pub fn cancelled(&self) -> CancellationToken {
        self.entry.cancelled.clone()
    }

    /// For whoever ends the call without its client.
    pub fn running(&self) -> Running {
        Running(self.entry.clone())
    }
}

impl Running {
    /// A cancellation of ours.
    pub fn cancel(self) -> Cancelling {
        let Self(entry) = self;
        let notification = format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{{\"requestId\":{},\"reason\":\"the caller may no longer use this\"}}}}",
            entry.upstream_id
        );
        Cancelling { entry, notification: notification.into() }
    }
}

impl Cancelling {
    /// Tells the upstream, then ends the call.
    pub async fn send(self, upstream: &Upstream) {
        let place = self.entry.place.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((server, headers)) = place {
            // Best effort: the client has stopped waiting in any case.
            let patience = Patience::new(UPSTREAM_COURTESY_TIMEOUT);
            let _ = upstream.post(server.destination(), headers, self.notification, patience).await;
        }
        self.entry.cancelled.cancel();
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.get(&self.key).is_some_and(|entry| entry.upstream_id == self.entry.upstream_id) {
            calls.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(client_id: &str) -> Message {
        let text = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{client_id},"x":1}}}}"#
        );
        Message::from_client(text.into()).expect("well formed")
    }

    #[test]
    fn a_call_is_found_by_its_own_session_until_it_ends() {
        let (table, id) = (InFlight::default(), Bytes::from_static(b"1"));
        let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = table.enter(mine, id.clone(), 10);
        let _other = table.enter(other, id.clone(), 20);
        let found = |session| table.cancel(session, &notification("1")).map(|found| found.entry.upstream_id);
        assert_eq!((found(mine), found(other)), (Some(10), Some(20)));
        let second = table.enter(mine, id.clone(), 11);
        drop(first);
        assert_eq!(found(mine), Some(11));
        drop(second);
        assert_eq!(found(mine), None);
    }

    #[test]
    fn the_upstream_hears_its_own_id() {
        let table = InFlight::default();
        let session = Uuid::from_u128(1);
        let _call = table.enter(session, Bytes::from_static(b"\"a\""), 10);
        let told = table.cancel(session, &notification("\"a\"")).map(|found| found.notification);
        let expected = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":10,"x":1}}"#;
        assert_eq!(told.as_deref(), Some(expected.as_bytes()));
        assert!(table.cancel(session, &notification("\"b\"")).is_none());
    }
}
