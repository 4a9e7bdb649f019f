//! One message in plain `u32`s: runs anywhere.

use crate::{
    blake3,
    kernel::{Cost, Isa, Kernel, Work},
    keystream::{Keystream, Stretch, fill_lanes},
    lanes::{Lanes, WORDS},
    scheme::Hash,
    sha256,
    types::BYTES,
    xor::{Fold, fold_lanes},
};

pub(crate) const SHA256: Kernel = Kernel::new(
    Hash::Sha256,
    Isa::Portable,
    1,
    sha256_pairs,
    Cost { setup: 200, group: 0, group_children: 1, child: 1500 },
);
pub(crate) const BLAKE3: Kernel = Kernel::new(
    Hash::Blake3,
    Isa::Portable,
    1,
    blake3_pairs,
    Cost { setup: 150, group: 0, group_children: 1, child: 380 },
);
pub(crate) const XOR: Fold = Fold { isa: Isa::Portable, run: xor };
pub(crate) const KEYSTREAM: Keystream = Keystream { isa: Isa::Portable, run: keystream };

fn sha256_pairs(work: Work<'_>) {
    // SAFETY: plain integers need no CPU feature.
    unsafe { sha256::multi::derive::<u32, 1>(work) }
}

fn blake3_pairs(work: Work<'_>) {
    // SAFETY: as above.
    unsafe { blake3::multi::derive::<u32, 1>(work) }
}

fn xor(values: &[[u8; BYTES]]) -> [u8; BYTES] {
    // SAFETY: as above.
    unsafe { fold_lanes::<u32>(values) }
}

fn keystream(stretch: Stretch<'_>) {
    // SAFETY: as above.
    unsafe { fill_lanes::<u32>(stretch) }
}

impl Lanes for u32 {
    const COUNT: usize = 1;

    #[inline(always)]
    unsafe fn splat(word: u32) -> Self {
        word
    }
    #[inline(always)]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: the caller vouches for one word.
        unsafe { words.read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: the caller vouches for one word.
        unsafe { words.write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        u32::rotate_right(self, BITS as u32)
    }
    #[inline(always)]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        self >> BITS
    }
    #[inline(always)]
    unsafe fn swap_bytes(self) -> Self {
        u32::swap_bytes(self)
    }
    #[inline(always)]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        // SAFETY: the caller vouches for one record, which is eight words.
        let words: [u32; WORDS] = unsafe { records.cast::<[u32; WORDS]>().read_unaligned() };
        words.map(u32::from_le)
    }
    #[inline(always)]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        // SAFETY: the caller vouches for one record, which is eight words.
        unsafe { records.cast::<[u32; WORDS]>().write_unaligned(words.map(u32::to_le)) }
    }
}
