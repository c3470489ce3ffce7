//! Who listens on this replica. Each listener has a queue with a bound: what does not fit is dropped and counted, in its
//! place, so that nobody who stores calls ever waits for somebody who reads them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::super::Caller;
use crate::domain::call::{CallFilter, CallRecord};
use crate::domain::ids::TenantId;
use crate::domain::limits::{TAIL_QUEUED_MAX, TAILS_MAX, TAILS_PER_PRINCIPAL_MAX, TAILS_PER_TENANT_MAX};
use crate::domain::tail::{TailEnd, hides_more};
use crate::domain::{Error, Result};

/// What a listener gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Call(Arc<CallRecord>),
    /// Calls that it does not get; how many, if that is known.
    Dropped(Option<u64>),
    End(TailEnd),
}

/// All of them; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Listeners {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// How many there are: asked for every batch of records, and mostly zero.
    count: AtomicUsize,
    tenants: Mutex<HashMap<TenantId, Vec<Arc<Listener>>>>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) tenant_id: TenantId,
    pub(super) caller: Caller,
    /// What was asked for, whatever of it the caller may see.
    pub(super) asked: CallFilter,
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Debug)]
struct Queue {
    shown: CallFilter,
    waiting: VecDeque<Heard>,
    /// Those of `waiting` that are calls.
    calls: usize,
    end: Option<TailEnd>,
}

/// A listener's place among the others; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Seat {
    listener: Arc<Listener>,
    listeners: Listeners,
}

