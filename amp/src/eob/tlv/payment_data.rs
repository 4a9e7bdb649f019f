//! Record 8: which invoice a part pays, and how much all parts pay together.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, NoVisitor, Visitor},
    tlv::{known::Known, walk::check_length},
    writer::{Writer, truncated_size},
};
use ammeter_core::types::{BYTES, Msat, PaymentSecret};

/// The lengths that the record can have: the secret, and a tu64.
const LENGTHS: core::ops::RangeInclusive<u64> = BYTES as u64..=BYTES as u64 + 8;

/// The secret that the invoice told the sender, and the amount of all parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentData<'a> {
    /// Proves that the sender knows the invoice.
    pub payment_secret: &'a PaymentSecret,
    /// What all parts pay together.
    pub total_msat: Msat,
}

impl<'a> PaymentData<'a> {
    /// Reads the record's value by itself.
    ///
    /// # Errors
    /// [`RecordLength`](crate::eob::Fault::RecordLength),
    /// [`NotMinimal`](crate::eob::Fault::NotMinimal).
    pub fn decode(value: &'a [u8]) -> Result<Self, Error> {
        Self::read(&mut Cursor::new(value, NoVisitor))
    }

    /// Reads all that is left.
    pub(super) fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        check_length(cursor, Known::PaymentData, LENGTHS)?;
        let payment_secret = PaymentSecret::wrap_ref(cursor.array(Field::PaymentSecret)?);
        let total_msat = Msat(cursor.truncated_integer(Field::TotalAmount)?);
        Ok(Self { payment_secret, total_msat })
    }

    /// Length in bytes of the record's value.
    pub(super) const fn length(&self) -> usize {
        BYTES + truncated_size(self.total_msat.0)
    }

    /// Writes the record's value by itself.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.payment_secret.0);
        writer.truncated_integer(self.total_msat.0);
    }
}
