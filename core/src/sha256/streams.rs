//! SHA-256 by instructions of its own, over [`Quad`]: several messages in flight, each in registers
//! of its own.
//!
//! Two such instructions do four rounds. Each waits for the ones before it, so a single stream
//! leaves their unit idle; [`STREAMS`] independent ones fill it, and hide the schedule between
//! them. The wall is then the count of these instructions: 28 + 32 a pair in `og`, 28 + 32 + 32 in
//! `lnd`.

use super::{
    BLOCK_WORDS, HASH_BLOCK, INDEX_AT_0, INDEX_AT_8, INITIAL, K, LND_BLOCK, PREIMAGE_AT_0, ROUNDS,
    SHARE_AT_8, first_round, root_block, small0, small1, tail_word, varying, words,
};
use crate::{types::BYTES, work::Work};

/// Messages in flight: each takes six registers, of sixteen (SHA-NI) or thirty-two.
pub(crate) const STREAMS: usize = 4;

/// The instructions work on four words at a time.
const QUADS: usize = ROUNDS / 4;

/// Constant words feed no quad from this one on.
const FOLDED: usize = 10;

/// A register of four words, the first of them in the lowest place, and what SHA-256 instructions
/// do with it.
///
/// # Safety
/// A caller of any method has this type's CPU features enabled.
pub(crate) trait Quad: Copy {
    /// Whether [`schedule_last`](Self::schedule_last) does the work of
    /// [`schedule_middle`](Self::schedule_middle) too.
    const LAST_STEP_ADDS_MIDDLE: bool;

    /// These four words.
    unsafe fn new(words: &[u32; 4]) -> Self;
    /// Another first word.
    unsafe fn with_first(self, word: u32) -> Self;
    /// Addition modulo 2^32.
    unsafe fn add(self, other: Self) -> Self;

    /// W(t − 16) + σ0(W(t − 15)).
    unsafe fn schedule_first(oldest: Self, older: Self) -> Self;
    /// Adds W(t − 7).
    unsafe fn schedule_middle(self, old: Self, last: Self) -> Self;
    /// Adds σ1(W(t − 2)).
    unsafe fn schedule_last(self, old: Self, last: Self) -> Self;
    /// Four rounds; `addend` holds the words with the round constants added.
    unsafe fn four_rounds(state: [Self; 2], addend: Self) -> [Self; 2];

    /// From a..d and e..h to the order that [`four_rounds`](Self::four_rounds) wants.
    unsafe fn pack(state: [Self; 2]) -> [Self; 2];
    /// Back to a..d and e..h.
    unsafe fn unpack(state: [Self; 2]) -> [Self; 2];

    /// Eight words, big endian.
    unsafe fn load(bytes: &[u8; BYTES]) -> [Self; 2];
    /// The inverse of [`load`](Self::load).
    unsafe fn store(words: [Self; 2], bytes: &mut [u8; BYTES]);
}

/// The constant part of one block's rounds, for a schedule in quads.
struct Folded {
    /// Round constants, plus the scheduled words where all four are constant.
    round: [[u32; 4]; QUADS],
    /// Those words; where some vary, the sum of the terms that constant words alone give.
    words: [[u32; 4]; FOLDED],
}

/// Whether word t is constant for all `from <= t <= to`.
const fn constant(varying: u64, from: usize, to: usize) -> bool {
    let mut t = from;
    while t <= to {
        if varying >> t & 1 == 1 {
            return false;
        }
        t += 1;
    }
    true
}

/// Whether all words of quad `quad` are constant.
const fn constant_quad(varying: u64, quad: usize) -> bool {
    constant(varying, 4 * quad, 4 * quad + 3)
}

/// Whether the first step of scheduling quad `quad` has only constant words to work on.
const fn constant_first(varying: u64, quad: usize) -> bool {
    constant(varying, 4 * quad - 16, 4 * quad - 12)
}

/// Whether the words that the middle step adds are all constant, and a step of its own adds them.
const fn constant_middle<Q: Quad>(varying: u64, quad: usize) -> bool {
    !Q::LAST_STEP_ADDS_MIDDLE && constant(varying, 4 * quad - 7, 4 * quad - 4)
}

/// The round constants, in quads.
const fn round_constants() -> [[u32; 4]; QUADS] {
    let mut quads = [[0; 4]; QUADS];
    let mut t = 0;
    while t < ROUNDS {
        quads[t / 4][t % 4] = K[t];
        t += 1;
    }
    quads
}

