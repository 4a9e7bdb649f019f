//! Lengths of onions, and of what is in them.

use crate::eob::size::{HMAC_BYTES, RUN_BYTES};

/// Length in bytes of a compressed public key.
pub(super) const PUBLIC_KEY_BYTES: usize = 33;
/// Length in bytes of what all hops are told.
pub const ROUTING_BYTES: usize = RUN_BYTES;
/// Length in bytes of an onion: version 1, ephemeral key 33, routing 1300, hmac 32.
pub const PACKET_BYTES: usize = 1 + PUBLIC_KEY_BYTES + ROUTING_BYTES + HMAC_BYTES;
/// The longest failure message: what BOLT 4 pads to.
pub const MESSAGE_BYTES_MAX: usize = 256;
