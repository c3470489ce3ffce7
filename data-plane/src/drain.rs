//! A node that is to be empty because an operator says so: it is not ready, so that a balancer sends it nobody new, and
//! what is open without an end of its own is sent elsewhere, again and again. It serves whatever comes all the same: it
//! may be the only one.

use std::sync::Arc;

use proto::wire::NodeLoad;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::{Node, limits};

/// What an operator wants of this node.
#[derive(Debug, Default)]
pub struct Drain {
    asked: watch::Sender<bool>,
}

impl Drain {
    /// Whether the node is to be empty.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    pub(crate) fn ask(&self, on: bool) {
        let changed = self.asked.send_if_modified(|asked| std::mem::replace(asked, on) != on);
        if changed {
            tracing::info!(on, "an operator wants this node to be {}", if on { "empty" } else { "in use" });
        }
    }
}

/// Sends streams and connections elsewhere while the node is to be empty; ends when the node closes.
pub(crate) async fn run(node: Arc<Node>) {
    let closing = node.tasks.closing();
    tokio::select! {
        () = closing.cancelled() => {}
        () = empty(&node) => {}
    }
}

async fn empty(node: &Node) {
    let mut asked = node.drain.asked.subscribe();
    // The sender is the node's: it outlives this.
    while asked.wait_for(|asked| *asked).await.is_ok() {
        tokio::select! {
            // Balancers notice first; then whoever comes back does not come back here.
            () = sleep(limits::DRAIN_EVERY) => node.tasks.move_on(),
            _ = asked.wait_for(|asked| !asked) => {}
        }
    }
}

/// What the control plane is told with each heartbeat.
pub(crate) fn load(node: &Node) -> NodeLoad {
    let streams = node.memory.streams.count();
    let under_way = usize::try_from(node.metrics.calls_in_flight.get()).unwrap_or(0);
    NodeLoad {
        calls: bounded(under_way.saturating_sub(streams)),
        streams: bounded(streams),
        sessions: u32::try_from(node.store.sessions()).unwrap_or(u32::MAX),
        draining: node.drain.is_asked() || node.tasks.is_draining(),
    }
}

fn bounded(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
