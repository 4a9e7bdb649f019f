//! Version 4: a failed part is split in two, and each half knows its place in the tree.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, Visitor},
    second_frame::SecondFrame,
    writer::Writer,
};
use ammeter_core::types::{PaymentId, Share};

/// The padding behind the index.
const RESERVED_BYTES: usize = 10;

/// One leaf of the tree of splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tree<'a> {
    /// Which child of the seed claims it.
    pub index: u8,
    /// Names the payment.
    pub id: &'a PaymentId,
    /// A share of the seed.
    pub share: &'a Share,
}

impl<'a> Tree<'a> {
    #[inline]
    pub(super) fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let index = cursor.u8(Field::ChildIndex)?;
        cursor.zeros::<RESERVED_BYTES>(Field::Padding)?;
        let SecondFrame { name, share } = SecondFrame::read(cursor, Field::PaymentId)?;
        Ok(Self { index, id: PaymentId::wrap_ref(name), share })
    }

    #[inline]
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u8(self.index);
        writer.zeros(RESERVED_BYTES);
        SecondFrame { name: self.id.as_bytes(), share: self.share }.write(writer);
    }
}
