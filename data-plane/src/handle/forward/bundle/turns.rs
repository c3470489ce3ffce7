//! One client in a loop must not make a crowd of what it asks for (ATK-33): a list of a virtual server is many requests,
//! so each caller has a few of them under way on a node, and the next ones wait for their turn.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::Failure;
use crate::limits::{LIST_CALLERS_MAX, LISTS_AT_ONCE, MEMBER_TIMEOUT};
use crate::upstream::UpstreamFault;

/// Forgotten when nobody asks: with all turns free it says nothing.
const IDLE: Duration = Duration::from_secs(60);

/// The turns of all callers, by principal.
pub(crate) struct Turns(Cache<Uuid, Arc<Semaphore>>);

impl Default for Turns {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(LIST_CALLERS_MAX).time_to_idle(IDLE).build())
    }
}

impl Turns {
    /// Whoever waits longer than a list may take is told that it took too long.
    pub(super) async fn take(&self, principal: Uuid) -> Result<OwnedSemaphorePermit, Failure> {
        let turns = self.0.get_with(principal, || Arc::new(Semaphore::new(LISTS_AT_ONCE)));
        let taken = timeout(MEMBER_TIMEOUT, turns.acquire_owned()).await;
        taken.ok().and_then(Result::ok).ok_or(Failure::Upstream(UpstreamFault::Timeout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn atk_33_each_caller_has_a_few_and_keeps_nobody_else_waiting() {
        let turns = Turns::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut held = Vec::new();
        for _ in 0..LISTS_AT_ONCE {
            held.push(turns.take(one).await.unwrap());
        }
        assert!(turns.take(one).await.is_err(), "one more than there are");
        assert!(turns.take(other).await.is_ok(), "another caller");
        held.pop();
        assert!(turns.take(one).await.is_ok(), "given back");
    }
}
