//! How long something took, most of the times and at worst.

use std::time::Duration;

/// Steps between one power of two and the next: quantiles are at most an eighth too high.
const STEPS: usize = 8;

/// Counts of durations, by the power of two and its eighth that they are below.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: [u64; 64 * STEPS],
    count: u64,
    max: Duration,
}

/// A histogram in four numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many there were.
    pub count: u64,
    /// Half took no longer.
    pub p50: Duration,
    /// All but one in a hundred took no longer.
    pub p99: Duration,
    /// All but one in a thousand took no longer.
    pub p999: Duration,
    /// The longest.
    pub max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; 64 * STEPS], count: 0, max: Duration::ZERO }
    }
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanoseconds)] += 1;
        self.count += 1;
        self.max = self.max.max(duration);
    }

    /// The duration that all but a fraction stay within, rounded up to its bucket.
    #[must_use]
    pub fn quantile(&self, fraction: f64) -> Duration {
        let wanted = (fraction * self.count as f64).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= wanted {
                return Duration::from_nanos(last_of(bucket)).min(self.max);
            }
        }
        self.max
    }

    /// The four numbers.
    #[must_use]
    pub fn summary(&self) -> Latency {
        Latency {
            count: self.count,
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
            p999: self.quantile(0.999),
            max: self.max,
        }
    }
}

fn bucket(nanoseconds: u64) -> usize {
    let Some(power) = nanoseconds.checked_ilog2().filter(|power| *power >= 3) else {
        return nanoseconds as usize;
    };
    let step = (nanoseconds >> (power - 3)) as usize % STEPS;
    (power as usize - 2) * STEPS + step
}

/// The longest duration of a bucket.
fn last_of(bucket: usize) -> u64 {
    if bucket < STEPS {
        return bucket as u64;
    }
    let shift = bucket / STEPS - 1;
    let first = ((STEPS + bucket % STEPS) as u64) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_a_bucket_that_ends_at_most_an_eighth_later() {
        for power in 0..64 {
            for offset in [0, 1, 3, (1u64 << power) / 3] {
                let nanoseconds = (1u64 << power).saturating_add(offset);
                let last = last_of(bucket(nanoseconds));
                assert!(last >= nanoseconds, "{nanoseconds}: {last}");
                assert!(last - nanoseconds <= nanoseconds / 8, "{nanoseconds}: {last}");
            }
        }
        assert!(bucket(u64::MAX) < 64 * STEPS);
    }

    #[test]
    fn quantiles_of_known_durations() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.summary(), Latency::default());
        for milliseconds in 1..=1000 {
            histogram.record(Duration::from_millis(milliseconds));
        }
        let Latency { count, p50, p99, p999, max } = histogram.summary();
        assert_eq!((count, max), (1000, Duration::from_millis(1000)));
        for (quantile, milliseconds) in [(p50, 500), (p99, 990), (p999, 999)] {
            let exact = Duration::from_millis(milliseconds);
            assert!(quantile >= exact && quantile <= exact * 9 / 8, "{quantile:?} of {exact:?}");
        }
    }
}
