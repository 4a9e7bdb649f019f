//! Four lanes in XMM registers. SSE4.1 brings SSSE3's byte shuffle with it.

use core::arch::x86_64::*;

use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS, compounds, records_in_order, ternary},
    types::BYTES,
};

rows! {
    #[target_feature(enable = "sse4.1")]
    Sse41: Sse41,
    sha256: 1, Cost { setup: 260, group: 2450, group_children: 4, child: 0 },
    blake3: 1, Cost { setup: 160, group: 920, group_children: 4, child: 0 },
}

#[derive(Clone, Copy)]
struct Sse41(__m128i);

impl Lanes for Sse41 {
    const COUNT: usize = 4;

    compounds!(#[target_feature(enable = "sse4.1")]);
    records_in_order!(#[target_feature(enable = "sse4.1")]);
    ternary!(#[target_feature(enable = "sse4.1")]);

    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn splat(word: u32) -> Self {
        Self(_mm_set1_epi32(word as i32))
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: the caller vouches for a word a lane; no alignment is asked.
        Self(unsafe { _mm_loadu_si128(words.cast()) })
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: the caller vouches for a word a lane; no alignment is asked.
        unsafe { _mm_storeu_si128(words.cast(), self.0) }
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn add(self, other: Self) -> Self {
        Self(_mm_add_epi32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn xor(self, other: Self) -> Self {
        Self(_mm_xor_si128(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn and(self, other: Self) -> Self {
        Self(_mm_and_si128(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        Self(match BITS {
            8 => _mm_shuffle_epi8(
                self.0,
                _mm_setr_epi8(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12),
            ),
            16 => _mm_shuffle_epi8(
                self.0,
                _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13),
            ),
            _ => _mm_or_si128(_mm_srli_epi32::<BITS>(self.0), _mm_slli_epi32::<REST>(self.0)),
        })
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        Self(_mm_srli_epi32::<BITS>(self.0))
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn swap_bytes(self) -> Self {
        Self(_mm_shuffle_epi8(
            self.0,
            _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12),
        ))
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        // SAFETY: the caller vouches for a record a lane; no alignment is asked.
        let half = |record: usize, half: usize| unsafe {
            _mm_loadu_si128(records.add(record).cast::<__m128i>().add(half))
        };
        let low = transpose([half(0, 0), half(1, 0), half(2, 0), half(3, 0)]);
        let high = transpose([half(0, 1), half(1, 1), half(2, 1), half(3, 1)]);
        [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]].map(Self)
    }
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        let [a, b, c, d, e, f, g, h] = words.map(|word| word.0);
        let low = transpose([a, b, c, d]);
        let high = transpose([e, f, g, h]);
        for record in 0..Self::COUNT {
            // SAFETY: the caller vouches for a record a lane; no alignment is asked.
            unsafe {
                let target = records.add(record).cast::<__m128i>();
                _mm_storeu_si128(target, low[record]);
                _mm_storeu_si128(target.add(1), high[record]);
            }
        }
    }
}

/// Four rows of four words become four columns.
#[inline]
#[target_feature(enable = "sse4.1")]
fn transpose([a, b, c, d]: [__m128i; 4]) -> [__m128i; 4] {
    let (ab_low, ab_high) = (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    let (cd_low, cd_high) = (_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
    [
        _mm_unpacklo_epi64(ab_low, cd_low),
        _mm_unpackhi_epi64(ab_low, cd_low),
        _mm_unpacklo_epi64(ab_high, cd_high),
        _mm_unpackhi_epi64(ab_high, cd_high),
    ]
}
