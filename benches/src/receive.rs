//! The receiver and its store as a workload: HTLCs a second in memory and durable, latency, and
//! what holding and reopening cost.
//!
//! Everything is sampled as hash backends are: rows in a new order each round, each in ABBA order
//! beside what it is compared with, medians and their intervals, and an A/A row ([`interleave()`]).
//! Every timed run is checked: all HTLCs of whole sets must settle, and a reopened receiver must
//! hold what the closed one held.

mod durable;
mod held;
mod interleave;
mod memory;
mod raw;
mod traffic;

pub use durable::{Durable, RawTwice};
pub use held::{Holding, Passing, Reopening};
pub(crate) use interleave::in_turn;
pub use interleave::{Lane, Plan, Sample, Sampled, interleave};
pub use memory::{InMemory, pass};
pub use raw::RawStore;
pub use traffic::{Traffic, policy};

/// Events of one transaction, where nothing else is said.
pub const BATCH: usize = 256;

/// Parts of the sets that others are compared with.
pub const SET_SIZE: u32 = 16;
