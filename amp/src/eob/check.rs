//! What a parser promises, as a function of any bytes: for tests, and for whoever fuzzes this
//! crate.

use core::fmt;

use crate::eob::{
    error::Error,
    message::Message,
    writer::{WriteError, Writer},
};

/// A promise that a parser or writer broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckError {
    /// An error names bytes that the input does not have.
    Outside(Error),
    /// What was accepted is written as other bytes, the first of them here.
    Bytes {
        /// The first offset at which they differ.
        offset: usize,
    },
    /// What was written is read as another value, or not at all.
    Value,
    /// The size that was announced is not the size that was written.
    Size {
        /// Announced.
        announced: usize,
        /// Written.
        written: usize,
    },
    /// The buffer is too small for this check.
    WriteError(WriteError),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(error) => write!(f, "an error lies outside the input: {error}"),
            Self::Bytes { offset } => {
                write!(f, "accepted bytes are written differently from offset {offset} on")
            }
            Self::Value => f.write_str("a written value is not read back as it was"),
            Self::Size { announced, written } => {
                write!(f, "{announced} bytes were announced and {written} written")
            }
            Self::WriteError(no_room) => no_room.fmt(f),
        }
    }
}

impl core::error::Error for CheckError {}

/// Reads `input`: either an error inside it, or a value that is written as exactly these bytes and
/// read back as itself. `buffer` takes the written bytes; the input's length is enough.
///
/// # Errors
/// [`CheckError`] names the promise.
pub fn check_exact<'a, T: Message<'a> + PartialEq>(
    input: &'a [u8],
    buffer: &'a mut [u8],
) -> Result<Result<T, Error>, CheckError> {
    match T::decode(input) {
        Ok(value) => {
            let written = check_value(&value, buffer)?;
            if written == input {
                return Ok(Ok(value));
            }
            let same = written.iter().zip(input).take_while(|(ours, theirs)| ours == theirs);
            Err(CheckError::Bytes { offset: same.count() })
        }
        Err(error) if error.offset + error.size > input.len() => Err(CheckError::Outside(error)),
        Err(error) => Ok(Err(error)),
    }
}

/// Writes `value` and reads it back; gives what was written.
///
/// # Errors
/// [`CheckError`] names the promise.
pub fn check_value<'a, T: Message<'a> + PartialEq>(
    value: &T,
    buffer: &'a mut [u8],
) -> Result<&'a [u8], CheckError> {
    let mut writer = Writer::new(buffer);
    value.write(&mut writer);
    let (announced, written) = (value.size(), writer.written());
    if announced != written {
        return Err(CheckError::Size { announced, written });
    }
    let bytes: &'a [u8] = writer.finish().map_err(CheckError::WriteError)?;
    if T::decode(bytes).as_ref() == Ok(value) { Ok(bytes) } else { Err(CheckError::Value) }
}
