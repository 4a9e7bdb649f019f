//! What can be wrong with an onion, or with what would become one.

use core::fmt;

use crate::{
    eob,
    onion::size::{MESSAGE_BYTES_MAX, PACKET_BYTES, ROUTING_BYTES},
    receiver::FailureCode,
};

/// What is wrong. Hops are counted from 0, the sender's peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A packet of another length than [`PACKET_BYTES`].
    PacketLength {
        /// Its length in bytes.
        length: usize,
    },
    /// A version that is not 0.
    Version {
        /// It.
        version: u8,
    },
    /// No compressed point of secp256k1.
    PublicKey,
    /// A secret key that is zero, or not below the order of the group.
    SecretKey,
    /// The packet's hmac does not match: another key, other associated data, or changed bytes.
    Hmac,
    /// The payload's length is 0 or 1, which no payload of records has.
    ReservedLength {
        /// It.
        length: u64,
    },
    /// What says how long the payload is, is wrong.
    Payload(eob::Error),
    /// An onion for nobody.
    NoHops,
    /// What one hop is told has no shape that the hop could find its end by.
    Told {
        /// Which hop.
        hop: usize,
        /// Length in bytes of what it is told.
        length: usize,
    },
    /// The room for the hmac is not zero.
    HmacRoom {
        /// Which hop.
        hop: usize,
    },
    /// All hops together are told more than [`ROUTING_BYTES`].
    TooLong {
        /// How many bytes.
        length: usize,
    },
    /// A failure message longer than [`MESSAGE_BYTES_MAX`].
    MessageLength {
        /// Its length in bytes.
        length: usize,
    },
    /// A failure that no hop of the route has authenticated.
    Unattributed,
    /// A failure that a hop has authenticated and that is not built as BOLT 4 says.
    FailureShape {
        /// Which hop.
        hop: usize,
    },
}

impl Error {
    /// The failure of BOLT 4 that a node answers a packet with; `None` for what only a sender meets,
    /// and for a packet of another length, which no channel carries.
    #[must_use]
    pub const fn failure(&self) -> Option<FailureCode> {
        match self {
            Self::Version { .. } => Some(FailureCode::InvalidOnionVersion),
            Self::Hmac => Some(FailureCode::InvalidOnionHmac),
            Self::PublicKey => Some(FailureCode::InvalidOnionKey),
            Self::ReservedLength { .. } | Self::Payload(_) => {
                Some(FailureCode::InvalidOnionPayload)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PacketLength { length } => {
                write!(f, "an onion has {PACKET_BYTES} bytes, this has {length}")
            }
            Self::Version { version } => {
                write!(f, "at offset 0: {version} is no version of an onion, 0 is the only one")
            }
            Self::PublicKey => f.write_str("the public key is not a compressed point of secp256k1"),
            Self::SecretKey => f.write_str("the secret key is zero or not below the group's order"),
            Self::Hmac => f.write_str(
                "the hmac does not match: another key, another payment hash, or changed bytes",
            ),
            Self::ReservedLength { length } => {
                write!(f, "at offset 0 of the payload: the length {length} is reserved")
            }
            Self::Payload(error) => write!(f, "the payload: {error}"),
            Self::NoHops => f.write_str("an onion needs a hop"),
            Self::Told { hop, length } => {
                write!(f, "hop {hop}: no hop could find the end of these {length} bytes")
            }
            Self::HmacRoom { hop } => write!(f, "hop {hop}: the room for the hmac is not zero"),
            Self::TooLong { length } => {
                write!(f, "the hops are told {length} bytes, {ROUTING_BYTES} are there")
            }
            Self::MessageLength { length } => {
                write!(f, "a failure of {length} bytes, {MESSAGE_BYTES_MAX} are the most")
            }
            Self::Unattributed => f.write_str("no hop of this route has authenticated the failure"),
            Self::FailureShape { hop } => write!(f, "hop {hop}: its failure has wrong lengths"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Payload(error) => Some(error),
            _ => None,
        }
    }
}

impl From<eob::Error> for Error {
    fn from(error: eob::Error) -> Self {
        Self::Payload(error)
    }
}
