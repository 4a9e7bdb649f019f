//! Fails on purpose: a harness in which this passes notices nothing. Four bytes at once are more than chance
//! finds, and found at once by a fuzzer whose comparisons are watched.

/// Inlined, so that it is compiled with its bin: of the packages here the fuzzer watches only bins.
#[inline]
pub(crate) fn run(input: &[u8]) {
    let first = input.first_chunk().copied().map(u32::from_le_bytes);
    assert!(first != Some(u32::from_le_bytes(*b"sing")), "the canary sings");
}
