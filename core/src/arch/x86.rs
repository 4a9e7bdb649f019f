//! x86-64: what SSE4.1, AVX2, AVX-512 and the SHA extensions supply.

pub(crate) mod avx2;
pub(crate) mod avx512;
pub(crate) mod avx512vl;
pub(crate) mod shani;
pub(crate) mod sse41;
