//! Many shares at once, at the speed of memory.

use bytemuck::TransparentWrapper;

use crate::{
    dispatch, parallel,
    shares::seed::Seed,
    types::{BYTES, BasePreimage, Share},
    work::Stretch,
};

/// The XOR of all shares, at the speed of memory; [`Share::ZERO`] for none.
///
/// Of a whole payment this is the base preimage: `BasePreimage::from(reduce(&shares))`. With the
/// `rayon` feature a slice of 2 MiB and more is shared out to threads.
#[must_use]
pub fn reduce(shares: &[Share]) -> Share {
    Share(parallel::fold(Share::peel_slice(shares)))
}

/// Fills `shares` with what `seed` gives from share number `first` on: the bytes that [`Seed::rng`]
/// gives, at 32 bytes a share, so that any part can be made anew by itself. Returns their XOR.
///
/// With the `rayon` feature a slice of 2 MiB and more is shared out to threads.
pub fn generate(seed: &Seed, first: u64, shares: &mut [Share]) -> Share {
    let fill = |start: usize, shares: &mut [[u8; BYTES]]| {
        let first = first.wrapping_add(start as u64);
        dispatch::keystream(Stretch { key: seed.bytes(), first, shares });
        // While they are in the cache.
        dispatch::fold(shares)
    };
    Share(parallel::fill(Share::peel_slice_mut(shares), fill))
}

/// Splits `root` into as many shares as there are places, all but the last from `seed` as by
/// [`generate`] from share 0 on: any n − 1 of them say nothing of the root. Does nothing if there
/// is no place.
pub fn split(root: &BasePreimage, seed: &Seed, shares: &mut [Share]) {
    if let Some((last, others)) = shares.split_last_mut() {
        *last = generate(seed, 0, others);
        *last ^= &Share(root.0);
    }
}
