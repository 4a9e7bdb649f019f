//! Fails on purpose: a harness in which this passes notices nothing.

pub(crate) fn run(input: &[u8]) {
    assert!(!input.starts_with(b"canary"), "the canary sings");
}
