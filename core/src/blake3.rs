//! BLAKE3 in its plain hash mode, for messages that fit one chunk.
//!
//! Every message of every scheme is shorter than 1024 bytes, so there is no tree: one block, or two
//! for `lnd`. Words are little endian. Of a pair in `og`,
//!
//! ```text
//! r:  root 0..8 │ index │ 0 … 0       length 36: only word 8 differs between children
//! h:  r    0..8 │ 0 … 0               length 32: words 8..16 are zero and are never added
//! ```
//!
//! the first round of r mixes the root into the columns and zeros into three of the four diagonals
//! before the index is touched: seven of its eight quarter-rounds run once a payment.

pub(crate) mod multi;
pub(crate) mod reference;

/// Rounds of the compression function.
pub(crate) const ROUNDS: usize = 7;
/// Words of a block, and of the compression's state.
pub(crate) const BLOCK_WORDS: usize = 16;

/// Flags of the compression function (BLAKE3 paper, table 3).
pub(crate) const CHUNK_START: u32 = 1;
pub(crate) const CHUNK_END: u32 = 2;
pub(crate) const ROOT: u32 = 8;

/// The same words as SHA-256's (BLAKE3 paper, table 1).
pub(crate) const INITIAL: [u32; 8] = crate::sha256::INITIAL;

/// Which word comes next in the following round (BLAKE3 paper, table 2).
const PERMUTATION: [usize; BLOCK_WORDS] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/// Which message word each quarter-round of each round takes: word 2g first, then 2g + 1.
pub(crate) const SCHEDULE: [[usize; BLOCK_WORDS]; ROUNDS] = {
    let mut schedule = [[0; BLOCK_WORDS]; ROUNDS];
    let mut word = 0;
    while word < BLOCK_WORDS {
        schedule[0][word] = word;
        word += 1;
    }
    let mut round = 1;
    while round < ROUNDS {
        let mut word = 0;
        while word < BLOCK_WORDS {
            schedule[round][word] = schedule[round - 1][PERMUTATION[word]];
            word += 1;
        }
        round += 1;
    }
    schedule
};

/// The state words of each quarter-round: four columns, then four diagonals.
pub(crate) const QUARTERS: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// The state before the first round; the chunk counter is always 0 here.
pub(crate) const fn state(chaining: [u32; 8], block_bytes: u32, flags: u32) -> [u32; BLOCK_WORDS] {
    let [a, b, c, d, e, f, g, h] = chaining;
    let [i, j, k, l, ..] = INITIAL;
    [a, b, c, d, e, f, g, h, i, j, k, l, 0, 0, block_bytes, flags]
}
