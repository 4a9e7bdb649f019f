//! XOR of many 32-byte values, as wide as the machine has registers.

use crate::{
    arch,
    kernel::Routine,
    lanes::{COUNT_MAX, Lanes, WORDS},
    types::BYTES,
};

/// One row of the table.
///
/// # Safety
/// The CPU has what the row's instruction set needs.
pub(crate) type Fold = Routine<unsafe fn(&[[u8; BYTES]]) -> [u8; BYTES]>;

/// Independent accumulators: enough loads in flight to hide the latency of one XOR.
const ACCUMULATORS: usize = 8;

/// The XOR of all `values`; zero for none.
#[must_use]
pub(crate) fn fold(values: &[[u8; BYTES]]) -> [u8; BYTES] {
    let run = Fold::chosen(arch::XOR);
    // SAFETY: nothing that the chosen row's instruction set needs is lacking.
    unsafe { run(values) }
}

/// [`fold`] over [`Lanes`]; words stay in memory order, so the byte order does not matter.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn fold_lanes<L: Lanes>(values: &[[u8; BYTES]]) -> [u8; BYTES] {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the definition, for every length around a step of the widest row, at odd addresses too.
    #[test]
    fn every_row_at_every_length_and_alignment() {
        let bytes: Vec<u8> = (0..70 * BYTES as u32 + 32)
            .map(|k| (k.wrapping_mul(0x9e37_79b1) >> 13) as u8)
            .collect();
        for row in arch::XOR {
            if let Some(feature) = row.isa.lacking() {
                println!("skipped: XOR with {}: this CPU lacks {feature}", row.isa);
                continue;
            }
            for (length, shift) in (0..=66).zip((0..32).cycle()) {
                let values: &[[u8; BYTES]] =
                    bytemuck::cast_slice(&bytes[shift..shift + length * BYTES]);
                let mut expected = [0; BYTES];
                for (k, byte) in values.as_flattened().iter().enumerate() {
                    expected[k % BYTES] ^= byte;
                }
                // SAFETY: checked just above.
                assert_eq!(unsafe { (row.run)(values) }, expected, "{} × {length}", row.isa);
            }
        }
    }
}
