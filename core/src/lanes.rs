//! What an architecture supplies: a vector of 32-bit words, one word of one message in each lane.
//!
//! A hash is written once, over [`Lanes`] (`sha256/multi.rs`, `blake3/multi.rs`); a file under
//! `arch/` supplies the words and nothing else. What is written over lanes is `inline(always)`, so
//! that the whole kernel lands in one `#[target_feature]` function: the kernel's entry. The methods
//! of the lanes have the entry's features themselves, and so are simplified before they are inlined
//! into it some ten thousand times; without, the crate takes twice as long to compile.
//!
//! A kernel runs one or two *waves* of lanes in step: twice the independent work in flight, where
//! one wave would wait on its own latency. (A pair of vectors that is itself `Lanes` would say the
//! same more simply; the compiler then takes a minute to take it apart again.)

pub(crate) mod keystream;
pub(crate) mod xor;

use crate::{types::BYTES, work::Work};

/// Words of a 32-byte value.
pub(crate) const WORDS: usize = BYTES / 4;

/// The widest kernel's lane count; bounds the buffers of partial groups.
pub(crate) const COUNT_MAX: usize = 32;

/// A vector of 32-bit words.
///
/// # Safety
/// A caller of any method has this type's CPU feature enabled. Methods that take a pointer name
/// what else they need.
pub(crate) trait Lanes: Copy {
    /// Messages side by side.
    const COUNT: usize;
    /// Whether [`choose`](Self::choose) is one instruction, whose result takes an operand's place.
    const CHOOSE_OVERWRITES: bool = false;

    /// The same word in every lane.
    unsafe fn splat(word: u32) -> Self;
    /// Lane k from the k-th word.
    ///
    /// # Safety
    /// `words` is readable for [`COUNT`](Self::COUNT) words.
    unsafe fn load(words: *const u32) -> Self;
    /// The k-th word from lane k.
    ///
    /// # Safety
    /// `words` is writable for [`COUNT`](Self::COUNT) words.
    unsafe fn store(self, words: *mut u32);
    /// Addition modulo 2^32.
    unsafe fn add(self, other: Self) -> Self;
    /// Exclusive or.
    unsafe fn xor(self, other: Self) -> Self;
    /// And.
    unsafe fn and(self, other: Self) -> Self;
    /// Rotation to the right by `BITS`.
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self;
    /// Shift to the right by `BITS`.
    unsafe fn shift_right<const BITS: i32>(self) -> Self;
    /// The bytes of each word in the opposite order.
    unsafe fn swap_bytes(self) -> Self;
    /// The lane of record k from the k-th word.
    ///
    /// # Safety
    /// `words` is readable for [`COUNT`](Self::COUNT) words.
    unsafe fn load_by_record(words: *const u32) -> Self;
    /// Word w of record k goes to one lane of vector w, the lane of that record: which one, these
    /// lanes choose. Words are little endian.
    ///
    /// # Safety
    /// `records` is readable for [`COUNT`](Self::COUNT) records; no alignment is asked.
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS];
    /// The inverse of [`load_records`](Self::load_records).
    ///
    /// # Safety
    /// `records` is writable for [`COUNT`](Self::COUNT) records; no alignment is asked.
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]);

    /// a ^ b ^ c.
    unsafe fn xor3(self, b: Self, c: Self) -> Self;
    /// SHA-256's Ch: b where self is set, else c.
    unsafe fn choose(self, b: Self, c: Self) -> Self;
    /// SHA-256's Maj: the value that two of three agree on.
    unsafe fn majority(self, b: Self, c: Self) -> Self;

    /// SHA-256's Σ0.
    unsafe fn big0(self) -> Self;
    /// SHA-256's Σ1.
    unsafe fn big1(self) -> Self;
    /// SHA-256's σ0.
    unsafe fn small0(self) -> Self;
    /// SHA-256's σ1.
    unsafe fn small1(self) -> Self;
    /// self ^ other, rotated to the right by `BITS`.
    unsafe fn xor_rotate<const BITS: i32, const REST: i32>(self, other: Self) -> Self;
}

