//! SHA-256 over [`Lanes`]: every lane a child of the same payment.
//!
//! Departures from FIPS 180-4, each worth a few percent:
//! 1. Constant words are folded away ([`Folded`]); which ones is a const parameter, so that what is
//!    not needed is not compiled.
//! 2. Rounds are unrolled: the state moves by renaming, and the window of 16 message words is
//!    indexed by constants. The last 32, in which nothing is constant, are a loop of sixteen that
//!    all blocks of a pair share: a decoder or a cache of decoded instructions holds that much less.
//! 3. The message word and the round constant are added to h before anything that waits for e. Where
//!    Ch is one instruction, which overwrites an operand, the constant is added a round early, when
//!    h is still g: then Ch is the last to read g, and no copy of it is needed.

use core::hint::black_box;

use super::{
    BLOCK_WORDS, HASH_BLOCK, INDEX_AT_0, INDEX_AT_8, INITIAL, K, LND_BLOCK, PREIMAGE_AT_0, ROUNDS,
    SHARE_AT_8, after_root, first_round, root_block, tail_word, varying, words,
};
use crate::{
    lanes::{Lanes, Pair, WORDS, for_each_group, store_waves},
    types::BYTES,
    work::Work,
};

/// The eight words a..h.
type State<L> = [L; 8];
/// The last sixteen words of the schedule: word t is at t mod 16.
type Window<L> = [L; BLOCK_WORDS];

/// Constant words reach no further than this round.
const FOLDED: usize = ROUNDS / 2;

/// The constant part of one block's first rounds.
#[derive(Clone, Copy)]
struct Folded {
    /// Round constant, plus the scheduled word where that is constant; at the end that of the round
    /// behind these, which may be added a round early.
    round: [u32; FOLDED + 1],
    /// The sum of the constant terms of each scheduled word.
    schedule: [u32; FOLDED],
}

impl Folded {
    /// Folds a block whose words are `block`, but for those that `WORDS` has a bit for: they differ
    /// between lanes, and what `block` has in their place is not read.
    #[inline(always)]
    const fn new<const WORDS: u16>(block: &[u32; BLOCK_WORDS]) -> Self {
        let mut folded = Self { round: [0; FOLDED + 1], schedule: [0; FOLDED] };
        macro_rules! unroll {
            ($($t:literal)*) => { $(folded.fold::<WORDS, $t>(block);)* };
        }
        // A loop would stay one, and decide anew for each payment what is constant.
        unroll!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        unroll!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
        folded.round[FOLDED] = K[FOLDED];
        folded
    }

    /// Folds word `T`. One that varies contributes nothing to a sum here: the kernel adds it.
    #[inline(always)]
    const fn fold<const WORDS: u16, const T: usize>(&mut self, block: &[u32; BLOCK_WORDS]) {
        let varying = const { varying(WORDS) };
        let mut sum = 0u32;
        if T >= BLOCK_WORDS {
            if varying >> (T - 2) & 1 == 0 {
                sum = sum.wrapping_add(super::small1(self.schedule[T - 2]));
            }
            if varying >> (T - 7) & 1 == 0 {
                sum = sum.wrapping_add(self.schedule[T - 7]);
            }
            if varying >> (T - 15) & 1 == 0 {
                sum = sum.wrapping_add(super::small0(self.schedule[T - 15]));
            }
            if varying >> (T - 16) & 1 == 0 {
                sum = sum.wrapping_add(self.schedule[T - 16]);
            }
        } else if varying >> T & 1 == 0 {
            sum = block[T];
        }
        self.schedule[T] = sum;
        self.round[T] = K[T].wrapping_add(if varying >> T & 1 == 0 { sum } else { 0 });
    }

    /// Rounds in which every word varies, `later` rounds after those of the same number: their
    /// constants alone. Behind the last round nothing is added.
    const fn unfolded(later: usize) -> Self {
        let mut round = [0; FOLDED + 1];
        let mut t = 0;
        while t <= FOLDED && t + later < ROUNDS {
            round[t] = K[t + later];
            t += 1;
        }
        Self { round, schedule: [0; FOLDED] }
    }
}

/// [`HASH_BLOCK`] and [`LND_BLOCK`], folded.
static HASH_FOLDED: Folded = Folded::new::<PREIMAGE_AT_0>(&HASH_BLOCK);
static LND_FOLDED: Folded = Folded::new::<INDEX_AT_0>(&LND_BLOCK);
/// Rounds 32–47 and 48–63, as rounds 16–31.
static UNFOLDED: [Folded; 2] = [Folded::unfolded(16), Folded::unfolded(32)];

