//! Keys of nodes, secrets shared with a hop, and what is derived from them. All secrets are
//! zeroized when they are dropped.

use core::fmt;

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use k256::{
    AffinePoint, FieldBytes, NonZeroScalar, ProjectivePoint, Scalar,
    elliptic_curve::{ops::Reduce as _, sec1::ToSec1Point as _},
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::onion::{error::Error, size::PUBLIC_KEY_BYTES};

/// A node's public key, or the ephemeral one of an onion.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    point: AffinePoint,
    bytes: [u8; PUBLIC_KEY_BYTES],
}

impl PublicKey {
    /// Reads the compressed form.
    ///
    /// # Errors
    /// [`Error::PublicKey`].
    pub fn from_bytes(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Result<Self, Error> {
        // SEC 1's other tags are for encodings of another length, or without a sign of y.
        match (bytes[0], k256::PublicKey::from_sec1_bytes(bytes)) {
            (2 | 3, Ok(key)) => Ok(Self { point: *key.as_affine(), bytes: *bytes }),
            _ => Err(Error::PublicKey),
        }
    }

    /// The compressed form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.bytes
    }

    fn of(point: &ProjectivePoint) -> Self {
        let point = point.to_affine();
        Self { point, bytes: compressed(&point) }
    }

    /// The ephemeral key that the next hop meets.
    pub(super) fn blinded(&self, secret: &SharedSecret) -> Self {
        Self::of(&(ProjectivePoint::from(self.point) * **secret.blinding_factor(self)))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The compressed form of a point that is not the identity: a secret is never zero, and the group's
/// order is prime.
fn compressed(point: &AffinePoint) -> [u8; PUBLIC_KEY_BYTES] {
    let point = point.to_sec1_point(true);
    point.as_bytes().try_into().expect("a compressed point, and not the identity")
}

/// A node's secret key, or the session key of an onion.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<NonZeroScalar>);

impl SecretKey {
    /// A key of 32 bytes, big endian. The session key of each onion must be new and random: two
    /// onions with one key show that they have one sender, and what was told in them.
    ///
    /// # Errors
    /// [`Error::SecretKey`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        let key: Option<_> = NonZeroScalar::from_repr(FieldBytes::from(*bytes)).into();
        key.map(|key| Self(Zeroizing::new(key))).ok_or(Error::SecretKey)
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of(&ProjectivePoint::mul_by_generator(&self.0))
    }

    /// What this key shares with the other: SHA-256 of the compressed product.
    #[must_use]
    pub fn shared_secret(&self, other: &PublicKey) -> SharedSecret {
        let product = Zeroizing::new(ProjectivePoint::from(other.point) * **self.0);
        let bytes = Zeroizing::new(compressed(&Zeroizing::new(product.to_affine())));
        SharedSecret::new(Sha256::digest(*bytes).into())
    }

    /// The session key as the next hop's secret is made from it.
    pub(super) fn blinded(&self, ephemeral: &PublicKey, secret: &SharedSecret) -> Self {
        Self(Zeroizing::new(*self.0 * *secret.blinding_factor(ephemeral)))
    }

    /// The stream that fills an onion before anything is in it.
    pub(super) fn pad(&self, target: &mut [u8]) {
        let bytes = Zeroizing::new(<[u8; 32]>::from(self.0.to_bytes()));
        stream(&derive(KeyType::Pad, &bytes), 0, target);
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// What a key is derived for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// Encrypts the onion.
    Rho,
    /// Authenticates the onion.
    Mu,
    /// Authenticates a failure.
    Um,
    /// Encrypts a failure.
    Ammag,
    /// Fills the onion.
    Pad,
}

impl KeyType {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Rho => b"rho",
            Self::Mu => b"mu",
            Self::Um => b"um",
            Self::Ammag => b"ammag",
            Self::Pad => b"pad",
        }
    }
}

/// What the sender shares with one hop.
#[derive(Clone)]
pub struct SharedSecret(Zeroizing<[u8; 32]>);

impl SharedSecret {
    /// A secret that was kept.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// To keep it, for failures that come back.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of one type.
    #[must_use]
    pub fn key(&self, key_type: KeyType) -> Zeroizing<[u8; 32]> {
        derive(key_type, &self.0)
    }

    /// XORs the key's stream, from `offset` on, into `target`.
    pub(super) fn apply(&self, key_type: KeyType, offset: usize, target: &mut [u8]) {
        stream(&self.key(key_type), offset, target);
    }

    /// The hmac of what `pieces` are together.
    pub(super) fn mac(&self, key_type: KeyType, pieces: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = keyed(&*self.key(key_type));
        pieces.iter().for_each(|piece| mac.update(piece));
        mac
    }

    fn blinding_factor(&self, ephemeral: &PublicKey) -> Zeroizing<NonZeroScalar> {
        let hash = Sha256::new().chain_update(ephemeral.bytes).chain_update(*self.0).finalize();
        // BOLT 4 takes the hash as it is. One that is not below the order, or zero, is never seen.
        let factor: Option<_> = NonZeroScalar::new(Scalar::reduce(&hash)).into();
        Zeroizing::new(factor.expect("nobody finds a hash that is zero"))
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("an HMAC takes keys of every length")
}

fn derive(key_type: KeyType, secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mac = keyed(key_type.label()).chain_update(secret);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn stream(key: &[u8; 32], offset: usize, target: &mut [u8]) {
    let mut cipher = ChaCha20::new(key.into(), &[0; 12].into());
    cipher.seek(offset);
    cipher.apply_keystream(target);
}
