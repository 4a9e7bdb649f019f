//! Reads fields off the front of bytes that a stranger sent.
//!
//! All indexing of the input happens in this room. Nothing here allocates, and a length is compared
//! with what is left before anything is done with it.

use crate::eob::{
    error::{Error, Fault},
    field::{Field, NoVisitor, Visitor},
};
use ammeter_core::types::Msat;

/// A place in the input, and the end that reading must not cross.
#[derive(Debug)]
pub struct Cursor<'a, W = NoVisitor> {
    input: &'a [u8],
    offset: usize,
    /// At most the input's length; never below `offset`.
    end: usize,
    visitor: W,
}

impl<'a, W: Visitor> Cursor<'a, W> {
    /// At the start of `input`; `visitor` is told of every field that is read.
    #[inline]
    pub const fn new(input: &'a [u8], visitor: W) -> Self {
        Self { input, offset: 0, end: input.len(), visitor }
    }

    /// How many bytes have been read.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// How many bytes are left.
    #[inline]
    #[must_use]
    pub const fn left(&self) -> usize {
        self.end - self.offset
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Fault::Truncated`].
    #[inline]
    pub fn array<const N: usize>(&mut self, field: Field) -> Result<&'a [u8; N], Error> {
        match self.input[self.offset..self.end].first_chunk() {
            Some(bytes) => {
                self.pass(field, N);
                Ok(bytes)
            }
            None => Err(self.truncated(field, N)),
        }
    }

    /// The next `size` bytes.
    ///
    /// # Errors
    /// [`Fault::Truncated`].
    #[inline]
    pub fn bytes(&mut self, field: Field, size: usize) -> Result<&'a [u8], Error> {
        match self.input[self.offset..self.end].get(..size) {
            Some(bytes) => {
                self.pass(field, size);
                Ok(bytes)
            }
            None => Err(self.truncated(field, size)),
        }
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Fault::Truncated`].
    #[inline]
    pub fn u8(&mut self, field: Field) -> Result<u8, Error> {
        self.array(field).map(|&[byte]| byte)
    }

    /// Four bytes, big endian.
    ///
    /// # Errors
    /// [`Fault::Truncated`].
    #[inline]
    pub fn u32(&mut self, field: Field) -> Result<u32, Error> {
        self.array(field).copied().map(u32::from_be_bytes)
    }

    /// Eight bytes, big endian.
    ///
    /// # Errors
    /// [`Fault::Truncated`].
    #[inline]
    pub fn u64(&mut self, field: Field) -> Result<u64, Error> {
        self.array(field).copied().map(u64::from_be_bytes)
    }

    /// An amount of eight bytes.
    ///
    /// # Errors
    /// [`Fault::Truncated`].
    #[inline]
    pub fn msat(&mut self, field: Field) -> Result<Msat, Error> {
        self.u64(field).map(Msat)
    }

    /// `N` bytes that must be zero.
    ///
    /// # Errors
    /// [`Fault::NotZero`] at the first that is not; [`Fault::Truncated`] if all that are there are.
    #[inline]
    pub fn zeros<const N: usize>(&mut self, field: Field) -> Result<(), Error> {
        let start = self.offset;
        match self.array::<N>(field) {
            Ok(bytes) if *bytes == [0; N] => Ok(()),
            Ok(bytes) => not_zero(field, start, bytes).map_or(Ok(()), Err),
            Err(cut_off) => Err(self.not_zero_in_front_of(cut_off, field)),
        }
    }

    /// `size` bytes that must be zero.
    ///
    /// # Errors
    /// Those of [`zeros`](Self::zeros).
    #[inline]
    pub fn zero_bytes(&mut self, field: Field, size: usize) -> Result<(), Error> {
        let start = self.offset;
        match self.bytes(field, size) {
            Ok(bytes) => not_zero(field, start, bytes).map_or(Ok(()), Err),
            Err(cut_off) => Err(self.not_zero_in_front_of(cut_off, field)),
        }
    }

