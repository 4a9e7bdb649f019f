//! From record to record, in strictly increasing order of their types.

use core::ops::RangeInclusive;

use crate::eob::{
    cursor::{Cursor, End},
    error::{Error, Fault},
    field::{Field, Visitor},
    tlv::known::Known,
};

/// Types from here on are not assigned by the specification: anybody may use them, even or odd.
const CUSTOM_FIRST: u64 = 65536;

/// Where a record is, and what it is; the cursor is at its value and ends with it.
pub(super) struct Header {
    /// Offset of its type.
    pub(super) start: usize,
    pub(super) kind: u64,
    known: Option<Known>,
    end: End,
}

/// Goes through the records of a stream.
#[derive(Default)]
pub(super) struct Walk {
    previous: Option<u64>,
    others: &'static [Known],
}

impl Walk {
    /// Refuses the records `others`, which another kind of hop gets, before it reads on.
    pub(super) const fn refusing(others: &'static [Known]) -> Self {
        Self { previous: None, others }
    }

    /// The next record, the cursor at its value and narrowed to it; `None` at the end of the
    /// stream.
    pub(super) fn enter<W: Visitor>(
        &mut self,
        cursor: &mut Cursor<'_, W>,
    ) -> Result<Option<Header>, Error> {
        if cursor.left() == 0 {
            return Ok(None);
        }
        let start = cursor.offset();
        let kind = cursor.bigsize(Field::RecordType)?;
        let size = cursor.offset() - start;
        if let Some(previous) = self.previous.filter(|previous| *previous >= kind) {
            let fault = Fault::TypeOrder { previous, found: kind };
            return Err(Error { offset: start, size, fault });
        }
        let known = Known::of(kind);
        if known.is_none() && kind.is_multiple_of(2) && kind < CUSTOM_FIRST {
            return Err(Error { offset: start, size, fault: Fault::UnknownEven { kind } });
        }
        if let Some(record) = known.filter(|known| self.others.contains(known)) {
            return Err(Error { offset: start, size, fault: Fault::WrongHop { record } });
        }
        self.previous = Some(kind);
        let end = narrow(cursor, Field::RecordLength)?;
        Ok(Some(Header { start, kind, known, end }))
    }
}

impl Header {
    pub(super) const fn known(&self) -> Option<Known> {
        self.known
    }

    /// The record has been read.
    pub(super) fn leave<W: Visitor>(self, cursor: &mut Cursor<'_, W>) -> Result<(), Error> {
        cursor.widen(self.end)
    }

    /// A fault of the record as such, from its type to where the cursor is.
    pub(super) fn fault<W: Visitor>(&self, cursor: &Cursor<'_, W>, fault: Fault) -> Error {
        Error { offset: self.start, size: cursor.offset() - self.start, fault }
    }
}

/// Reads a BigSize length and narrows the cursor to that many bytes. Nothing is done with a length
/// that is longer than what is left, so that a huge one costs nothing.
pub(super) fn narrow<W: Visitor>(cursor: &mut Cursor<'_, W>, field: Field) -> Result<End, Error> {
    let start = cursor.offset();
    let length = cursor.bigsize(field)?;
    let (size, left) = (cursor.offset() - start, cursor.left());
    cursor.narrow(length).ok_or(Error {
        offset: start,
        size,
        fault: Fault::PastEnd { field, length, left },
    })
}

/// Checks that what is left, the value of `record`, is of an allowed length.
pub(super) fn check_length<W: Visitor>(
    cursor: &Cursor<'_, W>,
    record: Known,
    allowed: RangeInclusive<u64>,
) -> Result<(), Error> {
    let length = cursor.left() as u64;
    if allowed.contains(&length) {
        return Ok(());
    }
    let fault = Fault::RecordLength { record, length, allowed };
    Err(Error { offset: cursor.offset(), size: cursor.left(), fault })
}

/// Passes over the value of a record that is not ours.
pub(super) fn pass_over<W: Visitor>(cursor: &mut Cursor<'_, W>) -> Result<(), Error> {
    cursor.bytes(Field::RecordValue, cursor.left()).map(|_| ())
}
