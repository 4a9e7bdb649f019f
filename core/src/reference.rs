//! The slow and readable implementation of each hash, behind one door: never optimised, and what
//! every kernel is checked against. The references themselves are tested against the standards' own
//! vectors.

pub use crate::{
    blake3::reference::{MESSAGE_SIZE_MAX as BLAKE3_MESSAGE_SIZE_MAX, blake3},
    sha256::reference::sha256,
};

use rand_core::{Rng as _, SeedableRng as _};

use crate::{
    scheme::{Hash, MESSAGE_SIZE_MAX, Scheme},
    types::{BYTES, BasePreimage, PaymentHash, Preimage, Share},
};

impl Hash {
    /// H of a message, by the slow and readable reference: for the few hashes that are not pairs.
    ///
    /// # Panics
    /// If BLAKE3 is to hash more than 1,024 bytes: no message of any scheme is as long.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> [u8; BYTES] {
        match self {
            Self::Sha256 => sha256(message),
            Self::Blake3 => blake3(message),
        }
    }
}

/// One pair by the references: what every kernel is checked against.
///
/// # Panics
/// If the scheme hashes the share and there is none.
#[must_use]
pub fn pair(
    hash: Hash,
    scheme: Scheme,
    root: &BasePreimage,
    share: Option<&Share>,
    index: u32,
) -> (Preimage, PaymentHash) {
    let mut message = [0; MESSAGE_SIZE_MAX];
    let length = scheme.message(root, share, index, &mut message);
    let preimage = hash.digest(&message[..length]);
    (Preimage(preimage), PaymentHash(hash.digest(&preimage)))
}

/// The XOR of `values`, byte by byte: what every fold is checked against.
pub(crate) fn fold(values: &[[u8; BYTES]]) -> [u8; BYTES] {
    let mut sum = [0; BYTES];
    for (k, byte) in values.as_flattened().iter().enumerate() {
        sum[k % BYTES] ^= byte;
    }
    sum
}

/// The key's shares from number `first` on, by the `chacha20` crate: what every keystream is checked
/// against.
pub(crate) fn keystream(key: &[u8; BYTES], first: u64, shares: &mut [[u8; BYTES]]) {
    let mut rng = chacha20::ChaCha20Rng::from_seed(*key);
    rng.set_word_pos(u128::from(first) * 8);
    rng.fill_bytes(shares.as_flattened_mut());
}
