//! What an architecture supplies: a vector of 32-bit words, one word of one message in each lane.
//!
//! A hash is written once, over [`Lanes`] (`sha256/multi.rs`, `blake3/multi.rs`); a file under `arch/`
//! supplies the words and nothing else. Every method is `inline(always)`, so that the whole kernel
//! lands in one `#[target_feature]` function: the kernel's entry.

use core::array;

use crate::{kernel::Work, types::BYTES};

/// Words of a 32-byte value.
pub(crate) const WORDS: usize = BYTES / 4;

/// The widest kernel's lane count; bounds the buffers of partial groups.
pub(crate) const COUNT_MAX: usize = 32;

/// A vector of 32-bit words.
///
/// # Safety
/// A caller of any method has this type's CPU feature enabled. Methods that take a pointer name what
/// else they need.
pub(crate) trait Lanes: Copy {
    /// Messages side by side.
    const COUNT: usize;

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
    /// Word w of record k goes to lane k of vector w; words little endian.
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
    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        // SAFETY: the caller of this method has met the trait's contract, which is theirs.
        unsafe { self.xor(b).xor(c) }
    }

    /// SHA-256's Ch: b where self is set, else c.
    #[inline(always)]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        // SAFETY: as in `xor3`.
        unsafe { self.and(b.xor(c)).xor(c) }
    }

    /// SHA-256's Maj: the value that two of three agree on.
    #[inline(always)]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        // SAFETY: as in `xor3`. ((a ^ b) & (b ^ c)) ^ b: the next round has this round's a ^ b as its
        // b ^ c, so the compiler keeps one of the two from round to round.
        unsafe { self.xor(b).and(b.xor(c)).xor(b) }
    }
}

/// Two vectors in step: twice the independent work in flight, where one would wait on its own latency.
#[derive(Clone, Copy)]
pub(crate) struct Two<L>(L, L);

/// The duty of every method below is the contract of [`Lanes`], passed on to both halves.
macro_rules! both {
    ($body:expr) => {
        // SAFETY: this trait's contract for `Two<L>` is that of `L`, twice; pointers advance by
        // `L::COUNT` items, of which the caller vouches for twice as many.
        unsafe { $body }
    };
}

impl<L: Lanes> Lanes for Two<L> {
    const COUNT: usize = 2 * L::COUNT;

    #[inline(always)]
    unsafe fn splat(word: u32) -> Self {
        let half = both!(L::splat(word));
        Self(half, half)
    }
    #[inline(always)]
    unsafe fn load(words: *const u32) -> Self {
        both!(Self(L::load(words), L::load(words.add(L::COUNT))))
    }
    #[inline(always)]
    unsafe fn store(self, words: *mut u32) {
        both!({
            self.0.store(words);
            self.1.store(words.add(L::COUNT));
        });
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        both!(Self(self.0.add(other.0), self.1.add(other.1)))
    }
    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        both!(Self(self.0.xor(other.0), self.1.xor(other.1)))
    }
    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        both!(Self(self.0.and(other.0), self.1.and(other.1)))
    }
    #[inline(always)]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        both!(Self(self.0.rotate_right::<BITS, REST>(), self.1.rotate_right::<BITS, REST>()))
    }
    #[inline(always)]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        both!(Self(self.0.shift_right::<BITS>(), self.1.shift_right::<BITS>()))
    }
    #[inline(always)]
    unsafe fn swap_bytes(self) -> Self {
        both!(Self(self.0.swap_bytes(), self.1.swap_bytes()))
    }
    #[inline(always)]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        let (low, high) = both!((L::load_records(records), L::load_records(records.add(L::COUNT))));
        array::from_fn(|word| Self(low[word], high[word]))
    }
    #[inline(always)]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        both!(L::store_records(words.map(|word| word.0), records));
        both!(L::store_records(words.map(|word| word.1), records.add(L::COUNT)));
    }
    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        both!(Self(self.0.xor3(b.0, c.0), self.1.xor3(b.1, c.1)))
    }
    #[inline(always)]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        both!(Self(self.0.choose(b.0, c.0), self.1.choose(b.1, c.1)))
    }
    #[inline(always)]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        both!(Self(self.0.majority(b.0, c.0), self.1.majority(b.1, c.1)))
    }
}

/// A hash prepared for one root: from the index words (and shares) of a group to its r and h.
pub(crate) trait Pair<L: Lanes> {
    /// Whether [`derive`](Self::derive) reads the shares.
    const SHARES: bool;

    /// r and h of one group, words in the byte order of [`Lanes::load_records`]; `tail` holds each
    /// child's [`tail_words`](for_each_group).
    ///
    /// # Safety
    /// The contract of [`Lanes`] for `L`.
    unsafe fn derive(&self, tail: L, shares: [L; WORDS]) -> [[L; WORDS]; 2];
}

/// Cuts `work` into groups of `L::COUNT` children and runs `pair` on each; a partial last group runs
/// on a copy, its idle lanes zero.
///
/// `tail_word` turns an index into the message word that holds it.
///
/// # Safety
/// The contract of [`Lanes`] for `L`.
#[inline(always)]
pub(crate) unsafe fn for_each_group<L: Lanes, P: Pair<L>>(
    work: Work<'_>,
    tail_word: impl Fn(u32) -> u32,
    pair: &P,
) {
    const { assert!(L::COUNT <= COUNT_MAX) };
    let count = work.preimages.len();
    let mut tails = [0; COUNT_MAX];
    // Where a partial group is derived; one call site below, because a kernel is tens of kilobytes.
    let mut spare = [[[0; BYTES]; COUNT_MAX]; 2];
    let mut done = 0;
    while done < count {
        let part = done..count.min(done + L::COUNT);
        let partial = part.len() < L::COUNT;
        work.indices.fill(done, &mut tails[..part.len()], &tail_word);
        let [r, h] = if partial {
            if P::SHARES {
                spare[0][..part.len()].copy_from_slice(&work.shares[part.clone()]);
            }
            spare.each_mut().map(|records| records.as_mut_ptr())
        } else {
            [&mut *work.preimages, &mut *work.payment_hashes].map(|all| all[part.clone()].as_mut_ptr())
        };
        // SAFETY: `tails` holds `L::COUNT` words. `r` and `h` have room for as many records: they are a full
        // part or `spare`; the shares are read from a full part too, or from `spare`.
        unsafe {
            let shares = match P::SHARES {
                true if partial => L::load_records(r),
                true => L::load_records(work.shares[part.clone()].as_ptr()),
                false => [L::splat(0); WORDS],
            };
            let pairs = pair.derive(L::load(tails.as_ptr()), shares);
            L::store_records(pairs[0], r);
            L::store_records(pairs[1], h);
        }
        if partial {
            work.preimages[part.clone()].copy_from_slice(&spare[0][..part.len()]);
            work.payment_hashes[part.clone()].copy_from_slice(&spare[1][..part.len()]);
        }
        done = part.end;
    }
}
