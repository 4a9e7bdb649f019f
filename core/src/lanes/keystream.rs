//! ChaCha20 (Bernstein 2008, 64-bit block counter, nonce zero) for shares in bulk: every lane a
//! block.
//!
//! The same bytes as [`SeedRng`](crate::shares::SeedRng), which hands them out one word at a time;
//! here they come as fast as memory takes them. A block is two shares.

use crate::{
    lanes::{Lanes, WORDS},
    types::BYTES,
    work::Stretch,
};

/// Words of a block.
const BLOCK_WORDS: usize = 16;
const DOUBLE_ROUNDS: usize = 10;
/// "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
/// The most lanes of one vector.
const LANES_MAX: usize = 16;

/// Fills the stretch.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn fill<L: Lanes>(stretch: Stretch<'_>) {
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
    for (record, (low, high)) in low.iter_mut().zip(&mut high).enumerate() {
        let counter = first.wrapping_add(record as u64);
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
        start[12] = L::load_by_record(low.as_ptr());
        start[13] = L::load_by_record(high.as_ptr());
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
        state[d] = state[d].xor_rotate::<16, 16>(state[a]);
        state[c] = state[c].add(state[d]);
        state[b] = state[b].xor_rotate::<20, 12>(state[c]);
        state[a] = state[a].add(state[b]);
        state[d] = state[d].xor_rotate::<24, 8>(state[a]);
        state[c] = state[c].add(state[d]);
        state[b] = state[b].xor_rotate::<25, 7>(state[c]);
    }
}
