//! Four lanes in Q registers, two waves: four vector units, as newer cores have them, starve on
//! one. A shift can insert into what is there (`sri`), so a rotation is two instructions; Ch is one
//! (`bsl`) and Maj two.

use core::arch::{aarch64::*, asm};

use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS},
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

/// Every method below has the same proof, so it is written once.
macro_rules! neon {
    ($body:expr) => {
        // SAFETY: NEON is enabled, by the contract of `Lanes`; memory is what the method's own
        // contract says, and the loads and stores are by bytes, which asks for no alignment.
        unsafe { $body }
    };
}

impl Lanes for Neon {
    const COUNT: usize = 4;

    #[inline(always)]
    unsafe fn splat(word: u32) -> Self {
        neon!(Self(vdupq_n_u32(word)))
    }
    #[inline(always)]
    unsafe fn load(words: *const u32) -> Self {
        neon!(Self(vreinterpretq_u32_u8(vld1q_u8(words.cast()))))
    }
    #[inline(always)]
    unsafe fn store(self, words: *mut u32) {
        neon!(vst1q_u8(words.cast(), vreinterpretq_u8_u32(self.0)));
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        neon!(Self(vaddq_u32(self.0, other.0)))
    }
    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        neon!(Self(veorq_u32(self.0, other.0)))
    }
    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        neon!(Self(vandq_u32(self.0, other.0)))
    }
    #[inline(always)]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        neon!(Self(match BITS {
            8 => {
                let order = [1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12u8];
                let bytes = vqtbl1q_u8(vreinterpretq_u8_u32(self.0), vld1q_u8(order.as_ptr()));
                vreinterpretq_u32_u8(bytes)
            }
            16 => vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(self.0))),
            _ => insert_shifted::<BITS>(vshlq_n_u32::<REST>(self.0), self.0),
        }))
    }
    #[inline(always)]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        neon!(Self(vshrq_n_u32::<BITS>(self.0)))
    }
    #[inline(always)]
    unsafe fn swap_bytes(self) -> Self {
        neon!(Self(vreinterpretq_u32_u8(vrev32q_u8(vreinterpretq_u8_u32(self.0)))))
    }
    #[inline(always)]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        neon!({
            let [a, b, c, d] = [0, 1, 2, 3].map(|record| records.add(record).cast::<u32>());
            let low = transpose([Self::load(a), Self::load(b), Self::load(c), Self::load(d)]);
            let [a, b, c, d] = [a, b, c, d].map(|record| record.add(WORDS / 2));
            let high = transpose([Self::load(a), Self::load(b), Self::load(c), Self::load(d)]);
            [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
        })
    }
    #[inline(always)]
    unsafe fn store_records([a, b, c, d, e, f, g, h]: [Self; WORDS], records: *mut [u8; BYTES]) {
        neon!({
            let low = transpose([a, b, c, d]);
            let high = transpose([e, f, g, h]);
            for record in 0..Self::COUNT {
                let target = records.add(record).cast::<u32>();
                low[record].store(target);
                high[record].store(target.add(WORDS / 2));
            }
        });
    }
    #[inline(always)]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        neon!(Self(select(self.0, b.0, c.0)))
    }
    #[inline(always)]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        // Where a and b differ, c decides; where they agree, either does.
        neon!(Self(select(veorq_u32(self.0, b.0), c.0, b.0)))
    }
}

// `vsriq_n_u32` and `vbslq_u32` are shifts, ands and ors to the compiler, which puts other
// instructions in their place: `usra` for `sri`, which takes twice as long on Neoverse cores, and
// three for the `bsl` of Maj.

/// `high`, and below its bits those of `low` shifted to the right by `BITS`.
#[inline(always)]
unsafe fn insert_shifted<const BITS: i32>(mut high: uint32x4_t, low: uint32x4_t) -> uint32x4_t {
    neon!(asm!(
        "sri {high:v}.4s, {low:v}.4s, #{bits}",
        high = inout(vreg) high, low = in(vreg) low, bits = const BITS,
        options(pure, nomem, nostack, preserves_flags)
    ));
    high
}

/// The bits of `ones` where `mask` has ones, else those of `zeros`.
#[inline(always)]
unsafe fn select(mut mask: uint32x4_t, ones: uint32x4_t, zeros: uint32x4_t) -> uint32x4_t {
    neon!(asm!(
        "bsl {mask:v}.16b, {ones:v}.16b, {zeros:v}.16b",
        mask = inout(vreg) mask, ones = in(vreg) ones, zeros = in(vreg) zeros,
        options(pure, nomem, nostack, preserves_flags)
    ));
    mask
}

/// Four rows of four words become four columns.
#[inline(always)]
unsafe fn transpose([a, b, c, d]: [Neon; 4]) -> [Neon; 4] {
    neon!({
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
    })
}
