//! Version 2: the sender learns n on the way, and says it as soon as it knows.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, Visitor},
    second_frame::SecondFrame,
    writer::Writer,
};
use ammeter_core::types::{PaymentId, Share};

/// The padding behind n.
const RESERVED_BYTES: usize = 7;

/// One part of a number that may not be known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptive<'a> {
    /// n, or 0 while the sender does not know it.
    pub part_count: u32,
    /// Names the payment.
    pub id: &'a PaymentId,
    /// s_i.
    pub share: &'a Share,
}

impl<'a> Adaptive<'a> {
    #[inline]
    pub(super) fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let part_count = cursor.u32(Field::PartCount)?;
        cursor.zeros::<RESERVED_BYTES>(Field::Padding)?;
        let SecondFrame { name, share } = SecondFrame::read(cursor, Field::PaymentId)?;
        Ok(Self { part_count, id: PaymentId::wrap_ref(name), share })
    }

    #[inline]
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.part_count);
        writer.zeros(RESERVED_BYTES);
        SecondFrame { name: self.id.as_bytes(), share: self.share }.write(writer);
    }
}
