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
    let step = ACCUMULATORS * L::COUNT / WORDS;
    let steps = values.chunks_exact(step);
    let rest = steps.remainder();
    let mut sums = [[0; BYTES]; ACCUMULATORS * COUNT_MAX / WORDS];
    // SAFETY: a step holds `ACCUMULATORS` × `L::COUNT` words, and `sums` holds no fewer.
    unsafe {
        let mut wide = [L::splat(0); ACCUMULATORS];
        for values in steps {
            let words = values.as_ptr().cast::<u32>();
            for (k, sum) in wide.iter_mut().enumerate() {
                *sum = sum.xor(L::load(words.add(k * L::COUNT)));
            }
        }
        let words = sums.as_mut_ptr().cast::<u32>();
        for (k, sum) in wide.into_iter().enumerate() {
            sum.store(words.add(k * L::COUNT));
        }
    }
    let mut total = [0; BYTES];
    for value in sums[..step].iter().chain(rest) {
        for (byte, other) in total.iter_mut().zip(value) {
            *byte ^= other;
        }
    }
    total
}
