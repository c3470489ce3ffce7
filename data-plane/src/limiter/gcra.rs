//! The arithmetic of one window, in whole microseconds: the generic cell rate algorithm. A budget is one number, the
//! time at which it would be full again; `redis.rs` says the same in Lua. Pure.

const US_PER_S: u64 = 1_000_000;

/// So many calls per period: `burst` at once after a calm time, then one for every interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub period_s: u32,
    interval_us: u64,
    burst: u64,
}

impl Window {
    /// `burst` 0 is the limit itself. `None`: no such window can be.
    pub fn new(limit: u64, period_s: u32, burst: u64) -> Option<Self> {
        let burst = if burst == 0 { limit } else { burst };
        if limit == 0 || period_s == 0 || burst > limit || limit > u64::from(period_s) * US_PER_S {
            return None;
        }
        // Rounded up: never more than the limit.
        let interval_us = (u64::from(period_s) * US_PER_S).div_ceil(limit);
        Some(Self { period_s, interval_us, burst })
    }

    /// What one of so many nodes may let through when they cannot count together; one call at least.
    pub fn share(self, nodes: u32) -> Self {
        let nodes = u64::from(nodes.max(1));
        Self { interval_us: self.interval_us.saturating_mul(nodes), burst: (self.burst / nodes).max(1), ..self }
    }

    pub(super) fn interval_us(self) -> u64 {
        self.interval_us
    }

    /// From empty to full.
    pub(super) fn depth_us(self) -> u64 {
        self.interval_us.saturating_mul(self.burst)
    }

    /// One more call at `now`, of a budget that is full at `full_at`: when it is full then, or how long there is to wait.
    /// A time that is further off than an empty budget's is of another clock, or of a window that was larger.
    pub(super) fn take(self, full_at: u64, now: u64) -> Result<u64, u64> {
        let depth = self.depth_us();
        let next = full_at.clamp(now, now.saturating_add(depth)).saturating_add(self.interval_us);
        match next.saturating_sub(now).saturating_sub(depth) {
            0 => Ok(next),
            wait => Err(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn windows_that_can_be() {
        fn check(limit: u64, period_s: u32, burst: u64, expected: Option<(u64, u64)>) {
            let window = Window::new(limit, period_s, burst).map(|window| (window.interval_us, window.burst));
            assert_eq!(window, expected, "{limit}/{period_s} {burst}");
        }
        check(100, 60, 0, Some((600_000, 100)));
        check(7, 60, 3, Some((8_571_429, 3)));
        check(1, 86_400, 0, Some((86_400_000_000, 1)));
        check(0, 60, 0, None);
        check(1, 0, 0, None);
        check(1, 60, 2, None);
        check(1_000_001, 1, 0, None);
        let third = Window::new(100, 60, 0).map(|window| window.share(3)).map(|one| (one.interval_us, one.burst));
        assert_eq!(third, Some((1_800_000, 33)));
    }

    #[test]
    fn a_burst_then_one_for_every_interval() {
        let window = Window::new(3, 60, 0).expect("a window");
        let (mut full_at, now) = (0, 1_000);
        for _ in 0..3 {
            full_at = window.take(full_at, now).expect("within the burst");
        }
        assert_eq!(window.take(full_at, now), Err(20_000_000));
        assert_eq!(window.take(full_at, now + 19_999_999), Err(1));
        let later = now + 20_000_000;
        full_at = window.take(full_at, later).expect("one is back");
        assert_eq!(window.take(full_at, later), Err(20_000_000));
        // Somebody set the clock back by a year: a full budget's worth of waiting at most.
        assert_eq!(window.take(u64::MAX, 5), Err(20_000_000));
    }

    proptest! {
        /// In any stretch of time no more than the burst and what comes back meanwhile.
        #[test]
        fn never_more_than_the_window_says(limit in 1_u64..500, burst in 0_u64..500, gaps in prop::collection::vec(0_u64..400_000, 1..400)) {
            let Some(window) = Window::new(limit, 60, burst) else { return Ok(()) };
            let (mut full_at, mut now) = (0, 1_000_000);
            let mut let_through = Vec::new();
            for gap in gaps {
                now += gap;
                if let Ok(next) = window.take(full_at, now) {
                    full_at = next;
                    let_through.push(now);
                }
            }
            for (first, start) in let_through.iter().enumerate() {
                for (last, end) in let_through.iter().enumerate().skip(first) {
                    let most = window.burst + (end - start) / window.interval_us + 1;
                    prop_assert!((last - first + 1) as u64 <= most);
                }
            }
        }
    }
}
