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
        ROUNDS, SHARE_AT_8, after_root, root_block, small0, small1, tail_word, varying, words,
    },
    types::BYTES,
};

/// Messages in flight.
const STREAMS: usize = 4;

pub(crate) const SHA256: Kernel = Kernel::new(Hash::Sha256, Isa::ShaNi, STREAMS, sha256_pairs);

/// The instructions work on four words at a time.
const QUADS: usize = ROUNDS / 4;
type Quad = [u32; 4];

/// The constant part of one block's 64 rounds, for a schedule in quads.
struct Folded {
    /// Round constants, plus the scheduled words where all four are constant.
    round: [Quad; QUADS],
    /// Those words; where some vary, the sum of the terms that constant words alone give.
    words: [Quad; QUADS],
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

/// Whether `sha256msg1` has only constant words to work on when quad `quad` is scheduled.
const fn constant_msg1(varying: u64, quad: usize) -> bool {
    constant(varying, 4 * quad - 16, 4 * quad - 12)
}

/// Whether the words added between `sha256msg1` and `sha256msg2` are all constant.
const fn constant_middle(varying: u64, quad: usize) -> bool {
    constant(varying, 4 * quad - 7, 4 * quad - 4)
}

impl Folded {
    #[inline]
    const fn new(block: &[u32; BLOCK_WORDS], words: u16) -> Self {
        let varying = varying(words);
        // Words that vary count as zero; no constant word and no kept sum is made from one.
        let mut w = [0u32; ROUNDS];
        let mut folded = Self { round: [[0; 4]; QUADS], words: [[0; 4]; QUADS] };
        let mut t = 0;
        while t < ROUNDS {
            let quad = t / 4;
            let mut sum = 0u32;
            if t < BLOCK_WORDS {
                w[t] = block[t];
                sum = w[t];
            } else {
                let msg1 = w[t - 16].wrapping_add(small0(w[t - 15]));
                w[t] = msg1.wrapping_add(w[t - 7]).wrapping_add(small1(w[t - 2]));
                if constant(varying, 4 * quad, 4 * quad + 3) {
                    sum = w[t];
                } else {
                    if constant_msg1(varying, quad) {
                        sum = msg1;
                    }
                    if constant_middle(varying, quad) {
                        sum = sum.wrapping_add(w[t - 7]);
                    }
                }
            }
            folded.words[quad][t % 4] = sum;
            folded.round[quad][t % 4] = K[t];
            if constant(varying, 4 * quad, 4 * quad + 3) {
                folded.round[quad][t % 4] = K[t].wrapping_add(w[t]);
            }
            t += 1;
        }
        folded
    }
}

const HASH_FOLDED: Folded = Folded::new(&HASH_BLOCK, PREIMAGE_AT_0);
const LND_FOLDED: Folded = Folded::new(&LND_BLOCK, INDEX_AT_0);

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
    scheme_hashes_share: bool,
    first: Folded,
    after_root: State,
    initial: State,
}

#[target_feature(enable = "sha,sse4.1")]
fn sha256_pairs(work: Work<'_>) {
    let scheme = work.scheme;
    let root = words(work.root);
    let varying = if scheme.hashes_share() { SHARE_AT_8 } else { INDEX_AT_8 };
    let plan = Plan {
        scheme_hashes_share: scheme.hashes_share(),
        first: Folded::new(&root_block(scheme, &root), varying),
        after_root: pack(after_root(&root)),
        initial: pack(INITIAL),
    };
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
            1 => derive::<1>(&plan, group),
            2 => derive::<2>(&plan, group),
            3 => derive::<3>(&plan, group),
            _ => derive::<STREAMS>(&plan, group),
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
fn derive<const N: usize>(plan: &Plan, group: Group<'_>) {
    let initial = [plan.initial; N];
    let mut window = constant_window::<N>(&plan.first);
    let mut state = [plan.after_root; N];
    if plan.scheme_hashes_share {
        for (stream, share) in group.shares[..N].iter().enumerate() {
            [window[2][stream], window[3][stream]] = load(share);
        }
        rounds::<SHARE_AT_8, 8, N>(&mut state, &mut window, &plan.first);
        add(&mut state, &initial);
        let middle = state;
        window = constant_window::<N>(&LND_FOLDED);
        for (word, tail) in window[0].iter_mut().zip(group.tails) {
            *word = _mm_insert_epi32::<0>(*word, *tail as i32);
        }
        rounds::<INDEX_AT_0, 0, N>(&mut state, &mut window, &LND_FOLDED);
        add(&mut state, &middle);
    } else {
        for (word, tail) in window[2].iter_mut().zip(group.tails) {
            *word = _mm_insert_epi32::<0>(*word, *tail as i32);
        }
        rounds::<INDEX_AT_8, 8, N>(&mut state, &mut window, &plan.first);
        add(&mut state, &initial);
    }
    window = constant_window::<N>(&HASH_FOLDED);
    for (stream, r) in group.preimages[..N].iter_mut().enumerate() {
        let [low, high] = unpack(state[stream]);
        [window[0][stream], window[1][stream]] = [low, high];
        store([low, high], r);
    }
    state = initial;
    rounds::<PREIMAGE_AT_0, 0, N>(&mut state, &mut window, &HASH_FOLDED);
    add(&mut state, &initial);
    for (state, h) in state.into_iter().zip(&mut group.payment_hashes[..N]) {
        store(unpack(state), h);
    }
}

/// Rounds `FIRST`..64 of a block of which the words in the mask `WORDS` vary.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn rounds<const WORDS: u16, const FIRST: usize, const N: usize>(
    state: &mut [State; N],
    window: &mut Window<N>,
    folded: &Folded,
) {
    macro_rules! unroll {
        ($($quad:literal)*) => { $(four_rounds::<WORDS, FIRST, N, $quad>(state, window, folded);)* };
    }
    unroll!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}

/// Rounds 4 × `QUAD` to 4 × `QUAD` + 3 of all streams, one stream after the other.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn four_rounds<const WORDS: u16, const FIRST: usize, const N: usize, const QUAD: usize>(
    state: &mut [State; N],
    window: &mut Window<N>,
    folded: &Folded,
) {
    if 4 * QUAD < FIRST {
        return;
    }
    let varying = const { varying(WORDS) };
    let uniform = constant(varying, 4 * QUAD, 4 * QUAD + 3);
    for stream in 0..N {
        schedule::<WORDS, N, QUAD>(stream, window, folded);
        let mut addend = quad(&folded.round[QUAD]);
        if !uniform {
            addend = _mm_add_epi32(addend, window[QUAD % 4][stream]);
        }
        let State { abef, cdgh } = &mut state[stream];
        *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, addend);
        *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0x0e>(addend));
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
    let folded = quad(&folded.words[QUAD]);
    if constant(varying, 4 * QUAD, 4 * QUAD + 3) {
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