/// The methods of three words, where an instruction takes two.
macro_rules! ternary {
    ($($feature:tt)*) => {
        #[inline]
        $($feature)*
        unsafe fn xor3(self, b: Self, c: Self) -> Self {
            // SAFETY: this method's feature is that of the others, here and below.
            unsafe { self.xor(b).xor(c) }
        }
        #[inline]
        $($feature)*
        unsafe fn choose(self, b: Self, c: Self) -> Self {
            // SAFETY: as above.
            unsafe { self.and(b.xor(c)).xor(c) }
        }
        #[inline]
        $($feature)*
        unsafe fn majority(self, b: Self, c: Self) -> Self {
            // SAFETY: as above. ((a ^ b) & (b ^ c)) ^ b: the next round has this round's a ^ b as
            // its b ^ c, so the compiler keeps one of the two from round to round.
            unsafe { self.xor(b).and(b.xor(c)).xor(b) }
        }
    };
}

/// The methods that are made of other methods. Not default ones: those would have no feature.
macro_rules! compounds {
    ($($feature:tt)*) => {
        crate::lanes::sigma!(big0, 2, 13, rotate_right::<22, 10>, $($feature)*);
        crate::lanes::sigma!(big1, 6, 11, rotate_right::<25, 7>, $($feature)*);
        crate::lanes::sigma!(small0, 7, 18, shift_right::<3>, $($feature)*);
        crate::lanes::sigma!(small1, 17, 19, shift_right::<10>, $($feature)*);

        #[inline]
        $($feature)*
        unsafe fn xor_rotate<const BITS: i32, const REST: i32>(self, other: Self) -> Self {
            // SAFETY: this method's feature is that of the others.
            unsafe { Lanes::rotate_right::<BITS, REST>(self.xor(other)) }
        }
    };
}

/// The method of lanes whose k-th is that of record k.
macro_rules! records_in_order {
    ($($feature:tt)*) => {
        #[inline]
        $($feature)*
        unsafe fn load_by_record(words: *const u32) -> Self {
            // SAFETY: this method's contract is that of the other.
            unsafe { Lanes::load(words) }
        }
    };
}

/// Two rotations and a third or a shift, of the same word.
macro_rules! sigma {
    ($name:ident, $a:literal, $b:literal, $third:ident::<$($bits:literal),*>, $($feature:tt)*) => {
        #[inline]
        $($feature)*
        unsafe fn $name(self) -> Self {
            // SAFETY: this method's feature is that of the others.
            unsafe {
                let a = Lanes::rotate_right::<$a, { 32 - $a }>(self);
                let b = Lanes::rotate_right::<$b, { 32 - $b }>(self);
                a.xor3(b, Lanes::$third::<$($bits),*>(self))
            }
        }
    };
}
pub(crate) use {compounds, records_in_order, sigma, ternary};

/// The tail words of a group. Over-aligned so that the kernel's stack frame is: LLVM aligns the
/// vectors that it spills only where some variable asked for it before, and a spill across two
/// cache lines costs double.
#[repr(align(64))]
struct Tails([u32; COUNT_MAX]);

/// A hash prepared for one root: from the index words (and shares) of a group to its r and h.
pub(crate) trait Pair<L: Lanes, const WAVES: usize> {
    /// Whether [`derive`](Self::derive) reads the shares.
    const SHARES: bool;

    /// Writes r and h of one group to `records`; `tails` holds each child's
    /// [`tail_word`](for_each_group).
    ///
    /// # Safety
    /// The contract of [`Lanes`] for `L`; both of `records` are writable for `WAVES` × `L::COUNT`.
    unsafe fn derive(
        &self,
        tails: [L; WAVES],
        shares: [[L; WORDS]; WAVES],
        records: [*mut [u8; BYTES]; 2],
    );
}

