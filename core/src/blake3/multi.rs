//! BLAKE3 over [`Lanes`]: every lane a child of the same payment.
//!
//! Departures from the paper:
//! 1. Quarter-rounds that only constant words feed run once a payment, on scalars.
//! 2. Adding a message word that is always zero is left out; which words is a const parameter.
//! 3. The message is never permuted: a quarter-round names its words by [`SCHEDULE`].

use super::{
    BLOCK_WORDS, CHUNK_END, CHUNK_START, INITIAL, QUARTERS, ROOT, ROUNDS, SCHEDULE, state,
};
use crate::{
    lanes::{Lanes, Pair, WORDS, for_each_group, store_waves},
    scheme::Scheme,
    types::BYTES,
    work::Work,
};

/// Words that are zero behind root and index, behind a preimage, and behind a lone index.
const ZERO_FROM_9: u16 = 0xfe00;
const ZERO_FROM_8: u16 = 0xff00;
const ZERO_FROM_1: u16 = 0xfffe;
const ZERO_NONE: u16 = 0;

/// How many quarter-rounds of the first round the root alone feeds: all four columns, and in a
/// single block also the diagonals 1, 2 and 3.
const ROOT_COLUMNS: usize = 4;
const ROOT_AND_ZEROS: usize = 7;

/// The order of a round's quarter-rounds: the diagonal that takes word 8, the index, comes last.
const ORDER: [usize; 8] = [0, 1, 2, 3, 5, 6, 7, 4];

/// The state in which H begins for a 32-byte message.
const HASH_STATE: [u32; BLOCK_WORDS] = state(INITIAL, BYTES as u32, CHUNK_START | CHUNK_END | ROOT);

/// A message or a state.
type Block<L> = [L; BLOCK_WORDS];

/// The words of `bytes`, as BLAKE3 reads them.
fn words(bytes: &[u8; BYTES]) -> [u32; WORDS] {
    core::array::from_fn(|t| {
        u32::from_le_bytes([bytes[4 * t], bytes[4 * t + 1], bytes[4 * t + 2], bytes[4 * t + 3]])
    })
}

/// What the root alone decides.
#[derive(Clone, Copy)]
struct Folded {
    root: [u32; WORDS],
    /// The state after the first round's constant quarter-rounds.
    state: [u32; BLOCK_WORDS],
}

impl Folded {
    /// Runs the first `quarters` quarter-rounds with the words of `root`, zeros behind them.
    fn new(root: &[u8; BYTES], mut state: [u32; BLOCK_WORDS], quarters: usize) -> Self {
        let root = words(root);
        let mut message = [0u32; BLOCK_WORDS];
        message[..WORDS].copy_from_slice(&root);
        for quarter in &ORDER[..quarters] {
            let [a, b, c, d] = QUARTERS[*quarter];
            let (x, y) = (message[2 * quarter], message[2 * quarter + 1]);
            state[a] = state[a].wrapping_add(state[b]).wrapping_add(x);
            state[d] = (state[d] ^ state[a]).rotate_right(16);
            state[c] = state[c].wrapping_add(state[d]);
            state[b] = (state[b] ^ state[c]).rotate_right(12);
            state[a] = state[a].wrapping_add(state[b]).wrapping_add(y);
            state[d] = (state[d] ^ state[a]).rotate_right(8);
            state[c] = state[c].wrapping_add(state[d]);
            state[b] = (state[b] ^ state[c]).rotate_right(7);
        }
        Self { root, state }
    }
}

/// Derives all of `work`.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn derive<L: Lanes, const WAVES: usize>(work: Work<'_>) {
    let scheme = work.scheme;
    let tail_word = |index| tail_word(scheme, index);
    let index_size = scheme.index_size();
    // SAFETY: the contract is the caller's.
    unsafe {
        if scheme.hashes_share() {
            let state = state(INITIAL, 2 * BYTES as u32, CHUNK_START);
            let folded = Folded::new(work.root, state, ROOT_COLUMNS);
            for_each_group::<L, WAVES, _>(work, tail_word, &TwoBlocks(folded));
        } else {
            let bytes = (BYTES + index_size) as u32;
            let state = state(INITIAL, bytes, CHUNK_START | CHUNK_END | ROOT);
            let folded = Folded::new(work.root, state, ROOT_AND_ZEROS);
            for_each_group::<L, WAVES, _>(work, tail_word, &OneBlock(folded));
        }
    }
}

fn tail_word(scheme: Scheme, index: u32) -> u32 {
    u32::from_le_bytes(scheme.index_bytes(index).0)
}

/// `og`, `tree` and `bolts658`: root and index fit one block.
struct OneBlock(Folded);

impl<L: Lanes, const WAVES: usize> Pair<L, WAVES> for OneBlock {
    const SHARES: bool = false;

    #[inline(always)]
    unsafe fn derive(
        &self,
        tails: [L; WAVES],
        _: [[L; WORDS]; WAVES],
        records: [*mut [u8; BYTES]; 2],
    ) {
        // SAFETY: the contract of `Lanes` is the caller's, here and in the methods below.
        unsafe {
            let Self(folded) = self;
            let mut messages = [splat(&folded.root); WAVES];
            for (message, tail) in messages.iter_mut().zip(tails) {
                message[WORDS] = tail;
            }
            let states = [splat(&folded.state); WAVES];
            let r = compress::<L, WAVES, ZERO_FROM_9, ROOT_AND_ZEROS>(states, &messages);
            store_pair(r, &mut messages, records);
        }
    }
}

