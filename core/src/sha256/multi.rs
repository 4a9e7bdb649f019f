//! SHA-256 over [`Lanes`]: every lane a child of the same payment.
//!
//! Departures from FIPS 180-4, each worth a few percent:
//! 1. Constant words are folded away ([`Folded`]); which ones is a const parameter, so that what is
//!    not needed is not compiled.
//! 2. Rounds are unrolled, the last 32 as a loop of sixteen: the state moves by renaming, and the
//!    window of 16 message words is indexed by constants.
//! 3. The message word and the round constant are added to h before anything that waits for e.

use super::{
    BLOCK_WORDS, HASH_BLOCK, INDEX_AT_0, INDEX_AT_8, INITIAL, K, LND_BLOCK, PREIMAGE_AT_0, ROUNDS,
    SHARE_AT_8, after_root, first_round, root_block, tail_word, varying, words,
};
use crate::{
    lanes::{Lanes, Pair, WORDS, for_each_group},
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
    /// Round constant, plus the scheduled word where that is constant.
    round: [u32; FOLDED],
    /// The sum of the constant terms of each scheduled word.
    schedule: [u32; FOLDED],
}

impl Folded {
    /// Folds a block whose words are `block`, but for those that `WORDS` has a bit for: they differ
    /// between lanes, and what `block` has in their place is not read.
    #[inline(always)]
    const fn new<const WORDS: u16>(block: &[u32; BLOCK_WORDS]) -> Self {
        let mut folded = Self { round: [0; FOLDED], schedule: [0; FOLDED] };
        macro_rules! unroll {
            ($($t:literal)*) => { $(folded.fold::<WORDS, $t>(block);)* };
        }
        // A loop would stay one, and decide anew for each payment what is constant.
        unroll!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        unroll!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
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
    /// constants alone.
    const fn unfolded(later: usize) -> Self {
        let mut round = [0; FOLDED];
        let mut t = 0;
        while t < FOLDED {
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
            for_each_group::<L, WAVES, _>(work, tail_word, &TwoBlocks { first, state });
        } else {
            let first = Folded::new::<INDEX_AT_8>(&block);
            for_each_group::<L, WAVES, _>(work, tail_word, &OneBlock { first, state });
        }
    }
}

/// `og`, `tree` and `bolts658`: root and index fit one block.
struct OneBlock {
    first: Folded,
    state: [u32; 8],
}

impl<L: Lanes, const WAVES: usize> Pair<L, WAVES> for OneBlock {
    const SHARES: bool = false;

    #[inline(always)]
    unsafe fn derive(&self, tails: [L; WAVES], _: [[L; WORDS]; WAVES]) -> [[[L; WORDS]; WAVES]; 2] {
        // SAFETY: the contract of `Lanes` is the caller's, here and in the methods below.
        unsafe {
            let mut windows = windows(tails);
            let mut r = [splat(self.state); WAVES];
            rounds::<L, WAVES, INDEX_AT_8>(&mut r, &mut windows, &self.first);
            add_words(&mut r, &[splat(INITIAL); WAVES]);
            let h = payment_hash(&r, &mut windows);
            [swap(r), swap(h)]
        }
    }
}

/// `lnd`: root and share fill a block, the index has the second to itself.
struct TwoBlocks {
    first: Folded,
    state: [u32; 8],
}

impl<L: Lanes, const WAVES: usize> Pair<L, WAVES> for TwoBlocks {
    const SHARES: bool = true;

    #[inline(always)]
    unsafe fn derive(
        &self,
        tails: [L; WAVES],
        shares: [[L; WORDS]; WAVES],
    ) -> [[[L; WORDS]; WAVES]; 2] {
        // SAFETY: as in `OneBlock`.
        unsafe {
            let mut windows = windows(tails);
            for (window, share) in windows.iter_mut().zip(swap(shares)) {
                window[WORDS..].copy_from_slice(&share);
            }
            let mut middle = [splat(self.state); WAVES];
            rounds::<L, WAVES, SHARE_AT_8>(&mut middle, &mut windows, &self.first);
            add_words(&mut middle, &[splat(INITIAL); WAVES]);
            for (window, tail) in windows.iter_mut().zip(tails) {
                window[0] = tail;
            }
            let mut r = middle;
            rounds::<L, WAVES, INDEX_AT_0>(&mut r, &mut windows, &LND_FOLDED);
            add_words(&mut r, &middle);
            let h = payment_hash(&r, &mut windows);
            [swap(r), swap(h)]
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

/// h = H(r); the windows are free for reuse.
#[inline(always)]
unsafe fn payment_hash<L: Lanes, const WAVES: usize>(
    r: &[State<L>; WAVES],
    windows: &mut [Window<L>; WAVES],
) -> [State<L>; WAVES] {
    // SAFETY: the contract of `Lanes` is the caller's.
    unsafe {
        for (window, r) in windows.iter_mut().zip(r) {
            window[..WORDS].copy_from_slice(r);
        }
        let initial = [splat(INITIAL); WAVES];
        let mut h = initial;
        rounds::<L, WAVES, PREIMAGE_AT_0>(&mut h, windows, &HASH_FOLDED);
        add_words(&mut h, &initial);
        h
    }
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

/// The rounds that differ between lanes, of a block of which the words in the mask `WORDS` do;
/// `windows` hold those.
///
/// Rounds 0–31 are unrolled, because that is where constant words are; the others are a loop of
/// sixteen in which every word varies.
#[inline(always)]
unsafe fn rounds<L: Lanes, const WAVES: usize, const WORDS: u16>(
    states: &mut [State<L>; WAVES],
    windows: &mut [Window<L>; WAVES],
    folded: &Folded,
) {
    const { assert!(WAVES == 1 || WAVES == 2) };
    macro_rules! unroll {
        ($words:expr, $folded:expr, $($t:literal)*) => {
            $(
                // SAFETY: the contract of `Lanes` is the caller's.
                unsafe {
                    let (state, window) = (&mut states[0], &mut windows[0]);
                    one_round::<L, { $words }, $t>(state, window, $folded);
                    if WAVES == 2 {
                        let (state, window) = (&mut states[1], &mut windows[1]);
                        one_round::<L, { $words }, $t>(state, window, $folded);
                    }
                }
            )*
        };
    }
    unroll!(WORDS, folded, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    unroll!(WORDS, folded, 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    for unfolded in &UNFOLDED {
        unroll!(u16::MAX, unfolded, 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    }
}

/// Round `T`, and the word that it schedules. The state stays where it is and the letters move: the
/// place of a at round T is that of b at round T + 1. (Moving the state instead costs nothing at
/// run time, but minutes of the compiler's.)
#[inline(always)]
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
        let at = |letter: usize| (letter + ROUNDS - T) % 8;
        let (a, b, c) = (state[at(0)], state[at(1)], state[at(2)]);
        let (e, f, g, h) = (state[at(4)], state[at(5)], state[at(6)], state[at(7)]);
        let mut t1 = h.add(L::splat(folded.round[T]));
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
