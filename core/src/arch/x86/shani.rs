//! The SHA extensions: several messages in flight, each in registers of its own.
//!
//! `sha256rnds2` does two rounds with a latency of four cycles, and one starts every two cycles: a single
//! stream keeps it half busy. [`STREAMS`] independent ones fill it, and hide the schedule between them.
//! The wall is then the count of `sha256rnds2`: 28 + 32 a pair in `og`, 28 + 32 + 32 in `lnd`.
//!
//! No instruction here touches a YMM register: a SHA instruction while their upper halves are dirty costs
//! hundreds of cycles on some CPUs.

use core::arch::x86_64::*;

use crate::{
    kernel::{Isa, Kernel, Work},
    scheme::Hash,
    sha256::{
        BLOCK_WORDS, HASH_BLOCK, INDEX_AT_0, INDEX_AT_8, INITIAL, K, LND_BLOCK, PREIMAGE_AT_0,
        ROUNDS, SHARE_AT_8, first_round, root_block, small0, small1, tail_word, varying, words,
    },
    types::BYTES,
};

/// Messages in flight.
const STREAMS: usize = 4;

pub(crate) const SHA256: Kernel = Kernel::new(Hash::Sha256, Isa::ShaNi, STREAMS, sha256_pairs);

/// The instructions work on four words at a time.
type Quad = [u32; 4];

/// The round constants.
static QUADS: [Quad; ROUNDS / 4] = {
    let mut quads = [[0; 4]; ROUNDS / 4];
    let mut t = 0;
    while t < ROUNDS {
        quads[t / 4][t % 4] = K[t];
        t += 1;
    }
    quads
};

/// Constant words feed no quad from this one on.
const FOLDED: usize = 10;

const _: () = {
    let mut quad = FOLDED;
    while quad < ROUNDS / 4 {
        let masks = [varying(INDEX_AT_8), varying(SHARE_AT_8), varying(INDEX_AT_0)];
        let mut mask = 0;
        while mask < masks.len() {
            assert!(!constant_msg1(masks[mask], quad) && !constant_middle(masks[mask], quad));
            mask += 1;
        }
        quad += 1;
    }
};

/// The constant part of one block's rounds, for a schedule in quads.
struct Folded {
    /// Round constants plus scheduled words, where all four are constant; not read elsewhere.
    round: [Quad; FOLDED],
    /// Those words; where some vary, the sum of the terms that constant words alone give.
    words: [Quad; FOLDED],
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

/// Whether all words of quad `quad` are constant where the block's words in the mask `words` vary.
const fn uniform(words: u16, quad: usize) -> bool {
    constant(varying(words), 4 * quad, 4 * quad + 3)
}

/// Whether `sha256msg1` has only constant words to work on when quad `quad` is scheduled.
const fn constant_msg1(varying: u64, quad: usize) -> bool {
    constant(varying, 4 * quad - 16, 4 * quad - 12)
}

/// Whether the words added between `sha256msg1` and `sha256msg2` are all constant.
const fn constant_middle(varying: u64, quad: usize) -> bool {
    constant(varying, 4 * quad - 7, 4 * quad - 4)
}

impl Folded {
    /// Folds a block whose words are `block`, but for those that `WORDS` has a bit for.
    #[inline(always)]
    const fn new<const WORDS: u16>(block: &[u32; BLOCK_WORDS]) -> Self {
        // Words that vary count as zero; no constant word and no kept sum is made from one.
        let mut w = [0; 4 * FOLDED];
        let mut folded = Self { round: [[0; 4]; FOLDED], words: [[0; 4]; FOLDED] };
        let mut t = 0;
        while t < BLOCK_WORDS {
            w[t] = block[t];
            t += 1;
        }
        macro_rules! unroll {
            ($($quad:literal)*) => { $(folded.fold::<WORDS, $quad>(&mut w);)* };
        }
        // A loop would stay one, and decide anew for each payment what is constant.
        unroll!(0 1 2 3 4 5 6 7 8 9);
        folded
    }

