//! How long the control plane has been away, over restarts: `offline_max` is counted from the last contact, and neither
//! a restart nor a clock that is set back makes it longer.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A clock may be corrected by so much without being taken for set back.
const CORRECTION_MAX_MS: i64 = 5_000;
/// Longer than any `offline_max`.
const UNKNOWN: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What is written down from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contact {
    /// When this was written.
    at_ms: i64,
    /// How long the control plane had been away then.
    away_ms: u64,
}

impl Contact {
    pub(super) fn new(now: DateTime<Utc>, away: Duration) -> Self {
        Self { at_ms: now.timestamp_millis(), away_ms: u64::try_from(away.as_millis()).unwrap_or(u64::MAX) }
    }

    /// How long it has been away now. Where the clock was set back nobody knows: too long.
    pub(super) fn away(self, now: DateTime<Utc>) -> Duration {
        let since_ms = now.timestamp_millis().saturating_sub(self.at_ms);
        match u64::try_from(since_ms) {
            Ok(since_ms) => Duration::from_millis(self.away_ms.saturating_add(since_ms)),
            Err(_) if since_ms > -CORRECTION_MAX_MS => Duration::from_millis(self.away_ms),
            Err(_) => UNKNOWN,
        }
    }
}

/// Of a node that knows tenants and not since when: too long.
pub(super) fn unknown() -> Duration {
    UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_and_a_clock_set_back_make_nothing_longer() {
        fn check(away_s: u64, later_s: i64, expected_s: u64) {
            let then = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let written = Contact::new(then, Duration::from_secs(away_s));
            let away = written.away(then + chrono::TimeDelta::seconds(later_s));
            assert_eq!(away, Duration::from_secs(expected_s), "{away_s} {later_s}");
        }
        check(0, 60, 60);
        check(100, 60, 160);
        check(100, 0, 100);
        check(100, -4, 100);
        check(100, -3600, UNKNOWN.as_secs());
    }
}
