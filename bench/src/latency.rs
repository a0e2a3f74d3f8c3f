//! How long answers took: a histogram that costs one increment per answer.

use std::time::Duration;

/// Each doubling is split into this many steps, so a value is known to 1 %.
const STEPS: u64 = 128;
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// Counts durations, to 1 % each.
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        let last = bucket(u64::MAX);
        Self { counts: vec![0; last + 1], total: 0 }
    }
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanoseconds)] += 1;
        self.total += 1;
    }

    /// How many there are.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The duration that this many of 100 do not exceed.
    pub fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        Duration::from_nanos(found.map_or(0, lower_bound))
    }
}

/// Exact up to `STEPS`, then `STEPS` buckets for each doubling.
fn bucket(nanoseconds: u64) -> usize {
    let doublings = (u64::BITS - nanoseconds.leading_zeros()).saturating_sub(STEP_BITS + 1);
    let step = nanoseconds >> doublings;
    usize::try_from(u64::from(doublings) * STEPS + step).unwrap_or(usize::MAX)
}

fn lower_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket / STEPS).saturating_sub(1);
    (bucket - doublings * STEPS) << doublings
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Histogram, bucket, lower_bound};

    #[test]
    fn a_bucket_is_at_most_one_percent_below_its_values() {
        for exponent in 0..63 {
            for offset in [0, 1, 17, 1_000_003] {
                let value = (1_u64 << exponent) + offset;
                let found = lower_bound(bucket(value));
                assert!(found <= value && (value - found) * 100 <= value, "{value}: {found}");
                assert!(lower_bound(bucket(value) + 1) > value, "{value}");
            }
        }
        let _fits = Histogram::default().counts[bucket(u64::MAX)];
    }

    #[test]
    fn percentiles_are_by_rank() {
        let mut histogram = Histogram::default();
        for microseconds in 1..=100 {
            histogram.add(Duration::from_micros(microseconds));
        }
        for percent in [1, 50, 99, 100] {
            let found = histogram.percentile(percent);
            let exact = Duration::from_micros(percent);
            assert!(found <= exact && found * 101 >= exact * 100, "{percent}: {found:?}");
        }
        assert_eq!(Histogram::default().percentile(50), Duration::ZERO);
    }
}
