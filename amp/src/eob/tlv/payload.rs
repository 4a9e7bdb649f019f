//! What the final hop is told.

use ammeter_core::types::Msat;

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, NoVisitor, Visitor},
    message::Message,
    size::HMAC_BYTES,
    tlv::{
        amp::Amp,
        extra::{Extra, Merge},
        instruction::{self, Instruction},
        known::Known,
        payment_data::PaymentData,
        walk::{Walk, narrow, pass_over},
    },
    writer::Writer,
};

/// The final hop's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// What the part is worth.
    pub amount_msat: Msat,
    /// When its HTLC expires.
    pub cltv_expiry: u32,
    /// What makes it a part of a payment.
    pub part: Option<Part<'a>>,
    /// Records that are not ours.
    pub extra: Extra<'a>,
}

/// A part of a payment. AMP without payment_data cannot be said with this type; lnd's parser reads
/// it, and its invoice registry refuses it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which payment.
    pub payment_data: PaymentData<'a>,
    /// What makes it an atomic one.
    pub amp: Option<Amp<'a>>,
}

impl<'a> Payload<'a> {
    /// Reads a stream of records without the length in front of it and the hmac behind it, as a
    /// node that has peeled its onion holds it.
    ///
    /// # Errors
    /// The first fault in the order of the bytes.
    pub fn decode_stream(stream: &'a [u8]) -> Result<Self, Error> {
        Self::read_stream(&mut Cursor::new(stream, NoVisitor))
    }

    /// Writes the stream of records, without the length and the hmac.
    pub fn write_stream(&self, writer: &mut Writer<'_>) {
        let mut merge = Merge::new(self.extra.iter());
        instruction::write((self.amount_msat, self.cltv_expiry), &mut merge, writer);
        if let Some(Part { payment_data, amp }) = &self.part {
            merge.known(writer, Known::PaymentData, payment_data.length());
            payment_data.write(writer);
            if let Some(amp) = amp {
                merge.known(writer, Known::Amp, amp.length());
                amp.write(writer);
            }
        }
        merge.finish(writer);
    }

    fn read_stream<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let start = cursor.offset();
        let mut walk = Walk::refusing(&[Known::ShortChannelId]);
        let mut instruction = Instruction::default();
        let (mut payment_data, mut amp) = (None, None);
        while let Some(header) = walk.enter(cursor)? {
            match header.known() {
                // The walk has refused the latter.
                None | Some(Known::ShortChannelId) => pass_over(cursor)?,
                Some(Known::Amount) => instruction.read_amount(cursor)?,
                Some(Known::Cltv) => instruction.read_cltv(cursor)?,
                Some(Known::PaymentData) => payment_data = Some(PaymentData::read(cursor)?),
                Some(Known::Amp) => {
                    amp = Some((Amp::read(cursor)?, header.fault(cursor, Fault::AmpAlone)));
                }
            }
            header.leave(cursor)?;
        }
        // What is missing is known only now.
        let (amount_msat, cltv_expiry) = instruction.both(cursor)?;
        let part = match (payment_data, amp) {
            (Some(payment_data), amp) => Some(Part { payment_data, amp: amp.map(|(amp, _)| amp) }),
            (None, Some((_, alone))) => return Err(alone),
            (None, None) => None,
        };
        let extra = Extra::walked(cursor.since(start));
        Ok(Self { amount_msat, cltv_expiry, part, extra })
    }
}

impl<'a> Message<'a> for Payload<'a> {
    fn decode(input: &'a [u8]) -> Result<Self, Error> {
        Self::decode_with(input, NoVisitor)
    }

    fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let end = narrow(cursor, Field::PayloadLength)?;
        let payload = Self::read_stream(cursor)?;
        cursor.widen(end)?;
        cursor.zeros::<HMAC_BYTES>(Field::Hmac)?;
        Ok(payload)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let mut counter = Writer::counter();
        self.write_stream(&mut counter);
        writer.bigsize(counter.written() as u64);
        self.write_stream(writer);
        writer.zeros(HMAC_BYTES);
    }
}
