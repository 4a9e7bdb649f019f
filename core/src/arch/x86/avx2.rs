//! Eight lanes in YMM registers.

use core::arch::x86_64::*;

use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS, compounds, records_in_order, ternary},
    types::BYTES,
};

rows! {
    #[target_feature(enable = "avx2")]
    Avx2: Avx2,
    sha256: 1, Cost { setup: 320, group: 2030, group_children: 8, child: 0 },
    blake3: 1, Cost { setup: 190, group: 1000, group_children: 8, child: 0 },
}

#[derive(Clone, Copy)]
pub(super) struct Avx2(pub(super) __m256i);

impl Lanes for Avx2 {
    const COUNT: usize = 8;

    compounds!(#[target_feature(enable = "avx2")]);
    records_in_order!(#[target_feature(enable = "avx2")]);
    ternary!(#[target_feature(enable = "avx2")]);

    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn splat(word: u32) -> Self {
        Self(_mm256_set1_epi32(word as i32))
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: the caller vouches for a word a lane; no alignment is asked.
        Self(unsafe { _mm256_loadu_si256(words.cast()) })
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: the caller vouches for a word a lane; no alignment is asked.
        unsafe { _mm256_storeu_si256(words.cast(), self.0) }
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn add(self, other: Self) -> Self {
        Self(_mm256_add_epi32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn xor(self, other: Self) -> Self {
        Self(_mm256_xor_si256(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn and(self, other: Self) -> Self {
        Self(_mm256_and_si256(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        Self(match BITS {
            8 => shuffle(self.0, [1, 2, 3, 0]),
            16 => swap_halves(self.0),
            24 => shuffle(self.0, [3, 0, 1, 2]),
            _ => _mm256_or_si256(
                _mm256_srli_epi32::<BITS>(self.0),
                _mm256_slli_epi32::<REST>(self.0),
            ),
        })
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        Self(_mm256_srli_epi32::<BITS>(self.0))
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn swap_bytes(self) -> Self {
        Self(shuffle(self.0, [3, 2, 1, 0]))
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        // SAFETY: the caller vouches for a record a lane; no alignment is asked.
        let row = |record: usize| unsafe { _mm256_loadu_si256(records.add(record).cast()) };
        transpose([row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)]).map(Self)
    }
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        let rows = transpose(words.map(|word| word.0));
        for (record, row) in rows.into_iter().enumerate() {
            // SAFETY: the caller vouches for a record a lane; no alignment is asked.
            unsafe { _mm256_storeu_si256(records.add(record).cast(), row) }
        }
    }
}

/// Rotation by 16. LLVM makes two shuffles (`vpshuflw`, `vpshufhw`) of the one that would do, and
/// of every way to write it: so it is not asked. The order of bytes is read from memory, which
/// costs no register.
#[inline]
#[target_feature(enable = "avx2")]
fn swap_halves(words: __m256i) -> __m256i {
    #[repr(align(32))]
    struct Order(#[expect(dead_code, reason = "the instruction reads it")] [u8; 32]);
    static ORDER: Order = Order([
        2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9,
        14, 15, 12, 13,
    ]);
    let swapped: __m256i;
    // SAFETY: one instruction of this function's own feature, on registers and a static.
    unsafe {
        core::arch::asm!(
            "vpshufb {swapped}, {words}, ymmword ptr [rip + {order}]",
            swapped = lateout(ymm_reg) swapped,
            words = in(ymm_reg) words,
            order = sym ORDER,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    swapped
}

/// Byte k of each word comes from byte `order[k]` of the same word.
#[inline]
#[target_feature(enable = "avx2")]
fn shuffle(words: __m256i, order: [u8; 4]) -> __m256i {
    let order = u32::from_le_bytes(order) as i32;
    let word = _mm256_set1_epi32(order);
    let base = _mm256_setr_epi32(
        0,
        0x0404_0404,
        0x0808_0808,
        0x0c0c_0c0c,
        0,
        0x0404_0404,
        0x0808_0808,
        0x0c0c_0c0c,
    );
    _mm256_shuffle_epi8(words, _mm256_add_epi8(word, base))
}

/// Eight rows of eight words become eight columns; its own inverse.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(rows: [__m256i; 8]) -> [__m256i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    // Pairs of rows, then fours, within each half of a register; then the halves.
    let ab = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let cd = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let ef = (_mm256_unpacklo_epi32(e, f), _mm256_unpackhi_epi32(e, f));
    let gh = (_mm256_unpacklo_epi32(g, h), _mm256_unpackhi_epi32(g, h));
    let abcd = [
        _mm256_unpacklo_epi64(ab.0, cd.0),
        _mm256_unpackhi_epi64(ab.0, cd.0),
        _mm256_unpacklo_epi64(ab.1, cd.1),
        _mm256_unpackhi_epi64(ab.1, cd.1),
    ];
    let efgh = [
        _mm256_unpacklo_epi64(ef.0, gh.0),
        _mm256_unpackhi_epi64(ef.0, gh.0),
        _mm256_unpacklo_epi64(ef.1, gh.1),
        _mm256_unpackhi_epi64(ef.1, gh.1),
    ];
    [
        _mm256_permute2x128_si256::<0x20>(abcd[0], efgh[0]),
        _mm256_permute2x128_si256::<0x20>(abcd[1], efgh[1]),
        _mm256_permute2x128_si256::<0x20>(abcd[2], efgh[2]),
        _mm256_permute2x128_si256::<0x20>(abcd[3], efgh[3]),
        _mm256_permute2x128_si256::<0x31>(abcd[0], efgh[0]),
        _mm256_permute2x128_si256::<0x31>(abcd[1], efgh[1]),
        _mm256_permute2x128_si256::<0x31>(abcd[2], efgh[2]),
        _mm256_permute2x128_si256::<0x31>(abcd[3], efgh[3]),
    ]
}
