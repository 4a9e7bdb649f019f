//! Lanes in turn: what the sampler does with hash backends, for anything that takes time.

use std::time::{Duration, Instant};

use ammeter_amp::store::StoreError;

use crate::{
    statistics::{Interval, Quartiles},
    workload::Words,
};

/// A lane beside what it is compared with.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Seconds for one item (an HTLC, or a reopening), of each slice of the lane.
    pub row: Vec<f64>,
    /// The lane's speed over that of what it is compared with.
    pub ratio: f64,
}

impl Sample {
    /// Times four slices in ABBA order; `slice` is told whether it runs the lane itself, and returns
    /// seconds for one item.
    ///
    /// # Errors
    /// The first of `slice`.
    pub fn abba(slice: impl FnMut(bool) -> Result<f64, StoreError>) -> Result<Self, StoreError> {
        Self::in_order(&[false, true, true, false], slice)
    }

    /// Times eight slices in ABBABAAB order, after one of each that is not counted; for what keeps a
    /// state in the caches. In ABBA order the lane alone runs twice in a row and finds its state
    /// there, and what it is compared with always comes first after other work.
    ///
    /// # Errors
    /// The first of `slice`.
    pub fn abba_baab(
        mut slice: impl FnMut(bool) -> Result<f64, StoreError>,
    ) -> Result<Self, StoreError> {
        slice(false)?;
        slice(true)?;
        Self::in_order(&[false, true, true, false, true, false, false, true], slice)
    }

    fn in_order(
        order: &[bool],
        mut slice: impl FnMut(bool) -> Result<f64, StoreError>,
    ) -> Result<Self, StoreError> {
        let (mut row, mut reference) = (Vec::new(), 0.0);
        for &is_row in order {
            let seconds = slice(is_row)?;
            if is_row {
                row.push(seconds);
            } else {
                reference += seconds;
            }
        }
        let ratio = reference / row.iter().sum::<f64>();
        Ok(Self { row, ratio })
    }
}

/// What the ten slices of [`Sample::abba_baab`] take: each of five things goes to both sides.
pub(super) fn twice_each<T: Clone>(mut thing: impl FnMut() -> T) -> impl Iterator<Item = T> {
    [(); 5].map(|()| thing()).into_iter().flat_map(|thing| [thing.clone(), thing])
}

/// Something that is sampled.
pub trait Lane {
    /// Takes one sample.
    ///
    /// # Errors
    /// The store's.
    fn sample(&mut self) -> Result<Sample, StoreError>;
}

/// For how long to sample.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Sampling ends with the first round after this.
    pub time: Duration,
    /// But not before so many rounds, at least one, even if it is told to stop: fewer would give an
    /// interval that says more than they know.
    pub rounds_min: usize,
    /// Seeds the order of lanes, and whatever else is random.
    pub seed: u64,
}

/// What a lane gave.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Seconds for one item, of each slice of the lane.
    pub seconds: Vec<f64>,
    /// Its speed over that of what it is compared with, of each round.
    pub ratios: Vec<f64>,
    /// The seed of the bootstrap.
    seed: u64,
}

impl Sampled {
    /// Items a second over all slices.
    #[must_use]
    pub fn per_second(&self) -> Quartiles {
        Quartiles::of(&self.seconds.iter().map(|seconds| 1.0 / seconds).collect::<Vec<_>>())
    }

    /// Seconds for one item over all slices.
    #[must_use]
    pub fn seconds(&self) -> Quartiles {
        Quartiles::of(&self.seconds)
    }

    /// The lane's speed over that of what it is compared with.
    #[must_use]
    pub fn ratio(&self) -> Interval {
        Interval::of_median(&self.ratios, self.seed)
    }

    /// Rounds that were sampled.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.ratios.len() as u64
    }
}

