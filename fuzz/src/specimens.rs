//! Known-bad receivers: each the same small correct receiver with one [`Flaw`], and a story.
//!
//! The receiver without a flaw is a second implementation of the rules, which is attacked like any
//! other.

pub mod flaw;
mod toy;

pub use flaw::Flaw;
pub use toy::Toy;
