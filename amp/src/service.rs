//! A receiver that forgets nothing: effects leave once what they follow from is durable.
//!
//! ```text
//!   threads          one worker
//!   submit ─┐      ┌─────────────────────────────────────────────┐
//!   submit ─┼─► queue ─► up to 256 events ─► step each ─► commit ─► effects to the sink
//!   submit ─┘      └── one transaction ──────────────────────────┘
//! ```
//!
//! [`Durable`] is the receiver and its store, without a thread: for simulators, and for whoever has
//! a loop already. [`Service`] runs one on a thread of its own; [`Handle`]s to it are shared.
//!
//! Whatever is queued when a commit ends is the next transaction. Nothing waits for company: an
//! event that comes alone is committed alone, and under load one sync serves as many events as came
//! while the last one ran.

mod error;
mod group;
mod latency;
mod queue;
mod sync;
#[cfg(test)]
mod tests;
mod worker;

pub use error::{OpenError, StoppedError, SubmitError};
pub use group::Durable;
pub use latency::{Histogram, Latency};
pub use worker::{Batch, Handle, Metrics, Service, Settings};
