//! SHA-256 (FIPS 180-4), for messages of which almost everything is known before the loop starts.
//!
//! A pair is r = H(root ‖ … ‖ index) and h = H(r). In `og` that is two blocks of 16 words:
//!
//! ```text
//! r:  root 0..8 │ index │ 0x80000000 │ 0 … 0 │ 288      only word 8 differs between children
//! h:  r    0..8 │ 0x80000000 │ 0 … 0 │ 256              words 8..16 never differ
//! ```
//!
//! Rounds 0–7 of the first block are the same for every child of a payment and so are run once. Of
//! the 48 scheduled words, those that only constant words feed are constants as well, and in every
//! other one the constant terms are one sum. [`varying`] tells which is which for any set of
//! varying words, at compile time; `multi.rs` and `streams.rs` fold accordingly.

pub(crate) mod multi;
pub(crate) mod reference;
pub(crate) mod streams;

use crate::{lanes::WORDS, scheme::Scheme, types::BYTES};

/// Rounds of the compression function.
pub(crate) const ROUNDS: usize = 64;
/// Words of a block.
pub(crate) const BLOCK_WORDS: usize = 16;
/// What follows the message's last byte.
pub(crate) const PADDING: u32 = 0x8000_0000;

/// FIPS 180-4, 5.3.3.
pub(crate) const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// FIPS 180-4, 4.2.2.
#[rustfmt::skip]
pub(crate) const K: [u32; ROUNDS] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// FIPS 180-4, 4.1.2: Σ0, Σ1, σ0, σ1.
const fn big0(x: u32) -> u32 {
    x.rotate_right(2) ^ x.rotate_right(13) ^ x.rotate_right(22)
}
const fn big1(x: u32) -> u32 {
    x.rotate_right(6) ^ x.rotate_right(11) ^ x.rotate_right(25)
}
pub(crate) const fn small0(x: u32) -> u32 {
    x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3
}
pub(crate) const fn small1(x: u32) -> u32 {
    x.rotate_right(17) ^ x.rotate_right(19) ^ x >> 10
}

/// Which words of a block differ between the children of a payment, a bit a word:
/// the index is word 8 of the only block;
pub(crate) const INDEX_AT_8: u16 = 1 << 8;
/// the share is words 8..16 of the first of two blocks;
pub(crate) const SHARE_AT_8: u16 = 0xff00;
/// the index is word 0 of the second of two blocks;
pub(crate) const INDEX_AT_0: u16 = 1;
/// the preimage is words 0..8 of the block that gives the payment hash.
pub(crate) const PREIMAGE_AT_0: u16 = 0x00ff;

/// The block of every payment hash, zeros for the preimage: 256 bits.
pub(crate) const HASH_BLOCK: [u32; BLOCK_WORDS] =
    [0, 0, 0, 0, 0, 0, 0, 0, PADDING, 0, 0, 0, 0, 0, 0, 256];
/// `lnd`'s second block, zero for the index: the message has 544 bits.
pub(crate) const LND_BLOCK: [u32; BLOCK_WORDS] =
    [0, PADDING, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 544];

/// The first block of `root`, zeros for the index or the share.
pub(crate) fn root_block(scheme: Scheme, root: &[u32; WORDS]) -> [u32; BLOCK_WORDS] {
    let mut block = [0; BLOCK_WORDS];
    block[..WORDS].copy_from_slice(root);
    if !scheme.hashes_share() {
        let index_size = scheme.index_size();
        block[9] = if index_size == 4 { PADDING } else { 0 };
        block[15] = 8 * (BYTES + index_size) as u32;
    }
    block
}

/// The message word that holds the index, and the padding behind it where that is in the same word.
pub(crate) fn tail_word(scheme: Scheme, index: u32) -> u32 {
    let (bytes, index_size) = scheme.index_bytes(index);
    u32::from_be_bytes(bytes) | if index_size == 4 { 0 } else { PADDING >> (8 * index_size) }
}

/// The words of `bytes`, as SHA-256 reads them.
pub(crate) fn words(bytes: &[u8; BYTES]) -> [u32; WORDS] {
    core::array::from_fn(|t| {
        u32::from_be_bytes([bytes[4 * t], bytes[4 * t + 1], bytes[4 * t + 2], bytes[4 * t + 3]])
    })
}

/// The state after rounds 0–7, which only the root feeds.
pub(crate) fn after_root(root: &[u32; WORDS]) -> [u32; 8] {
    root.iter().zip(K).fold(INITIAL, |state, (word, k)| round(state, k.wrapping_add(*word)))
}

/// One round; `addend` is the round constant plus the message word.
const fn round(state: [u32; 8], addend: u32) -> [u32; 8] {
    let [a, b, c, d, e, f, g, h] = state;
    let choose = (e & f) ^ (!e & g);
    let majority = (a & b) ^ (a & c) ^ (b & c);
    let t1 = h.wrapping_add(big1(e)).wrapping_add(choose).wrapping_add(addend);
    let t2 = big0(a).wrapping_add(majority);
    [t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g]
}

/// The first round that takes one of these words.
pub(crate) const fn first_round(words: u16) -> usize {
    words.trailing_zeros() as usize
}

/// Which of the 64 scheduled words differ between lanes, when those of the first 16 do that `words`
/// has a bit for. Bit t is word t.
pub(crate) const fn varying(words: u16) -> u64 {
    let mut mask = words as u64;
    let mut t = BLOCK_WORDS;
    while t < ROUNDS {
        let fed = mask >> (t - 2) | mask >> (t - 7) | mask >> (t - 15) | mask >> (t - 16);
        mask |= (fed & 1) << t;
        t += 1;
    }
    mask
}
