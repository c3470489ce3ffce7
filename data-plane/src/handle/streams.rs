//! Streams without an end of their own: how many there may be, and when one must end.
//!
//! Must never keep a snapshot alive: a stream outlives many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::authenticate::{Caller, Credential};
use super::authorize;
use super::decode::Meaning;
use crate::Node;
use crate::error::Failure;
use crate::limits::{STREAM_CHECK_EVERY, STREAMS_MAX, STREAMS_PER_PRINCIPAL_MAX};
use crate::mcp::session::Owner;
use crate::snapshot::{OutboundAuth, Server, Snapshot};

/// Tenant and principal.
type Holder = (Uuid, Uuid);

/// The streams that are open on this node.
#[derive(Default)]
pub struct Streams {
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_holder: HashMap<Holder, usize>,
}

/// One place, given back when dropped.
#[derive(Debug)]
pub struct Place {
    open: Arc<Mutex<Open>>,
    holder: Holder,
}

impl Streams {
    /// A place for one more stream, if the principal and the node have one left.
    pub fn place(&self, owner: Owner) -> Result<Place, Failure> {
        let holder = (owner.tenant_id, owner.principal_id);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open.by_holder.get(&holder).copied().unwrap_or(0);
        if held >= STREAMS_PER_PRINCIPAL_MAX || open.total >= STREAMS_MAX {
            return Err(Failure::TooManyStreams);
        }
        open.by_holder.insert(holder, held + 1);
        open.total += 1;
        Ok(Place { open: Arc::clone(&self.open), holder })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        match open.by_holder.get_mut(&self.holder) {
            Some(held) if *held > 1 => *held -= 1,
            _ => {
                open.by_holder.remove(&self.holder);
            }
        }
    }
}

/// A caller's right to a server, watched while a stream is open or a call under way.
#[derive(Clone)]
pub struct Access {
    node: Arc<Node>,
    owner: Owner,
    credential: Credential,
    /// The server that the URL names.
    entry: Arc<Server>,
    /// The one that is called: the same, or a member of it.
    server: Arc<Server>,
    /// What is called there, if it is a tool.
    tool: Option<Arc<str>>,
    /// Revision at which the caller was let in.
    seen: u64,
}

impl Access {
    pub fn new(node: &Arc<Node>, caller: &Caller, entry: &Arc<Server>, server: &Arc<Server>) -> Self {
        let (owner, credential) = (caller.owner(entry), caller.credential.clone());
        let (entry, server) = (entry.clone(), server.clone());
        Self { node: node.clone(), owner, credential, entry, server, tool: None, seen: caller.snapshot.revision }
    }

    /// The same for a call, which ends when the tool that it calls is switched off.
    pub fn of_call(self, meaning: &Meaning) -> Self {
        Self { tool: meaning.target.clone().filter(|_| meaning.tool().is_some()), ..self }
    }

    /// Returns when the caller may no longer use the server, or no longer as it was when the stream began. Cancel-safe.
    pub async fn ends(&self) -> Failure {
        let Some(mut changes) = self.node.configuration.changes(self.owner.tenant_id) else { return Failure::NotFound };
        loop {
            changes.mark_unchanged();
            if let Err(failure) = self.check() {
                return failure;
            }
            let next_check = self.credential.expires().map_or(STREAM_CHECK_EVERY, |expires| {
                let left = (expires - self.node.clock.now()).to_std().unwrap_or(Duration::ZERO);
                left.min(STREAM_CHECK_EVERY)
            });
            tokio::select! {
                changed = changes.changed() => if changed.is_err() {
                    return Failure::NotFound;
                },
                () = sleep(next_check) => {}
            }
        }
    }

    /// The same for a call that is under way: only what somebody decided ends it, not that its token expires, that the
    /// control plane is away, or that the server's settings changed. Costs nothing until the configuration changes.
    pub async fn ends_by_decision(&self) -> Failure {
        let Some(mut changes) = self.node.configuration.changes(self.owner.tenant_id) else { return Failure::NotFound };
        loop {
            // Also what came between the check of this request and now.
            if *changes.borrow_and_update() != Some(self.seen)
                && let Err(failure) = self.allowed()
            {
                return failure;
            }
            if changes.changed().await.is_err() {
                return Failure::NotFound;
            }
        }
    }

    fn allowed(&self) -> Result<(), Failure> {
        let snapshot = self.node.configuration.snapshot(self.owner.tenant_id).ok_or(Failure::NotFound)?;
        self.credential.not_withdrawn(&snapshot)?;
        authorize::open(&snapshot, &self.credential)?;
        self.present(&snapshot).map(drop)
    }

    /// The server that is called as it is now, if the caller may still call it by this way.
    fn present(&self, snapshot: &Snapshot) -> Result<Arc<Server>, Failure> {
        let entry = authorize::visible(snapshot, self.owner.principal_id, &self.entry.slug)?;
        let server = match entry.id {
            id if id != self.entry.id => return Err(Failure::NotFound),
            id if id == self.server.id => entry,
            _ => authorize::member(snapshot, &entry, self.server.id)?,
        };
        match self.tool.as_deref().is_none_or(|tool| authorize::is_on(server.tools.as_deref(), tool)) {
            true => Ok(server),
            false => Err(Failure::ToolOff),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let snapshot = self.node.configuration.snapshot(self.owner.tenant_id).ok_or(Failure::NotFound)?;
        self.credential.standing(&self.node, &snapshot)?;
        authorize::open(&snapshot, &self.credential)?;
        let server = self.present(&snapshot)?;
        let principal = snapshot.principals.get(&self.owner.principal_id);
        let is_overridden = server.overrides.contains(&self.owner.principal_id);
        let has_its_credential = match (&self.server.outbound_auth, &server.outbound_auth) {
            (OutboundAuth::Given(_), _) => true,
            (OutboundAuth::Leased { auth, credentials, .. }, now) => {
                let is_of = match now {
                    _ if is_overridden => *auth == 0,
                    OutboundAuth::Brokered { version } => auth == version,
                    _ => false,
                };
                is_of && principal.is_some_and(|principal| principal.credentials == *credentials)
            }
            (then, now) => then == now && !is_overridden,
        };
        let is_same = server.upstream_url == self.server.upstream_url && has_its_credential;
        if is_same { Ok(()) } else { Err(Failure::ServerChanged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_24_a_principal_has_so_many_places() {
        let streams = Streams::default();
        let owner = |principal| Owner {
            tenant_id: Uuid::from_u128(1),
            principal_id: Uuid::from_u128(principal),
            server_id: Uuid::from_u128(9),
        };
        let mut places: Vec<Place> =
            (0..STREAMS_PER_PRINCIPAL_MAX).map(|_| streams.place(owner(1)).expect("a place")).collect();
        assert_eq!(streams.place(owner(1)).err(), Some(Failure::TooManyStreams));
        let _other = streams.place(owner(2)).expect("not another's affair");
        places.pop();
        places.push(streams.place(owner(1)).expect("given back"));
        drop(places);
        assert_eq!(streams.count(), 1);
        assert_eq!(streams.open.lock().expect("lock").by_holder.len(), 1, "nothing is kept of who has no stream");
    }
}
