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
    lanes::{Lanes, WORDS},
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

/// Every method below has the same proof, so it is written once.
macro_rules! avx512vl {
    ($body:expr) => {
        // SAFETY: AVX-512 F, BW and VL are enabled, by the contract of `Lanes`, and AVX2, which they
        // imply; memory is what the method's own contract says.
        unsafe { $body }
    };
}

impl Lanes for Avx512Vl {
    const COUNT: usize = Avx2::COUNT;

    #[inline(always)]
    unsafe fn splat(word: u32) -> Self {
        avx512vl!(Self(Avx2::splat(word)))
    }
    #[inline(always)]
    unsafe fn load(words: *const u32) -> Self {
        avx512vl!(Self(Avx2::load(words)))
    }
    #[inline(always)]
    unsafe fn store(self, words: *mut u32) {
        avx512vl!(self.0.store(words));
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        avx512vl!(Self(self.0.add(other.0)))
    }
    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        avx512vl!(Self(self.0.xor(other.0)))
    }
    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        avx512vl!(Self(self.0.and(other.0)))
    }
    #[inline(always)]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        avx512vl!(Self(Avx2(_mm256_ror_epi32::<BITS>(self.0.0))))
    }
    #[inline(always)]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        avx512vl!(Self(self.0.shift_right::<BITS>()))
    }
    #[inline(always)]
    unsafe fn swap_bytes(self) -> Self {
        avx512vl!(Self(self.0.swap_bytes()))
    }
    #[inline(always)]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        avx512vl!(Avx2::load_records(records).map(Self))
    }
    #[inline(always)]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        avx512vl!(Avx2::store_records(words.map(|word| word.0), records));
    }
    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        avx512vl!(Self(Avx2(_mm256_ternarylogic_epi32::<0x96>(self.0.0, b.0.0, c.0.0))))
    }
    #[inline(always)]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        avx512vl!(Self(Avx2(_mm256_ternarylogic_epi32::<0xca>(self.0.0, b.0.0, c.0.0))))
    }
    #[inline(always)]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        avx512vl!(Self(Avx2(_mm256_ternarylogic_epi32::<0xe8>(self.0.0, b.0.0, c.0.0))))
    }
}
