//! What is hashed: the four derivation schemes and the two hash functions.
//!
//! | scheme | preimage | index | source |
//! |---|---|---|---|
//! | [`Og`](Scheme::Og) | H(BP ‖ be32(i)) | 1.. | lightning-dev, February 2018; be32 from 1 is our reading |
//! | [`Tree`](Scheme::Tree) | H(seed ‖ be32(i)) | 0..=255 | the reply of 12 February 2018; be32 is our reading |
//! | [`Bolts658`](Scheme::Bolts658) | H(root ‖ be16(i)) | 0..=65535 | lightning/bolts pull 658 (closed) |
//! | [`Lnd`](Scheme::Lnd) | H(root ‖ share ‖ be32(i)) | any u32 | lnd, as shipped |
//!
//! The payment hash is h_i = H(r_i) in all of them.

use core::{fmt, ops::RangeInclusive, str::FromStr};

use crate::types::{BYTES, BasePreimage, Share};

/// The longest message of any scheme: root, share and a four-byte index.
pub const MESSAGE_SIZE_MAX: usize = 2 * BYTES + 4;

/// How a child preimage is made from the base preimage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// The mail of 2018.
    Og,
    /// The mail's reply: recursive seed splitting.
    Tree,
    /// The closed BOLT draft.
    Bolts658,
    /// What lnd ships.
    Lnd,
}

impl Scheme {
    /// All schemes, in the order of their history.
    pub const ALL: [Self; 4] = [Self::Og, Self::Tree, Self::Bolts658, Self::Lnd];

    /// The name on the command line and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Og => "og",
            Self::Tree => "tree",
            Self::Bolts658 => "bolts658",
            Self::Lnd => "lnd",
        }
    }

    /// The indices a child can have.
    #[must_use]
    pub const fn indices(self) -> RangeInclusive<u32> {
        match self {
            Self::Og => 1..=u32::MAX,
            Self::Tree => 0..=u8::MAX as u32,
            Self::Bolts658 => 0..=u16::MAX as u32,
            Self::Lnd => 0..=u32::MAX,
        }
    }

    /// Whether a child's own share is hashed too.
    #[must_use]
    pub const fn hashes_share(self) -> bool {
        matches!(self, Self::Lnd)
    }

    /// How many bytes of a message are the index: its last ones, big endian.
    #[must_use]
    pub const fn index_size(self) -> usize {
        match self {
            Self::Bolts658 => 2,
            Self::Og | Self::Tree | Self::Lnd => 4,
        }
    }

    /// The index as it is hashed, left-aligned, and how many of the four bytes count.
    #[inline]
    pub(crate) const fn index_bytes(self, index: u32) -> ([u8; 4], usize) {
        let size = self.index_size();
        ((index << (8 * (4 - size))).to_be_bytes(), size)
    }

    /// Writes the message whose hash is the child's preimage and returns its length in bytes:
    /// 34, 36 or 68.
    ///
    /// # Panics
    /// If the scheme [hashes the share](Self::hashes_share) and `share` is `None`.
    #[inline]
    pub fn message(
        self,
        root: &BasePreimage,
        share: Option<&Share>,
        index: u32,
        message: &mut [u8; MESSAGE_SIZE_MAX],
    ) -> usize {
        let mut length = BYTES;
        message[..BYTES].copy_from_slice(&root.0);
        if self.hashes_share() {
            let share = share.expect("this scheme hashes the share of each child");
            message[length..length + BYTES].copy_from_slice(&share.0);
            length += BYTES;
        }
        let (bytes, count) = self.index_bytes(index);
        message[length..length + count].copy_from_slice(&bytes[..count]);
        length + count
    }
}

/// H. The mail does not say which; SHA-256 is what Lightning locks HTLCs to, BLAKE3 is measured
/// beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    /// FIPS 180-4.
    Sha256,
    /// BLAKE3 in its plain hash mode, 32 bytes of output.
    Blake3,
}

impl Hash {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Blake3];

    /// The name on the command line and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }
}

/// A name that is none of those expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownNameError {
    /// What was named.
    pub kind: &'static str,
    /// The names there are, as they would be read aloud.
    pub known: &'static str,
}

impl fmt::Display for UnknownNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such {}; there are {}", self.kind, self.known)
    }
}

impl core::error::Error for UnknownNameError {}

impl FromStr for Scheme {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, UnknownNameError> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.name() == name)
            .ok_or(UnknownNameError { kind: "scheme", known: "og, tree, bolts658 and lnd" })
    }
}

impl FromStr for Hash {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, UnknownNameError> {
        Self::ALL
            .into_iter()
            .find(|hash| hash.name() == name)
            .ok_or(UnknownNameError { kind: "hash", known: "sha256 and blake3" })
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
