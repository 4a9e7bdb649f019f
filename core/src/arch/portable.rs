//! One message in plain `u32`s: runs anywhere.

use crate::{
    isa::Isa,
    kernel::Cost,
    lanes::{Lanes, WORDS, compounds, records_in_order, ternary},
    types::BYTES,
};

rows! {
    u32: Portable,
    sha256: 1, Cost { setup: 200, group: 0, group_children: 1, child: 1500 },
    blake3: 1, Cost { setup: 150, group: 0, group_children: 1, child: 380 },
}

impl Lanes for u32 {
    const COUNT: usize = 1;

    compounds!();
    records_in_order!();
    ternary!();

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
