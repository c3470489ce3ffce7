//! One bound for the memory of all frames in flight: a node that is full says so, it does not die.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const UNIT: usize = 1024;

/// The node is out of memory for frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many bytes in flight")]
pub struct Exhausted;

#[derive(Debug, Clone)]
pub struct Budget {
    units: Arc<Semaphore>,
}

/// Memory taken from the budget, given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self { units: Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))) }
    }

    pub fn empty(&self) -> Reservation {
        Reservation { budget: self.clone(), permit: None }
    }

    pub fn reserve(&self, bytes: usize) -> Result<Reservation, Exhausted> {
        let mut reservation = self.empty();
        reservation.cover(bytes)?;
        Ok(reservation)
    }
}

impl Reservation {
    /// Grows the reservation until it covers `bytes`.
    pub fn cover(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let wanted = bytes.div_ceil(UNIT);
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(missing) = wanted.checked_sub(held).filter(|missing| *missing > 0) else { return Ok(()) };
        let missing = u32::try_from(missing).map_err(|_| Exhausted)?;
        let more = Arc::clone(&self.budget.units).try_acquire_many_owned(missing).map_err(|_| Exhausted)?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Ok(())
    }

    /// Bytes that give the memory back when the last reference to them goes.
    pub fn bind(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Bound { bytes, _reservation: self })
    }
}

struct Bound {
    bytes: Bytes,
    _reservation: Reservation,
}

impl AsRef<[u8]> for Bound {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_give_their_memory_back() {
        let budget = Budget::new(10 * UNIT);
        let mut first = budget.reserve(1).expect("fits");
        first.cover(4 * UNIT).expect("fits");
        first.cover(2 * UNIT).expect("covers less");
        assert_eq!(budget.units.available_permits(), 6);
        assert_eq!(budget.reserve(7 * UNIT).err(), Some(Exhausted));
        let bytes = first.bind(Bytes::from_static(b"frame"));
        let slice = bytes.slice(1..3);
        drop(bytes);
        assert_eq!(budget.units.available_permits(), 6);
        drop(slice);
        assert_eq!(budget.units.available_permits(), 10);
    }
}
