//! What a forwarding hop is told. It is read so that an AMP record in it is named as what it is.

use ammeter_core::types::Msat;

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, NoVisitor, Visitor},
    size::SHORT_CHANNEL_ID_BYTES,
    tlv::{
        extra::{Extra, Merge},
        instruction::{self, Instruction, missing},
        known::Known,
        walk::{Walk, check_length, pass_over},
    },
    writer::Writer,
};

/// A forwarding hop's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward<'a> {
    /// What to forward.
    pub amount_msat: Msat,
    /// When the outgoing HTLC expires.
    pub cltv_expiry: u32,
    /// Where to.
    pub short_channel_id: u64,
    /// Records that are not ours.
    pub extra: Extra<'a>,
}

impl<'a> Forward<'a> {
    /// Reads a stream of records without the length in front of it and the hmac behind it, as a
    /// node that has peeled its onion holds it.
    ///
    /// # Errors
    /// The first fault in the order of the bytes.
    pub fn decode_stream(stream: &'a [u8]) -> Result<Self, Error> {
        Self::read_stream(&mut Cursor::new(stream, NoVisitor))
    }

    fn read_stream<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let start = cursor.offset();
        let mut walk = Walk::refusing(&[Known::PaymentData, Known::Amp]);
        let mut instruction = Instruction::default();
        let mut channel = None;
        while let Some(header) = walk.enter(cursor)? {
            match header.known() {
                // The walk has refused these two.
                None | Some(Known::PaymentData | Known::Amp) => pass_over(cursor)?,
                Some(Known::Amount) => instruction.read_amount(cursor)?,
                Some(Known::Cltv) => instruction.read_cltv(cursor)?,
                Some(record @ Known::ShortChannelId) => {
                    let length = SHORT_CHANNEL_ID_BYTES as u64;
                    check_length(cursor, record, length..=length)?;
                    channel = Some(cursor.u64(Field::ShortChannelId)?);
                }
            }
            header.leave(cursor)?;
        }
        let (amount_msat, cltv_expiry) = instruction.both(cursor)?;
        let short_channel_id = channel.ok_or_else(|| missing(cursor, Known::ShortChannelId))?;
        Ok(Self {
            amount_msat,
            cltv_expiry,
            short_channel_id,
            extra: Extra::walked(cursor.since(start)),
        })
    }

    /// Writes the stream of records, without the length and the hmac.
    pub fn write_stream(&self, writer: &mut Writer<'_>) {
        let mut merge = Merge::new(self.extra.iter());
        instruction::write((self.amount_msat, self.cltv_expiry), &mut merge, writer);
        merge.known(writer, Known::ShortChannelId, SHORT_CHANNEL_ID_BYTES);
        writer.u64(self.short_channel_id);
        merge.finish(writer);
    }
}
