//! Targets that fail on purpose: a harness in which they pass finds nothing.

use ammeter_amp::eob::tlv::Extra;

/// Four bytes at once are more than chance finds, and found at once by a fuzzer whose comparisons
/// are watched.
///
/// Inlined, so that it is compiled with its bin: of the packages here the fuzzer watches only bins.
#[inline]
pub(crate) fn compares(input: &[u8]) {
    let first = input.first_chunk().copied().map(u32::from_le_bytes);
    assert!(first != Some(u32::from_le_bytes(*b"sing")), "the canary sings");
}

/// Many records in a row are more than chance finds, and found one by one by a fuzzer who watches
/// the edges of the core's parsers.
pub(crate) fn walks(input: &[u8]) {
    let records = Extra::new(input).map_or(0, |extra| extra.iter().count());
    assert!(records < 6, "the canary sings");
}
