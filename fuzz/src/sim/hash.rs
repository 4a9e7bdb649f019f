//! H for senders and for the oracle, from the crates `sha2` and `blake3`: a fault in the core's
//! hashing must not be able to hide itself.

use ammeter_core::Hash;
use sha2::{Digest as _, Sha256};

/// H of the pieces' concatenation.
#[must_use]
pub fn digest(hash: Hash, pieces: &[&[u8]]) -> [u8; 32] {
    match hash {
        Hash::Sha256 => {
            let mut state = Sha256::new();
            for piece in pieces {
                state.update(piece);
            }
            state.finalize().into()
        }
        Hash::Blake3 => {
            let mut state = blake3::Hasher::new();
            for piece in pieces {
                state.update(piece);
            }
            *state.finalize().as_bytes()
        }
    }
}

/// `target` becomes its XOR with `other`.
pub fn xor(target: &mut [u8; 32], other: &[u8; 32]) {
    for (ours, theirs) in target.iter_mut().zip(other) {
        *ours ^= theirs;
    }
}