impl Listeners {
    /// Refused where as many listen as may.
    pub(super) fn join(&self, listener: Listener) -> Result<Seat> {
        let mut tenants = self.tenants();
        let all = self.shared.count.load(Ordering::Relaxed);
        let neighbours = tenants.entry(listener.tenant_id).or_default();
        let own = neighbours.iter().filter(|other| other.caller.principal == listener.caller.principal).count();
        let full = refusal(own, neighbours.len(), all);
        if let Some(public) = full {
            forget_empty(&mut tenants, listener.tenant_id);
            return Err(Error::TooMany { code: "calls.too_many_tails", public });
        }
        let listener = Arc::new(listener);
        neighbours.push(listener.clone());
        self.shared.count.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { listener, listeners: self.clone() })
    }

    /// Whether somebody listens to that tenant's calls.
    pub fn any(&self, tenant: TenantId) -> bool {
        self.count() > 0 && self.tenants().contains_key(&tenant)
    }

    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// Shows calls to whoever asked for them, and answers how many were too many for somebody.
    pub(super) fn offer(&self, tenant: TenantId, calls: &[Arc<CallRecord>]) -> u64 {
        self.of(tenant).iter().map(|listener| listener.offer(calls)).sum()
    }

    /// Says to the tenant's listeners that calls may be missing.
    pub(super) fn miss(&self, tenant: TenantId) {
        self.of(tenant).iter().for_each(|listener| listener.miss());
    }

    /// Says so to all.
    pub(super) fn miss_everywhere(&self) {
        self.by_tenant().values().flatten().for_each(|listener| listener.miss());
    }

    pub(super) fn by_tenant(&self) -> HashMap<TenantId, Vec<Arc<Listener>>> {
        self.tenants().clone()
    }

    /// Ends one, also if it does not read: its place is free at once, and what waited for it is gone.
    pub(super) fn end(&self, listener: &Arc<Listener>, why: TailEnd) {
        self.leave(listener);
        let mut queue = listener.queue();
        queue.end.get_or_insert(why);
        queue.waiting.clear();
        drop(queue);
        listener.filled.notify_one();
    }

    fn of(&self, tenant: TenantId) -> Vec<Arc<Listener>> {
        self.tenants().get(&tenant).cloned().unwrap_or_default()
    }

    fn leave(&self, listener: &Arc<Listener>) {
        let mut tenants = self.tenants();
        let Some(neighbours) = tenants.get_mut(&listener.tenant_id) else { return };
        let before = neighbours.len();
        neighbours.retain(|other| !Arc::ptr_eq(other, listener));
        self.shared.count.fetch_sub(before - neighbours.len(), Ordering::Relaxed);
        forget_empty(&mut tenants, listener.tenant_id);
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, Vec<Arc<Listener>>>> {
        self.shared.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_empty(tenants: &mut HashMap<TenantId, Vec<Arc<Listener>>>, tenant: TenantId) {
    if tenants.get(&tenant).is_some_and(Vec::is_empty) {
        tenants.remove(&tenant);
    }
}

/// Why there is no room for one more, and what to do.
fn refusal(own: usize, of_tenant: usize, all: usize) -> Option<String> {
    if own >= TAILS_PER_PRINCIPAL_MAX {
        return Some(format!("You follow the call log {own} times already: close one of them first."));
    }
    if of_tenant >= TAILS_PER_TENANT_MAX {
        return Some(format!(
            "The call log of this tenant is followed {of_tenant} times already: read the list of calls until somebody \
             closes theirs."
        ));
    }
    (all >= TAILS_MAX)
        .then(|| "Too many follow call logs here just now: read the list of calls and try again.".to_owned())
}

impl Listener {
    pub(super) fn new(tenant_id: TenantId, caller: Caller, asked: CallFilter, shown: CallFilter) -> Self {
        let queue = Mutex::new(Queue { shown, waiting: VecDeque::new(), calls: 0, end: None });
        Self { tenant_id, caller, asked, queue, filled: Notify::new() }
    }

    /// Goes on with what the caller may see now; refused when that hides what was in sight before.
    pub(super) fn show(&self, shown: CallFilter) -> Result<(), TailEnd> {
        let mut queue = self.queue();
        if hides_more(queue.shown.within.as_ref(), shown.within.as_ref()) {
            return Err(TailEnd::RoleLost);
        }
        queue.shown = shown;
        Ok(())
    }

    /// Answers how many of those it asked for did not fit.
    fn offer(&self, calls: &[Arc<CallRecord>]) -> u64 {
        let (mut queue, mut dropped) = (self.queue(), 0);
        for call in calls {
            if !queue.shown.finds(call) {
                continue;
            }
            if queue.calls < TAIL_QUEUED_MAX {
                queue.calls += 1;
                queue.waiting.push_back(Heard::Call(call.clone()));
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            queue.drop_calls(Some(dropped));
        }
        drop(queue);
        self.filled.notify_one();
        dropped
    }

    fn miss(&self) {
        self.queue().drop_calls(None);
        self.filled.notify_one();
    }

    async fn next(&self) -> Heard {
        loop {
            if let Some(heard) = self.queue().pop() {
                return heard;
            }
            // Remembers one call that came before: nothing is slept through.
            self.filled.notified().await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn pop(&mut self) -> Option<Heard> {
        if let Some(why) = self.end {
            return Some(Heard::End(why));
        }
        let heard = self.waiting.pop_front()?;
        self.calls -= usize::from(matches!(heard, Heard::Call(_)));
        Some(heard)
    }

    /// In its place among the calls. Two such in a row are one, and known plus unknown is unknown.
    fn drop_calls(&mut self, count: Option<u64>) {
        match self.waiting.back_mut() {
            Some(Heard::Dropped(before)) => *before = before.zip(count).map(|(before, count)| before + count),
            _ => self.waiting.push_back(Heard::Dropped(count)),
        }
    }
}

impl Seat {
    /// What comes next; [`Heard::End`] again and again at the end.
    pub(super) async fn next(&self) -> Heard {
        self.listener.next().await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.listeners.leave(&self.listener);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::super::super::Proof;
    use super::*;
    use crate::domain::access::TenantRole;
    use crate::domain::call::tests::some_call;
    use crate::domain::ids::{SessionId, UserId};

    fn listener(tenant: usize, person: usize) -> Listener {
        let principal = UserId(Uuid::from_u128(person as u128)).into();
        let proof = Proof::Session(SessionId(Uuid::from_u128(person as u128)));
        let caller = Caller { principal, role: TenantRole::Owner, proof };
        let tenant = TenantId(Uuid::from_u128(tenant as u128));
        Listener::new(tenant, caller, CallFilter::default(), CallFilter::default())
    }

    fn calls(count: usize) -> Vec<Arc<CallRecord>> {
        (0..count).map(|number| Arc::new(some_call(number as u128, DateTime::UNIX_EPOCH))).collect()
    }

    #[track_caller]
    fn refused(joined: Result<Seat>, what: &str) {
        let Err(Error::TooMany { code: "calls.too_many_tails", public }) = joined else { panic!("{joined:?}") };
        assert!(public.contains(what), "{public}");
    }

    #[test]
    fn places_are_bounded_and_free_again() {
        let listeners = Listeners::default();
        let mut seats: Vec<_> = (0..TAILS_PER_PRINCIPAL_MAX).map(|_| listeners.join(listener(0, 0)).unwrap()).collect();
        refused(listeners.join(listener(0, 0)), "You follow");
        let rest = (seats.len()..TAILS_PER_TENANT_MAX).map(|person| listeners.join(listener(0, person)).unwrap());
        seats.extend(rest);
        refused(listeners.join(listener(0, 1_000)), "this tenant");
        let rest = (seats.len()..TAILS_MAX).map(|number| listeners.join(listener(number, 0)).unwrap());
        seats.extend(rest);
        refused(listeners.join(listener(1_000, 0)), "here just now");
        assert!(!listeners.any(TenantId(Uuid::from_u128(1_000))));
        // One that was ended has no place, though it may not have noticed.
        listeners.end(&seats[0].listener, TailEnd::SessionEnded);
        let again = listeners.join(listener(0, 0)).unwrap();
        drop((again, seats));
        assert_eq!((listeners.count(), listeners.by_tenant().len()), (0, 0));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_counted_in_its_place() {
        let (listeners, tenant) = (Listeners::default(), TenantId(Uuid::from_u128(0)));
        let seat = listeners.join(listener(0, 0)).unwrap();
        assert_eq!(listeners.offer(TenantId(Uuid::from_u128(1)), &calls(1)), 0);
        assert_eq!(listeners.offer(tenant, &calls(TAIL_QUEUED_MAX + 7)), 7);
        assert_eq!(listeners.offer(tenant, &calls(2)), 2);
        for call in calls(3) {
            assert_eq!(seat.next().await, Heard::Call(call));
        }
        assert_eq!(listeners.offer(tenant, &calls(4)), 1);
        listeners.miss(tenant);
        for call in calls(TAIL_QUEUED_MAX).split_off(3) {
            assert_eq!(seat.next().await, Heard::Call(call));
        }
        assert_eq!(seat.next().await, Heard::Dropped(Some(9)));
        for call in calls(3) {
            assert_eq!(seat.next().await, Heard::Call(call));
        }
        assert_eq!(seat.next().await, Heard::Dropped(None), "one and an unknown number");
    }

    #[tokio::test]
    async fn what_waits_when_somebody_is_shut_out_is_not_shown() {
        let (listeners, tenant) = (Listeners::default(), TenantId(Uuid::from_u128(0)));
        let seat = listeners.join(listener(0, 0)).unwrap();
        listeners.offer(tenant, &calls(3));
        listeners.end(&seat.listener, TailEnd::Deactivated);
        listeners.offer(tenant, &calls(3));
        assert_eq!(seat.next().await, Heard::End(TailEnd::Deactivated));
        assert!(!listeners.any(tenant));
    }
}
