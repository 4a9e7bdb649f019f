//! Large batches, and large slices of shares, shared out to threads. The only place that names
//! rayon.

use crate::{
    dispatch::{self, Ladder},
    types::BYTES,
    work::Work,
};

/// Fewer pairs than this are derived on the calling thread: waking another one costs more.
#[cfg(feature = "rayon")]
pub const PARALLEL_MIN: usize = 1 << 13;

/// Pairs in one piece of a parallel batch: its output stays in a core's second-level cache, and it
/// is a multiple of every kernel's lanes, so that only the last piece leaves lanes idle.
#[cfg(feature = "rayon")]
const PIECE: usize = 1 << 12;

/// Fewer shares than this stay on the calling thread; they are 32 times as quick as pairs.
#[cfg(feature = "rayon")]
const SHARES_PARALLEL_MIN: usize = 1 << 16;

/// Shares in one piece: 256 KiB, which stays in a core's second-level cache while it is used twice.
const SHARES_PIECE: usize = 1 << 13;

/// Derives `work`, on several threads if it is large.
#[cfg(feature = "rayon")]
pub(crate) fn run(ladder: &Ladder, work: Work<'_>) {
    use rayon::prelude::*;

    if work.preimages.len() < PARALLEL_MIN {
        return ladder.run(work);
    }
    let Work { scheme, root, indices, shares, preimages, payment_hashes } = work;
    preimages.par_chunks_mut(PIECE).zip(payment_hashes.par_chunks_mut(PIECE)).enumerate().for_each(
        |(piece, (preimages, payment_hashes))| {
            let (start, count) = (piece * PIECE, preimages.len());
            let shares = shares.get(start..start + count).unwrap_or_default();
            let indices = indices.part(start as u64, count as u64);
            ladder.run(Work { scheme, root, indices, shares, preimages, payment_hashes });
        },
    );
}

/// Without threads there is one piece.
#[cfg(not(feature = "rayon"))]
pub(crate) fn run(ladder: &Ladder, work: Work<'_>) {
    ladder.run(work);
}

/// The XOR of all `values`.
pub(crate) fn fold(values: &[[u8; BYTES]]) -> [u8; BYTES] {
    #[cfg(feature = "rayon")]
    if values.len() >= SHARES_PARALLEL_MIN {
        use rayon::prelude::*;

        return values.par_chunks(SHARES_PIECE).map(dispatch::fold).reduce(|| [0; BYTES], of_two);
    }
    dispatch::fold(values)
}

/// Fills `values` piece by piece with `fill`, which is told the position of each piece's first
/// value, and gives the XOR of what `fill` returns.
pub(crate) fn fill(
    values: &mut [[u8; BYTES]],
    fill: impl Fn(usize, &mut [[u8; BYTES]]) -> [u8; BYTES] + Sync + Send,
) -> [u8; BYTES] {
    let filled = |(piece, values): (usize, &mut [[u8; BYTES]])| fill(piece * SHARES_PIECE, values);
    #[cfg(feature = "rayon")]
    if values.len() >= SHARES_PARALLEL_MIN {
        use rayon::prelude::*;

        let pieces = values.par_chunks_mut(SHARES_PIECE).enumerate();
        return pieces.map(filled).reduce(|| [0; BYTES], of_two);
    }
    values.chunks_mut(SHARES_PIECE).enumerate().map(filled).fold([0; BYTES], of_two)
}

fn of_two(sum: [u8; BYTES], other: [u8; BYTES]) -> [u8; BYTES] {
    dispatch::fold(&[sum, other])
}

const _: () = {
    #[cfg(feature = "rayon")]
    assert!(PIECE.is_multiple_of(crate::lanes::COUNT_MAX));
};
