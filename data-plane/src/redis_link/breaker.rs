//! Stops asking a Redis that does not answer: after a few failures in a row nobody asks for a moment, then one does.
//! Pure: the time is an argument.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::limits::{REDIS_FAILURES_MAX, REDIS_PAUSE};

#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Asked freely, after so many failures in a row.
    Closed { failures: u32 },
    /// Nobody asks before then; whoever comes first afterwards is the only one until it knows.
    Open { until: Instant },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Leave to ask once. Dropped without a verdict (the request went away), it changes nothing.
#[must_use]
pub(super) struct Attempt<'a>(&'a Breaker);

impl Breaker {
    pub(super) fn attempt(&self, now: Instant) -> Option<Attempt<'_>> {
        let mut state = self.lock();
        if let State::Open { until } = *state {
            if now < until {
                return None;
            }
            *state = State::Open { until: now + REDIS_PAUSE };
        }
        Some(Attempt(self))
    }

    pub(super) fn is_up(&self) -> bool {
        *self.lock() == State::Closed { failures: 0 }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    pub(super) fn succeeded(self) {
        *self.0.lock() = State::Closed { failures: 0 };
    }

    /// Whether this failure is the one that opens the breaker.
    pub(super) fn failed(self, now: Instant) -> bool {
        let mut state = self.0.lock();
        match *state {
            State::Closed { failures } if failures + 1 < REDIS_FAILURES_MAX => {
                *state = State::Closed { failures: failures + 1 };
                false
            }
            State::Closed { .. } => {
                *state = State::Open { until: now + REDIS_PAUSE };
                true
            }
            State::Open { .. } => {
                *state = State::Open { until: now + REDIS_PAUSE };
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_probe_through() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let attempt = |now| breaker.attempt(now);
        for _ in 1..REDIS_FAILURES_MAX {
            assert!(!attempt(start).expect("closed").failed(start));
        }
        attempt(start).expect("closed").succeeded();
        for failure in 1..=REDIS_FAILURES_MAX {
            let opened = attempt(start).expect("closed").failed(start);
            assert_eq!(opened, failure == REDIS_FAILURES_MAX, "a success in between counts");
        }
        assert!(attempt(start).is_none() && !breaker.is_up());
        let later = start + REDIS_PAUSE;
        let probe = attempt(later).expect("one probe");
        assert!(attempt(later).is_none(), "and no second");
        assert!(!probe.failed(later), "said once");
        let probe = attempt(later + REDIS_PAUSE).expect("one probe");
        probe.succeeded();
        assert!(attempt(later).is_some() && breaker.is_up());
    }
}
