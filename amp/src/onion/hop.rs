//! What a sender tells one hop.

use crate::{
    eob::size::{FINAL_HOP_BYTES_MAX, FRAME_BYTES, HMAC_BYTES},
    onion::{
        error::Error,
        key::PublicKey,
        scan::{Framing, Span},
    },
};

/// A node of the route, and what it is told.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// The node's public key.
    pub node: &'a PublicKey,
    /// What is in its layer.
    pub told: Told<'a>,
}

/// The bytes of a layer, as [`eob`](crate::eob)'s messages are written: with room of 32 zero bytes
/// for the next hop's hmac.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// A legacy frame of 65 bytes; for the last hop also two of them, the second of which is EOB.
    Frames(&'a [u8]),
    /// Length, records, 32 zero bytes.
    Tlv(&'a [u8]),
}

impl<'a> Told<'a> {
    /// All bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Frames(bytes) | Self::Tlv(bytes) => bytes,
        }
    }

    /// The span that the hop will find, if these bytes are exactly it.
    pub(super) fn span(self, hop: usize, is_last: bool) -> Result<Span, Error> {
        let bytes = self.bytes();
        let wrong = Error::Told { hop, length: bytes.len() };
        let span = match self {
            // Two frames need a zero hmac to be told from one, and a hop in front has another.
            Self::Frames(bytes) => match bytes.len() {
                FRAME_BYTES if !is_last => {
                    Span { size: FRAME_BYTES, hmac: FRAME_BYTES - HMAC_BYTES, frames: true }
                }
                FRAME_BYTES | FINAL_HOP_BYTES_MAX if is_last => Framing::Frames.span(bytes)?,
                _ => return Err(wrong),
            },
            Self::Tlv(bytes) => Framing::Tlv.span(bytes).map_err(|_| wrong.clone())?,
        };
        if span.size != bytes.len() {
            return Err(wrong);
        }
        let room = &bytes[span.hmac..span.hmac + HMAC_BYTES];
        if *room == [0; HMAC_BYTES] { Ok(span) } else { Err(Error::HmacRoom { hop }) }
    }
}
