//! Pauses that double up to a bound, with full jitter above the half: nodes do not come back in step. Pure.

use std::time::Duration;

#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, attempts: 0 }
    }

    /// The next pause: between half and all of `min · 2^attempts`, at most `max`. `random` is any number.
    pub(crate) fn pause(&mut self, random: u64) -> Duration {
        let doubled = self.min.saturating_mul(1_u32.checked_shl(self.attempts).unwrap_or(u32::MAX));
        self.attempts = self.attempts.saturating_add(1);
        let whole = doubled.min(self.max);
        let half = whole / 2;
        let span_us = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_micros(random % span_us)
    }

    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// Randomness for jitter; it protects nothing.
pub(crate) fn random() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_bound_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        for whole_ms in [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000] {
            let whole = Duration::from_millis(whole_ms);
            let lowest = backoff.clone().pause(0);
            let highest = backoff.pause(u64::MAX);
            assert!(lowest == whole / 2 && highest >= lowest && highest <= whole, "{whole_ms}: {lowest:?} {highest:?}");
        }
        for _ in 0..100 {
            assert!(backoff.pause(7) <= Duration::from_secs(10));
        }
        backoff.reset();
        assert!(backoff.pause(7) <= Duration::from_millis(100));
    }
}
