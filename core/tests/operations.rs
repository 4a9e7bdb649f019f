//! Promise: operations are counted as the folding leaves them.

use ammeter_core::{
    Hash, Scheme,
    operations::{Operations, ShaInstructions, sha_round_pairs},
};

/// Without folding a block of SHA-256 has 64 Ch and 48 σ0; what folding saves is known by hand:
/// in `og` all of rounds 0–7 and the Ch and Maj of round 8, whose state is still constant.
#[test]
fn counts_follow_the_folding() {
    let og = Operations::of_pair(Hash::Sha256, Scheme::Og);
    // Round 0 of the second block starts from constants too.
    assert_eq!(og.choices, (64 - 8 - 1) + (64 - 1));
    assert_eq!(og.majorities, og.choices);
    assert_eq!(sha_round_pairs(Scheme::Og), (128 - 8) / 2);
    assert_eq!(sha_round_pairs(Scheme::Lnd), (192 - 8) / 2);
    // As the loops over four streams have them, by a disassembler: the schedule without what is
    // constant.
    let schedule = [Scheme::Og, Scheme::Lnd].map(|scheme| {
        let needed = ShaInstructions::of_pair(scheme);
        4 * (needed.schedule_first + needed.schedule_last)
    });
    assert_eq!(schedule, [80 + 92, 128 + 144]);
    let blake3 = Operations::of_pair(Hash::Blake3, Scheme::Og);
    // Four rotations a quarter-round, seven quarter-rounds folded; and the third column of the
    // second round rotates once before it meets the one diagonal that the index has touched.
    assert_eq!(blake3.rotations + blake3.byte_moves, 4 * (2 * 56 - 7) - 1);
    assert_eq!((blake3.choices, blake3.xor3, blake3.shifts), (0, 0, 0));
}
