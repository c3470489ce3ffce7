//! Connected nodes and what they have acknowledged. In memory, per replica: fed by the configuration stream, asked by
//! use-cases that may answer only after nodes know (a new signing key, a new API key).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::ids::TenantId;
use crate::domain::limits::ACK_WAIT_MAX_MS;

/// One live stream.
#[derive(Debug, Clone)]
pub struct NodeStatus {
    pub node_id: String,
    pub pool: String,
    pub region: String,
    pub version: String,
    pub capabilities: Vec<String>,
    /// Revision acknowledged per subscribed tenant.
    pub acked: HashMap<TenantId, u64>,
    /// Resources the node refused, per tenant, as of its last acknowledgement.
    pub rejects: HashMap<TenantId, Vec<String>>,
}

/// The registry; clones share it.
#[derive(Debug, Clone)]
pub struct Nodes {
    live: Arc<Mutex<HashMap<Uuid, NodeStatus>>>,
    changed: watch::Sender<u64>,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { live: Arc::default(), changed: watch::channel(0).0 }
    }
}

impl Nodes {
    /// Registers a stream; the id is the node's instance id, so a reconnect replaces its predecessor.
    pub fn insert(&self, instance: Uuid, status: NodeStatus) {
        self.with(|live| live.insert(instance, status));
    }

    pub fn remove(&self, instance: Uuid) {
        self.with(|live| live.remove(&instance));
    }

    /// Changes what is known of a live stream.
    pub fn update(&self, instance: Uuid, change: impl FnOnce(&mut NodeStatus)) {
        self.with(|live| live.get_mut(&instance).map(change));
    }

    pub fn list(&self) -> Vec<NodeStatus> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Waits until every connected node that subscribed to the tenant acknowledged `revision`; false when some did not
    /// within the bound.
    pub async fn acknowledged(&self, tenant: TenantId, revision: u64) -> bool {
        let mut changes = self.changed.subscribe();
        let all = changes.wait_for(|_| self.behind(tenant, revision) == 0);
        tokio::time::timeout(Duration::from_millis(ACK_WAIT_MAX_MS), all).await.is_ok_and(|seen| seen.is_ok())
    }

    fn behind(&self, tenant: TenantId, revision: u64) -> usize {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.values().filter(|node| node.acked.get(&tenant).is_some_and(|&acked| acked < revision)).count()
    }

    fn with<T>(&self, change: impl FnOnce(&mut HashMap<Uuid, NodeStatus>) -> T) {
        change(&mut self.live.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|count| *count += 1);
    }
}
