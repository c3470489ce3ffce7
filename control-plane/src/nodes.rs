//! Connected nodes and what they have acknowledged. In memory, per replica: fed by the configuration stream, asked by
//! use-cases that may answer only after nodes know (a new signing key, a new API key).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::ids::{NodeId, TenantId};
use crate::domain::limits::ACK_WAIT_MAX_MS;

/// One live stream.
#[derive(Debug, Clone)]
pub struct NodeStatus {
    pub identity_id: NodeId,
    pub node_id: String,
    pub instance_id: Uuid,
    pub pool: String,
    pub region: String,
    pub version: String,
    pub capabilities: Vec<String>,
    pub connected_at: DateTime<Utc>,
    pub directory_acked: u64,
    /// Revision acknowledged per subscribed tenant.
    pub acked: HashMap<TenantId, u64>,
    /// Resources the node refused, per tenant, as of its last acknowledgement.
    pub rejects: HashMap<TenantId, Vec<Rejected>>,
}

/// A resource that a node did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub kind: String,
    pub resource_id: Option<Uuid>,
    pub reason: String,
}

/// The registry; clones share it.
#[derive(Debug, Clone)]
pub struct Nodes {
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    streams: HashMap<u64, Stream>,
    next_stream: u64,
    /// Fires when the identity is revoked. As many as identities that connected.
    identities: HashMap<NodeId, CancellationToken>,
}

#[derive(Debug)]
struct Stream {
    status: NodeStatus,
    ended: CancellationToken,
}

/// A registered stream; dropping it takes it out of the registry.
#[derive(Debug)]
pub struct Connection {
    nodes: Nodes,
    stream: u64,
    ended: CancellationToken,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { state: Arc::default(), changed: watch::channel(0).0 }
    }
}

impl Nodes {
    /// Registers a stream. An older stream of the same process of the same identity ends: it is half-open at best.
    /// Another identity's is left alone, whatever instance id this one claims.
    pub fn connect(&self, status: NodeStatus) -> Connection {
        let ended = self.while_enrolled(status.identity_id).child_token();
        let stream = self.with(|state| {
            let same = |other: &&Stream| {
                other.status.identity_id == status.identity_id && other.status.instance_id == status.instance_id
            };
            state.streams.values().filter(same).for_each(|other| other.ended.cancel());
            let stream = state.next_stream;
            state.next_stream += 1;
            state.streams.insert(stream, Stream { status, ended: ended.clone() });
            stream
        });
        Connection { nodes: self.clone(), stream, ended }
    }

    /// Fires when the identity is revoked.
    pub fn while_enrolled(&self, identity: NodeId) -> CancellationToken {
        self.locked().identities.entry(identity).or_default().clone()
    }

    /// Identities that connected to this replica and are not known to be revoked.
    pub fn identities(&self) -> Vec<NodeId> {
        self.locked().identities.keys().copied().collect()
    }

    /// Ends every stream of the identity.
    pub fn revoke(&self, identity: NodeId) {
        if let Some(enrolled) = self.locked().identities.remove(&identity) {
            enrolled.cancel();
        }
    }

    pub fn list(&self) -> Vec<NodeStatus> {
        self.locked().streams.values().map(|stream| stream.status.clone()).collect()
    }

    /// Tenants that some connected node follows.
    pub fn tenants(&self) -> Vec<TenantId> {
        let state = self.locked();
        let tenants: BTreeSet<TenantId> =
            state.streams.values().flat_map(|stream| stream.status.acked.keys().copied()).collect();
        tenants.into_iter().collect()
    }

    /// Whether every connected node understands `capability`: what one lacks must not be configured.
    pub fn all_have(&self, capability: &str) -> bool {
        let has = |stream: &Stream| stream.status.capabilities.iter().any(|one| one == capability);
        self.locked().streams.values().all(has)
    }

    /// The same for the nodes of one pool.
    pub fn pool_has(&self, pool: &str, capability: &str) -> bool {
        let has = |stream: &Stream| stream.status.capabilities.iter().any(|one| one == capability);
        self.locked().streams.values().filter(|stream| stream.status.pool == pool).all(has)
    }

    /// Waits until every connected node that subscribed to the tenant acknowledged `revision`; false when some did not
    /// within the bound.
    pub async fn acknowledged(&self, tenant: TenantId, revision: u64) -> bool {
        self.pending(tenant, revision, None, Duration::from_millis(ACK_WAIT_MAX_MS)).await == 0
    }

    /// Waits up to `within` for the same, and answers how many nodes of this replica have not got there. A node that
    /// acknowledged but refused `resource` is one of them.
    pub async fn pending(&self, tenant: TenantId, revision: u64, resource: Option<Uuid>, within: Duration) -> usize {
        let mut changes = self.changed.subscribe();
        let all = changes.wait_for(|_| self.behind(tenant, revision, resource) == 0);
        // Whether it ended in time or not: what counts is how it stands now.
        let _in_time = tokio::time::timeout(within, all).await.is_ok();
        self.behind(tenant, revision, resource)
    }

    fn behind(&self, tenant: TenantId, revision: u64, resource: Option<Uuid>) -> usize {
        let is_behind = |stream: &&Stream| {
            let status = &stream.status;
            let refused = || {
                let refused = status.rejects.get(&tenant).into_iter().flatten();
                resource.is_some() && refused.into_iter().any(|one| one.resource_id == resource)
            };
            status.acked.get(&tenant).is_some_and(|&acked| acked < revision || refused())
        };
        self.locked().streams.values().filter(is_behind).count()
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.locked());
        self.changed.send_modify(|count| *count += 1);
        outcome
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Changes what is known of the node.
    pub fn update(&self, change: impl FnOnce(&mut NodeStatus)) {
        self.nodes.with(|state| {
            if let Some(stream) = state.streams.get_mut(&self.stream) {
                change(&mut stream.status);
            }
        });
    }

    /// Fires when the stream must end: revoked, or replaced by a newer one of the same process.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.nodes.with(|state| state.streams.remove(&self.stream));
    }
}
