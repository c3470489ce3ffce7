//! Calls of legacy sessions that are under way on this node, so that a client's `notifications/cancelled` finds the
//! id the upstream knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

type Calls = HashMap<(Uuid, Bytes), Entry>;

#[derive(Debug, Clone)]
pub struct Entry {
    pub upstream_id: u64,
    /// Fires when the client cancelled the call.
    pub cancelled: CancellationToken,
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

impl InFlight {
    /// Enters a call. A client that uses an id twice at once can cancel only the later one.
    pub fn enter(&self, session: Uuid, client_id: Bytes, upstream_id: u64) -> Entered {
        let entry = Entry { upstream_id, cancelled: CancellationToken::new() };
        let key = (session, client_id);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), entry.clone());
        Entered { calls: Arc::clone(&self.calls), key, entry }
    }

    pub fn find(&self, session: Uuid, client_id: &Bytes) -> Option<Entry> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(&(session, client_id.clone())).cloned()
    }
}

impl Entered {
    pub fn cancelled(&self) -> CancellationToken {
        self.entry.cancelled.clone()
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

    #[test]
    fn a_call_is_found_by_its_own_session_until_it_ends() {
        let (table, id) = (InFlight::default(), Bytes::from_static(b"1"));
        let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = table.enter(mine, id.clone(), 10);
        let _other = table.enter(other, id.clone(), 20);
        let found = |session| table.find(session, &id).map(|entry| entry.upstream_id);
        assert_eq!((found(mine), found(other)), (Some(10), Some(20)));
        let second = table.enter(mine, id.clone(), 11);
        drop(first);
        assert_eq!(found(mine), Some(11));
        drop(second);
        assert_eq!(found(mine), None);
    }
}
