#![doc = include_str!("../docs/onion.md")]

mod build;
mod error;
mod failure;
mod hop;
mod key;
mod message;
mod packet;
mod peel;
mod scan;
mod size;

pub use build::{Onion, build};
pub use error::Error;
pub use failure::{Attributed, FAILURE_BYTES, HOPS_MAX, attribute, fail, wrap};
pub use hop::{Hop, Told};
pub use key::{KeyType, PublicKey, SecretKey, SharedSecret};
pub use message::{Details, FailureMessage, FieldValue};
pub use packet::Packet;
pub use peel::{Peeled, open, peel};
pub use scan::Framing;
pub use size::{MESSAGE_BYTES_MAX, PACKET_BYTES, ROUTING_BYTES};
