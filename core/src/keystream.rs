//! ChaCha20 (Bernstein 2008, 64-bit block counter, nonce zero) for shares in bulk: every lane a block.
//!
//! The same bytes as [`SeedRng`](crate::sender::SeedRng), which hands them out one word at a time; here they
//! come as fast as memory takes them. A block is two shares.

use crate::{
    arch,
    kernel::Routine,
    lanes::{Lanes, WORDS},
    types::BYTES,
};

/// One row of the table.
///
/// # Safety
/// The CPU has what the row's instruction set needs.
pub(crate) type Keystream = Routine<unsafe fn(Stretch<'_>)>;

/// Which part of a key's stream goes where.
pub(crate) struct Stretch<'a> {
    pub(crate) key: &'a [u8; BYTES],
    /// Number of the first share.
    pub(crate) first: u64,
    pub(crate) shares: &'a mut [[u8; BYTES]],
}

/// Words of a block.
const BLOCK_WORDS: usize = 16;
const DOUBLE_ROUNDS: usize = 10;
/// "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
/// The most lanes of one vector.
const LANES_MAX: usize = 16;

/// Fills `shares` with the key's stream from share number `first` on.
pub(crate) fn fill(key: &[u8; BYTES], first: u64, shares: &mut [[u8; BYTES]]) {
    let run = Keystream::chosen(arch::KEYSTREAMS);
    // SAFETY: nothing that the chosen row's instruction set needs is lacking.
    unsafe { run(Stretch { key, first, shares }) }
}

/// [`fill`] over [`Lanes`].
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn fill_lanes<L: Lanes>(stretch: Stretch<'_>) {
    const { assert!(L::COUNT <= LANES_MAX) };
    let Stretch { key, first, mut shares } = stretch;
    let mut block = first / 2;
    // The first half of the first block may have been taken before.
    let mut skip = (first % 2) as usize;
    let mut halves = [[[0; BYTES]; LANES_MAX]; 2];
    while !shares.is_empty() {
        // SAFETY: the contract is the caller's; each half has room for every lane's record.
        unsafe {
            let [low, high] = blocks::<L>(key, block);
            L::store_records(low, halves[0].as_mut_ptr());
            L::store_records(high, halves[1].as_mut_ptr());
        }
        let count = (2 * L::COUNT - skip).min(shares.len());
        let (now, later) = shares.split_at_mut(count);
        for (share, position) in now.iter_mut().zip(skip..) {
            *share = halves[position % 2][position / 2];
        }
        shares = later;
        block = block.wrapping_add(L::COUNT as u64);
        skip = 0;
    }
    halves.as_flattened_mut().fill([0; BYTES]);
    core::hint::black_box(&halves);
}

/// The low and the high words of `L::COUNT` blocks from number `first` on.
#[inline(always)]
unsafe fn blocks<L: Lanes>(key: &[u8; BYTES], first: u64) -> [[L; WORDS]; 2] {
    let (mut low, mut high) = ([0u32; LANES_MAX], [0u32; LANES_MAX]);
    for (lane, (low, high)) in low.iter_mut().zip(&mut high).enumerate() {
        let counter = first.wrapping_add(lane as u64);
        (*low, *high) = (counter as u32, (counter >> 32) as u32);
    }
    // SAFETY: the contract of `Lanes` is the caller's; there is a counter for every lane.
    unsafe {
        let mut start = [L::splat(0); BLOCK_WORDS];
        for (word, constant) in start.iter_mut().zip(CONSTANTS) {
            *word = L::splat(constant);
        }
        for (word, bytes) in start[4..12].iter_mut().zip(key.chunks_exact(4)) {
            *word = L::splat(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        }
        start[12] = L::load(low.as_ptr());
        start[13] = L::load(high.as_ptr());
        let mut state = start;
        for _ in 0..DOUBLE_ROUNDS {
            // Columns, then diagonals; each call by itself, so that every word stays in a register.
            quarter_round(&mut state, [0, 4, 8, 12]);
            quarter_round(&mut state, [1, 5, 9, 13]);
            quarter_round(&mut state, [2, 6, 10, 14]);
            quarter_round(&mut state, [3, 7, 11, 15]);
            quarter_round(&mut state, [0, 5, 10, 15]);
            quarter_round(&mut state, [1, 6, 11, 12]);
            quarter_round(&mut state, [2, 7, 8, 13]);
            quarter_round(&mut state, [3, 4, 9, 14]);
        }
        let mut output = [[start[0]; WORDS]; 2];
        for (word, out) in output.as_flattened_mut().iter_mut().enumerate() {
            *out = state[word].add(start[word]);
        }
        output
    }
}

/// Rotations to the left by 16, 12, 8 and 7, as ones to the right.
#[inline(always)]
unsafe fn quarter_round<L: Lanes>(state: &mut [L; BLOCK_WORDS], [a, b, c, d]: [usize; 4]) {
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        state[a] = state[a].add(state[b]);
        state[d] = state[d].xor(state[a]).rotate_right::<16, 16>();
        state[c] = state[c].add(state[d]);
        state[b] = state[b].xor(state[c]).rotate_right::<20, 12>();
        state[a] = state[a].add(state[b]);
        state[d] = state[d].xor(state[a]).rotate_right::<24, 8>();
        state[c] = state[c].add(state[d]);
        state[b] = state[b].xor(state[c]).rotate_right::<25, 7>();
    }
}

#[cfg(test)]
mod tests {
    use rand_core::{Rng as _, SeedableRng as _};

    use super::*;
    use crate::sender::SeedRng;

    /// Against the library's generator: every length around two groups of the widest row, from even and odd
    /// shares, across the low counter word's end.
    #[test]
    fn every_row_gives_the_generators_bytes() {
        let key = core::array::from_fn(|k| 7 * k as u8);
        for row in arch::KEYSTREAMS {
            if let Some(feature) = row.isa.lacking() {
                println!("skipped: keystream with {}: this CPU lacks {feature}", row.isa);
                continue;
            }
            for first in [0, 1, 2, (1 << 33) - 5, (1 << 33) - 64] {
                for length in (0..=4 * LANES_MAX + 1).chain([1000]) {
                    let mut expected = vec![[0; BYTES]; length];
                    let mut rng = SeedRng::from_seed(key);
                    rng.set_word_pos(u128::from(first) * 8);
                    rng.fill_bytes(expected.as_flattened_mut());
                    let mut shares = vec![[0x5a; BYTES]; length];
                    // SAFETY: checked just above.
                    unsafe { (row.run)(Stretch { key: &key, first, shares: &mut shares }) };
                    assert_eq!(shares, expected, "{} × {length} from {first}", row.isa);
                }
            }
        }
    }
}
