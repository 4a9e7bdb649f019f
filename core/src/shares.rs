//! What is done with shares as shares: XOR on top of randomness.
//!
//! All plans of a sender come down to one thing, a [`Remainder`]: what of the base preimage has not
//! been handed out. In the mail's words, after i parts it is BP ^ X_i with X_i = s_1 ^ … ^ s_i; the
//! last share *is* the remainder, whether the sender knew from the start that it would be the last
//! or not, and a share that comes back is XORed in again.

use core::ops::BitXorAssign;

use bytemuck::TransparentWrapper;
use rand_core::CryptoRng;

use crate::{
    batch::parallel,
    keystream,
    sender::Seed,
    types::{BYTES, BasePreimage, Share},
    xor,
};

/// The XOR of all shares, at the speed of memory; [`Share::ZERO`] for none.
///
/// Of a whole payment this is the base preimage: `BasePreimage::from(reduce(&shares))`. With the `rayon`
/// feature a slice of 2 MiB and more is shared out to threads.
#[must_use]
pub fn reduce(shares: &[Share]) -> Share {
    Share(parallel::fold(Share::peel_slice(shares)))
}

/// Fills `shares` with what `seed` gives from share number `first` on: the bytes that
/// [`Seed::rng`] gives, at 32 bytes a share, so that any part can be made anew by itself. Returns their XOR.
///
/// With the `rayon` feature a slice of 2 MiB and more is shared out to threads.
pub fn generate(seed: &Seed, first: u64, shares: &mut [Share]) -> Share {
    let fill = |start: usize, shares: &mut [[u8; BYTES]]| {
        keystream::fill(seed.bytes(), first.wrapping_add(start as u64), shares);
        // While they are in the cache.
        xor::fold(shares)
    };
    Share(parallel::fill(Share::peel_slice_mut(shares), fill))
}

/// Splits `root` into as many shares as there are places, all but the last from `seed` as by
/// [`generate`] from share 0 on: any n − 1 of them say nothing of the root. Does nothing if there is no place.
pub fn split(root: &BasePreimage, seed: &Seed, shares: &mut [Share]) {
    if let Some((last, others)) = shares.split_last_mut() {
        *last = generate(seed, 0, others);
        *last ^= &Share(root.0);
    }
}

/// A share that says nothing about anything.
#[must_use]
pub fn random(rng: &mut impl CryptoRng) -> Share {
    let mut share = Share::ZERO;
    rng.fill_bytes(&mut share.0);
    share
}

impl BitXorAssign<&Self> for Share {
    fn bitxor_assign(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(other.0) {
            *ours ^= theirs;
        }
    }
}

/// What of a base preimage has not been handed out.
#[derive(Debug)]
pub struct Remainder(Share);

impl Remainder {
    /// Nothing has been handed out: all of it.
    #[must_use]
    pub const fn of(root: &BasePreimage) -> Self {
        Self(Share(root.0))
    }

    /// A random share, which takes the remainder that much further from the base preimage.
    pub fn take(&mut self, rng: &mut impl CryptoRng) -> Share {
        let share = random(rng);
        self.0 ^= &share;
        share
    }

    /// The last share. Nothing remains.
    pub fn take_last(&mut self) -> Share {
        core::mem::take(&mut self.0)
    }

    /// Takes back a share that did not arrive.
    pub fn put_back(&mut self, share: &Share) {
        self.0 ^= share;
    }

    /// Whether nothing remains: the shares that are out are the whole base preimage.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == Share::ZERO
    }
}

/// Splits of one leaf, at most: an index has a bit for each.
pub const DEPTH_MAX: u8 = 8;

/// A leaf of the tree of splits: a share of the seed, and which child claims it.
#[derive(Debug, PartialEq, Eq)]
pub struct Leaf {
    /// A share of the seed.
    pub share: Share,
    /// Which child of the seed claims it.
    pub index: u8,
    /// How many splits lead to it.
    pub depth: u8,
}

impl Leaf {
    /// The whole seed: the payment in one part.
    #[must_use]
    pub const fn whole(seed: &BasePreimage) -> Self {
        Self { share: Share(seed.0), index: 0, depth: 0 }
    }

    /// A random share and the rest, one level down: (i, d) becomes (i, d + 1) and (i + 2^d, d + 1).
    ///
    /// # Errors
    /// The leaf itself if it is [`DEPTH_MAX`] deep, where no index is left.
    pub fn split(self, rng: &mut impl CryptoRng) -> Result<[Self; 2], Self> {
        if self.depth >= DEPTH_MAX {
            return Err(self);
        }
        let Self { mut share, index, depth } = self;
        let left = random(rng);
        share ^= &left;
        Ok([
            Self { share: left, index, depth: depth + 1 },
            Self { share, index: index + (1 << depth), depth: depth + 1 },
        ])
    }
}
