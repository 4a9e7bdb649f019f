//! How many operations a pair costs: counted by running the kernels' own code on a word that
//! counts.
//!
//! An operation whose operands are the same for every child of a payment is not counted: it runs
//! once a payment. Loads, stores and transposes are not counted either, so what follows from these
//! numbers is a bound that no kernel of this shape can reach quite.

use std::cell::Cell;

use crate::{
    blake3,
    isa::Isa,
    job::Indices,
    lanes::{Lanes, WORDS, compounds, records_in_order},
    scheme::{Hash, Scheme},
    sha256,
    types::BYTES,
    work::Work,
};

/// Operations on words, a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Additions.
    pub additions: u32,
    /// Exclusive ors and ands of two words.
    pub logic: u32,
    /// Exclusive ors of three words.
    pub xor3: u32,
    /// SHA-256's Ch.
    pub choices: u32,
    /// SHA-256's Maj.
    pub majorities: u32,
    /// Rotations, but for those by 8 and 16 bits.
    pub rotations: u32,
    /// Rotations by 8 and 16 bits, and reversals of a word's bytes: where there is no rotation, one
    /// shuffle.
    pub byte_moves: u32,
    /// Shifts.
    pub shifts: u32,
}

/// What a kernel makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instructions {
    /// All vector instructions, a pair and a lane.
    pub total: u32,
    /// Those of them that shift or rotate, for which CPUs have fewer units.
    pub shifts: u32,
}

impl Operations {
    /// The operations of one pair.
    #[must_use]
    pub fn of_pair(hash: Hash, scheme: Scheme) -> Self {
        COUNT.set(Self::default());
        let mut pair = [[0; BYTES]; 2];
        let [r, h] = &mut pair;
        let work = Work {
            scheme,
            root: &[0x5a; BYTES],
            indices: Indices::list(&[1]),
            shares: &[[0xa5; BYTES]],
            preimages: core::slice::from_mut(r),
            payment_hashes: core::slice::from_mut(h),
        };
        // SAFETY: counting needs no CPU feature.
        unsafe {
            match hash {
                Hash::Sha256 => sha256::multi::derive::<Counting, 1>(work),
                Hash::Blake3 => blake3::multi::derive::<Counting, 1>(work),
            }
        }
        COUNT.get()
    }

    /// Vector instructions with `isa`; `None` where a kernel's words are not in vector registers.
    ///
    /// AVX-512 has an instruction for each operation. AVX2 and SSE4.1 need three for a rotation,
    /// two for an XOR of three, three for Ch, and three for Maj, whose a ^ b the next round uses
    /// again. NEON has a selection of bits, which is Ch and half of Maj, and a shift that inserts,
    /// which is half of a rotation.
    #[must_use]
    pub const fn instructions(&self, isa: Isa) -> Option<Instructions> {
        let Self { additions, logic, xor3, choices, majorities, rotations, byte_moves, shifts } =
            *self;
        let simple = additions + logic;
        match isa {
            Isa::Avx512 | Isa::Avx512Vl => Some(Instructions {
                total: simple + xor3 + choices + majorities + rotations + byte_moves + shifts,
                shifts: rotations + byte_moves + shifts,
            }),
            Isa::Avx2 | Isa::Sse41 => Some(Instructions {
                total: simple
                    + 2 * xor3
                    + 3 * (choices + majorities + rotations)
                    + byte_moves
                    + shifts,
                shifts: 2 * rotations + shifts,
            }),
            Isa::Neon => Some(Instructions {
                total: simple + 2 * (xor3 + majorities + rotations) + choices + byte_moves + shifts,
                shifts: 2 * rotations + shifts,
            }),
            Isa::ShaNi | Isa::ArmSha2 | Isa::Portable => None,
        }
    }
}

/// `sha256rnds2` in a pair.
#[must_use]
pub const fn sha_round_pairs(scheme: Scheme) -> u32 {
    ShaInstructions::of_pair(scheme).rounds
}

/// What a pair costs with the SHA extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShaInstructions {
    /// `sha256rnds2`: two rounds each, without the eight rounds that only the root feeds.
    pub rounds: u32,
    /// `sha256msg1`.
    pub schedule_first: u32,
    /// `sha256msg2`.
    pub schedule_last: u32,
    /// `paddd`.
    pub additions: u32,
    /// `pshufd`, `palignr`.
    pub shuffles: u32,
}

