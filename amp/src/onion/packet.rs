//! An onion on the wire.

use core::fmt;

use crate::{
    eob::size::HMAC_BYTES,
    onion::{
        error::Error,
        key::PublicKey,
        size::{PACKET_BYTES, PUBLIC_KEY_BYTES, ROUTING_BYTES},
    },
};

/// Where the routing bytes are.
const ROUTING: core::ops::Range<usize> = 1 + PUBLIC_KEY_BYTES..1 + PUBLIC_KEY_BYTES + ROUTING_BYTES;

/// The bytes of an onion, of which nothing but their number has been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet([u8; PACKET_BYTES]);

impl Packet {
    /// An onion as it was received.
    ///
    /// # Errors
    /// [`Error::PacketLength`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let length = bytes.len();
        bytes.try_into().map(Self).map_err(|_| Error::PacketLength { length })
    }

    /// To be sent on.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PACKET_BYTES] {
        &self.0
    }

    /// The ephemeral key.
    ///
    /// # Errors
    /// [`Error::Version`], [`Error::PublicKey`].
    pub fn ephemeral(&self) -> Result<PublicKey, Error> {
        match self.0[0] {
            0 => PublicKey::from_bytes(self.0[1..].first_chunk().expect("it is longer")),
            version => Err(Error::Version { version }),
        }
    }

    /// What the hops are told, encrypted.
    #[must_use]
    pub fn routing(&self) -> &[u8; ROUTING_BYTES] {
        self.0[ROUTING].first_chunk().expect("the range has this length")
    }

    /// The hmac of [`routing`](Self::routing) and the associated data.
    #[must_use]
    pub fn hmac(&self) -> &[u8; HMAC_BYTES] {
        self.0.last_chunk().expect("it is longer")
    }

    /// Puts the parts together.
    #[must_use]
    pub fn new(
        ephemeral: &PublicKey,
        routing: &[u8; ROUTING_BYTES],
        hmac: &[u8; HMAC_BYTES],
    ) -> Self {
        let mut bytes = [0; PACKET_BYTES];
        bytes[1..ROUTING.start].copy_from_slice(ephemeral.as_bytes());
        bytes[ROUTING].copy_from_slice(routing);
        bytes[ROUTING.end..].copy_from_slice(hmac);
        Self(bytes)
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Packet(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}
