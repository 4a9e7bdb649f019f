//! The batch engine: from a job to lanes, kernels and threads.
//!
//! A batch takes whole groups of the widest kernel's lanes first. What is left, and all of a small
//! batch, goes to the kernel that is done with that many children soonest ([`Engine::kernel_for`]);
//! no lane of a wide kernel idles where a narrower one would have been faster. Large batches are
//! shared out to threads.

mod batch;
mod find;

pub use batch::Engine;
pub use find::Matching;

#[cfg(feature = "rayon")]
pub use crate::parallel::PARALLEL_MIN;