impl ShaInstructions {
    /// Those of one pair, which is one of a group.
    #[must_use]
    pub const fn of_pair(scheme: Scheme) -> Self {
        sha256::streams::instructions(scheme.hashes_share())
    }

    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u32 {
        let Self { rounds, schedule_first, schedule_last, additions, shuffles } = *self;
        rounds + schedule_first + schedule_last + additions + shuffles
    }
}

thread_local! {
    static COUNT: Cell<Operations> = const { Cell::new(Operations {
        additions: 0,
        logic: 0,
        xor3: 0,
        choices: 0,
        majorities: 0,
        rotations: 0,
        byte_moves: 0,
        shifts: 0,
    }) };
}

/// A word, and whether it is the same for all children.
#[derive(Clone, Copy)]
struct Counting {
    word: u32,
    constant: bool,
}

impl Counting {
    /// The result of an operation on `operands`, counted in `field` unless all of them are
    /// constant.
    #[inline(never)]
    fn counted(word: u32, operands: &[Self], field: impl Fn(&mut Operations) -> &mut u32) -> Self {
        let constant = operands.iter().all(|operand| operand.constant);
        if !constant {
            let mut count = COUNT.get();
            *field(&mut count) += 1;
            COUNT.set(count);
        }
        Self { word, constant }
    }
}

impl Lanes for Counting {
    const COUNT: usize = 1;

    compounds!();
    records_in_order!();

    #[inline(never)]
    unsafe fn splat(word: u32) -> Self {
        Self { word, constant: true }
    }
    #[inline(never)]
    unsafe fn load(words: *const u32) -> Self {
        // SAFETY: the caller vouches for one word.
        Self { word: unsafe { words.read_unaligned() }, constant: false }
    }
    #[inline(never)]
    unsafe fn store(self, words: *mut u32) {
        // SAFETY: the caller vouches for one word.
        unsafe { words.write_unaligned(self.word) }
    }
    #[inline(never)]
    unsafe fn add(self, other: Self) -> Self {
        let sum = self.word.wrapping_add(other.word);
        // Zero is added to nothing.
        if self.constant && self.word == 0 || other.constant && other.word == 0 {
            return Self { word: sum, constant: self.constant && other.constant };
        }
        Self::counted(sum, &[self, other], |count| &mut count.additions)
    }
    #[inline(never)]
    unsafe fn xor(self, other: Self) -> Self {
        Self::counted(self.word ^ other.word, &[self, other], |count| &mut count.logic)
    }
    #[inline(never)]
    unsafe fn and(self, other: Self) -> Self {
        Self::counted(self.word & other.word, &[self, other], |count| &mut count.logic)
    }
    #[inline(never)]
    unsafe fn rotate_right<const BITS: i32, const REST: i32>(self) -> Self {
        Self::counted(self.word.rotate_right(BITS as u32), &[self], |count| match BITS {
            8 | 16 => &mut count.byte_moves,
            _ => &mut count.rotations,
        })
    }
    #[inline(never)]
    unsafe fn shift_right<const BITS: i32>(self) -> Self {
        Self::counted(self.word >> BITS, &[self], |count| &mut count.shifts)
    }
    #[inline(never)]
    unsafe fn swap_bytes(self) -> Self {
        Self::counted(self.word.swap_bytes(), &[self], |count| &mut count.byte_moves)
    }
    #[inline(never)]
    unsafe fn load_records(records: *const [u8; BYTES]) -> [Self; WORDS] {
        // SAFETY: the caller vouches for one record, which is eight words.
        let words = unsafe { u32::load_records(records) };
        words.map(|word| Self { word, constant: false })
    }
    #[inline(never)]
    unsafe fn store_records(words: [Self; WORDS], records: *mut [u8; BYTES]) {
        // SAFETY: the caller vouches for one record, which is eight words.
        unsafe { u32::store_records(words.map(|counting| counting.word), records) }
    }
    #[inline(never)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        Self::counted(self.word ^ b.word ^ c.word, &[self, b, c], |count| &mut count.xor3)
    }
    #[inline(never)]
    unsafe fn choose(self, b: Self, c: Self) -> Self {
        let word = self.word & b.word | !self.word & c.word;
        Self::counted(word, &[self, b, c], |count| &mut count.choices)
    }
    #[inline(never)]
    unsafe fn majority(self, b: Self, c: Self) -> Self {
        let word = self.word & b.word | self.word & c.word | b.word & c.word;
        Self::counted(word, &[self, b, c], |count| &mut count.majorities)
    }
}
