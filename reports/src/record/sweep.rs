//! The JSON record of a sweep: everything that its table and its page show.
//!
//! Readers must accept fields that they do not know; a change that they could not read changes
//! [`SCHEMA`].

use serde::{Deserialize, Serialize};

use super::{Head, Invocation, Ratio, Spread};

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/sweep/1";

/// A kernel that is slower by less than this is no reason to choose another kernel.
const TIE: f64 = 0.02;

/// One run of `ammeter compare --sweep`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// What was derived and how it was sampled.
    pub workload: Workload,
    /// A hash each.
    pub hashes: Vec<OfHash>,
}

/// What a sweep goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// n, the children of a payment.
    N,
    /// Threads that derive at the same time.
    Threads,
}

impl Over {
    /// The name on the command line and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::N => "n",
            Self::Threads => "threads",
        }
    }
}

/// What was derived and how it was sampled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How the command was called.
    #[serde(flatten)]
    pub invocation: Invocation,
    /// The derivation scheme.
    pub scheme: String,
    /// What differs from point to point.
    pub over: Over,
    /// How long was asked for, for all points together.
    pub seconds: f64,
    /// Whether it was stopped before that.
    pub interrupted: bool,
    /// Pairs derived and checked in all, by all rows.
    pub pairs_checked: u64,
}

/// The curves of one hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfHash {
    /// Its name.
    pub hash: String,
    /// The backend that others are compared with.
    pub baseline: String,
    /// Every backend that took part.
    pub backends: Vec<Backend>,
    /// In rising order of what the sweep goes over; points that were never reached are not here.
    pub points: Vec<Point>,
    /// Where another of our kernels becomes the fastest of ours; a sweep over n only.
    pub crossovers: Vec<Crossover>,
}

/// One backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backend {
    /// Its name; ours begin with `ammeter/`.
    pub name: String,
    /// Its released version.
    pub version: String,
    /// How it was called.
    pub call: String,
    /// The instruction set that it used.
    pub isa: String,
}

/// All backends at one n, or with one number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// n, the children of a payment.
    pub children: u64,
    /// Payments in one call of a backend.
    pub payments: u64,
    /// Threads that derived at the same time.
    pub threads: u64,
    /// Passes in which it was visited.
    pub passes: u64,
    /// Rounds sampled in all passes together.
    pub rounds: u64,
    /// A/A: the baseline's speed over its own, which is 1 but for noise.
    pub noise: Option<Ratio>,
    /// BLAKE3 of all preimages, then all payment hashes, of one call: what every output had to be.
    pub digest: String,
    /// In the order of the backends.
    pub rows: Vec<Row>,
    /// Ours against the peers.
    pub lead: Option<Lead>,
}

/// One backend at one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub backend: String,
    /// Over the point's slices, all threads together.
    pub pairs_per_second: Option<Spread>,
    /// Ticks of the timestamp counter a pair, one thread's: time, not the core's clock.
    pub reference_cycles_per_pair: Option<f64>,
    /// Its speed over the baseline's at the same point.
    pub ratio_to_baseline: Option<Ratio>,
    /// Its speed over its own with one thread, pass by pass; a sweep over threads only.
    pub ratio_to_one_thread: Option<Ratio>,
    /// Whether every timed output was right, and it has times.
    pub verified: bool,
    /// Whether its outputs were right, and only its clock could not be believed.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub clock_refused: bool,
    /// What went wrong.
    pub fault: Option<String>,
}

/// Ours against the peers at one point, each a median of quotients round by round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// The fastest of our kernels.
    pub kernel: String,
    /// The fastest peer.
    pub peer: Option<String>,
    /// The speed of that kernel over the fastest peer's.
    pub kernel_over_peer: Option<Ratio>,
    /// The speed of the engine that chooses its kernel over the fastest peer's.
    pub auto_over_peer: Option<Ratio>,
    /// The speed of the engine that chooses its kernel over the fastest kernel's.
    pub auto_over_kernel: Option<Ratio>,
}

/// Another of our kernels becomes the fastest of ours, by more than the noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossover {
    /// From this n on.
    pub children: u64,
    /// The fastest before.
    pub before: String,
    /// The fastest from here on.
    pub after: String,
    /// The speed of `after` over that of `before` at this n; None if `before` was not verified
    /// here.
    pub ratio: Option<Ratio>,
}

impl Point {
    /// Where it stands on the axis of its sweep.
    pub fn at(&self, over: Over) -> u64 {
        match over {
            Over::N => self.children,
            Over::Threads => self.threads,
        }
    }

    /// What a difference must exceed here.
    fn noise_distance(&self) -> f64 {
        self.noise.map_or(0.0, |noise| (noise.low - 1.0).abs().max((noise.high - 1.0).abs()))
    }

    /// The speed of the engine's own choice over the fastest kernel's, where it is behind by more
    /// than its interval, the noise and two per cent.
    pub fn auto_behind(&self) -> Option<Ratio> {
        let ratio = self.lead.as_ref()?.auto_over_kernel?;
        let tie = TIE.max(self.noise_distance());
        (ratio.high < 1.0 && ratio.median < 1.0 - tie).then_some(ratio)
    }
}

impl Sweep {
    /// Rows that were wrong or failed, with the hash and the point.
    pub fn faults(&self) -> impl Iterator<Item = (&OfHash, &Point, &Row)> {
        let points = self.hashes.iter().flat_map(|of| of.points.iter().map(move |at| (of, at)));
        points.flat_map(|(of, at)| {
            at.rows.iter().filter(|row| !row.verified).map(move |row| (of, at, row))
        })
    }
}
