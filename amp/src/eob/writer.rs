//! Writes fields into a caller's buffer.

use core::fmt;

/// A buffer and how much has been written. It counts on past the buffer's end, so that one pass
/// both writes and tells how much room would have been enough.
#[derive(Debug)]
pub struct Writer<'b> {
    target: &'b mut [u8],
    written: usize,
}

impl<'b> Writer<'b> {
    /// At the start of `target`.
    #[inline]
    pub const fn new(target: &'b mut [u8]) -> Self {
        Self { target, written: 0 }
    }

    /// Only counts.
    #[must_use]
    pub const fn counter() -> Writer<'static> {
        Writer { target: &mut [], written: 0 }
    }

    /// How many bytes were written, or would have been.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.written
    }

    /// These bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.written + bytes.len();
        if let Some(target) = self.target.get_mut(self.written..end) {
            target.copy_from_slice(bytes);
        }
        self.written = end;
    }

    /// One byte.
    #[inline]
    pub fn u8(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    /// Four bytes, big endian.
    #[inline]
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Eight bytes, big endian.
    #[inline]
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// `size` zero bytes.
    #[inline]
    pub fn zeros(&mut self, size: usize) {
        let end = self.written + size;
        if let Some(target) = self.target.get_mut(self.written..end) {
            target.fill(0);
        }
        self.written = end;
    }

    /// A BigSize in its shortest form.
    pub fn bigsize(&mut self, value: u64) {
        match value {
            0..0xfd => self.u8(value as u8),
            0xfd..0x1_0000 => {
                self.u8(0xfd);
                self.bytes(&(value as u16).to_be_bytes());
            }
            0x1_0000..0x1_0000_0000 => {
                self.u8(0xfe);
                self.u32(value as u32);
            }
            _ => {
                self.u8(0xff);
                self.u64(value);
            }
        }
    }

    /// A truncated integer: no leading zero byte, and so nothing at all for zero.
    pub fn truncated_integer(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes()[8 - truncated_size(value)..]);
    }

    /// What was written.
    ///
    /// # Errors
    /// [`WriteError`] if the buffer's end was passed.
    pub fn finish(self) -> Result<&'b mut [u8], WriteError> {
        let Self { target, written } = self;
        let room = target.len();
        target.get_mut(..written).ok_or(WriteError { needed: written, room })
    }
}

/// Bytes of a truncated integer: 0..=8.
#[must_use]
pub const fn truncated_size(value: u64) -> usize {
    8 - value.leading_zeros() as usize / 8
}

/// A message does not fit the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteError {
    /// Bytes of the message.
    pub needed: usize,
    /// Bytes of the buffer.
    pub room: usize,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message of {} bytes does not fit {} bytes", self.needed, self.room)
    }
}

impl core::error::Error for WriteError {}
