//! The vector files, and hexadecimal in them.

use serde_json::Value;

/// Values that our own second implementation made.
#[allow(dead_code)] // not every promise is about them
pub(crate) fn reference() -> Value {
    serde_json::from_str(include_str!("../../../vectors/reference.json")).expect("well-formed")
}

/// Facts from other projects' code.
#[allow(dead_code)] // not every promise is about peers
pub(crate) fn peers() -> Value {
    serde_json::from_str(include_str!("../../../vectors/peers.json")).expect("well-formed")
}

/// The entries of an array; never none, so that a loop over them always checks something.
#[allow(dead_code)] // not every promise is about vectors
pub(crate) fn entries(value: &Value) -> &[Value] {
    let entries = value.as_array().expect("an array");
    assert!(!entries.is_empty(), "nothing to check");
    entries
}

/// The bytes of a text of hexadecimal digits.
#[allow(dead_code)] // not every promise is about vectors
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    unhex(value.as_str().expect("hexadecimal digits"))
}

/// The bytes of hexadecimal digits.
pub(crate) fn unhex(digits: &str) -> Vec<u8> {
    let mut bytes = vec![0; digits.len() / 2];
    ammeter_core::hex::decode(digits.as_bytes(), &mut bytes).expect("hexadecimal digits");
    bytes
}

/// Exactly `N` bytes.
#[allow(dead_code)] // not every promise is about fields
pub(crate) fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().expect("of this length")
}

/// An integer that fits u32.
#[allow(dead_code)] // not every promise is about fields
pub(crate) fn int32(value: &Value) -> u32 {
    u32::try_from(value.as_u64().expect("an integer")).expect("of 32 bits")
}
