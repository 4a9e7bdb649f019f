//! Promise: hexadecimal is read digit by digit, and an error names the place.

use ammeter_core::hex::{Error, decode32};

#[test]
fn every_digit_has_its_value() {
    for (digit, value) in b"0123456789abcdef".iter().zip(0u8..) {
        for digit in [*digit, digit.to_ascii_uppercase()] {
            let expected = value << 4 | value;
            assert_eq!(decode32(&[digit; 64]), Ok([expected; 32]), "{}", digit as char);
        }
    }
}

#[test]
fn errors_name_the_place() {
    assert_eq!(decode32(b"0g"), Err(Error::Digit { offset: 1 }));
    assert_eq!(decode32(&[b'0'; 62]), Err(Error::Length { digits: 62, expected: 64 }));
    assert_eq!(decode32(&[b'0'; 63]), Err(Error::Odd { digits: 63 }));
    assert_eq!(decode32(&[b'f'; 64]), Ok([0xff; 32]));
}
