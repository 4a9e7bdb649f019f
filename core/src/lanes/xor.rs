//! XOR of many 32-byte values, as wide as the machine has registers.

use crate::{
    lanes::{COUNT_MAX, Lanes, WORDS},
    types::BYTES,
};

/// Independent accumulators: enough loads in flight to hide the latency of one XOR.
const ACCUMULATORS: usize = 8;

/// The XOR of all `values`; zero for none. Words stay in memory order, so the byte order does not
/// matter.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn fold<L: Lanes>(values: &[[u8; BYTES]]) -> [u8; BYTES] {
    const { assert!((ACCUMULATORS * L::COUNT).is_multiple_of(WORDS) && L::COUNT <= COUNT_MAX) };
    let vector = size_of::<u32>() * L::COUNT;
    let step = ACCUMULATORS * vector;
    // Vectors that accumulate the same bytes of a value are so many apart.
    let period = BYTES.div_ceil(vector);

    // A vector that crosses a cache line is two loads, and a slice of values begins anywhere. What
    // is before its first whole vector goes bytewise; all positions are counted from there.
    let bytes = values.as_flattened();
    let ahead = if bytes.len() < 2 * step { 0 } else { bytes.as_ptr().align_offset(vector) };
    let (head, body) = bytes.split_at(ahead.min(bytes.len()));
    let steps = body.chunks_exact(step);
    let groups = steps.remainder().chunks_exact(period * vector);
    let tail = groups.remainder();

    let mut sums = [0; size_of::<u32>() * COUNT_MAX];
    // SAFETY: a step holds `ACCUMULATORS` vectors and a group `period`; `sums` holds `period`.
    unsafe {
        let mut wide = [L::splat(0); ACCUMULATORS];
        for vectors in steps {
            for (k, sum) in wide.iter_mut().enumerate() {
                *sum = sum.xor(L::load(vectors.as_ptr().add(k * vector).cast()));
            }
        }
        for k in period..ACCUMULATORS {
            wide[k % period] = wide[k % period].xor(wide[k]);
        }
        for vectors in groups {
            for (k, sum) in wide.iter_mut().take(period).enumerate() {
                *sum = sum.xor(L::load(vectors.as_ptr().add(k * vector).cast()));
            }
        }
        for (k, sum) in wide.into_iter().take(period).enumerate() {
            sum.store(sums.as_mut_ptr().add(k * vector).cast());
        }
    }

    let mut total = [0; BYTES];
    let mut add = |bytes: &[u8], at: usize| {
        for (sum, byte) in total[at..].iter_mut().zip(bytes) {
            *sum ^= byte;
        }
    };
    let (first, head) = head.as_rchunks::<BYTES>();
    add(first, BYTES - first.len());
    for bytes in head.iter().chain(sums.as_chunks().0).map(<[u8; BYTES]>::as_slice) {
        add(bytes, 0);
    }
    for bytes in tail.chunks(BYTES) {
        add(bytes, 0);
    }
    total.rotate_right(ahead % BYTES);
    total
}
