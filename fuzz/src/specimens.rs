//! Known-bad receivers: each the same small correct receiver with one [`Flaw`], and a story.
//!
//! The receiver without a flaw is a second implementation of the rules, which is attacked like any
//! other.

mod baseline;
pub mod flaw;

pub use baseline::Baseline;
pub use flaw::Flaw;
