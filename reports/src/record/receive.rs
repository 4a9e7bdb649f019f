//! What a run leaves as JSON. Times are nanoseconds unless a name says otherwise.

use ammeter_amp::service::Latency as Measured;
use ammeter_bench::receive::Sampled;
use serde::{Deserialize, Serialize};

use crate::record::{Head, Invocation, Ratio, Spread};

/// Names this layout. The one before it had single numbers, which were means, and no noise; it is
/// still read.
pub const SCHEMA: &str = "ammeter/receive/2";

/// The layout before it.
pub const SCHEMA_1: &str = "ammeter/receive/1";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// What was asked for.
    pub workload: Workload,
    /// What this run takes for a difference where there is none.
    #[serde(default)]
    pub noise: Noise,
    /// The core alone, by set size.
    pub in_memory: Vec<MemoryRow>,
    /// The core and its store, by set size and batch.
    pub durable: Vec<DurableRow>,
    /// By HTLCs held.
    pub held: Vec<HeldRow>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How the command was called.
    #[serde(flatten)]
    pub invocation: Invocation,
    /// Fewer HTLCs.
    pub quick: bool,
    /// Stopped early: rows are missing.
    pub interrupted: bool,
}

/// Quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// The median.
    pub p50_ns: u64,
    /// 99 of 100 are no longer.
    pub p99_ns: u64,
    /// 999 of 1000 are no longer.
    pub p999_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

impl From<Measured> for Latency {
    fn from(Measured { p50, p99, p999, max, .. }: Measured) -> Self {
        let [p50_ns, p99_ns, p999_ns, max_ns] =
            [p50, p99, p999, max].map(|time| time.as_nanos() as u64);
        Self { p50_ns, p99_ns, p999_ns, max_ns }
    }
}

/// A/A of each part: what is compared with itself came out as this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Sets of 16 in memory.
    pub in_memory: Option<Ratio>,
    /// redb alone.
    pub durable: Option<Ratio>,
    /// Receivers that hold nothing.
    pub held: Option<Ratio>,
}

/// HTLCs that arrive, settle and go, in memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryRow {
    /// Parts of one set.
    pub set_size: u32,
    /// Rounds that were sampled; 0: one pass and its mean.
    #[serde(default)]
    pub rounds: u64,
    /// Their rate.
    pub htlcs_per_second: Spread,
    /// That rate over the one of sets of 16, taken side by side.
    #[serde(default)]
    pub of_sixteen: Option<Ratio>,
    /// Of one arrival, with the resolutions that it leads to.
    pub latency: Latency,
}

impl MemoryRow {
    /// As it was sampled.
    #[must_use]
    pub fn new(set_size: u32, sampled: &Sampled, latency: Measured) -> Self {
        Self {
            set_size,
            rounds: sampled.rounds(),
            htlcs_per_second: sampled.per_second().into(),
            of_sixteen: Some(sampled.ratio().into()),
            latency: latency.into(),
        }
    }
}

/// The same, each batch in one durable transaction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DurableRow {
    /// Parts of one set.
    pub set_size: u32,
    /// Arrivals of one transaction.
    pub batch: u64,
    /// Rounds that were sampled; 0: one pass and its mean.
    #[serde(default)]
    pub rounds: u64,
    /// Their rate.
    pub htlcs_per_second: Spread,
    /// Our speed over that of redb alone: the same records in the same batches.
    pub of_redb: Ratio,
    /// Of one transaction.
    pub latency: Latency,
}

impl DurableRow {
    /// As it was sampled.
    #[must_use]
    pub fn new(set_size: u32, batch: usize, sampled: &Sampled, latency: Measured) -> Self {
        Self {
            set_size,
            batch: batch as u64,
            rounds: sampled.rounds(),
            htlcs_per_second: sampled.per_second().into(),
            of_redb: sampled.ratio().into(),
            latency: latency.into(),
        }
    }
}

/// What holding costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldRow {
    /// How many are held.
    pub held: u64,
    /// Rounds that were sampled of those that pass; 0: one pass and its mean.
    #[serde(default)]
    pub rounds: u64,
    /// Rate of others that pass in the meantime, in memory, in sets of 16, as a service takes them.
    pub htlcs_per_second: Spread,
    /// That rate over the one of a receiver that holds nothing, taken side by side.
    #[serde(default)]
    pub of_empty: Option<Ratio>,
    /// Of one batch of those; of one of those in records of 0.2.0 and before.
    pub latency: Latency,
    /// As the receiver counts.
    pub memory_bytes_per_htlc: f64,
    /// Of the store's file.
    pub disk_bytes_per_htlc: f64,
    /// Rounds of reopening; 0: the median of three for the close, one for the crash.
    #[serde(default)]
    pub reopen_rounds: u64,
    /// Opening and restoring after a close.
    pub reopen_ms: Spread,
    /// After a crash.
    pub reopen_crashed_ms: Spread,
    /// redb alone reading the same records after a close.
    pub redb_read_ms: Spread,
    /// The time of the first over that of the last.
    pub reopen_of_redb: Ratio,
    /// redb's over its own: A/A.
    #[serde(default)]
    pub reopen_noise: Option<Ratio>,
}
