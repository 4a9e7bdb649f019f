//! BLAKE3's plain hash mode for at most one chunk, as the paper writes it down: the twin that every
//! kernel is checked against.
//!
//! Optimised never. It permutes the message as the paper says, where the kernels use a table.

use super::{CHUNK_END, CHUNK_START, INITIAL, PERMUTATION, ROOT};

/// The longest message this twin takes: one chunk.
pub const MESSAGE_SIZE_MAX: usize = 1024;

/// BLAKE3 of a message of at most one chunk.
///
/// # Panics
/// If the message is longer than
/// [`BLAKE3_MESSAGE_SIZE_MAX`](crate::reference::BLAKE3_MESSAGE_SIZE_MAX).
#[must_use]
pub fn blake3(message: &[u8]) -> [u8; 32] {
    assert!(message.len() <= MESSAGE_SIZE_MAX, "{} bytes are more than a chunk", message.len());
    let count = message.len().div_ceil(64).max(1);
    let mut chaining = INITIAL;
    for block in 0..count {
        let bytes = &message[64 * block..message.len().min(64 * block + 64)];
        let mut flags = 0;
        if block == 0 {
            flags |= CHUNK_START;
        }
        if block == count - 1 {
            flags |= CHUNK_END | ROOT;
        }
        chaining = compress(&chaining, bytes, flags);
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(chaining) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    digest
}

/// Section 2.2; the block is zero-padded.
fn compress(chaining: &[u32; 8], bytes: &[u8], flags: u32) -> [u32; 8] {
    let mut block = [0; 64];
    block[..bytes.len()].copy_from_slice(bytes);
    let mut m = [0u32; 16];
    for (word, bytes) in m.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_le_bytes(bytes.try_into().expect("4 bytes"));
    }
    let mut v = [0; 16];
    v[..8].copy_from_slice(chaining);
    v[8..12].copy_from_slice(&INITIAL[..4]);
    v[14] = bytes.len() as u32;
    v[15] = flags;
    for _ in 0..7 {
        g(&mut v, [0, 4, 8, 12], m[0], m[1]);
        g(&mut v, [1, 5, 9, 13], m[2], m[3]);
        g(&mut v, [2, 6, 10, 14], m[4], m[5]);
        g(&mut v, [3, 7, 11, 15], m[6], m[7]);
        g(&mut v, [0, 5, 10, 15], m[8], m[9]);
        g(&mut v, [1, 6, 11, 12], m[10], m[11]);
        g(&mut v, [2, 7, 8, 13], m[12], m[13]);
        g(&mut v, [3, 4, 9, 14], m[14], m[15]);
        m = PERMUTATION.map(|word| m[word]);
    }
    core::array::from_fn(|word| v[word] ^ v[word + 8])
}

fn g(v: &mut [u32; 16], [a, b, c, d]: [usize; 4], x: u32, y: u32) {
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
    v[d] = (v[d] ^ v[a]).rotate_right(16);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(12);
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
    v[d] = (v[d] ^ v[a]).rotate_right(8);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(7);
}
