//! The client of the configuration stream: connects, follows, and comes back after a growing pause.
//!
//! Losing the control plane never takes anything away from requests (I2): what was published stays published.

pub(crate) mod backoff;
pub mod channel;

mod assembly;
mod directory;
mod follower;
mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::time::sleep;

use self::backoff::{Backoff, random};
use self::channel::ControlPlane;
use self::follower::Follower;
use self::session::{Ended, Session};
use crate::{Node, limits};

/// Follows the control plane until the node closes.
pub(crate) async fn run(node: Arc<Node>, plane: ControlPlane) {
    let closing = node.tasks.closing();
    let mut follower = Follower::new(node.configuration.clone(), node.metrics.clone(), node.key.clone());
    if let Some(keeper) = &node.keeper {
        follower = follower.kept_by(keeper.clone());
        if let Some(restored) = keeper.restore(node.clock.now()).await {
            follower.restore(restored);
        }
    }
    let mut backoff = Backoff::new(limits::RECONNECT_PAUSE_MIN, limits::RECONNECT_PAUSE_MAX);
    while !closing.is_cancelled() {
        let connection = connection(&node, &plane, &mut follower, &mut backoff);
        let ended = tokio::select! {
            biased;
            () = closing.cancelled() => return,
            ended = connection => ended,
        };
        node.configuration.disconnected();
        node.metrics.reconnects.inc();
        let pause = backoff.pause(random());
        if let Err(reason) = ended {
            tracing::warn!(%reason, pause_ms = pause.as_millis(), "configuration stream ended");
        }
        tokio::select! {
            () = closing.cancelled() => return,
            () = sleep(pause) => {}
        }
    }
}

async fn connection(
    node: &Node,
    plane: &ControlPlane,
    follower: &mut Follower,
    backoff: &mut Backoff,
) -> Result<(), Ended> {
    let session = Session::open(node, plane, follower).await?;
    backoff.reset();
    tracing::info!("configuration stream is up");
    session.follow(node, follower).await
}
