//! Connected nodes and what they have acknowledged. In memory, per replica: fed by the configuration stream, asked by
//! use-cases that may answer only after nodes know (a new signing key, a new API key).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::ids::{NodeId, TenantId};
use crate::domain::limits::ACK_WAIT_MAX_MS;
use crate::domain::node::NodeIdentity;

/// Capability of nodes that can be told to be empty.
pub const DRAIN: &str = "drain";

/// One live stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// As of its last heartbeat; older nodes do not say.
    pub load: Option<NodeLoad>,
}

impl NodeStatus {
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|one| one == capability)
    }
}

/// What a node is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLoad {
    /// Calls under way, without streams.
    pub calls: u32,
    /// Streams that have no end of their own.
    pub streams: u32,
    /// Client sessions that it has served lately.
    pub sessions: u32,
    /// It says that it is not ready: it is to be empty, or stops.
    pub draining: bool,
}

/// A resource that a node did not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// As many as identities that connected.
    identities: HashMap<NodeId, Standing>,
}

/// What operators decided about an identity.
#[derive(Debug)]
struct Standing {
    /// Fires when it is revoked.
    enrolled: CancellationToken,
    /// Whether it is to be empty.
    draining: watch::Sender<bool>,
}

impl Standing {
    fn of(identity: &NodeIdentity) -> Self {
        Self { enrolled: CancellationToken::new(), draining: watch::Sender::new(identity.draining_since.is_some()) }
    }
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
    draining: Option<watch::Receiver<bool>>,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { state: Arc::default(), changed: watch::channel(0).0 }
    }
}

impl Nodes {
    /// Registers a stream. An older stream of the same process of the same identity ends: it is half-open at best.
    /// Another identity's is left alone, whatever instance id this one claims.
    pub fn connect(&self, identity: &NodeIdentity, status: NodeStatus) -> Connection {
        let (stream, ended, draining) = self.with(|state| {
            let standing = state.identities.entry(identity.id).or_insert_with(|| Standing::of(identity));
            let ended = standing.enrolled.child_token();
            let draining = status.can(DRAIN).then(|| standing.draining.subscribe());
            let same = |other: &&Stream| {
                other.status.identity_id == status.identity_id && other.status.instance_id == status.instance_id
            };
            state.streams.values().filter(same).for_each(|other| other.ended.cancel());
            let stream = state.next_stream;
            state.next_stream += 1;
            state.streams.insert(stream, Stream { status, ended: ended.clone() });
            (stream, ended, draining)
        });
        Connection { nodes: self.clone(), stream, ended, draining }
    }

    /// Fires when the identity is revoked.
    pub fn while_enrolled(&self, identity: &NodeIdentity) -> CancellationToken {
        let mut state = self.locked();
        state.identities.entry(identity.id).or_insert_with(|| Standing::of(identity)).enrolled.clone()
    }

    /// Identities that connected to this replica and are not known to be revoked.
    pub fn identities(&self) -> Vec<NodeId> {
        self.locked().identities.keys().copied().collect()
    }

    /// Ends every stream of the identity.
    pub fn revoke(&self, identity: NodeId) {
        if let Some(standing) = self.locked().identities.remove(&identity) {
            standing.enrolled.cancel();
        }
    }

    /// Tells every stream of the identity whether it is to be empty, if that is new.
    pub fn drain(&self, identity: NodeId, on: bool) {
        if let Some(standing) = self.locked().identities.get(&identity) {
            standing.draining.send_if_modified(|draining| std::mem::replace(draining, on) != on);
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
        self.locked().streams.values().all(|stream| stream.status.can(capability))
    }

    /// The same for the nodes of one pool.
    pub fn pool_has(&self, pool: &str, capability: &str) -> bool {
        let state = self.locked();
        let mut of_pool = state.streams.values().map(|stream| &stream.status).filter(|status| status.pool == pool);
        of_pool.all(|status| status.can(capability))
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

    /// What the node says that it is busy with. Nobody waits for it.
    pub fn busy_with(&self, load: Option<NodeLoad>) {
        if let Some(stream) = self.nodes.locked().streams.get_mut(&self.stream) {
            stream.status.load = load;
        }
    }

    /// Whether the node is to be empty; `None` if it would not understand.
    pub fn draining(&self) -> Option<watch::Receiver<bool>> {
        self.draining.clone()
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
