//! Medians, quartiles, and an interval for a median of samples that follow one another in time.

use crate::workload::Words;

/// The three quartiles of a set of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quartiles {
    /// A quarter of the samples is below.
    pub q1: f64,
    /// Half is below.
    pub median: f64,
    /// A quarter is above.
    pub q3: f64,
}

impl Quartiles {
    /// Of at least one sample, by linear interpolation between order statistics.
    ///
    /// # Panics
    /// If there is no sample.
    #[must_use]
    pub fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |fraction| quantile(&sorted, fraction);
        Self { q1: at(0.25), median: at(0.5), q3: at(0.75) }
    }
}

/// The value below which `fraction` of the samples are, by linear interpolation.
///
/// # Panics
/// If there is no sample.
#[must_use]
pub fn quantile_of(samples: &[f64], fraction: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, fraction)
}

/// A median with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The sample median.
    pub median: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How often the samples are drawn anew.
const RESAMPLES: usize = 1000;

/// Fewer samples than this have an interval by ranks as well.
const RANKS_BELOW: usize = 30;

impl Interval {
    /// The median of `samples`, in the order in which they were taken, and the 2.5th and 97.5th
    /// percentile of the medians of 1000 resamples in blocks.
    ///
    /// Neighbours in time share the machine's mood, so single samples drawn with replacement would
    /// promise too narrow an interval. Blocks of n^(1/3) neighbours are drawn instead (the
    /// moving-block bootstrap: Künsch, 1989), with wrap-around.
    ///
    /// Of few samples that promises too much: of nine independent ones it holds the true median 86
    /// times in a hundred. Of fewer than thirty the interval therefore reaches at least from the
    /// k-th smallest to the k-th largest sample, whatever they are distributed like (Thompson, 1936):
    /// each is above the true median as often as a coin falls on heads, so that 95 % is a matter of
    /// counting. Of five or fewer no two samples are enough: the interval is from the smallest to the
    /// largest, which holds the true median 94 times in a hundred for five, 75 for three, and of one
    /// sample is that sample.
    ///
    /// # Panics
    /// If there is no sample.
    #[must_use]
    pub fn of_median(samples: &[f64], seed: u64) -> Self {
        let count = samples.len();
        let block = (count as f64).cbrt().round().max(1.0) as usize;
        let mut words = Words::new(seed);
        let mut resample = Vec::with_capacity(count + block);
        let mut medians: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                resample.clear();
                while resample.len() < count {
                    let start = words.below(count);
                    resample.extend((start..start + block).map(|k| samples[k % count]));
                }
                resample.truncate(count);
                median(&mut resample)
            })
            .collect();
        medians.sort_by(f64::total_cmp);
        let (mut low, mut high) = (quantile(&medians, 0.025), quantile(&medians, 0.975));
        if count < RANKS_BELOW {
            let mut sorted = samples.to_vec();
            sorted.sort_by(f64::total_cmp);
            let beyond = beyond(count);
            low = low.min(sorted[beyond]);
            high = high.max(sorted[count - 1 - beyond]);
        }
        Self { median: median(&mut samples.to_vec()), low, high }
    }

    /// The greatest distance of the interval from 1.
    #[must_use]
    pub fn distance_from_one(&self) -> f64 {
        (self.low - 1.0).abs().max((self.high - 1.0).abs())
    }
}

/// How many of `count` samples at each end may be beyond a 95 % interval of the median: the most such
/// that so few, or fewer, are above the true one in at most 2.5 % of cases.
fn beyond(count: usize) -> usize {
    // Of all ways in which `count` coins fall, those with exactly `heads` heads.
    let mut part = 0.5_f64.powi(count as i32);
    let (mut sum, mut heads) = (part, 0);
    while sum <= 0.025 {
        heads += 1;
        part *= (count + 1 - heads) as f64 / heads as f64;
        sum += part;
    }
    heads.saturating_sub(1)
}

/// Reorders the samples.
fn median(samples: &mut [f64]) -> f64 {
    let middle = samples.len() / 2;
    let even = samples.len().is_multiple_of(2);
    let (below, upper, _) = samples.select_nth_unstable_by(middle, f64::total_cmp);
    if even {
        let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (lower + *upper) / 2.0
    } else {
        *upper
    }
}

fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    assert!(!sorted.is_empty(), "a quantile of nothing");
    let place = fraction * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_known_samples() {
        let quartiles = Quartiles::of(&[4.0, 1.0, 3.0, 2.0, 5.0]);
        assert_eq!(quartiles, Quartiles { q1: 2.0, median: 3.0, q3: 4.0 });
        assert_eq!(Quartiles::of(&[7.0]), Quartiles { q1: 7.0, median: 7.0, q3: 7.0 });
        assert_eq!(median(&mut [1.0, 4.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn an_interval_holds_its_median_and_ignores_a_few_wild_samples() {
        let mut words = Words::new(1);
        let mut samples: Vec<f64> =
            (0..301).map(|_| 1.0 + (words.below(1000) as f64 - 500.0) / 50_000.0).collect();
        for place in [3, 50, 51, 52, 200] {
            samples[place] = 9.0;
        }
        let interval = Interval::of_median(&samples, 7);
        assert!(interval.low <= interval.median && interval.median <= interval.high);
        assert!(interval.distance_from_one() < 0.005, "{interval:?}");
        assert_eq!(interval, Interval::of_median(&samples, 7), "the same seed, the same interval");
    }

    #[test]
    fn ranks_are_those_of_the_tables() {
        // Two-sided 95 % for the sign test: the rank from each end, less one.
        let tables = [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (16, 3), (25, 7)];
        for (count, expected) in tables {
            assert_eq!(beyond(count), expected, "{count}");
        }
        let of = |samples: &[f64]| {
            let Interval { low, high, .. } = Interval::of_median(samples, 1);
            (low, high)
        };
        assert_eq!(of(&[5.0, 1.0, 4.0, 2.0]), (1.0, 5.0), "of so few all of them");
        assert_eq!(of(&[7.0]), (7.0, 7.0));
    }

    /// Independent samples whose distribution leans to one side; its true median is ln 2.
    #[test]
    fn of_few_samples_an_interval_holds_the_true_median_as_often_as_it_says() {
        let mut words = Words::new(5);
        let mut sample = || -((words.below(1 << 30) + 1) as f64 / f64::from(1 << 30)).ln();
        for count in [6, 9, 16, 24] {
            let holds = (0..1000).filter(|seed| {
                let samples: Vec<f64> = (0..count).map(|_| sample()).collect();
                let Interval { low, high, .. } = Interval::of_median(&samples, *seed);
                (low..=high).contains(&std::f64::consts::LN_2)
            });
            let held = holds.count();
            assert!(held >= 930, "{held} of 1000 intervals of {count} samples");
        }
    }

    #[test]
    fn dependent_samples_get_a_wider_interval_than_independent_ones() {
        let mut words = Words::new(3);
        let shuffled: Vec<f64> = (0..400).map(|_| words.below(2) as f64).collect();
        let mut runs = shuffled.clone();
        runs.chunks_mut(20).for_each(|run| run.fill(run[0]));
        let width = |samples: &[f64]| {
            let Interval { low, high, .. } = Interval::of_median(samples, 1);
            high - low
        };
        assert!(width(&runs) >= width(&shuffled));
    }
}
