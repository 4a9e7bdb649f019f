//! Four lanes in Q registers, two waves: four vector units, as newer cores have them, starve on
//! one. A shift can insert into what is there (`sri`), so a rotation is two instructions; Ch is one
//! (`bsl`) and Maj two.

use core::arch::{aarch64::*, asm};

use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS, compounds, records_in_order},
    types::BYTES,
};

rows! {
    #[target_feature(enable = "neon")]
    Neon: Neon,
    sha256: 2, Cost { setup: 250, group: 2500, group_children: 4, child: 0 },
    blake3: 2, Cost { setup: 180, group: 950, group_children: 4, child: 0 },
}

#[derive(Clone, Copy)]
struct Neon(uint32x4_t);

impl Lanes for Neon {
    const COUNT: usize = 4;

    compounds!(#[target_feature(enable = "neon")]);
    records_in_order!(#[target_feature(enable = "neon")]);

    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn splat(word: u32) -> Self {
        Self(vdupq_n_u32(word))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: the caller vouches for a word a lane; by bytes, which asks for no alignment.
        Self(vreinterpretq_u32_u8(unsafe { vld1q_u8(words.cast()) }))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: the caller vouches for a word a lane; by bytes, which asks for no alignment.
        unsafe { vst1q_u8(words.cast(), vreinterpretq_u8_u32(self.0)) }
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn add(self, other: Self) -> Self {
        Self(vaddq_u32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn xor(self, other: Self) -> Self {
        Self(veorq_u32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn and(self, other: Self) -> Self {
        Self(vandq_u32(self.0, other.0))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        Self(match BITS {
            8 => {
                let order = [1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12u8];
                // SAFETY: the array is as long as what is loaded.
                let order = unsafe { vld1q_u8(order.as_ptr()) };
                vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(self.0), order))
            }
            16 => vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(self.0))),
            _ => insert_shifted::<BITS>(vshlq_n_u32::<REST>(self.0), self.0),
        })
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        Self(vshrq_n_u32::<BITS>(self.0))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn swap_bytes(self) -> Self {
        Self(vreinterpretq_u32_u8(vrev32q_u8(vreinterpretq_u8_u32(self.0))))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        // SAFETY: the caller vouches for a record a lane.
        let half = |record: usize, half: usize| unsafe {
            Self::load(records.add(record).cast::<u32>().add(half * (WORDS / 2)))
        };
        let low = transpose([half(0, 0), half(1, 0), half(2, 0), half(3, 0)]);
        let high = transpose([half(0, 1), half(1, 1), half(2, 1), half(3, 1)]);
        [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn store_records([a, b, c, d, e, f, g, h]: [Self; WORDS], records: *mut [u8; BYTES]) {
        let low = transpose([a, b, c, d]);
        let high = transpose([e, f, g, h]);
        for record in 0..Self::COUNT {
            // SAFETY: the caller vouches for a record a lane.
            unsafe {
                let target = records.add(record).cast::<u32>();
                low[record].store(target);
                high[record].store(target.add(WORDS / 2));
            }
        }
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        Self(veorq_u32(veorq_u32(self.0, b.0), c.0))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        Self(select(self.0, b.0, c.0))
    }
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        // Where a and b differ, c decides; where they agree, either does.
        Self(select(veorq_u32(self.0, b.0), c.0, b.0))
    }
}

// `vsriq_n_u32` and `vbslq_u32` are shifts, ands and ors to the compiler, which puts other
// instructions in their place: `usra` for `sri`, which takes twice as long on Neoverse cores, and
// three for the `bsl` of Maj.

/// `high`, and below its bits those of `low` shifted to the right by `BITS`.
#[inline]
#[target_feature(enable = "neon")]
fn insert_shifted<const BITS: i32>(mut high: uint32x4_t, low: uint32x4_t) -> uint32x4_t {
    // SAFETY: one instruction of this function's own feature, on registers.
    unsafe {
        asm!(
            "sri {high:v}.4s, {low:v}.4s, #{bits}",
            high = inout(vreg) high, low = in(vreg) low, bits = const BITS,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    high
}

/// The bits of `ones` where `mask` has ones, else those of `zeros`.
#[inline]
#[target_feature(enable = "neon")]
fn select(mut mask: uint32x4_t, ones: uint32x4_t, zeros: uint32x4_t) -> uint32x4_t {
    // SAFETY: as above.
    unsafe {
        asm!(
            "bsl {mask:v}.16b, {ones:v}.16b, {zeros:v}.16b",
            mask = inout(vreg) mask, ones = in(vreg) ones, zeros = in(vreg) zeros,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    mask
}

/// Four rows of four words become four columns.
#[inline]
#[target_feature(enable = "neon")]
fn transpose([a, b, c, d]: [Neon; 4]) -> [Neon; 4] {
    let (ab_even, ab_odd) = (vtrn1q_u32(a.0, b.0), vtrn2q_u32(a.0, b.0));
    let (cd_even, cd_odd) = (vtrn1q_u32(c.0, d.0), vtrn2q_u32(c.0, d.0));
    let [ab_even, ab_odd, cd_even, cd_odd] = [
        vreinterpretq_u64_u32(ab_even),
        vreinterpretq_u64_u32(ab_odd),
        vreinterpretq_u64_u32(cd_even),
        vreinterpretq_u64_u32(cd_odd),
    ];
    [
        Neon(vreinterpretq_u32_u64(vtrn1q_u64(ab_even, cd_even))),
        Neon(vreinterpretq_u32_u64(vtrn1q_u64(ab_odd, cd_odd))),
        Neon(vreinterpretq_u32_u64(vtrn2q_u64(ab_even, cd_even))),
        Neon(vreinterpretq_u32_u64(vtrn2q_u64(ab_odd, cd_odd))),
    ]
}
