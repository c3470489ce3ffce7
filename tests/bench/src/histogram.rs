//! Latencies in buckets of constant relative width, as HdrHistogram has them: quantiles within 1.6 %, in fixed memory.

/// Buckets per power of two.
const STEPS: usize = 64;
const STEPS_LOG2: u32 = STEPS.ilog2();
/// Up to 2^40 ns, 18 minutes; what is longer counts as that.
const POWERS: usize = 40;

#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; (POWERS + 1) * STEPS], total: 0 }
    }
}

impl Histogram {
    pub fn record(&mut self, ns: u64) {
        let last = self.counts.len() - 1;
        if let Some(count) = self.counts.get_mut(bucket(ns).min(last)) {
            *count += 1;
            self.total += 1;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.total += other.total;
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// The middle of the bucket below which `share` (0..=1) of the values lie; 0 when there are none.
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = ((self.total as f64 * share).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return middle(index);
            }
        }
        0
    }
}

/// Values below [`STEPS`] have a bucket each; every further power of two is cut into [`STEPS`].
fn bucket(ns: u64) -> usize {
    let power = ns.max(1).ilog2().saturating_sub(STEPS_LOG2);
    let step = (ns >> power) as usize;
    power as usize * STEPS + step
}

fn middle(index: usize) -> u64 {
    // A step of a scaled power lies in STEPS..2*STEPS: its bucket index holds one STEPS more than its power says.
    let power = (index / STEPS).saturating_sub(1);
    let step = (index - power * STEPS) as u64;
    (step << power) + ((1 << power) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_size() {
        for ns in [0, 1, 63, 64, 65, 127, 128, 129, 1_000, 12_345, 999_999, 1_000_000_007, 1 << 39] {
            let near = middle(bucket(ns));
            assert!(near.abs_diff(ns) as f64 <= ns as f64 * 0.016, "{ns} became {near}");
        }
        let buckets: Vec<usize> = (0..100_000).map(bucket).collect();
        assert!(buckets.is_sorted());
    }

    #[test]
    fn quantiles() {
        fn check(values: &[u64], share: f64, expected: u64) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|value| histogram.record(*value));
            assert_eq!(histogram.quantile(share), expected, "{share} of {values:?}");
        }
        check(&[], 0.5, 0);
        check(&[7], 0.5, 7);
        check(&[7], 0.999, 7);
        check(&[1, 2, 3, 4], 0.5, 2);
        check(&[1, 2, 3, 4], 0.0, 1);
        check(&[1, 2, 3, 4], 1.0, 4);
        check(&(1..=60).collect::<Vec<_>>(), 0.9, 54);
        let mut one = Histogram::default();
        one.record(u64::MAX);
        assert_eq!(one.total(), 1);
        let mut both = Histogram::default();
        both.merge(&one);
        both.record(1);
        assert_eq!((both.total(), both.quantile(0.5)), (2, 1));
    }
}
