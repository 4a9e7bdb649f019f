//! Where what a hop is told ends, and where in it the next hop's hmac lies.

use crate::{
    eob::{
        Error as EobError, Fault, Field,
        cursor::Cursor,
        field::NoVisitor,
        size::{FINAL_HOP_BYTES_MAX, FRAME_BYTES, HMAC_BYTES},
    },
    onion::{error::Error, size::ROUTING_BYTES},
};

/// Offset of the version in a legacy frame.
const VERSION: usize = 21;

/// How a hop finds the end of what it is told. A realm and the length of a TLV payload are the same
/// byte, so that nobody can tell all frames from all payloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Realms 0 and 1 are frames, all else a payload: BOLT 4 from 2019 to 2022, but for realm 1,
    /// which it reserved.
    #[default]
    Either,
    /// Frames, of any realm: BOLT 4 until 2019, and the mail of 2018.
    Frames,
    /// TLV payloads: BOLT 4 today.
    Tlv,
}

/// The bytes that one hop takes off the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// How many, the hmac included.
    pub(super) size: usize,
    /// Offset of the hmac.
    pub(super) hmac: usize,
    /// Legacy frames, and no payload.
    pub(super) frames: bool,
}

impl Framing {
    /// Finds the end of what is told at the front of `clear`.
    pub(super) fn span(self, clear: &[u8]) -> Result<Span, Error> {
        let frames = match self {
            Self::Either => clear.first().is_some_and(|realm| *realm <= 1),
            Self::Frames => true,
            Self::Tlv => false,
        };
        if frames { Ok(frames_span(clear)) } else { payload_span(clear) }
    }
}

/// One frame, or two if the first is the last hop's and says that there is an EOB.
fn frames_span(clear: &[u8]) -> Span {
    let hmac = FRAME_BYTES - HMAC_BYTES;
    let is_final = clear[hmac..FRAME_BYTES] == [0; HMAC_BYTES];
    let size = if is_final && clear[VERSION] != 0 { FINAL_HOP_BYTES_MAX } else { FRAME_BYTES };
    Span { size, hmac, frames: true }
}

/// A BigSize length, so many bytes, an hmac.
fn payload_span(clear: &[u8]) -> Result<Span, Error> {
    let field = Field::PayloadLength;
    let mut cursor = Cursor::new(clear, NoVisitor);
    let length = cursor.bigsize(field)?;
    if length < 2 {
        return Err(Error::ReservedLength { length });
    }
    let (size, left) = (cursor.offset(), cursor.left().saturating_sub(HMAC_BYTES));
    match usize::try_from(length) {
        Ok(length) if length <= left => {
            let hmac = size + length;
            Ok(Span { size: hmac + HMAC_BYTES, hmac, frames: false })
        }
        _ => {
            let fault = Fault::PastEnd { field, length, left };
            Err(EobError { offset: 0, size, fault }.into())
        }
    }
}

const _: () = assert!(FINAL_HOP_BYTES_MAX <= ROUTING_BYTES);