    /// A BigSize (BOLT 1): one byte, or a marker and 2, 4 or 8 bytes; the shortest form only.
    ///
    /// # Errors
    /// [`Fault::NotMinimal`], [`Fault::Truncated`].
    pub fn bigsize(&mut self, field: Field) -> Result<u64, Error> {
        let start = self.offset;
        let left = &self.input[start..self.end];
        let (value, size, least) = match left.first() {
            None => return Err(self.truncated(field, 1)),
            Some(0xfd) => (tail(left).map(|b| u64::from(u16::from_be_bytes(b))), 3, 0xfd),
            Some(0xfe) => (tail(left).map(|b| u64::from(u32::from_be_bytes(b))), 5, 1 << 16),
            Some(0xff) => (tail(left).map(u64::from_be_bytes), 9, 1 << 32),
            Some(byte) => (Some(u64::from(*byte)), 1, 0),
        };
        let Some(value) = value else { return Err(self.truncated(field, size)) };
        self.pass(field, size);
        if value < least {
            return Err(Error { offset: start, size, fault: Fault::NotMinimal { field } });
        }
        Ok(value)
    }

    /// A truncated integer (BOLT 1: tu32, tu64) that fills all that is left, of which the caller
    /// has checked that it is at most eight bytes; no leading zero byte.
    ///
    /// # Errors
    /// [`Fault::NotMinimal`].
    pub fn truncated_integer(&mut self, field: Field) -> Result<u64, Error> {
        let start = self.offset;
        let bytes = self.bytes(field, self.left())?;
        let size = bytes.iter().take_while(|byte| **byte == 0).count();
        if size > 0 {
            return Err(Error { offset: start, size, fault: Fault::NotMinimal { field } });
        }
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// Moves the end to `size` bytes from here and gives back the old one, for
    /// [`widen`](Self::widen). `None` if fewer are left.
    pub fn narrow(&mut self, size: u64) -> Option<End> {
        let size = usize::try_from(size).ok().filter(|size| *size <= self.left())?;
        let end = End(self.end);
        self.end = self.offset + size;
        Some(end)
    }

    /// Moves the end back.
    ///
    /// # Errors
    /// [`Fault::Trailing`] if something before the narrow end has not been read.
    pub fn widen(&mut self, end: End) -> Result<(), Error> {
        self.finish()?;
        self.end = end.0;
        Ok(())
    }

    /// The next `size` bytes, without reading them.
    #[must_use]
    pub fn peek(&self, size: usize) -> Option<&'a [u8]> {
        self.input[self.offset..self.end].get(..size)
    }

    /// What has been read since `offset` was the cursor's.
    ///
    /// # Panics
    /// If `offset` never was the cursor's.
    #[must_use]
    pub fn since(&self, offset: usize) -> &'a [u8] {
        &self.input[offset..self.offset]
    }

    /// Everything has been read.
    ///
    /// # Errors
    /// [`Fault::Trailing`] if not.
    #[inline]
    pub fn finish(&self) -> Result<(), Error> {
        match self.left() {
            0 => Ok(()),
            count => {
                let fault = Fault::Trailing { count };
                Err(Error { offset: self.offset, size: count, fault })
            }
        }
    }

    #[inline(always)]
    fn pass(&mut self, field: Field, size: usize) {
        let start = self.offset;
        self.offset += size;
        self.visitor.saw(field, start..self.offset);
    }

    /// Zeros that are cut off may be wrong before they end, and that comes first.
    #[cold]
    fn not_zero_in_front_of(&self, cut_off: Error, field: Field) -> Error {
        not_zero(field, self.offset, &self.input[self.offset..self.end]).unwrap_or(cut_off)
    }

    #[cold]
    fn truncated(&self, field: Field, size: usize) -> Error {
        let missing = size - self.left();
        Error { offset: self.end, size: 0, fault: Fault::Truncated { field, missing } }
    }
}

/// An end that was moved.
#[derive(Debug)]
#[must_use = "the cursor stays narrow until it is widened"]
pub struct End(usize);

/// The `N` bytes behind the first.
fn tail<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.get(1..)?.first_chunk().copied()
}

/// Names the first byte of `bytes` that is not zero.
fn not_zero(field: Field, start: usize, bytes: &[u8]) -> Option<Error> {
    let (position, byte) = bytes.iter().enumerate().find(|(_, byte)| **byte != 0)?;
    let fault = Fault::NotZero { field, byte: *byte };
    Some(Error { offset: start + position, size: 1, fault })
}
