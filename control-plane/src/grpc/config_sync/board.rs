//! What is due to one node: refusals, the directory, tenants that changed. Noting never waits; each tenant waits at
//! most once, however often it changes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use proto::convert::{uuid, uuid_bytes};
use proto::wire::{Hello, SubscribeRefused};
use tokio::sync::Notify;

use crate::domain::ids::TenantId;
use crate::domain::limits::{REFUSALS_QUEUED_MAX, SUBSCRIBES_PER_S, SUBSCRIPTIONS_MAX};

/// One thing to send.
#[derive(Debug)]
pub(super) enum Due {
    Refusal(SubscribeRefused),
    Directory,
    Tenant { id: TenantId, have: u64, generation: u64 },
}

/// The node asks for more than it can be refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flood;

pub(super) struct Board {
    state: Mutex<State>,
    wake: Notify,
    limiter: DefaultDirectRateLimiter,
    /// The node's positions are of this database.
    same_history: bool,
}

#[derive(Default)]
struct State {
    positions: HashMap<TenantId, Position>,
    due: VecDeque<TenantId>,
    refusals: VecDeque<SubscribeRefused>,
    directory: bool,
    /// Tenants the node had when it connected: asking for each of them once more is no new subscription.
    resumed: HashSet<TenantId>,
    generations: u64,
}

struct Position {
    /// The revision the node has, or was sent; 0 = nothing.
    have: u64,
    /// Tells this subscription from an earlier one, whose update may still be under way.
    generation: u64,
    due: bool,
}

impl Board {
    pub(super) fn new(hello: &Hello, same_history: bool) -> Self {
        let had = hello.have.iter().filter_map(|one| uuid("tenant_id", &one.tenant_id).ok()).map(TenantId);
        let resumed = had.take(SUBSCRIPTIONS_MAX).collect();
        let per_second = NonZeroU32::new(SUBSCRIBES_PER_S).unwrap_or(NonZeroU32::MIN);
        Self {
            state: Mutex::new(State { resumed, directory: true, ..State::default() }),
            wake: Notify::new(),
            limiter: RateLimiter::direct(Quota::per_second(per_second)),
            same_history,
        }
    }

    /// Notes a subscription and answers the revision the node has, if it was accepted.
    pub(super) fn subscribe(&self, id: TenantId, revision: u64) -> Result<Option<u64>, Flood> {
        let have = if self.same_history { revision } else { 0 };
        let mut state = self.locked();
        if !state.resumed.remove(&id)
            && let Err(early) = self.limiter.check()
        {
            let wait = early.wait_time_from(DefaultClock::default().now());
            self.refuse(&mut state, id, "subscribe.too_fast", wait)?;
            return Ok(None);
        }
        if !state.positions.contains_key(&id) && state.positions.len() >= SUBSCRIPTIONS_MAX {
            self.refuse(&mut state, id, "subscribe.too_many", Duration::from_secs(60))?;
            return Ok(None);
        }
        state.generations += 1;
        let generation = state.generations;
        let queued = state.positions.insert(id, Position { have, generation, due: true }).is_some_and(|old| old.due);
        if !queued {
            state.due.push_back(id);
        }
        self.wake.notify_one();
        Ok(Some(have))
    }

    pub(super) fn unsubscribe(&self, id: TenantId) {
        self.locked().positions.remove(&id);
    }

    pub(super) fn is_subscribed(&self, id: TenantId) -> bool {
        self.locked().positions.contains_key(&id)
    }

    /// A tenant is at `revision` now.
    pub(super) fn changed(&self, id: TenantId, revision: u64) {
        let mut state = self.locked();
        let Some(position) = state.positions.get_mut(&id) else { return };
        if position.have != revision && !position.due {
            position.due = true;
            state.due.push_back(id);
            self.wake.notify_one();
        }
    }

    pub(super) fn directory_changed(&self) {
        self.locked().directory = true;
        self.wake.notify_one();
    }

    /// Some changes were missed: everything is looked at again.
    pub(super) fn everything_changed(&self) {
        let mut state = self.locked();
        let ids: Vec<TenantId> = state.positions.iter().filter(|(_, one)| !one.due).map(|(id, _)| *id).collect();
        state.positions.values_mut().for_each(|one| one.due = true);
        state.due.extend(ids);
        state.directory = true;
        self.wake.notify_one();
    }

    /// The node was sent the tenant's state as of `revision`.
    pub(super) fn sent(&self, id: TenantId, generation: u64, revision: u64) {
        let mut state = self.locked();
        if let Some(position) = state.positions.get_mut(&id).filter(|one| one.generation == generation) {
            position.have = revision;
        }
    }

    /// Refuses a subscription for good.
    pub(super) fn refuse_for_good(&self, id: TenantId, code: &'static str) -> Result<(), Flood> {
        let mut state = self.locked();
        state.positions.remove(&id);
        self.refuse(&mut state, id, code, Duration::ZERO)
    }

    /// Waits for the next thing to send. Only the writer calls it.
    pub(super) async fn next(&self) -> Due {
        loop {
            if let Some(due) = self.take() {
                return due;
            }
            self.wake.notified().await;
        }
    }

    fn take(&self) -> Option<Due> {
        let mut state = self.locked();
        if let Some(refusal) = state.refusals.pop_front() {
            return Some(Due::Refusal(refusal));
        }
        if std::mem::take(&mut state.directory) {
            return Some(Due::Directory);
        }
        while let Some(id) = state.due.pop_front() {
            // Unsubscribed meanwhile, or subscribed anew and already taken.
            if let Some(position) = state.positions.get_mut(&id).filter(|one| one.due) {
                position.due = false;
                return Some(Due::Tenant { id, have: position.have, generation: position.generation });
            }
        }
        None
    }

    fn refuse(&self, state: &mut State, id: TenantId, code: &str, wait: Duration) -> Result<(), Flood> {
        if state.refusals.len() >= REFUSALS_QUEUED_MAX {
            return Err(Flood);
        }
        let retry_after_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        let retry_after_ms = if wait.is_zero() { 0 } else { retry_after_ms.max(1) };
        state.refusals.push_back(SubscribeRefused {
            tenant_id: uuid_bytes(id.0),
            code: code.to_owned(),
            retry_after_ms,
        });
        self.wake.notify_one();
        Ok(())
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