/// Derives all of `work`.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn derive<L: Lanes, const WAVES: usize>(work: Work<'_>) {
    let root = words(work.root);
    let scheme = work.scheme;
    let block = root_block(scheme, &root);
    let state = after_root(&root);
    let tail_word = |index| tail_word(scheme, index);
    // SAFETY: the contract is the caller's.
    unsafe {
        if scheme.hashes_share() {
            let first = Folded::new::<SHARE_AT_8>(&block);
            for_each_group::<L, WAVES, _>(work, tail_word, &Root::<SHARE_AT_8> { first, state });
        } else {
            let first = Folded::new::<INDEX_AT_8>(&block);
            for_each_group::<L, WAVES, _>(work, tail_word, &Root::<INDEX_AT_8> { first, state });
        }
    }
}

/// A root in the first block, of which the words in the mask `FIRST` differ between lanes: the
/// index (`og`, `tree` and `bolts658`), or the share (`lnd`), behind which the index has a second
/// block to itself.
struct Root<const FIRST: u16> {
    first: Folded,
    /// Before the first round that differs between lanes.
    state: [u32; 8],
}

impl<L: Lanes, const WAVES: usize, const FIRST: u16> Pair<L, WAVES> for Root<FIRST> {
    const SHARES: bool = FIRST == SHARE_AT_8;

    #[inline(always)]
    unsafe fn derive(
        &self,
        tails: [L; WAVES],
        shares: [[L; WORDS]; WAVES],
        records: [*mut [u8; BYTES]; 2],
    ) {
        let shares_hashed = const { FIRST == SHARE_AT_8 };
        // SAFETY: the contract of `Lanes` is the caller's, here and in the functions below; the
        // records are the caller's too.
        unsafe {
            let mut windows = windows(tails);
            if shares_hashed {
                for (window, share) in windows.iter_mut().zip(swap(shares)) {
                    window[WORDS..].copy_from_slice(&share);
                }
            }
            let mut states = [splat(self.state); WAVES];
            let mut middle = states;
            let blocks = if shares_hashed { 3 } else { 2 };
            for block in 0..blocks {
                // Known to nobody, or the compiler would give each block a loop of its own.
                let block = black_box(block);
                if block == 0 {
                    rounds::<L, WAVES, FIRST>(&mut states, &mut windows, &self.first);
                } else if shares_hashed && block == 1 {
                    for (window, tail) in windows.iter_mut().zip(tails) {
                        window[0] = tail;
                    }
                    middle = states;
                    rounds::<L, WAVES, INDEX_AT_0>(&mut states, &mut windows, &LND_FOLDED);
                } else {
                    for (window, r) in windows.iter_mut().zip(&states) {
                        window[..WORDS].copy_from_slice(r);
                    }
                    states = [splat(INITIAL); WAVES];
                    rounds::<L, WAVES, PREIMAGE_AT_0>(&mut states, &mut windows, &HASH_FOLDED);
                }
                last_rounds(&mut states, &mut windows);
                if shares_hashed && block == 1 {
                    add_words(&mut states, &middle);
                } else {
                    add_words(&mut states, &[splat(INITIAL); WAVES]);
                }
                // r before h is begun: a transpose is shuffles, for which there is one port, and two
                // in one place would be more than a CPU looks past.
                if block + 2 >= blocks {
                    let is_last = block + 1 == blocks;
                    store_waves(swap(states), records[usize::from(is_last)]);
                }
            }
        }
    }
}

/// Each window full of its wave's tail words.
#[inline(always)]
fn windows<L: Lanes, const WAVES: usize>(tails: [L; WAVES]) -> [Window<L>; WAVES] {
    let mut windows = [[tails[0]; BLOCK_WORDS]; WAVES];
    for (window, tail) in windows.iter_mut().zip(tails) {
        *window = [tail; BLOCK_WORDS];
    }
    windows
}

#[inline(always)]
unsafe fn splat<L: Lanes>(words: [u32; 8]) -> State<L> {
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        let mut state = [L::splat(0); 8];
        for (lanes, word) in state.iter_mut().zip(words) {
            *lanes = L::splat(word);
        }
        state
    }
}

#[inline(always)]
unsafe fn add_words<L: Lanes, const WAVES: usize>(
    states: &mut [State<L>; WAVES],
    others: &[State<L>; WAVES],
) {
    for (word, other) in states.as_flattened_mut().iter_mut().zip(others.as_flattened()) {
        // SAFETY: the contract of `Lanes` is the caller's.
        *word = unsafe { word.add(*other) };
    }
}

#[inline(always)]
unsafe fn swap<L: Lanes, const WAVES: usize>(mut states: [State<L>; WAVES]) -> [State<L>; WAVES] {
    for word in states.as_flattened_mut() {
        // SAFETY: the contract of `Lanes` is the caller's.
        *word = unsafe { word.swap_bytes() };
    }
    states
}

