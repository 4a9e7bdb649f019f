//! What `ammeter compare --workload payment` leaves as JSON.

use ammeter_bench::{
    payment::{Part as Measured, Round},
    statistics::{Interval, Quartiles},
};
use serde::{Deserialize, Serialize};

use super::{Head, Invocation, Ratio, Spread};

/// Names this layout.
pub const SCHEMA: &str = "ammeter/payment/1";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// What was asked for.
    pub workload: Workload,
    /// A size of payment each, the smallest first.
    pub rows: Vec<Row>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How the command was called.
    #[serde(flatten)]
    pub invocation: Invocation,
    /// How long was asked for.
    pub seconds: f64,
    /// Stopped before that.
    pub interrupted: bool,
}

/// Payments of one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// HTLCs of one payment.
    pub set_size: u32,
    /// Rounds that were sampled.
    pub rounds: u64,
    /// In the order in which an HTLC meets them.
    pub parts: Vec<Part>,
    /// AMP's part of all time without a disk.
    pub amp: Ratio,
    /// The same with transactions of 256 arrivals.
    pub amp_durable: Ratio,
}

/// A part of the work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is.
    pub name: String,
    /// Whether AMP brings it.
    pub is_amp: bool,
    /// For one HTLC. A part that is a difference may be negative where noise is larger than it.
    pub nanoseconds: Spread,
}

impl Row {
    /// As it was sampled; `seed` is the bootstrap's.
    ///
    /// # Panics
    /// If there is no round.
    #[must_use]
    pub fn new(set_size: u32, rounds: &[Round], seed: u64) -> Self {
        let all = |of: &dyn Fn(&Round) -> f64| rounds.iter().map(of).collect::<Vec<f64>>();
        let part = |part: Measured| Part {
            name: part.name().into(),
            is_amp: part.is_amp(),
            nanoseconds: Quartiles::of(&all(&|round| 1e9 * round.seconds(part))).into(),
        };
        let amp = |is_durable| {
            Ratio::from(Interval::of_median(&all(&|round| round.amp(is_durable)), seed))
        };
        Self {
            set_size,
            rounds: rounds.len() as u64,
            parts: Measured::ALL.map(part).into(),
            amp: amp(false),
            amp_durable: amp(true),
        }
    }
}
