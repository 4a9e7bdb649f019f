//! Hexadecimal in and out, with errors that say where.

use core::fmt;

/// Why a text is not the hexadecimal that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The number of digits is wrong.
    Length {
        /// How many there are.
        digits: usize,
        /// How many there should be.
        expected: usize,
    },
    /// Half a byte is left over.
    Odd {
        /// How many digits there are.
        digits: usize,
    },
    /// A character is not a hexadecimal digit.
    Digit {
        /// Its offset, counted in bytes from the start of the text.
        offset: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { digits, expected } => write!(
                f,
                "{digits} hexadecimal digits where {expected} ({} bytes) are needed",
                expected / 2
            ),
            Self::Odd { digits } => {
                write!(f, "{digits} hexadecimal digits; bytes have two digits each")
            }
            Self::Digit { offset } => write!(f, "not a hexadecimal digit at offset {offset}"),
        }
    }
}

impl core::error::Error for Error {}

/// Reads exactly 64 digits into 32 bytes.
///
/// # Errors
/// A wrong digit is named before a wrong length, because the digit is the likelier slip.
pub fn decode32(text: &[u8]) -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    decode(text, &mut bytes)?;
    Ok(bytes)
}

/// Reads two digits a byte, as many as `target` has room for.
///
/// # Errors
/// A wrong digit is named before a wrong length.
pub fn decode(text: &[u8], target: &mut [u8]) -> Result<(), Error> {
    if let Some(offset) = text.iter().position(|byte| !byte.is_ascii_hexdigit()) {
        return Err(Error::Digit { offset });
    }
    let (digits, expected) = (text.len(), 2 * target.len());
    if !digits.is_multiple_of(2) {
        return Err(Error::Odd { digits });
    }
    if digits != expected {
        return Err(Error::Length { digits, expected });
    }
    for (byte, pair) in target.iter_mut().zip(text.chunks_exact(2)) {
        *byte = value(pair[0]) << 4 | value(pair[1]);
    }
    Ok(())
}

/// Without a branch or a table index on the digit: what is read may be a secret.
fn value(digit: u8) -> u8 {
    (digit & 0x0f) + 9 * (digit >> 6)
}

/// Writes two lower-case digits a byte.
///
/// # Errors
/// Those of the formatter.
pub fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