impl Folded {
    /// Folds a block whose words are `block`, but for those that `WORDS` has a bit for.
    #[inline(always)]
    const fn new<Q: Quad, const WORDS: u16>(block: &[u32; BLOCK_WORDS]) -> Self {
        // Words that vary count as zero; no constant word and no kept sum is made from one.
        let mut w = [0; 4 * FOLDED];
        let mut folded = Self { round: const { round_constants() }, words: [[0; 4]; FOLDED] };
        let mut t = 0;
        while t < BLOCK_WORDS {
            w[t] = block[t];
            t += 1;
        }
        macro_rules! unroll {
            ($($quad:literal)*) => { $(folded.fold::<Q, WORDS, $quad>(&mut w);)* };
        }
        // A loop would stay one, and decide anew for each payment what is constant.
        unroll!(0 1 2 3 4 5 6 7 8 9);
        folded
    }

    /// Folds quad `QUAD`; `w` holds the words before it, and those of the block.
    #[inline(always)]
    const fn fold<Q: Quad, const WORDS: u16, const QUAD: usize>(
        &mut self,
        w: &mut [u32; 4 * FOLDED],
    ) {
        let varying = const { varying(WORDS) };
        let uniform = constant_quad(varying, QUAD);
        let mut t = 4 * QUAD;
        while t < 4 * QUAD + 4 {
            let mut sum = w[t];
            if t >= BLOCK_WORDS {
                let first = w[t - 16].wrapping_add(small0(w[t - 15]));
                w[t] = first.wrapping_add(w[t - 7]).wrapping_add(small1(w[t - 2]));
                sum = 0;
                if uniform {
                    sum = w[t];
                } else {
                    if constant_first(varying, QUAD) {
                        sum = first;
                    }
                    if constant_middle::<Q>(varying, QUAD) {
                        sum = sum.wrapping_add(w[t - 7]);
                    }
                }
            }
            self.words[QUAD][t % 4] = sum;
            if uniform {
                self.round[QUAD][t % 4] = K[t].wrapping_add(sum);
            }
            t += 1;
        }
    }
}

const _: () = {
    let masks = [varying(INDEX_AT_8), varying(SHARE_AT_8), varying(INDEX_AT_0)];
    let mut quad = FOLDED;
    while quad < QUADS {
        let mut mask = 0;
        while mask < masks.len() {
            assert!(!constant_first(masks[mask], quad));
            assert!(!constant(masks[mask], 4 * quad - 7, 4 * quad - 4));
            mask += 1;
        }
        quad += 1;
    }
};

/// What a pair costs with SHA-NI where it is one of a group: x86's instructions for the steps of
/// [`Quad`]. Loads, stores, moves and what turns the bytes of words around are not counted. One
/// addition in `og` and four in `lnd` are of zeros, and a compiler leaves them out.
#[cfg(feature = "operations")]
pub(crate) const fn instructions(hashes_share: bool) -> crate::operations::ShaInstructions {
    let mut needed = crate::operations::ShaInstructions {
        rounds: 0,
        schedule_first: 0,
        schedule_last: 0,
        additions: 0,
        shuffles: 0,
    };
    let blocks: &[u16] = match hashes_share {
        true => &[SHARE_AT_8, INDEX_AT_0, PREIMAGE_AT_0],
        false => &[INDEX_AT_8, PREIMAGE_AT_0],
    };
    let mut block = 0;
    while block < blocks.len() {
        let varying = varying(blocks[block]);
        let mut quad = first_round(blocks[block]) / 4;
        while quad < QUADS {
            // The second two rounds take the upper half of the addend.
            needed.rounds += 2;
            needed.shuffles += 1;
            if !constant_quad(varying, quad) {
                needed.additions += 1;
                if quad >= 4 {
                    needed.schedule_first += !constant_first(varying, quad) as u32;
                    let middle = constant(varying, 4 * quad - 7, 4 * quad - 4);
                    // Aligned and added; else it was folded into the first step's place.
                    needed.shuffles += !middle as u32;
                    needed.additions += (!middle || !constant_first(varying, quad)) as u32;
                    needed.schedule_last += 1;
                }
            }
            quad += 1;
        }
        // The state before the block.
        needed.additions += 2;
        block += 1;
    }
    needed
}

/// The state of each of N messages.
type States<Q, const N: usize> = [[Q; 2]; N];
/// Sixteen message words of each of N messages.
type Window<Q, const N: usize> = [[Q; N]; 4];

