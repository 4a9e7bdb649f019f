//! Known-bad receivers: each is the baseline receiver with one [`Flaw`].
//!
//! The baseline without a flaw is a second implementation of the rules, and is attacked like any
//! other receiver.

mod baseline;
pub mod detect;
pub mod flaw;

pub use baseline::Baseline;
pub use flaw::Flaw;
