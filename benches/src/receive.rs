//! The receiver as a workload: HTLCs a second in memory and durable, latency, and what holding
//! and reopening cost.
//!
//! Every timed run is checked: all HTLCs of whole sets must settle, and a reopened receiver must
//! hold what the closed one held.

mod flow;
mod held;
mod raw;
mod traffic;

pub use flow::{Durable, Flow, durable, in_memory};
pub use held::{Held, held};
pub use raw::RawStore;
pub use traffic::{Traffic, policy};

/// Events of one transaction, where nothing else is said.
pub const BATCH: usize = 256;