/// Samples all lanes round by round, each round in a new order, until the plan's time is over or
/// `go_on` says no; but not less than the plan's least number of rounds.
///
/// # Errors
/// The first of a lane.
pub fn interleave(
    lanes: &mut [&mut dyn Lane],
    plan: Plan,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Sampled>, StoreError> {
    let nothing = Sampled { seconds: Vec::new(), ratios: Vec::new(), seed: plan.seed };
    let mut sampled = vec![nothing; lanes.len()];
    in_turn(lanes.len(), plan, go_on, |lane| {
        let Sample { row, ratio } = lanes[lane].sample()?;
        sampled[lane].seconds.extend(row);
        sampled[lane].ratios.push(ratio);
        Ok(())
    })?;
    Ok(sampled)
}

/// Gives each of `count` lanes its turn round by round, each round in a new order, until the plan's
/// time is over or `go_on` says no; but not less than the plan's least number of rounds.
///
/// # Errors
/// The first of a turn.
pub(crate) fn in_turn(
    count: usize,
    plan: Plan,
    go_on: &mut dyn FnMut() -> bool,
    mut turn: impl FnMut(usize) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut words = Words::new(plan.seed);
    let mut order: Vec<usize> = (0..count).collect();
    let start = Instant::now();
    for round in 1.. {
        words.shuffle(&mut order);
        for &lane in &order {
            turn(lane)?;
        }
        let stopped = !go_on();
        if round >= plan.rounds_min && (stopped || start.elapsed() >= plan.time) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slows down by a tenth with each slice; the lane is twice as fast as what it is compared
    /// with.
    struct Drifting(f64);

    impl Lane for Drifting {
        fn sample(&mut self) -> Result<Sample, StoreError> {
            Sample::abba(|is_row| {
                self.0 += 0.1;
                Ok(if is_row { self.0 } else { 2.0 * self.0 })
            })
        }
    }

    #[test]
    fn a_linear_drift_cancels() {
        let (mut one, mut other) = (Drifting(1.0), Drifting(100.0));
        let plan = Plan { time: Duration::ZERO, rounds_min: 9, seed: 1 };
        let sampled = interleave(&mut [&mut one, &mut other], plan, &mut || true).unwrap();
        for lane in &sampled {
            assert_eq!((lane.rounds(), lane.seconds.len()), (9, 18));
            let Interval { median, low, high } = lane.ratio();
            assert!((low - 2.0).abs() < 1e-9 && (high - 2.0).abs() < 1e-9, "{median}");
        }
        assert!(sampled[0].per_second().median > sampled[1].per_second().median);
    }

    /// Each side runs once right after itself, three times after the other; and never counts as
    /// the first.
    #[test]
    fn both_sides_find_the_same_before_them() {
        let (mut last, mut first) = (None, true);
        let sample = Sample::abba_baab(|is_row| {
            let is_warm = last.replace(is_row) == Some(is_row);
            Ok(if core::mem::take(&mut first) {
                100.0
            } else if is_warm {
                1.0
            } else {
                2.0
            })
        });
        let Sample { row, ratio } = sample.unwrap();
        assert_eq!((row, ratio), (vec![2.0, 1.0, 2.0, 2.0], 1.0));
    }

    #[test]
    fn eight_slices_cancel_a_drift_whose_rate_changes() {
        let mut slices = 0.0_f64;
        let sample = Sample::abba_baab(|_| {
            slices += 1.0;
            Ok(slices * slices)
        });
        assert!((sample.unwrap().ratio - 1.0).abs() < 1e-9);
    }

    #[test]
    fn stopped_is_stopped_once_there_is_enough_for_an_interval() {
        let rounds = |rounds_min, asked: &mut dyn FnMut() -> bool| {
            let plan = Plan { time: Duration::from_secs(600), rounds_min, seed: 1 };
            interleave(&mut [&mut Drifting(1.0)], plan, asked).unwrap()[0].rounds()
        };
        assert_eq!(rounds(9, &mut || false), 9);
        assert_eq!(rounds(1, &mut || false), 1);
        let mut left = 20;
        let mut asked = || {
            left -= 1;
            left > 0
        };
        assert_eq!(rounds(9, &mut asked), 20);
    }
}
