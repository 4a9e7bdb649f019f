//! The SHA extensions. `sha256rnds2` does two rounds with a latency of four cycles, and one starts
//! every cycle (Zen 3), two (Zen 5) or three (Intel's Xeons): a single stream leaves it idle.
//!
//! No instruction here touches a YMM register: a SHA instruction while their upper halves are dirty
//! costs hundreds of cycles on some CPUs.

use core::arch::x86_64::*;

use crate::{kernel::Cost, sha256::streams::Quad, types::BYTES};

row_of_streams! {
    #[target_feature(enable = "sha,sse4.1")]
    ShaNi: ShaNi, Cost { setup: 110, group: 90, group_children: 4, child: 105 },
    on_intel: Some(Cost { setup: 110, group: 135, group_children: 4, child: 170 })
}

#[derive(Clone, Copy)]
struct ShaNi(__m128i);

impl Quad for ShaNi {
    const LAST_STEP_ADDS_MIDDLE: bool = false;

    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn new(words: &[u32; 4]) -> Self {
        // SAFETY: the array is as long as what is loaded; no alignment is asked.
        Self(unsafe { _mm_loadu_si128(words.as_ptr().cast()) })
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn with_first(self, word: u32) -> Self {
        Self(_mm_insert_epi32::<0>(self.0, word as i32))
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn add(self, other: Self) -> Self {
        Self(_mm_add_epi32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn schedule_first(oldest: Self, older: Self) -> Self {
        Self(_mm_sha256msg1_epu32(oldest.0, older.0))
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn schedule_middle(self, old: Self, last: Self) -> Self {
        Self(_mm_add_epi32(self.0, _mm_alignr_epi8::<4>(last.0, old.0)))
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn schedule_last(self, _: Self, last: Self) -> Self {
        Self(_mm_sha256msg2_epu32(self.0, last.0))
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn four_rounds([abef, cdgh]: [Self; 2], addend: Self) -> [Self; 2] {
        let next = _mm_sha256rnds2_epu32(cdgh.0, abef.0, addend.0);
        let upper = _mm_shuffle_epi32::<0x0e>(addend.0);
        let mut last = _mm_sha256rnds2_epu32(abef.0, next, upper);
        // No instruction, but a place that the compiler must pass stream by stream: short of
        // registers, it would put one stream behind the other, farther apart than a CPU looks
        // ahead.
        // SAFETY: a comment.
        unsafe {
            core::arch::asm!(
                "/* {last} */",
                last = inout(xmm_reg) last,
                options(nomem, nostack, preserves_flags),
            );
        }
        [Self(last), Self(next)]
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn pack([abcd, efgh]: [Self; 2]) -> [Self; 2] {
        let badc = _mm_shuffle_epi32::<0xb1>(abcd.0);
        let hgfe = _mm_shuffle_epi32::<0x1b>(efgh.0);
        let feba = _mm_alignr_epi8::<8>(badc, hgfe);
        [Self(feba), Self(_mm_blend_epi16::<0xf0>(hgfe, badc))]
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn unpack([abef, cdgh]: [Self; 2]) -> [Self; 2] {
        let feba = _mm_shuffle_epi32::<0x1b>(abef.0);
        let dchg = _mm_shuffle_epi32::<0xb1>(cdgh.0);
        let abcd = _mm_blend_epi16::<0xf0>(feba, dchg);
        [Self(abcd), Self(_mm_alignr_epi8::<8>(dchg, feba))]
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn load(bytes: &[u8; BYTES]) -> [Self; 2] {
        let source = bytes.as_ptr().cast::<__m128i>();
        // SAFETY: the array is as long as what is loaded; no alignment is asked.
        let (low, high) = unsafe { (_mm_loadu_si128(source), _mm_loadu_si128(source.add(1))) };
        [swap_bytes(Self(low)), swap_bytes(Self(high))]
    }
    #[inline]
    #[target_feature(enable = "sha,sse4.1")]
    unsafe fn store([low, high]: [Self; 2], bytes: &mut [u8; BYTES]) {
        let target = bytes.as_mut_ptr().cast::<__m128i>();
        // SAFETY: the array is as long as what is stored; no alignment is asked.
        unsafe {
            _mm_storeu_si128(target, swap_bytes(low).0);
            _mm_storeu_si128(target.add(1), swap_bytes(high).0);
        }
    }
}

/// The bytes of each word in the opposite order.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn swap_bytes(words: ShaNi) -> ShaNi {
    let order = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    ShaNi(_mm_shuffle_epi8(words.0, order))
}
