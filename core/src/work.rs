//! What a kernel is called with.

use crate::{job::Indices, scheme::Scheme, types::BYTES};

/// What a kernel is called with: as many preimages as payment hashes as indices, and as many shares
/// where the scheme hashes them.
pub(crate) struct Work<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) root: &'a [u8; BYTES],
    pub(crate) indices: Indices<'a>,
    pub(crate) shares: &'a [[u8; BYTES]],
    pub(crate) preimages: &'a mut [[u8; BYTES]],
    pub(crate) payment_hashes: &'a mut [[u8; BYTES]],
}

impl Work<'_> {
    /// The first `count` children, and the others.
    pub(crate) fn split_at(self, count: usize) -> (Self, Self) {
        let Self { scheme, root, indices, shares, preimages, payment_hashes } = self;
        let rest = preimages.len() - count;
        let shares = shares.split_at(count.min(shares.len()));
        let preimages = preimages.split_at_mut(count);
        let payment_hashes = payment_hashes.split_at_mut(count);
        (
            Self {
                scheme,
                root,
                indices: indices.part(0, count as u64),
                shares: shares.0,
                preimages: preimages.0,
                payment_hashes: payment_hashes.0,
            },
            Self {
                scheme,
                root,
                indices: indices.part(count as u64, rest as u64),
                shares: shares.1,
                preimages: preimages.1,
                payment_hashes: payment_hashes.1,
            },
        )
    }
}

/// Which part of a key's stream of shares goes where.
pub(crate) struct Stretch<'a> {
    pub(crate) key: &'a [u8; BYTES],
    /// Number of the first share.
    pub(crate) first: u64,
    pub(crate) shares: &'a mut [[u8; BYTES]],
}
