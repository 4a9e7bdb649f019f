//! Records that are not ours, kept so that a payload is written as it was read.

use core::{
    fmt,
    iter::{self, Peekable},
};

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{Field, NoVisitor},
    tlv::{
        known::Known,
        walk::{Walk, pass_over},
    },
    writer::Writer,
};

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
    /// The first fault in the order of the bytes.
    pub fn new(stream: &'a [u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(stream, NoVisitor);
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
        let mut cursor = Cursor::new(self.stream, NoVisitor);
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