/// Derives all of `work`.
///
/// # Safety
/// The contract of [`Quad`] for `Q`.
#[inline(always)]
pub(crate) unsafe fn derive<Q: Quad>(work: Work<'_>) {
    let (hashes_share, count) = (work.scheme.hashes_share(), work.preimages.len());
    let mut rest = work;
    // SAFETY: the contract is the caller's, here and in every function below.
    unsafe {
        // To split a payment of few parts would take a tenth of the time that they take.
        if count > STREAMS {
            let groups;
            (groups, rest) = rest.split_at(count - count % STREAMS);
            match hashes_share {
                true => whole_groups::<Q, SHARE_AT_8, true>(groups),
                false => whole_groups::<Q, INDEX_AT_8, false>(groups),
            }
        }
        match hashes_share {
            true => single_group::<Q, true>(rest),
            false => single_group::<Q, false>(rest),
        }
    }
}

/// Children in groups of [`STREAMS`], of whose first block the words in the mask `WORDS` vary, and
/// of which there are two if the share is hashed.
#[inline(always)]
unsafe fn whole_groups<Q: Quad, const WORDS: u16, const SHARE: bool>(mut work: Work<'_>) {
    if work.preimages.is_empty() {
        return;
    }
    // SAFETY: as in `derive`.
    unsafe {
        let plan = Plan::<Q>::new::<WORDS>(&work);
        for start in (0..work.preimages.len()).step_by(STREAMS) {
            derive_group::<Q, WORDS, SHARE, STREAMS>(&plan, &mut work, start);
        }
    }
}

/// A first block of which nothing is taken for constant: what folding costs, a single group does
/// not earn.
const EVERY_WORD: u16 = u16::MAX;

/// As many children as there are streams, or fewer.
#[inline(always)]
unsafe fn single_group<Q: Quad, const SHARE: bool>(mut work: Work<'_>) {
    if work.preimages.is_empty() {
        return;
    }
    // SAFETY: as in `derive`.
    unsafe {
        let plan = Plan::<Q>::new::<EVERY_WORD>(&work);
        match work.preimages.len() {
            1 => derive_group::<Q, EVERY_WORD, SHARE, 1>(&plan, &mut work, 0),
            2 => derive_group::<Q, EVERY_WORD, SHARE, 2>(&plan, &mut work, 0),
            3 => derive_group::<Q, EVERY_WORD, SHARE, 3>(&plan, &mut work, 0),
            _ => derive_group::<Q, EVERY_WORD, SHARE, STREAMS>(&plan, &mut work, 0),
        }
    }
}

/// What one payment needs.
struct Plan<Q> {
    first: Folded,
    /// The state before the first round that is not the same for all children.
    start: [Q; 2],
    initial: [Q; 2],
}

impl<Q: Quad> Plan<Q> {
    #[inline(always)]
    unsafe fn new<const WORDS: u16>(work: &Work<'_>) -> Self {
        let first = Folded::new::<Q, WORDS>(&root_block(work.scheme, &words(work.root)));
        // SAFETY: as in `derive`.
        unsafe {
            let initial = pack::<Q>(&INITIAL);
            let mut start = initial;
            for addend in &first.round[..const { first_round(WORDS) / 4 }] {
                start = Q::four_rounds(start, Q::new(addend));
            }
            Self { first, start, initial }
        }
    }
}

/// N children from position `start` on.
#[inline(always)]
unsafe fn derive_group<Q: Quad, const WORDS: u16, const SHARE: bool, const N: usize>(
    plan: &Plan<Q>,
    work: &mut Work<'_>,
    start: usize,
) {
    let group = start..start + N;
    let mut tails = [0; N];
    work.indices.fill(start, &mut tails, |index| tail_word(work.scheme, index));
    // SAFETY: as in `derive`.
    unsafe {
        let initial = [plan.initial; N];
        let mut window = constant_window::<Q, N>(&plan.first);
        let mut states = [plan.start; N];
        if SHARE {
            for (stream, share) in work.shares[group.clone()].iter().enumerate() {
                [window[2][stream], window[3][stream]] = Q::load(share);
            }
            rounds::<Q, WORDS, N>(&mut states, &mut window, &plan.first);
            add(&mut states, &initial);
            let middle = states;
            let folded = const { &Folded::new::<Q, INDEX_AT_0>(&LND_BLOCK) };
            window = constant_window::<Q, N>(folded);
            set_first(&mut window[0], &tails);
            rounds::<Q, INDEX_AT_0, N>(&mut states, &mut window, folded);
            add(&mut states, &middle);
        } else {
            set_first(&mut window[2], &tails);
            rounds::<Q, WORDS, N>(&mut states, &mut window, &plan.first);
            add(&mut states, &initial);
        }
        let folded = const { &Folded::new::<Q, PREIMAGE_AT_0>(&HASH_BLOCK) };
        window = constant_window::<Q, N>(folded);
        for (stream, r) in work.preimages[group.clone()].iter_mut().enumerate() {
            let words = Q::unpack(states[stream]);
            [window[0][stream], window[1][stream]] = words;
            Q::store(words, r);
        }
        states = initial;
        rounds::<Q, PREIMAGE_AT_0, N>(&mut states, &mut window, folded);
        add(&mut states, &initial);
        for (state, h) in states.into_iter().zip(&mut work.payment_hashes[group]) {
            Q::store(Q::unpack(state), h);
        }
    }
}

