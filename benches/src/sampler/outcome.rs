//! What sampling found out about a row.

use crate::{
    backend::{Failure, Fault},
    statistics::{Interval, Quartiles},
};

/// The results of one row.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Over the run's slices.
    pub pairs_per_second: Quartiles,
    /// The [upper end](crate::limits::UPPER_END) of the same, which a limit is compared with.
    pub upper_pairs_per_second: f64,
    /// Median over the run's slices, where the machine has a timestamp counter.
    pub reference_cycles_per_pair: Option<f64>,
    /// The row's speed over the baseline's.
    pub ratio: Interval,
    /// What that is the median of: a ratio each round, in the order of the rounds. Rows of one run
    /// were sampled in the same rounds, so that two of them are compared with each other round by
    /// round.
    pub ratios: Vec<f64>,
    /// Median pairs a second of each pass.
    pub pass_speeds: Vec<f64>,
}

/// One row after a run.
#[derive(Debug)]
pub enum Outcome {
    /// Every timed output had the right digest.
    Verified(Sampled),
    /// An output was wrong; its times mean nothing. The text says which, as far as that is known.
    Wrong(String),
    /// It did not derive.
    Failed(Failure),
    /// Its outputs were right, but how long they took cannot be believed: its clock is wrong, or a
    /// busy machine made it look so.
    Untimed(Failure),
}

impl From<&Fault> for Outcome {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Wrong(which) => Self::Wrong(which.clone()),
            Fault::Failed(failure) => Self::Failed(failure.clone()),
            Fault::Untimed(failure) => Self::Untimed(failure.clone()),
        }
    }
}

impl Outcome {
    /// The results.
    ///
    /// # Errors
    /// Why there are none, in words.
    pub fn sampled(&self) -> Result<&Sampled, String> {
        match self {
            Self::Verified(sampled) => Ok(sampled),
            Self::Wrong(which) => Err(which.clone()),
            Self::Failed(failure) | Self::Untimed(failure) => Err(format!("failed: {failure}")),
        }
    }
}
