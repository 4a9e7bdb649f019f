//! Records in strictly increasing order of their types, and those among them that are not ours.

use core::{
    fmt,
    iter::{self, Peekable},
    ops::RangeInclusive,
};

use crate::eob::{
    cursor::{Cursor, End},
    error::{Error, Fault},
    field::{Field, Nobody, Witness},
    writer::Writer,
};

/// Types from here on are not assigned by the specification: anybody may use them, even or odd.
const CUSTOM_FIRST: u64 = 65536;

/// A record that this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Known {
    /// amt_to_forward: tu64.
    Amount = 2,
    /// outgoing_cltv_value: tu32.
    Cltv = 4,
    /// short_channel_id: 8 bytes; a forwarding hop's only.
    ShortChannelId = 6,
    /// payment_data: 32 bytes and a tu64; the final hop's only.
    PaymentData = 8,
    /// AMP: 64 bytes and a tu32; the final hop's only.
    Amp = 14,
}

impl Known {
    /// All, in the order of their types.
    pub const ALL: [Self; 5] =
        [Self::Amount, Self::Cltv, Self::ShortChannelId, Self::PaymentData, Self::Amp];

    /// The number on the wire.
    #[must_use]
    pub const fn kind(self) -> u64 {
        self as u64
    }

    /// What BOLT 4 calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amount => "amt_to_forward",
            Self::Cltv => "outgoing_cltv_value",
            Self::ShortChannelId => "short_channel_id",
            Self::PaymentData => "payment_data",
            Self::Amp => "AMP",
        }
    }

    fn of(kind: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.kind() == kind)
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

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
}

impl Walk {
    /// The next record, the cursor at its value and narrowed to it; `None` at the end of the
    /// stream.
    pub(super) fn enter<W: Witness>(
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
    pub(super) fn leave<W: Witness>(self, cursor: &mut Cursor<'_, W>) -> Result<(), Error> {
        cursor.widen(self.end)
    }

    /// A fault of the record as such, from its type to where the cursor is.
    pub(super) fn fault<W: Witness>(&self, cursor: &Cursor<'_, W>, fault: Fault) -> Error {
        Error { offset: self.start, size: cursor.offset() - self.start, fault }
    }
}

/// Reads a BigSize length and narrows the cursor to that many bytes. Nothing is done with a length
/// that is longer than what is left, so that a huge one costs nothing.
pub(super) fn narrow<W: Witness>(cursor: &mut Cursor<'_, W>, field: Field) -> Result<End, Error> {
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
pub(super) fn check_length<W: Witness>(
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
pub(super) fn pass_over<W: Witness>(cursor: &mut Cursor<'_, W>) -> Result<(), Error> {
    cursor.bytes(Field::RecordValue, cursor.left()).map(|_| ())
}

/// A record that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its type: odd, or at least 65536.
    pub kind: u64,
    /// Its value.
    pub value: &'a [u8],
}

/// The records of a stream that are not ours, kept so that a payload is written as it was read.
#[derive(Clone, Copy, Default)]
pub struct Extra<'a> {
    /// Well-formed; may hold records of known types, which are passed over.
    stream: &'a [u8],
}

impl<'a> Extra<'a> {
    /// None.
    pub const NONE: Self = Self { stream: &[] };

    /// The records of `stream`; those of known types are passed over.
    ///
    /// # Errors
    /// [`Fault::TypeOrder`], [`Fault::UnknownEven`], [`Fault::PastEnd`], [`Fault::NotMinimal`],
    /// [`Fault::Truncated`].
    pub fn new(stream: &'a [u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(stream, Nobody);
        let mut walk = Walk::default();
        while let Some(header) = walk.enter(&mut cursor)? {
            pass_over(&mut cursor)?;
            header.leave(&mut cursor)?;
        }
        Ok(Self { stream })
    }

    /// `stream` has been walked to its end.
    pub(super) const fn walked(stream: &'a [u8]) -> Self {
        Self { stream }
    }

    /// In the order of their types.
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut cursor = Cursor::new(self.stream, Nobody);
        iter::from_fn(move || {
            // The stream was walked before, so that nothing here can fail.
            let mut walk = Walk::default();
            let header = walk.enter(&mut cursor).ok()??;
            let value = cursor.bytes(Field::RecordValue, cursor.left()).ok()?;
            let (kind, known) = (header.kind, header.known());
            header.leave(&mut cursor).ok()?;
            Some((known, Record { kind, value }))
        })
        .filter_map(|(known, record)| known.is_none().then_some(record))
    }
}

impl PartialEq for Extra<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Extra<'_> {}

impl fmt::Debug for Extra<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Writes known records in the order of their types, and each extra one where it belongs.
pub(super) struct Merge<I: Iterator> {
    extra: Peekable<I>,
}

impl<'a, I: Iterator<Item = Record<'a>>> Merge<I> {
    pub(super) fn new(extra: I) -> Self {
        Self { extra: extra.peekable() }
    }

    /// The head of a known record, behind the extra records that belong in front of it.
    pub(super) fn known(&mut self, writer: &mut Writer<'_>, record: Known, length: usize) {
        while let Some(extra) = self.extra.next_if(|extra| extra.kind < record.kind()) {
            write_extra(writer, extra);
        }
        writer.bigsize(record.kind());
        writer.bigsize(length as u64);
    }

    /// The extra records that are left.
    pub(super) fn finish(self, writer: &mut Writer<'_>) {
        self.extra.for_each(|extra| write_extra(writer, extra));
    }
}

fn write_extra(writer: &mut Writer<'_>, Record { kind, value }: Record<'_>) {
    writer.bigsize(kind);
    writer.bigsize(value.len() as u64);
    writer.bytes(value);
}
