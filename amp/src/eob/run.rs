//! A whole legacy onion in the clear: 20 frames, of which the first with a zero hmac is the final
//! hop's.

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, NoVisitor, Visitor},
    frame::FinalHop,
    message::Message,
    size::{FRAME_BYTES, HMAC_BYTES, RUN_BYTES, SHORT_CHANNEL_ID_BYTES},
    writer::Writer,
};

/// Length in bytes of a frame's padding, the version included.
const PADDING_BYTES: usize = 12;
/// Length in bytes of what a forwarding hop is told in front of the padding.
const INSTRUCTION_BYTES: usize = 1 + SHORT_CHANNEL_ID_BYTES + 8 + 4;

/// The frames of a route, and what fills the onion up behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    forwards: &'a [[u8; FRAME_BYTES]],
    /// What the last of them is told.
    pub final_hop: FinalHop<'a>,
    filler: &'a [u8],
}

impl<'a> Run<'a> {
    /// The frames in front of the final hop's. Their padding is zero and their hmac is not.
    #[must_use]
    pub const fn forwards(&self) -> &'a [[u8; FRAME_BYTES]] {
        self.forwards
    }

    /// What is behind the final hop's frames: any bytes.
    #[must_use]
    pub const fn filler(&self) -> &'a [u8] {
        self.filler
    }
}

impl<'a> Message<'a> for Run<'a> {
    fn decode(input: &'a [u8]) -> Result<Self, Error> {
        Self::decode_with(input, NoVisitor)
    }

    fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let (start, length) = (cursor.offset(), cursor.left());
        if length != RUN_BYTES {
            let fault = Fault::RunLength { length };
            return Err(Error { offset: start, size: length, fault });
        }
        while !at_final_frame(cursor) {
            if cursor.left() == 0 {
                return Err(Error { offset: start, size: length, fault: Fault::NoFinalFrame });
            }
            cursor.bytes(Field::ForwardFrame, INSTRUCTION_BYTES)?;
            cursor.zeros::<PADDING_BYTES>(Field::Padding)?;
            cursor.bytes(Field::Hmac, HMAC_BYTES)?;
        }
        let (forwards, _) = cursor.since(start).as_chunks();
        let final_hop = FinalHop::read(cursor)?;
        let filler = cursor.bytes(Field::Filler, cursor.left())?;
        Ok(Self { forwards, final_hop, filler })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.forwards.as_flattened());
        self.final_hop.write(writer);
        writer.bytes(self.filler);
    }
}

/// Whether the next frame's hmac is zero.
fn at_final_frame<W: Visitor>(cursor: &Cursor<'_, W>) -> bool {
    let frame = cursor.peek(FRAME_BYTES);
    frame.is_some_and(|frame| frame[FRAME_BYTES - HMAC_BYTES..] == [0; HMAC_BYTES])
}

const _: () = assert!(INSTRUCTION_BYTES + PADDING_BYTES + HMAC_BYTES == FRAME_BYTES);
