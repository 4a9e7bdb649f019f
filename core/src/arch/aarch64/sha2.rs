//! The SHA-2 instructions of ARMv8: `sha256h` and `sha256h2` do four rounds together.

use core::arch::aarch64::*;

use crate::{kernel::Cost, sha256::streams::Quad, types::BYTES};

row_of_streams! {
    #[target_feature(enable = "sha2")]
    ArmSha2: ArmSha2, Cost { setup: 80, group: 100, group_children: 4, child: 90 }
}

#[derive(Clone, Copy)]
struct ArmSha2(uint32x4_t);

/// Every method below has the same proof, so it is written once.
macro_rules! arm_sha2 {
    ($body:expr) => {
        // SAFETY: the SHA-2 instructions and NEON are enabled, by the contract of `Quad`; pointers
        // are those of arrays as long as what is loaded or stored.
        unsafe { $body }
    };
}

impl Quad for ArmSha2 {
    const LAST_STEP_ADDS_MIDDLE: bool = true;

    #[inline(always)]
    unsafe fn new(words: &[u32; 4]) -> Self {
        arm_sha2!(Self(vld1q_u32(words.as_ptr())))
    }
    #[inline(always)]
    unsafe fn with_first(self, word: u32) -> Self {
        arm_sha2!(Self(vsetq_lane_u32::<0>(word, self.0)))
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        arm_sha2!(Self(vaddq_u32(self.0, other.0)))
    }
    #[inline]
    #[target_feature(enable = "sha2")]
    unsafe fn schedule_first(oldest: Self, older: Self) -> Self {
        Self(vsha256su0q_u32(oldest.0, older.0))
    }
    #[inline(always)]
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
    #[inline(always)]
    unsafe fn pack(state: [Self; 2]) -> [Self; 2] {
        state
    }
    #[inline(always)]
    unsafe fn unpack(state: [Self; 2]) -> [Self; 2] {
        state
    }
    #[inline(always)]
    unsafe fn load(bytes: &[u8; BYTES]) -> [Self; 2] {
        let source = bytes.as_ptr();
        arm_sha2!([big_endian(vld1q_u8(source)), big_endian(vld1q_u8(source.add(16)))])
    }
    #[inline(always)]
    unsafe fn store([low, high]: [Self; 2], bytes: &mut [u8; BYTES]) {
        let target = bytes.as_mut_ptr();
        arm_sha2!({
            vst1q_u8(target, vrev32q_u8(vreinterpretq_u8_u32(low.0)));
            vst1q_u8(target.add(16), vrev32q_u8(vreinterpretq_u8_u32(high.0)));
        });
    }
}

#[inline(always)]
unsafe fn big_endian(bytes: uint8x16_t) -> ArmSha2 {
    arm_sha2!(ArmSha2(vreinterpretq_u32_u8(vrev32q_u8(bytes))))
}