/// The rounds that differ between children, of a block of which the words in the mask `WORDS` do.
#[inline(always)]
unsafe fn rounds<Q: Quad, const WORDS: u16, const N: usize>(
    states: &mut States<Q, N>,
    window: &mut Window<Q, N>,
    folded: &Folded,
) {
    macro_rules! unroll {
        ($($quad:literal)*) => {
            // SAFETY: as in `derive`.
            unsafe { $(four_rounds::<Q, WORDS, N, $quad>(states, window, folded);)* }
        };
    }
    unroll!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// Rounds 4 × `QUAD` to 4 × `QUAD` + 3 of all streams, one stream after the other.
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn four_rounds<Q: Quad, const WORDS: u16, const N: usize, const QUAD: usize>(
    states: &mut States<Q, N>,
    window: &mut Window<Q, N>,
    folded: &Folded,
) {
    if 4 * QUAD < const { first_round(WORDS) } {
        return;
    }
    let uniform = const { constant_quad(varying(WORDS), QUAD) };
    for (stream, state) in states.iter_mut().enumerate() {
        // SAFETY: as in `derive`.
        unsafe {
            schedule::<Q, WORDS, N, QUAD>(stream, window, folded);
            let mut addend = Q::new(&folded.round[QUAD]);
            if !uniform {
                addend = addend.add(window[QUAD % 4][stream]);
            }
            *state = Q::four_rounds(*state, addend);
        }
    }
}

/// Quad `QUAD` of one stream's schedule replaces quad `QUAD` − 4.
#[inline(always)]
unsafe fn schedule<Q: Quad, const WORDS: u16, const N: usize, const QUAD: usize>(
    stream: usize,
    window: &mut Window<Q, N>,
    folded: &Folded,
) {
    if QUAD < 4 {
        return;
    }
    let varying = const { varying(WORDS) };
    // SAFETY: as in `derive`.
    unsafe {
        // Behind the folded quads it is not read.
        let folded = Q::new(&folded.words[QUAD.min(FOLDED - 1)]);
        if constant_quad(varying, QUAD) {
            window[QUAD % 4][stream] = folded;
            return;
        }
        let (oldest, older) = (window[QUAD % 4][stream], window[(QUAD + 1) % 4][stream]);
        let (old, last) = (window[(QUAD + 2) % 4][stream], window[(QUAD + 3) % 4][stream]);
        let (first, middle) = (constant_first(varying, QUAD), constant_middle::<Q>(varying, QUAD));
        let mut sum = if first { folded } else { Q::schedule_first(oldest, older) };
        if !middle {
            sum = sum.schedule_middle(old, last);
        } else if !first {
            sum = sum.add(folded);
        }
        window[QUAD % 4][stream] = sum.schedule_last(old, last);
    }
}

/// The window of a block, with only its constant words in place.
#[inline(always)]
unsafe fn constant_window<Q: Quad, const N: usize>(folded: &Folded) -> Window<Q, N> {
    let [a, b, c, d, ..] = &folded.words;
    // SAFETY: as in `derive`.
    unsafe { [[Q::new(a); N], [Q::new(b); N], [Q::new(c); N], [Q::new(d); N]] }
}

/// Each stream's word in the first place of its quad.
#[inline(always)]
unsafe fn set_first<Q: Quad, const N: usize>(quads: &mut [Q; N], words: &[u32; N]) {
    for (quad, word) in quads.iter_mut().zip(words) {
        // SAFETY: as in `derive`.
        *quad = unsafe { quad.with_first(*word) };
    }
}

#[inline(always)]
unsafe fn add<Q: Quad, const N: usize>(states: &mut States<Q, N>, others: &States<Q, N>) {
    for (quad, other) in states.as_flattened_mut().iter_mut().zip(others.as_flattened()) {
        // SAFETY: as in `derive`.
        *quad = unsafe { quad.add(*other) };
    }
}

/// Words a..h as a state.
#[inline(always)]
unsafe fn pack<Q: Quad>([a, b, c, d, e, f, g, h]: &[u32; 8]) -> [Q; 2] {
    // SAFETY: as in `derive`.
    unsafe { Q::pack([Q::new(&[*a, *b, *c, *d]), Q::new(&[*e, *f, *g, *h])]) }
}