/// `lnd`: root and share fill a block, the index has the second to itself.
struct TwoBlocks(Folded);

impl<L: Lanes, const WAVES: usize> Pair<L, WAVES> for TwoBlocks {
    const SHARES: bool = true;

    #[inline(always)]
    unsafe fn derive(
        &self,
        tails: [L; WAVES],
        shares: [[L; WORDS]; WAVES],
        records: [*mut [u8; BYTES]; 2],
    ) {
        // SAFETY: as in `OneBlock`.
        unsafe {
            let Self(folded) = self;
            let mut messages = [splat(&folded.root); WAVES];
            for (message, share) in messages.iter_mut().zip(&shares) {
                message[WORDS..].copy_from_slice(share);
            }
            let start = [splat(&folded.state); WAVES];
            let chaining = compress::<L, WAVES, ZERO_NONE, ROOT_COLUMNS>(start, &messages);
            let mut second = [splat(&const { state([0; 8], 4, CHUNK_END | ROOT) }); WAVES];
            for wave in 0..WAVES {
                second[wave][..WORDS].copy_from_slice(&chaining[wave]);
                messages[wave][0] = tails[wave];
            }
            let r = compress::<L, WAVES, ZERO_FROM_1, 0>(second, &messages);
            store_pair(r, &mut messages, records);
        }
    }
}

/// Stores r, and h = H(r) after it; the messages are free for reuse. Both together would be twice as
/// many shuffles in one place.
#[inline(always)]
unsafe fn store_pair<L: Lanes, const WAVES: usize>(
    r: [[L; WORDS]; WAVES],
    messages: &mut [Block<L>; WAVES],
    [preimages, payment_hashes]: [*mut [u8; BYTES]; 2],
) {
    for (message, r) in messages.iter_mut().zip(&r) {
        message[..WORDS].copy_from_slice(r);
    }
    // SAFETY: the contract of `Lanes` is the caller's, and so are the records.
    unsafe {
        store_waves(r, preimages);
        let h = compress::<L, WAVES, ZERO_FROM_8, 0>([splat(&HASH_STATE); WAVES], messages);
        store_waves(h, payment_hashes);
    }
}

#[inline(always)]
unsafe fn splat<L: Lanes>(words: &[u32]) -> Block<L> {
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        let mut block = [L::splat(0); BLOCK_WORDS];
        for (lanes, word) in block.iter_mut().zip(words) {
            *lanes = L::splat(*word);
        }
        block
    }
}

/// The compression function from `states` on, without the first `DONE` quarter-rounds and without
/// the message words in the mask `ZERO`. The first half of its output is all that is used here.
#[inline(always)]
unsafe fn compress<L: Lanes, const WAVES: usize, const ZERO: u16, const DONE: usize>(
    mut states: [Block<L>; WAVES],
    messages: &[Block<L>; WAVES],
) -> [[L; WORDS]; WAVES] {
    const { assert!(WAVES == 1 || WAVES == 2) };
    macro_rules! unroll {
        ($($round:literal)*) => { $(unroll!(@ $round 0 1 2 3 4 5 6 7);)* };
        (@ $round:literal $($place:literal)*) => {
            $(
                if $round > 0 || $place >= DONE {
                    const QUARTER: usize = ORDER[$place];
                    // SAFETY: the contract of `Lanes` is the caller's.
                    unsafe {
                        quarter_round::<L, ZERO, $round, QUARTER>(&mut states[0], &messages[0]);
                        if WAVES == 2 {
                            quarter_round::<L, ZERO, $round, QUARTER>(&mut states[1], &messages[1]);
                        }
                    }
                }
            )*
        };
    }
    unroll!(0 1 2 3 4 5 6);
    // A loop, not a closure: a closure that is not inlined would lose the kernel's CPU feature.
    let mut output = [[states[0][0]; WORDS]; WAVES];
    for (output, state) in output.iter_mut().zip(&states) {
        for (word, out) in output.iter_mut().enumerate() {
            // SAFETY: as above.
            *out = unsafe { state[word].xor(state[word + WORDS]) };
        }
    }
    output
}

#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn quarter_round<L: Lanes, const ZERO: u16, const ROUND: usize, const QUARTER: usize>(
    state: &mut Block<L>,
    message: &Block<L>,
) {
    let [a, b, c, d] = const { QUARTERS[QUARTER] };
    let (x, y) = const { (SCHEDULE[ROUND][2 * QUARTER], SCHEDULE[ROUND][2 * QUARTER + 1]) };
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        state[a] = add_word::<L, ZERO>(state[a], x, message).add(state[b]);
        state[d] = state[d].xor_rotate::<16, 16>(state[a]);
        state[c] = state[c].add(state[d]);
        state[b] = state[b].xor_rotate::<12, 20>(state[c]);
        state[a] = add_word::<L, ZERO>(state[a], y, message).add(state[b]);
        state[d] = state[d].xor_rotate::<8, 24>(state[a]);
        state[c] = state[c].add(state[d]);
        state[b] = state[b].xor_rotate::<7, 25>(state[c]);
    }
}

/// The message word is added to a, which is ready before b is.
#[inline(always)]
unsafe fn add_word<L: Lanes, const ZERO: u16>(a: L, word: usize, message: &Block<L>) -> L {
    if ZERO >> word & 1 == 1 {
        return a;
    }
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe { a.add(message[word]) }
}

const _: () = assert!(ROUNDS == 7, "`compress` spells them out");
