//! Eight lanes in YMM registers with the instructions of AVX-512: for fewer children than sixteen
//! lanes are worth.
//!
//! Where half a ZMM register would be idle these lanes cost less than half: Intel's CPUs close one
//! of their three vector ports while 512-bit instructions are under way.

use core::arch::x86_64::*;

use super::avx2::Avx2;
use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS, compounds, records_in_order},
    types::BYTES,
};

// The costs are estimates: no Zen 5, from which those of the table are, has run these rows.
rows! {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    Avx512Vl: Avx512Vl,
    sha256: 1, Cost { setup: 240, group: 1150, group_children: 8, child: 0 },
    blake3: 1, Cost { setup: 190, group: 640, group_children: 8, child: 0 },
}

/// The same registers.
#[derive(Clone, Copy)]
struct Avx512Vl(Avx2);

impl Lanes for Avx512Vl {
    const COUNT: usize = Avx2::COUNT;
    const CHOOSE_OVERWRITES: bool = true;

    compounds!(#[target_feature(enable = "avx512f,avx512bw,avx512vl")]);
    records_in_order!(#[target_feature(enable = "avx512f,avx512bw,avx512vl")]);

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn splat(word: u32) -> Self {
        Self(Avx2(_mm256_set1_epi32(word as i32)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: these features include AVX2; memory is what this contract says.
        Self(unsafe { Avx2::load(words) })
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: these features include AVX2; memory is what this contract says.
        unsafe { self.0.store(words) }
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn add(self, other: Self) -> Self {
        Self(Avx2(_mm256_add_epi32(self.0.0, other.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn xor(self, other: Self) -> Self {
        Self(Avx2(_mm256_xor_si256(self.0.0, other.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn and(self, other: Self) -> Self {
        Self(Avx2(_mm256_and_si256(self.0.0, other.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        Self(Avx2(_mm256_ror_epi32::<BITS>(self.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        Self(Avx2(_mm256_srli_epi32::<BITS>(self.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn swap_bytes(self) -> Self {
        // SAFETY: these features include AVX2; memory is what this contract says.
        Self(unsafe { self.0.swap_bytes() })
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        // SAFETY: these features include AVX2; memory is what this contract says.
        unsafe { Avx2::load_records(records) }.map(Self)
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        // SAFETY: these features include AVX2; memory is what this contract says.
        unsafe { Avx2::store_records(words.map(|word| word.0), records) }
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        Self(Avx2(_mm256_ternarylogic_epi32::<0x96>(self.0.0, b.0.0, c.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        Self(Avx2(_mm256_ternarylogic_epi32::<0xca>(self.0.0, b.0.0, c.0.0)))
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        Self(Avx2(_mm256_ternarylogic_epi32::<0xe8>(self.0.0, b.0.0, c.0.0)))
    }
}
