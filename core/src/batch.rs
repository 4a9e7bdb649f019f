//! The batch engine: from a job to lanes, kernels and threads.
//!
//! A batch takes whole groups of the widest kernel's lanes first. What is left, and all of a small batch, goes to
//! the kernel that is done with that many children soonest ([`Engine::kernel_for`]); no lane of a wide
//! kernel idles where a narrower one would have been faster. Large batches are shared out to threads.

mod engine;
mod find;
mod indices;
mod job;
pub(crate) mod parallel;

pub use engine::{Engine, reference_pair};
pub use find::{HELD_MAX, Matching};
pub use indices::Indices;
pub use job::{Job, JobError, Pairs};
#[cfg(feature = "rayon")]
pub use parallel::PARALLEL_MIN;
