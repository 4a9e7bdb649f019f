//! What a run leaves as JSON. Times are nanoseconds unless a name says otherwise.

use ammeter_amp::service::Latency as Measured;
use ammeter_bench::receive::{Durable, Flow, Held};
use serde::{Deserialize, Serialize};

use crate::{host::Host, record::Build};

/// Names this layout.
pub const SCHEMA: &str = "ammeter/receive/1";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// The machine.
    pub host: Host,
    /// The program.
    pub build: Build,
    /// What was asked for.
    pub workload: Workload,
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
    /// As it was typed.
    pub command: String,
    /// When it began, in UTC.
    pub started: String,
    /// Seeds everything random.
    pub seed: u64,
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

/// HTLCs that arrive, settle and go, in memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryRow {
    /// Parts of one set.
    pub set_size: u32,
    /// How many.
    pub htlcs: u64,
    /// Their rate.
    pub htlcs_per_second: f64,
    /// Of one arrival, with the resolutions that it leads to.
    pub latency: Latency,
}

impl MemoryRow {
    /// As a benchmark measured it.
    #[must_use]
    pub fn new(set_size: u32, flow: &Flow) -> Self {
        let (htlcs, htlcs_per_second) = (flow.htlcs, flow.rate());
        Self { set_size, htlcs, htlcs_per_second, latency: flow.latency.into() }
    }
}

/// The same, each batch in one durable transaction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DurableRow {
    /// Parts of one set.
    pub set_size: u32,
    /// Arrivals of one transaction.
    pub batch: u64,
    /// How many.
    pub htlcs: u64,
    /// Their rate.
    pub htlcs_per_second: f64,
    /// Time of redb alone over ours: the same records in the same batches.
    pub of_redb: f64,
    /// Of one transaction.
    pub latency: Latency,
}

impl DurableRow {
    /// As a benchmark measured it.
    #[must_use]
    pub fn new(set_size: u32, batch: usize, durable: &Durable) -> Self {
        let flow = &durable.flow;
        Self {
            set_size,
            batch: batch as u64,
            htlcs: flow.htlcs,
            htlcs_per_second: flow.rate(),
            of_redb: durable.of_raw(),
            latency: flow.latency.into(),
        }
    }
}

/// What holding costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldRow {
    /// How many are held.
    pub held: u64,
    /// Rate of others that pass in the meantime, in memory, in sets of 16.
    pub htlcs_per_second: f64,
    /// Of one of those.
    pub latency: Latency,
    /// As the receiver counts.
    pub memory_bytes_per_htlc: f64,
    /// Of the store's file.
    pub disk_bytes_per_htlc: f64,
    /// Opening and restoring after a close.
    pub reopen_ms: f64,
    /// After a crash.
    pub reopen_crashed_ms: f64,
    /// redb alone reading the same records after a close.
    pub redb_read_ms: f64,
    /// The first over the last.
    pub reopen_of_redb: f64,
}

impl HeldRow {
    /// As a benchmark measured it.
    #[must_use]
    pub fn new(held: &Held) -> Self {
        let each = |bytes: u64| bytes as f64 / held.htlcs as f64;
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1e3;
        Self {
            held: held.htlcs,
            htlcs_per_second: held.passing.rate(),
            latency: held.passing.latency.into(),
            memory_bytes_per_htlc: each(held.memory_bytes),
            disk_bytes_per_htlc: each(held.disk_bytes),
            reopen_ms: milliseconds(held.reopen),
            reopen_crashed_ms: milliseconds(held.reopen_crashed),
            redb_read_ms: milliseconds(held.raw_read),
            reopen_of_redb: held.reopen.as_secs_f64() / held.raw_read.as_secs_f64(),
        }
    }
}
