//! AArch64, little endian: what NEON and the SHA-2 instructions supply.

pub(crate) mod neon;
pub(crate) mod sha2;
