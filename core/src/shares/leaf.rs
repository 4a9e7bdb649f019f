//! The tree of splits.

use rand_core::CryptoRng;

use crate::{
    shares::remainder::random,
    types::{BasePreimage, Share},
};

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
