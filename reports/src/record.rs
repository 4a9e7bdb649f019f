//! The JSON record of a comparison: everything that its table and its page show.
//!
//! Readers must accept fields that they do not know; a change that they could not read changes
//! [`SCHEMA`].

pub mod against;
mod any;
pub mod attack;
pub mod census;
pub mod payment;
pub mod receive;
pub mod specimens;
pub mod split;
pub mod sweep;

pub use any::{Any, Envelope, ReadError, SCHEMAS};

use ammeter_bench::statistics::{Interval, Quartiles};
use serde::{Deserialize, Serialize};

use crate::host::Host;

/// The name of this layout.
pub const SCHEMA: &str = "ammeter/compare/1";

/// Whether a backend of this name is one of this project's own.
#[must_use]
pub fn is_ours(backend: &str) -> bool {
    backend.starts_with("ammeter/")
}

/// One run of `ammeter compare`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// What was derived and how it was sampled.
    pub workload: Workload,
    /// What this run takes for a difference where there is none, a hash each; none of a hash whose
    /// baseline was wrong or failed.
    pub noise: Vec<Noise>,
    /// What the silicon allows.
    pub limits: Vec<Limit>,
    /// What of the instrument itself went wrong, in words; empty if nothing did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instrument: Vec<String>,
    /// A backend each: by hash, best first; those that were wrong or failed last.
    pub rows: Vec<Row>,
}

impl Record {
    /// Its hashes in the order of its rows, those without A/A too.
    #[must_use]
    pub fn hashes(&self) -> Vec<&str> {
        let mut hashes = Vec::new();
        let of_rows = self.rows.iter().map(|row| row.hash.as_str());
        for hash in of_rows.chain(self.noise.iter().map(|noise| noise.hash.as_str())) {
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        hashes
    }

    /// A/A of a hash; None if its baseline was wrong or failed.
    #[must_use]
    pub fn noise_of(&self, hash: &str) -> Option<&Noise> {
        self.noise.iter().find(|noise| noise.hash == hash)
    }
}

/// What every record begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The layout: the `SCHEMA` beside the record's type.
    pub schema: String,
    /// The machine.
    pub host: Host,
    /// The program that measured.
    pub build: Build,
}

#[cfg(test)]
impl Head {
    /// For a record that a test makes up.
    pub(crate) fn example(schema: &str) -> Self {
        Self {
            schema: schema.into(),
            host: Host {
                cpu: "Example CPU".into(),
                architecture: "x86_64".into(),
                os: "linux".into(),
                cores: 2,
                features: vec!["sha".into(), "avx2".into()],
                reference_clock_hz: Some(2.6e9),
                virtualised: true,
                warnings: vec!["the load average is 9".into()],
            },
            build: Build {
                version: "0.1.0".into(),
                commit: "abc-dirty".into(),
                rustc: "rustc 1.89.0".into(),
                target: "x86_64-unknown-linux-gnu".into(),
                profile: "release".into(),
            },
        }
    }
}

/// How the program was built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// Ammeter's version.
    pub version: String,
    /// Its commit; ends in `-dirty` if the tree had changes.
    pub commit: String,
    /// The compiler.
    pub rustc: String,
    /// The target triple.
    pub target: String,
    /// The cargo profile.
    pub profile: String,
}

/// How the command was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The exact command line.
    pub command: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Seeds everything random: what is derived, the order of rows, the bootstrap.
    pub seed: u64,
}

#[cfg(test)]
impl Invocation {
    /// For a record that a test makes up.
    pub(crate) fn example(command: &str) -> Self {
        Self { command: command.into(), started: "2026-11-22T09:20:00Z".into(), seed: 1 }
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
    /// Pairs in one call of a backend.
    pub pairs: u64,
    /// Threads that derived at the same time.
    pub threads: u64,
    /// How long was asked for, for all hashes together.
    pub seconds: f64,
    /// Whether it was stopped before that.
    pub interrupted: bool,
    /// Pairs derived and checked in all, by all rows.
    pub pairs_checked: u64,
}

/// The baseline's speed over its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// The hash whose rows it applies to.
    pub hash: String,
    /// The baseline.
    pub backend: String,
    /// A/A: 1 but for noise.
    pub ratio: Ratio,
    /// Rounds sampled.
    pub rounds: u64,
    /// BLAKE3 of all preimages, then all payment hashes, of one call: what every output had to be.
    pub digest: String,
}