    /// Folds quad `QUAD`; `w` holds the words before it, and those of the block.
    #[inline(always)]
    const fn fold<const WORDS: u16, const QUAD: usize>(&mut self, w: &mut [u32; 4 * FOLDED]) {
        let varying = const { varying(WORDS) };
        let uniform = const { uniform(WORDS, QUAD) };
        let mut t = 4 * QUAD;
        while t < 4 * QUAD + 4 {
            let mut sum = w[t];
            if t >= BLOCK_WORDS {
                let msg1 = w[t - 16].wrapping_add(small0(w[t - 15]));
                w[t] = msg1.wrapping_add(w[t - 7]).wrapping_add(small1(w[t - 2]));
                sum = 0;
                if uniform {
                    sum = w[t];
                } else {
                    if constant_msg1(varying, QUAD) {
                        sum = msg1;
                    }
                    if constant_middle(varying, QUAD) {
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

static HASH_FOLDED: Folded = Folded::new::<PREIMAGE_AT_0>(&HASH_BLOCK);
static LND_FOLDED: Folded = Folded::new::<INDEX_AT_0>(&LND_BLOCK);

/// The state, in the order that `sha256rnds2` wants it.
#[derive(Clone, Copy)]
struct State {
    abef: __m128i,
    cdgh: __m128i,
}

/// Sixteen message words of each of N messages.
type Window<const N: usize> = [[__m128i; N]; 4];

/// What one payment needs.
struct Plan {
    hashes_share: bool,
    first: Folded,
    /// The state before the first round that is not the same for all children.
    start: State,
    initial: State,
}

/// A first block of which nothing is taken for constant: what folding costs, a single group does not earn.
const EVERY_WORD: u16 = u16::MAX;

#[target_feature(enable = "sha,sse4.1")]
fn sha256_pairs(work: Work<'_>) {
    if work.preimages.len() <= STREAMS {
        payment::<EVERY_WORD>(work);
    } else if work.scheme.hashes_share() {
        payment::<SHARE_AT_8>(work);
    } else {
        payment::<INDEX_AT_8>(work);
    }
}

/// Children of one payment, of whose first block the words in the mask `WORDS` are taken to vary.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn payment<const WORDS: u16>(work: Work<'_>) {
    let scheme = work.scheme;
    let first = Folded::new::<WORDS>(&root_block(scheme, &words(work.root)));
    let initial = pack(INITIAL);
    let mut start = initial;
    for addend in &first.round[..const { first_round(WORDS) / 4 }] {
        start.four_rounds(quad(addend));
    }
    let plan = Plan { hashes_share: scheme.hashes_share(), first, start, initial };
    let count = work.preimages.len();
    let mut done = 0;
    while done < count {
        let streams = (count - done).min(STREAMS);
        let mut tails = [0; STREAMS];
        work.indices.fill(done, &mut tails[..streams], |index| tail_word(scheme, index));
        let end = done + streams;
        let group = Group {
            tails: &tails,
            shares: work.shares.get(done..end).unwrap_or_default(),
            preimages: &mut work.preimages[done..end],
            payment_hashes: &mut work.payment_hashes[done..end],
        };
        match streams {
            1 => derive::<WORDS, 1>(&plan, group),
            2 => derive::<WORDS, 2>(&plan, group),
            3 => derive::<WORDS, 3>(&plan, group),
            _ => derive::<WORDS, STREAMS>(&plan, group),
        }
        done = end;
    }
}

/// N children of one payment.
struct Group<'a> {
    tails: &'a [u32; STREAMS],
    shares: &'a [[u8; BYTES]],
    preimages: &'a mut [[u8; BYTES]],
    payment_hashes: &'a mut [[u8; BYTES]],
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn derive<const WORDS: u16, const N: usize>(plan: &Plan, group: Group<'_>) {
    let initial = [plan.initial; N];
    let mut window = constant_window::<N>(&plan.first);
    let mut state = [plan.start; N];
    if plan.hashes_share {
        for (stream, share) in group.shares[..N].iter().enumerate() {
            [window[2][stream], window[3][stream]] = load(share);
        }
        rounds::<WORDS, N>(&mut state, &mut window, &plan.first);
        add(&mut state, &initial);
        let middle = state;
        window = constant_window::<N>(&LND_FOLDED);
        for (word, tail) in window[0].iter_mut().zip(group.tails) {
            *word = _mm_insert_epi32::<0>(*word, *tail as i32);
        }
        rounds::<INDEX_AT_0, N>(&mut state, &mut window, &LND_FOLDED);
        add(&mut state, &middle);
    } else {
        for (word, tail) in window[2].iter_mut().zip(group.tails) {
            *word = _mm_insert_epi32::<0>(*word, *tail as i32);
        }
        rounds::<WORDS, N>(&mut state, &mut window, &plan.first);
        add(&mut state, &initial);
    }
    window = constant_window::<N>(&HASH_FOLDED);
    for (stream, r) in group.preimages[..N].iter_mut().enumerate() {
        let [low, high] = unpack(state[stream]);
        [window[0][stream], window[1][stream]] = [low, high];
        store([low, high], r);
    }
    state = initial;
    rounds::<PREIMAGE_AT_0, N>(&mut state, &mut window, &HASH_FOLDED);
    add(&mut state, &initial);
    for (state, h) in state.into_iter().zip(&mut group.payment_hashes[..N]) {
        store(unpack(state), h);
    }
}

/// The rounds that differ between children, of a block of which the words in the mask `WORDS` do.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn rounds<const WORDS: u16, const N: usize>(
    state: &mut [State; N],
    window: &mut Window<N>,
    folded: &Folded,
) {
    macro_rules! unroll {
        ($($quad:literal)*) => { $(four_rounds::<WORDS, N, $quad>(state, window, folded);)* };
    }
    unroll!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// Rounds 4 × `QUAD` to 4 × `QUAD` + 3 of all streams, one stream after the other.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn four_rounds<const WORDS: u16, const N: usize, const QUAD: usize>(
    state: &mut [State; N],
    window: &mut Window<N>,
    folded: &Folded,
) {
    if 4 * QUAD < const { first_round(WORDS) } {
        return;
    }
    for stream in 0..N {
        schedule::<WORDS, N, QUAD>(stream, window, folded);
        state[stream].four_rounds(if const { uniform(WORDS, QUAD) } {
            quad(&folded.round[QUAD])
        } else {
            _mm_add_epi32(quad(&QUADS[QUAD]), window[QUAD % 4][stream])
        });
    }
}

impl State {
    /// Four rounds; `addend` is their constants plus their message words.
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    fn four_rounds(&mut self, addend: __m128i) {
        self.cdgh = _mm_sha256rnds2_epu32(self.cdgh, self.abef, addend);
        self.abef = _mm_sha256rnds2_epu32(self.abef, self.cdgh, _mm_shuffle_epi32::<0x0e>(addend));
    }
}

/// Quad `QUAD` of one stream's schedule replaces quad `QUAD` − 4.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn schedule<const WORDS: u16, const N: usize, const QUAD: usize>(
    stream: usize,
    window: &mut Window<N>,
    folded: &Folded,
) {
    if QUAD < 4 {
        return;
    }
    let varying = const { varying(WORDS) };
    // Behind the folded quads it is not read.
    let folded = quad(&folded.words[QUAD.min(FOLDED - 1)]);
    if const { uniform(WORDS, QUAD) } {
        window[QUAD % 4][stream] = folded;
        return;
    }
    let [oldest, older, old, last] = [0, 1, 2, 3].map(|age| window[(QUAD + age) % 4][stream]);
    let (msg1, middle) = (constant_msg1(varying, QUAD), constant_middle(varying, QUAD));
    let mut sum = if msg1 { folded } else { _mm_sha256msg1_epu32(oldest, older) };
    if middle {
        if !msg1 {
            sum = _mm_add_epi32(sum, folded);
        }
    } else {
        sum = _mm_add_epi32(sum, _mm_alignr_epi8::<4>(last, old));
    }
    window[QUAD % 4][stream] = _mm_sha256msg2_epu32(sum, last);
}

/// The window of a block, with only its constant words in place.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn constant_window<const N: usize>(folded: &Folded) -> Window<N> {
    [0, 1, 2, 3].map(|age| [quad(&folded.words[age]); N])
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn add<const N: usize>(state: &mut [State; N], other: &[State; N]) {
    for (state, other) in state.iter_mut().zip(other) {
        state.abef = _mm_add_epi32(state.abef, other.abef);
        state.cdgh = _mm_add_epi32(state.cdgh, other.cdgh);
    }
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn quad(words: &Quad) -> __m128i {
    // SAFETY: a quad is 16 readable bytes.
    unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
}

/// Words a..h in the order that the instructions want.
#[inline]
#[target_feature(enable = "sse4.1")]
fn pack([a, b, c, d, e, f, g, h]: [u32; 8]) -> State {
    let vector = |w: [u32; 4]| _mm_setr_epi32(w[0] as i32, w[1] as i32, w[2] as i32, w[3] as i32);
    State { abef: vector([f, e, b, a]), cdgh: vector([h, g, d, c]) }
}

/// Words a..d and e..h, a and e first.
#[inline]
#[target_feature(enable = "sse4.1")]
fn unpack(State { abef, cdgh }: State) -> [__m128i; 2] {
    let feba = _mm_shuffle_epi32::<0x1b>(abef);
    let dchg = _mm_shuffle_epi32::<0xb1>(cdgh);
    [_mm_blend_epi16::<0xf0>(feba, dchg), _mm_alignr_epi8::<8>(dchg, feba)]
}

/// The order of bytes in a word, reversed.
#[inline]
#[target_feature(enable = "sse4.1")]
fn swap_bytes(words: __m128i) -> __m128i {
    _mm_shuffle_epi8(words, _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn load(bytes: &[u8; BYTES]) -> [__m128i; 2] {
    let source = bytes.as_ptr().cast::<__m128i>();
    // SAFETY: 32 readable bytes, and the loads are unaligned ones.
    unsafe { [swap_bytes(_mm_loadu_si128(source)), swap_bytes(_mm_loadu_si128(source.add(1)))] }
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn store([low, high]: [__m128i; 2], bytes: &mut [u8; BYTES]) {
    let target = bytes.as_mut_ptr().cast::<__m128i>();
    // SAFETY: 32 writable bytes, and the stores are unaligned ones.
    unsafe {
        _mm_storeu_si128(target, swap_bytes(low));
        _mm_storeu_si128(target.add(1), swap_bytes(high));
    }
}
