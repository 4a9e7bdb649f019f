//! Version 1: the number of parts is known, and a part may carry several shares folded into one.

use bytemuck::TransparentWrapper;

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, Visitor},
    second_frame::SecondFrame,
    writer::Writer,
};
use ammeter_core::types::{PaymentId, Share};

/// The padding behind the weight.
const RESERVED_BYTES: usize = 3;
/// Length in bytes of n, and of the weight.
const COUNT_BYTES: usize = 4;

/// How many shares one part carries, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    /// n, at least 1.
    pub part_count: u32,
    /// `1..=n`; 1 is a share as it was made.
    pub weight: u32,
}

impl Folded {
    const fn check(self) -> Result<Self, Fault> {
        let Self { part_count, weight } = self;
        match weight {
            _ if part_count == 0 => Err(Fault::NoParts),
            0 => Err(Fault::NoWeight),
            _ if weight > part_count => Err(Fault::WeightAboveParts { weight, part_count }),
            _ => Ok(self),
        }
    }
}

/// One part of n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basic<'a> {
    folded: Folded,
    id: &'a PaymentId,
    share: &'a Share,
}

impl<'a> Basic<'a> {
    /// A part that carries `folded.weight` of `folded.part_count` shares.
    ///
    /// # Errors
    /// [`Fault::NoParts`], [`Fault::NoWeight`], [`Fault::WeightAboveParts`].
    pub const fn new(folded: Folded, id: &'a PaymentId, share: &'a Share) -> Result<Self, Fault> {
        match folded.check() {
            Ok(folded) => Ok(Self { folded, id, share }),
            Err(fault) => Err(fault),
        }
    }

    /// n: the weights of a complete set add up to it. At least 1.
    #[must_use]
    pub const fn part_count(&self) -> u32 {
        self.folded.part_count
    }

    /// How many shares are folded into this one: `1..=n`.
    #[must_use]
    pub const fn weight(&self) -> u32 {
        self.folded.weight
    }

    /// Names the payment.
    #[must_use]
    pub const fn id(&self) -> &'a PaymentId {
        self.id
    }

    /// s_i, or the XOR of `weight` of them.
    #[must_use]
    pub const fn share(&self) -> &'a Share {
        self.share
    }

    #[inline]
    pub(super) fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let offset = cursor.offset();
        let part_count = cursor.u32(Field::PartCount)?;
        // Before the weight is looked at: faults come in the order of the bytes.
        if part_count == 0 {
            return Err(Error { offset, size: COUNT_BYTES, fault: Fault::NoParts });
        }
        let weight = cursor.u32(Field::Weight)?;
        let folded = Folded { part_count, weight }.check().map_err(|fault| Error {
            offset: offset + COUNT_BYTES,
            size: COUNT_BYTES,
            fault,
        })?;
        cursor.zeros::<RESERVED_BYTES>(Field::Padding)?;
        let SecondFrame { name, share } = SecondFrame::read(cursor, Field::PaymentId)?;
        Ok(Self { folded, id: PaymentId::wrap_ref(name), share })
    }

    #[inline]
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.folded.part_count);
        writer.u32(self.folded.weight);
        writer.zeros(RESERVED_BYTES);
        SecondFrame { name: self.id.as_bytes(), share: self.share }.write(writer);
    }
}
