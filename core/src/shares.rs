//! What is done with shares as shares: XOR on top of randomness.
//!
//! All plans of a sender come down to one thing, a [`Remainder`]: what of the base preimage has not
//! been handed out. In the mail's words, after i parts it is BP ^ X_i with X_i = s_1 ^ … ^ s_i; the
//! last share *is* the remainder, whether the sender knew from the start that it would be the last
//! or not, and a share that comes back is XORed in again.

mod bulk;
mod leaf;
mod remainder;
mod seed;

pub use bulk::{generate, reduce, split};
pub use leaf::{DEPTH_MAX, Leaf};
pub use remainder::{Remainder, random};
#[cfg(feature = "std")]
pub use seed::SeedError;
pub use seed::{Seed, SeedRng};
