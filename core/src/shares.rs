//! What is done with shares as shares.

use bytemuck::TransparentWrapper;

use crate::{types::Share, xor};

/// The XOR of all shares, at the speed of memory; [`Share::ZERO`] for none.
///
/// Of a whole payment this is the base preimage: `BasePreimage::from(reduce(&shares))`.
#[must_use]
pub fn reduce(shares: &[Share]) -> Share {
    Share(xor::fold(Share::peel_slice(shares)))
}
