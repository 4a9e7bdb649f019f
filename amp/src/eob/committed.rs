//! Version 3: H(BP) tells the receiver when it has every share; no n is needed.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, Visitor},
    second_frame::SecondFrame,
    writer::Writer,
};
use ammeter_core::types::{Commitment, Share};

/// Length in bytes of this version's payment id.
pub const SHORT_ID_BYTES: usize = 11;

/// One part of a set that is complete when its XOR hashes to the commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<'a> {
    /// Names the payment, in the 11 bytes that the padding has to spare.
    pub id: &'a [u8; SHORT_ID_BYTES],
    /// H(BP).
    pub commitment: &'a Commitment,
    /// s_i.
    pub share: &'a Share,
}

impl<'a> Committed<'a> {
    #[inline]
    pub(super) fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let id = cursor.array(Field::PaymentId)?;
        let SecondFrame { name, share } = SecondFrame::read(cursor, Field::Commitment)?;
        Ok(Self { id, commitment: Commitment::wrap_ref(name), share })
    }

    #[inline]
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.id);
        SecondFrame { name: self.commitment.as_bytes(), share: self.share }.write(writer);
    }
}
