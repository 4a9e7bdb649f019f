//! Sixteen lanes in ZMM registers: a rotation and any function of three operands are one
//! instruction each.
//!
//! Records 2k and 2k + 1 are stored as one vector. For that each half of eight lanes has its even
//! records first, then its odd ones.
//!
//! BLAKE3 runs two waves in step, which hides the latency of its chains. SHA-256 runs one: with
//! two, state and schedule are 48 vectors in 32 registers, and what is gained in latency is lost in
//! moves to the stack.

use core::arch::x86_64::*;

use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS, compounds},
    types::BYTES,
};

rows! {
    #[target_feature(enable = "avx512f,avx512bw")]
    Avx512: Avx512,
    sha256: 1, Cost { setup: 240, group: 1215, group_children: 16, child: 0 },
    blake3: 2, Cost { setup: 300, group: 640, group_children: 16, child: 0 },
}

#[derive(Clone, Copy)]
struct Avx512(__m512i);

impl Lanes for Avx512 {
    const COUNT: usize = 16;
    const CHOOSE_OVERWRITES: bool = true;

    compounds!(#[target_feature(enable = "avx512f,avx512bw")]);

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn splat(word: u32) -> Self {
        Self(_mm512_set1_epi32(word as i32))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: the caller vouches for a word a lane; no alignment is asked.
        Self(unsafe { _mm512_loadu_si512(words.cast()) })
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: the caller vouches for a word a lane; no alignment is asked.
        unsafe { _mm512_storeu_si512(words.cast(), self.0) }
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn add(self, other: Self) -> Self {
        Self(_mm512_add_epi32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn xor(self, other: Self) -> Self {
        Self(_mm512_xor_si512(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn and(self, other: Self) -> Self {
        Self(_mm512_and_si512(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        Self(_mm512_ror_epi32::<BITS>(self.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        Self(_mm512_srl_epi32(self.0, _mm_cvtsi32_si128(BITS)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn swap_bytes(self) -> Self {
        Self(_mm512_shuffle_epi8(
            self.0,
            _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203),
        ))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn load_by_record(words: *const u32) -> Self {
        let order = _mm512_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
        // SAFETY: the caller's.
        Self(_mm512_permutexvar_epi32(order, unsafe { Self::load(words) }.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        let row = |pair: usize| {
            // SAFETY: the caller vouches for a record a lane; no alignment is asked.
            unsafe { _mm512_loadu_si512(records.add(2 * pair).cast()) }
        };
        let low = transpose([row(0), row(1), row(2), row(3)]);
        let high = transpose([row(4), row(5), row(6), row(7)]);
        [
            Self(_mm512_shuffle_i32x4::<0x88>(low[0], high[0])),
            Self(_mm512_shuffle_i32x4::<0x88>(low[1], high[1])),
            Self(_mm512_shuffle_i32x4::<0x88>(low[2], high[2])),
            Self(_mm512_shuffle_i32x4::<0x88>(low[3], high[3])),
            Self(_mm512_shuffle_i32x4::<0xdd>(low[0], high[0])),
            Self(_mm512_shuffle_i32x4::<0xdd>(low[1], high[1])),
            Self(_mm512_shuffle_i32x4::<0xdd>(low[2], high[2])),
            Self(_mm512_shuffle_i32x4::<0xdd>(low[3], high[3])),
        ]
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        let [a, b, c, d, e, f, g, h] = words.map(|word| word.0);
        // Quarters 0 and 1 of row c hold half of records 2c and 2c + 1, the others of those 8 later.
        let low = transpose([a, b, c, d]);
        let high = transpose([e, f, g, h]);
        let quarters_0_1 = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
        let quarters_2_3 = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
        for row in 0..4 {
            let first = _mm512_permutex2var_epi64(low[row], quarters_0_1, high[row]);
            let second = _mm512_permutex2var_epi64(low[row], quarters_2_3, high[row]);
            // SAFETY: the caller vouches for a record a lane; no alignment is asked.
            unsafe {
                _mm512_storeu_si512(records.add(2 * row).cast(), first);
                _mm512_storeu_si512(records.add(2 * row + 8).cast(), second);
            }
        }
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        Self(_mm512_ternarylogic_epi32::<0x96>(self.0, b.0, c.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        Self(_mm512_ternarylogic_epi32::<0xca>(self.0, b.0, c.0))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        Self(_mm512_ternarylogic_epi32::<0xe8>(self.0, b.0, c.0))
    }
}

/// Four rows of four words become four columns, within each quarter.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn transpose([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(ab_low, cd_low),
        _mm512_unpackhi_epi64(ab_low, cd_low),
        _mm512_unpacklo_epi64(ab_high, cd_high),
        _mm512_unpackhi_epi64(ab_high, cd_high),
    ]
}
