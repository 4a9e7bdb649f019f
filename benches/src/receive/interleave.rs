//! Lanes in turn: what the sampler does with hash backends, for anything that takes time.

use std::time::{Duration, Instant};

use ammeter_amp::store::StoreError;

use crate::{
    statistics::{Interval, Quartiles},
    workload::Words,
};

/// One ABBA sample, in seconds for one item (an HTLC, or a reopening).
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What the lane is compared with, before and after it.
    pub reference: [f64; 2],
    /// The lane itself, twice in between.
    pub row: [f64; 2],
}

impl Sample {
    /// Times the four slices in ABBA order; `slice` is told whether it runs the lane itself, and
    /// returns seconds for one item.
    ///
    /// # Errors
    /// The first of `slice`.
    pub fn abba(
        mut slice: impl FnMut(bool) -> Result<f64, StoreError>,
    ) -> Result<Self, StoreError> {
        let before = slice(false)?;
        let row = [slice(true)?, slice(true)?];
        Ok(Self { reference: [before, slice(false)?], row })
    }
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
    /// But not before so many rounds; at least one.
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
/// `go_on` says no.
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
        let Sample { reference, row } = lanes[lane].sample()?;
        sampled[lane].seconds.extend(row);
        sampled[lane].ratios.push((reference[0] + reference[1]) / (row[0] + row[1]));
        Ok(())
    })?;
    Ok(sampled)
}

/// Gives each of `count` lanes its turn round by round, each round in a new order, until the plan's
/// time is over or `go_on` says no.
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
        if stopped || round >= plan.rounds_min && start.elapsed() >= plan.time {
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

    #[test]
    fn stopped_is_stopped() {
        let plan = Plan { time: Duration::from_secs(600), rounds_min: 9, seed: 1 };
        let sampled = interleave(&mut [&mut Drifting(1.0)], plan, &mut || false).unwrap();
        assert_eq!(sampled[0].rounds(), 1);
    }
}
