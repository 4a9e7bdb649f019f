//! Record 14: what makes a part atomic.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, NoVisitor, Visitor},
    tlv::{known::Known, walk::check_length},
    writer::{Writer, truncated_size},
};
use ammeter_core::types::{BYTES, PaymentId, Share};

/// Length in bytes of the record without the child index, a tu32.
const FIXED_BYTES: usize = 2 * BYTES;
/// The lengths that the record can have.
const LENGTHS: core::ops::RangeInclusive<u64> = FIXED_BYTES as u64..=FIXED_BYTES as u64 + 4;

/// The root share, the set and the child of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amp<'a> {
    share: &'a Share,
    set_id: &'a PaymentId,
    child_index: u32,
}

impl<'a> Amp<'a> {
    /// One part.
    ///
    /// # Errors
    /// [`Fault::ZeroSetId`].
    pub fn new(share: &'a Share, set_id: &'a PaymentId, child_index: u32) -> Result<Self, Fault> {
        if *set_id == PaymentId::ZERO {
            return Err(Fault::ZeroSetId);
        }
        Ok(Self { share, set_id, child_index })
    }

    /// s_i, a share of the root.
    #[must_use]
    pub const fn share(&self) -> &'a Share {
        self.share
    }

    /// Names the payment; not zero.
    #[must_use]
    pub const fn set_id(&self) -> &'a PaymentId {
        self.set_id
    }

    /// i, random in lnd.
    #[must_use]
    pub const fn child_index(&self) -> u32 {
        self.child_index
    }

    /// Reads the record's value by itself.
    ///
    /// # Errors
    /// [`Fault::RecordLength`], [`Fault::ZeroSetId`], [`Fault::NotMinimal`].
    pub fn decode(value: &'a [u8]) -> Result<Self, Error> {
        Self::read(&mut Cursor::new(value, NoVisitor))
    }

    /// Reads all that is left.
    pub(super) fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        check_length(cursor, Known::Amp, LENGTHS)?;
        let share = Share::wrap_ref(cursor.array(Field::Share)?);
        let offset = cursor.offset();
        let set_id = PaymentId::wrap_ref(cursor.array(Field::SetId)?);
        if *set_id == PaymentId::ZERO {
            return Err(Error { offset, size: BYTES, fault: Fault::ZeroSetId });
        }
        let child_index = cursor.truncated_integer(Field::ChildIndex)? as u32;
        Ok(Self { share, set_id, child_index })
    }

    /// Length in bytes of the record's value.
    pub(super) const fn length(&self) -> usize {
        FIXED_BYTES + truncated_size(self.child_index as u64)
    }

    /// Writes the record's value by itself.
    pub fn write(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.share.0);
        writer.bytes(&self.set_id.0);
        writer.truncated_integer(self.child_index.into());
    }
}
