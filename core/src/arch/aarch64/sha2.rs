//! The SHA-2 instructions of ARMv8: `sha256h` and `sha256h2` do four rounds together.

use core::arch::aarch64::*;

use crate::{kernel::Cost, sha256::streams::Quad, types::BYTES};

row_of_streams! {
    #[target_feature(enable = "sha2")]
    ArmSha2: ArmSha2, Cost { setup: 80, group: 100, group_children: 4, child: 90 },
    on_intel: None
}

#[derive(Clone, Copy)]
struct ArmSha2(uint32x4_t);

impl Quad for ArmSha2 {
    const LAST_STEP_ADDS_MIDDLE: bool = true;

    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn new(words: &[u32; 4]) -> Self {
        // SAFETY: the array is as long as what is loaded.
        Self(unsafe { vld1q_u32(words.as_ptr()) })
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn with_first(self, word: u32) -> Self {
        Self(vsetq_lane_u32::<0>(word, self.0))
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn add(self, other: Self) -> Self {
        Self(vaddq_u32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn schedule_first(oldest: Self, older: Self) -> Self {
        Self(vsha256su0q_u32(oldest.0, older.0))
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn schedule_middle(self, _: Self, _: Self) -> Self {
        self
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn schedule_last(self, old: Self, last: Self) -> Self {
        Self(vsha256su1q_u32(self.0, old.0, last.0))
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn four_rounds([abcd, efgh]: [Self; 2], addend: Self) -> [Self; 2] {
        [
            Self(vsha256hq_u32(abcd.0, efgh.0, addend.0)),
            Self(vsha256h2q_u32(efgh.0, abcd.0, addend.0)),
        ]
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn pack(state: [Self; 2]) -> [Self; 2] {
        state
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn unpack(state: [Self; 2]) -> [Self; 2] {
        state
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn load(bytes: &[u8; BYTES]) -> [Self; 2] {
        let source = bytes.as_ptr();
        // SAFETY: the array is as long as what is loaded.
        let (low, high) = unsafe { (vld1q_u8(source), vld1q_u8(source.add(16))) };
        [big_endian(low), big_endian(high)]
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn store([low, high]: [Self; 2], bytes: &mut [u8; BYTES]) {
        let target = bytes.as_mut_ptr();
        // SAFETY: the array is as long as what is stored.
        unsafe {
            vst1q_u8(target, vrev32q_u8(vreinterpretq_u8_u32(low.0)));
            vst1q_u8(target.add(16), vrev32q_u8(vreinterpretq_u8_u32(high.0)));
        }
    }
}

#[inline]
#[target_feature(enable = "sha2")]
fn big_endian(bytes: uint8x16_t) -> ArmSha2 {
    ArmSha2(vreinterpretq_u32_u8(vrev32q_u8(bytes)))
}
