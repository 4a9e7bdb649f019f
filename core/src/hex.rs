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
    if let Some(offset) = text.iter().position(|byte| !byte.is_ascii_hexdigit()) {
        return Err(Error::Digit { offset });
    }
    if text.len() != 64 {
        return Err(Error::Length { digits: text.len(), expected: 64 });
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = value(pair[0]) << 4 | value(pair[1]);
    }
    Ok(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_its_value() {
        for (digit, expected) in (b"0123456789abcdef").iter().zip(0..) {
            assert_eq!(value(*digit), expected);
            assert_eq!(value(digit.to_ascii_uppercase()), expected);
        }
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(decode32(b"0g"), Err(Error::Digit { offset: 1 }));
        assert_eq!(decode32(&[b'0'; 63]), Err(Error::Length { digits: 63, expected: 64 }));
        assert_eq!(decode32(&[b'f'; 64]), Ok([0xff; 32]));
    }
}
