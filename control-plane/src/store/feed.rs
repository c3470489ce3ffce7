//! Tells the process what was committed, so that streams wake up. Loss is allowed: streams also poll.

use tokio::sync::broadcast;

use crate::domain::ids::TenantId;

/// Messages kept for a slow listener before it must poll.
const FEED_CAPACITY: usize = 1024;

/// What a commit changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Tenant { id: TenantId, revision: u64 },
    Directory,
}

#[derive(Debug, Clone)]
pub struct ChangeFeed {
    sender: broadcast::Sender<Changed>,
}

impl ChangeFeed {
    pub(super) fn new() -> Self {
        Self { sender: broadcast::channel(FEED_CAPACITY).0 }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.sender.subscribe()
    }

    /// Nobody listening is fine.
    pub(super) fn publish(&self, changed: Changed) {
        let _ = self.sender.send(changed);
    }
}
