//! What every format can do: be read off bytes, and be written as exactly those bytes again.

use crate::eob::{
    cursor::Cursor,
    error::Error,
    field::{NoVisitor, Visitor},
    writer::{WriteError, Writer},
};

/// A message of some format, borrowed from the bytes that it was read from.
///
/// [`encode`](Self::encode) of what [`decode`](Self::decode) accepted gives the same bytes, and
/// `decode` of what `encode` wrote gives the same value.
pub trait Message<'a>: Sized {
    /// Reads a message off the front of what is left.
    ///
    /// # Errors
    /// The first fault in the order of the bytes.
    fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error>;

    /// Writes the message.
    fn write(&self, writer: &mut Writer<'_>);

    /// Reads a message that is all of `input`. Our formats say the same in their own words, so that
    /// they are compiled once, with the core, and not wherever they are read.
    ///
    /// # Errors
    /// The first fault in the order of the bytes.
    fn decode(input: &'a [u8]) -> Result<Self, Error> {
        Self::decode_with(input, NoVisitor)
    }

    /// The same before a visitor, who is told of each field in turn, up to the fault if there is
    /// one.
    ///
    /// # Errors
    /// Those of [`decode`](Self::decode).
    #[inline]
    fn decode_with(input: &'a [u8], visitor: impl Visitor) -> Result<Self, Error> {
        let mut cursor = Cursor::new(input, visitor);
        let message = Self::read(&mut cursor)?;
        cursor.finish()?;
        Ok(message)
    }

    /// How many bytes the message has.
    fn size(&self) -> usize {
        let mut counter = Writer::counter();
        self.write(&mut counter);
        counter.written()
    }

    /// Writes the message to the front of `target` and gives back what was written.
    ///
    /// # Errors
    /// [`WriteError`] says how long `target` must be.
    #[inline]
    fn encode<'b>(&self, target: &'b mut [u8]) -> Result<&'b mut [u8], WriteError> {
        let mut writer = Writer::new(target);
        self.write(&mut writer);
        writer.finish()
    }
}
