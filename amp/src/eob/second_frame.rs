//! What versions 1 to 4 have in common.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, Visitor},
    size::HMAC_BYTES,
    writer::Writer,
};
use ammeter_core::types::{BYTES, Share};

/// The zero hmac that ends the first frame, and a second frame of
/// 32 bytes that name something, 32 bytes of share and an unused byte.
#[derive(Clone, Copy)]
pub(super) struct SecondFrame<'a> {
    pub(super) name: &'a [u8; BYTES],
    pub(super) share: &'a Share,
}

impl<'a> SecondFrame<'a> {
    /// `field` is what the first 32 bytes are.
    #[inline]
    pub(super) fn read<W: Visitor>(
        cursor: &mut Cursor<'a, W>,
        field: Field,
    ) -> Result<Self, Error> {
        cursor.zeros::<HMAC_BYTES>(Field::Hmac)?;
        let name = cursor.array(field)?;
        let share = Share::wrap_ref(cursor.array(Field::Share)?);
        cursor.zeros::<1>(Field::UnusedByte)?;
        Ok(Self { name, share })
    }

    #[inline]
    pub(super) fn write(self, writer: &mut Writer<'_>) {
        writer.zeros(HMAC_BYTES);
        writer.bytes(self.name);
        writer.bytes(&self.share.0);
        writer.u8(0);
    }
}
