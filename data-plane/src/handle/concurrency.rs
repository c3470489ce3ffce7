//! How many calls of a tenant may be under way on this node at once, where the operator bounds that: its share of the
//! tenant's bound, so that one tenant's slow upstreams never take a node from the others. In memory: a count that
//! several nodes kept together would leak with every node that dies.
//!
//! What carries no question takes no place, nor what waits for messages for as long as its client likes: streams have
//! bounds of their own, and the answer to a question of an upstream must come through, or its call would never end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::decode::Meaning;
use crate::error::Failure;
use crate::mcp::method::Method;

/// The calls under way of tenants that have a bound.
#[derive(Default)]
pub struct Concurrency {
    taken: Arc<Mutex<HashMap<Uuid, u32>>>,
}

/// One place, given back when dropped.
#[derive(Debug)]
pub struct Slot {
    taken: Arc<Mutex<HashMap<Uuid, u32>>>,
    tenant: Uuid,
}

impl Concurrency {
    /// A place for one more call of the tenant. `bound` is for all of its nodes together.
    pub fn slot(&self, tenant: Uuid, bound: u32, nodes: u32) -> Result<Slot, Failure> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = taken.entry(tenant).or_default();
        if *calls >= bound.div_ceil(nodes.max(1)) {
            return Err(Failure::TooManyCalls);
        }
        *calls += 1;
        Ok(Slot { taken: Arc::clone(&self.taken), tenant })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.tenant) {
            Some(calls) if *calls > 1 => *calls -= 1,
            _ => {
                taken.remove(&self.tenant);
            }
        }
    }
}

/// Whether a message takes a place while it is under way.
pub(super) fn counts(meaning: &Meaning) -> bool {
    !matches!(meaning.method, None | Some(Method::Ping | Method::Listen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_shared_by_nodes_and_given_back() {
        let (calls, tenant) = (Concurrency::default(), Uuid::from_u128(1));
        let first = calls.slot(tenant, 3, 2).unwrap();
        let _second = calls.slot(tenant, 3, 2).unwrap();
        assert_eq!(calls.slot(tenant, 3, 2).unwrap_err(), Failure::TooManyCalls, "half of three, rounded up");
        assert!(calls.slot(Uuid::from_u128(2), 1, 1).is_ok(), "another tenant has its own");
        drop(first);
        assert!(calls.slot(tenant, 3, 2).is_ok());
        assert_eq!(calls.taken.lock().unwrap().len(), 1, "who calls nothing takes no memory");
    }
}