/// A median with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "MaybeAlone<WithInterval>")]
pub struct Ratio {
    /// Median of pair ratios.
    pub median: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Quartiles of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "MaybeAlone<WithQuartiles>")]
pub struct Spread {
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
}

impl Ratio {
    /// The baseline against itself: what it measures is the noise.
    pub const ONE: Self = Self { median: 1.0, low: 1.0, high: 1.0 };

    /// The greatest distance of the interval from 1: what noise takes for a difference.
    #[must_use]
    pub fn distance_from_one(&self) -> f64 {
        (self.low - 1.0).abs().max((self.high - 1.0).abs())
    }

    /// Times instead of speeds, or the other way round.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { median: 1.0 / self.median, low: 1.0 / self.high, high: 1.0 / self.low }
    }
}

/// Records of older layouts have one number here: it is read as one without an interval.
#[derive(Deserialize)]
#[serde(untagged)]
enum MaybeAlone<T> {
    Alone(f64),
    Whole(T),
}

#[derive(Deserialize)]
struct WithInterval {
    median: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct WithQuartiles {
    q1: f64,
    median: f64,
    q3: f64,
}

impl From<MaybeAlone<WithInterval>> for Ratio {
    fn from(read: MaybeAlone<WithInterval>) -> Self {
        match read {
            MaybeAlone::Alone(median) => Self { median, low: median, high: median },
            MaybeAlone::Whole(WithInterval { median, low, high }) => Self { median, low, high },
        }
    }
}

impl From<MaybeAlone<WithQuartiles>> for Spread {
    fn from(read: MaybeAlone<WithQuartiles>) -> Self {
        match read {
            MaybeAlone::Alone(median) => Self { q1: median, median, q3: median },
            MaybeAlone::Whole(WithQuartiles { q1, median, q3 }) => Self { q1, median, q3 },
        }
    }
}

impl From<Interval> for Ratio {
    fn from(Interval { median, low, high }: Interval) -> Self {
        Self { median, low, high }
    }
}

impl From<Quartiles> for Spread {
    fn from(Quartiles { q1, median, q3 }: Quartiles) -> Self {
        Self { q1, median, q3 }
    }
}

/// One rate that the silicon allows, all threads together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The instruction, or memory.
    pub name: String,
    /// What is counted.
    pub unit: String,
    /// Its rate over the run.
    pub rate: Spread,
    /// The upper end of its samples, which rows are compared with; records before it had the
    /// median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

/// One backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name; ours begin with `ammeter/`.
    pub backend: String,
    /// Its released version.
    pub version: String,
    /// How it was called.
    pub call: String,
    /// The hash.
    pub hash: String,
    /// The derivation scheme.
    pub scheme: String,
    /// The instruction set that it used.
    pub isa: String,
    /// Rank among the rows of its hash; rows whose difference is inside the noise share one. None
    /// if unranked.
    pub rank: Option<u64>,
    /// Whether another row has the same rank.
    pub tie: bool,
    /// Over the run's slices, all threads together.
    pub pairs_per_second: Option<Spread>,
    /// Ticks of the timestamp counter a pair, one thread's: time, not the core's clock.
    pub reference_cycles_per_pair: Option<f64>,
    /// The upper end of its speed over what the silicon allows; None where no limit is known.
    /// Records whose limits have no upper end compared medians.
    pub of_limit: Option<f64>,
    /// Which limit that is.
    pub limit: Option<String>,
    /// Its speed over the baseline's.
    pub ratio_to_baseline: Option<Ratio>,
    /// Whether it is the baseline.
    pub baseline: bool,
    /// Whether every timed output was right, and it has times.
    pub verified: bool,
    /// Whether its outputs were right, and only its clock could not be believed.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub clock_refused: bool,
    /// What went wrong.
    pub fault: Option<String>,
}
