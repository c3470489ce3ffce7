//! What a modern upstream gives a client to bring back, `requestState` and task ids, sealed to the caller (ATK-12,
//! ATK-34): another's, another server's or an invented one never reaches the upstream.
//!
//! Sealed is the JSON string exactly as the upstream spelled it. A state is also bound to the request that it belongs
//! to and to a time; it can be used more than once within it, because a client may repeat a retry whose answer it lost,
//! and only the upstream knows what it may do once. Task ids live as long as the tenant's key ring knows their key.

use std::sync::Arc;

use bytes::Bytes;

use crate::Node;
use crate::limits::{REQUEST_STATE_AGE_MAX_S, REQUEST_STATE_BYTES_MAX, TASK_ID_BYTES_MAX};
use crate::mcp::method::Method;
use crate::mcp::seal::{self, Purpose};
use crate::mcp::session::Owner;
use crate::snapshot::Server;
use crate::upstream::UpstreamFault;

/// Seals for one caller at one server.
#[derive(Clone)]
pub(super) struct Seals {
    node: Arc<Node>,
    owner: Owner,
    server: Arc<Server>,
}

/// The request that a state belongs to.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) method: Method,
    /// Empty: none is named.
    pub(super) target: Arc<str>,
}

impl Seals {
    pub(super) fn new(node: &Arc<Node>, owner: Owner, server: &Arc<Server>) -> Self {
        Self { node: node.clone(), owner, server: server.clone() }
    }

    /// The JSON string that the client gets in place of the upstream's `raw` one.
    pub(super) fn seal_state(&self, origin: &Origin, raw: &[u8]) -> Result<Bytes, UpstreamFault> {
        if raw.len() > REQUEST_STATE_BYTES_MAX {
            return Err(UpstreamFault::BadResponse("its requestState is too long"));
        }
        let issued = self.node.clock.now().timestamp().to_be_bytes();
        self.seal(Purpose::State, &self.bound_to(&[origin.method.name(), &origin.target]), &[&issued, raw].concat())
    }

    /// What the upstream said, if this is ours, for this request, and not too old.
    pub(super) fn open_state(&self, origin: &Origin, text: &str) -> Option<Bytes> {
        let contents = self.open(Purpose::State, &self.bound_to(&[origin.method.name(), &origin.target]), text)?;
        let (issued, raw) = contents.split_first_chunk::<8>()?;
        let age_s = self.node.clock.now().timestamp().checked_sub(i64::from_be_bytes(*issued))?;
        (age_s <= REQUEST_STATE_AGE_MAX_S).then(|| Bytes::copy_from_slice(raw))
    }

    pub(super) fn seal_task(&self, raw: &[u8]) -> Result<Bytes, UpstreamFault> {
        if raw.len() > TASK_ID_BYTES_MAX {
            return Err(UpstreamFault::BadResponse("its task id is too long"));
        }
        self.seal(Purpose::Task, &self.bound_to(&[]), raw)
    }

    pub(super) fn open_task(&self, text: &str) -> Option<Bytes> {
        self.open(Purpose::Task, &self.bound_to(&[]), text).map(Bytes::from)
    }

    fn seal(&self, purpose: Purpose, owner: &[u8], contents: &[u8]) -> Result<Bytes, UpstreamFault> {
        let snapshot = self.node.configuration.snapshot(self.owner.tenant_id).ok_or(UpstreamFault::NoSeal)?;
        let sealed = seal::seal_text(&snapshot.session_keys, purpose, owner, contents);
        sealed.map(|text| format!("\"{text}\"").into()).map_err(|error| {
            tracing::error!(%error, "what an upstream gave could not be sealed");
            UpstreamFault::NoSeal
        })
    }

    fn open(&self, purpose: Purpose, owner: &[u8], text: &str) -> Option<Vec<u8>> {
        let snapshot = self.node.configuration.snapshot(self.owner.tenant_id)?;
        seal::open_text(&snapshot.session_keys, purpose, owner, text)
    }

    /// The caller, the server where it is now, and `more`: each with its length, so that no two lists read the same.
    fn bound_to(&self, more: &[&str]) -> Vec<u8> {
        let mut out = self.owner.to_bytes().to_vec();
        for text in std::iter::once(&self.server.upstream_url.as_str()).chain(more) {
            out.extend_from_slice(&(text.len() as u64).to_be_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        out
    }
}
