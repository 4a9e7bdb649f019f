//! Where randomness comes from: the operating system, or a seed that replays a payment.

use rand_core::SeedableRng;
use zeroize::Zeroizing;

use crate::{hex, types::BYTES};

/// The generator that a seed starts: ChaCha20, the same numbers in every release.
pub type SeedRng = chacha20::ChaCha20Rng;

/// 32 bytes that decide every share, index and id of a payment. A secret.
pub struct Seed(Zeroizing<[u8; BYTES]>);

impl Seed {
    /// From the operating system.
    ///
    /// # Errors
    /// [`SeedError`] if the operating system has no randomness to give.
    #[cfg(feature = "std")]
    pub fn random() -> Result<Self, SeedError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes).map_err(SeedError)?;
        Ok(Self(bytes))
    }

    /// These bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`hex::Error`] names the length or the first offset that is not a digit.
    pub fn from_hex(digits: &str) -> Result<Self, hex::Error> {
        hex::decode32(digits.as_bytes()).map(Self::from_bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The generator that this seed starts.
    #[must_use]
    pub fn rng(&self) -> SeedRng {
        SeedRng::from_seed(*self.0)
    }
}

impl core::fmt::Debug for Seed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// The operating system gave no randomness.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub struct SeedError(getrandom::Error);

#[cfg(feature = "std")]
impl core::fmt::Display for SeedError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the operating system gives no randomness")
    }
}

#[cfg(feature = "std")]
impl core::error::Error for SeedError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0)
    }
}