/// Cuts `work` into groups of `WAVES` × `L::COUNT` children and runs `pair` on each, in one wave
/// where a last group needs no more; a partial group runs on a copy, its idle lanes zero.
///
/// `tail_word` turns an index into the message word that holds it.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn for_each_group<L, const WAVES: usize, P>(
    work: Work<'_>,
    tail_word: impl Fn(u32) -> u32,
    pair: &P,
) where
    L: Lanes,
    P: Pair<L, WAVES> + Pair<L, 1>,
{
    const { assert!(WAVES * L::COUNT <= COUNT_MAX) };
    let count = work.preimages.len();
    let mut tails = Tails([0; COUNT_MAX]);
    let Tails(tails) = &mut tails;
    // Where a partial group is derived; one call site below, because a kernel is tens of kilobytes.
    let mut spare = [[[0; BYTES]; COUNT_MAX]; 2];
    let mut done = 0;
    while done < count {
        let one_wave = WAVES > 1 && count - done <= L::COUNT;
        let lanes = if one_wave { L::COUNT } else { WAVES * L::COUNT };
        let part = done..count.min(done + lanes);
        let partial = part.len() < lanes;
        work.indices.fill(done, &mut tails[..part.len()], &tail_word);
        let [r, h] = if partial {
            if <P as Pair<L, WAVES>>::SHARES {
                spare[0][..part.len()].copy_from_slice(&work.shares[part.clone()]);
            }
            spare.each_mut().map(|records| records.as_mut_ptr())
        } else {
            [&mut *work.preimages, &mut *work.payment_hashes]
                .map(|all| all[part.clone()].as_mut_ptr())
        };
        let shares = match <P as Pair<L, WAVES>>::SHARES {
            true if partial => r.cast_const(),
            true => work.shares[part.clone()].as_ptr(),
            false => core::ptr::null(),
        };
        // SAFETY: `tails` holds `lanes` words. `r` and `h` have room for as many records: they are
        // a full part or `spare`; the shares are read from a full part too, or from `spare`.
        unsafe {
            if one_wave {
                one_group::<L, 1, P>(pair, tails, shares, [r, h]);
            } else {
                one_group::<L, WAVES, P>(pair, tails, shares, [r, h]);
            }
        }
        if partial {
            work.preimages[part.clone()].copy_from_slice(&spare[0][..part.len()]);
            work.payment_hashes[part.clone()].copy_from_slice(&spare[1][..part.len()]);
        }
        done = part.end;
    }
}

/// Loads and derives one group.
///
/// # Safety
/// The contract of [`Lanes`] for `L`; `records` and, if `pair` reads them, `shares` point to `WAVES`
/// × `L::COUNT` records each. Shares are read before r is written.
#[inline(always)]
unsafe fn one_group<L: Lanes, const WAVES: usize, P: Pair<L, WAVES>>(
    pair: &P,
    tails: &[u32; COUNT_MAX],
    shares: *const [u8; BYTES],
    records: [*mut [u8; BYTES]; 2],
) {
    // SAFETY: the caller's.
    unsafe {
        let mut tail_words = [L::splat(0); WAVES];
        let mut share_words = [[L::splat(0); WORDS]; WAVES];
        for wave in 0..WAVES {
            tail_words[wave] = L::load_by_record(tails.as_ptr().add(wave * L::COUNT));
            if P::SHARES {
                share_words[wave] = L::load_records(shares.add(wave * L::COUNT));
            }
        }
        pair.derive(tail_words, share_words, records);
    }
}

/// Stores the records of a group.
///
/// # Safety
/// The contract of [`Lanes`] for `L`; `records` is writable for `WAVES` × `L::COUNT` records.
#[inline(always)]
pub(crate) unsafe fn store_waves<L: Lanes, const WAVES: usize>(
    waves: [[L; WORDS]; WAVES],
    records: *mut [u8; BYTES],
) {
    for (wave, words) in waves.into_iter().enumerate() {
        // SAFETY: the caller's.
        unsafe { L::store_records(words, records.add(wave * L::COUNT)) }
    }
}
