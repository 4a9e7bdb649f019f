//! One share at a time: what of a base preimage has not been handed out.

use core::ops::BitXorAssign;

use rand_core::CryptoRng;

use crate::types::{BasePreimage, Share};

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
