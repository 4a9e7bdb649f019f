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

    // The ends of the first and of the last value, and whole ones between.
    let (first, head) = head.as_rchunks::<BYTES>();
    let (tail, last) = tail.as_chunks::<BYTES>();
    let mut total = [0; BYTES];
    for values in [head, sums.as_chunks().0, tail] {
        for value in values {
            for (sum, byte) in total.iter_mut().zip(value) {
                *sum ^= byte;
            }
        }
    }
    let ends = total[BYTES - first.len()..].iter_mut().zip(first);
    ends.for_each(|(sum, byte)| *sum ^= byte);
    total.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    // Positions from the start of the first value again.
    let twice = [total; 2];
    *twice.as_flattened()[BYTES - ahead % BYTES..].first_chunk().expect("one of two values")
}