/// Rounds of the numbers that follow, in each wave.
macro_rules! unroll {
    ($words:expr, $states:ident, $windows:ident, $folded:ident, $($t:literal)*) => {
        const { assert!(WAVES == 1 || WAVES == 2) };
        $(
            // SAFETY: the contract of `Lanes` is the caller's.
            unsafe {
                let (state, window) = (&mut $states[0], &mut $windows[0]);
                one_round::<L, { $words }, $t>(state, window, $folded);
                if WAVES == 2 {
                    let (state, window) = (&mut $states[1], &mut $windows[1]);
                    one_round::<L, { $words }, $t>(state, window, $folded);
                }
            }
        )*
    };
}

/// Rounds 0–31, where constant words are, of a block of which the words in the mask `WORDS` differ
/// between lanes; `windows` hold those. Rounds before them are done.
#[inline(always)]
unsafe fn rounds<L: Lanes, const WAVES: usize, const WORDS: u16>(
    states: &mut [State<L>; WAVES],
    windows: &mut [Window<L>; WAVES],
    folded: &Folded,
) {
    if L::CHOOSE_OVERWRITES {
        let first = const { first_round(WORDS) };
        for state in states.iter_mut() {
            let h = &mut state[place(7, first)];
            // SAFETY: the contract of `Lanes` is the caller's.
            *h = unsafe { h.add(L::splat(folded.round[first])) };
        }
    }
    unroll!(WORDS, states, windows, folded, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    unroll!(WORDS, states, windows, folded, 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
}

/// Rounds 32–63.
#[inline(always)]
unsafe fn last_rounds<L: Lanes, const WAVES: usize>(
    states: &mut [State<L>; WAVES],
    windows: &mut [Window<L>; WAVES],
) {
    for folded in &UNFOLDED {
        unroll!(u16::MAX, states, windows, folded, 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    }
}

/// Where letter a, b, … is at round `t`: the state stays where it is and the letters move, so that
/// the place of a is that of b a round later. (Moving the state instead costs nothing at run time,
/// but minutes of the compiler's.)
const fn place(letter: usize, t: usize) -> usize {
    (letter + ROUNDS - t) % 8
}

/// Round `T`, and the word that it schedules. Where constants are early, h has its own already, and
/// g gets the next one's.
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn one_round<L: Lanes, const WORDS: u16, const T: usize>(
    state: &mut State<L>,
    window: &mut Window<L>,
    folded: &Folded,
) {
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        schedule::<L, WORDS, T>(window, folded);
        if T < const { first_round(WORDS) } {
            return;
        }
        let at = |letter| place(letter, T);
        let (a, b, c) = (state[at(0)], state[at(1)], state[at(2)]);
        let (e, f, g, h) = (state[at(4)], state[at(5)], state[at(6)], state[at(7)]);
        let mut t1 = h;
        if L::CHOOSE_OVERWRITES {
            state[at(6)] = g.add(L::splat(folded.round[T + 1]));
        } else {
            t1 = t1.add(L::splat(folded.round[T]));
        }
        if const { varying(WORDS) } >> T & 1 == 1 {
            t1 = t1.add(window[T % BLOCK_WORDS]);
        }
        t1 = t1.add(e.choose(f, g)).add(e.big1());
        state[at(3)] = state[at(3)].add(t1);
        state[at(7)] = t1.add(a.majority(b, c).add(a.big0()));
    }
}

/// Word `T` of the schedule replaces word `T` − 16: what varies is added to the folded sum. A
/// constant word is put in its place for the loop, which does not know it.
#[inline(always)]
unsafe fn schedule<L: Lanes, const WORDS: u16, const T: usize>(
    window: &mut Window<L>,
    folded: &Folded,
) {
    let varying = const { varying(WORDS) };
    let varies = |t: usize| varying >> t & 1 == 1;
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        if !varies(T) {
            window[T % BLOCK_WORDS] = L::splat(folded.schedule[T]);
        } else if T >= BLOCK_WORDS {
            let (by_2, by_7, by_15, by_16) = (T - 2, T - 7, T - 15, T - BLOCK_WORDS);
            let all = varies(by_2) && varies(by_7) && varies(by_15) && varies(by_16);
            let mut word = window[by_16 % BLOCK_WORDS];
            if !varies(by_16) {
                word = L::splat(folded.schedule[T]);
            } else if !all {
                word = word.add(L::splat(folded.schedule[T]));
            }
            if varies(by_15) {
                word = word.add(window[by_15 % BLOCK_WORDS].small0());
            }
            if varies(by_7) {
                word = word.add(window[by_7 % BLOCK_WORDS]);
            }
            if varies(by_2) {
                word = word.add(window[by_2 % BLOCK_WORDS].small1());
            }
            window[T % BLOCK_WORDS] = word;
        }
    }
}

const _: () = assert!(ROUNDS == 64 && FOLDED == 32, "`rounds` spells them out");
