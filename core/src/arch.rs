//! One row a kernel, best first. What an architecture has is decided here and nowhere else.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) mod aarch64;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

use crate::{kernel::Kernel, keystream::Keystream, xor::Fold};

/// The kernels that this architecture can have, best first; the portable ones, which all have, last.
#[cfg(target_arch = "x86_64")]
pub(crate) const KERNELS: &[Kernel] = &[
    x86::avx512::SHA256,
    x86::shani::SHA256,
    x86::avx2::SHA256,
    x86::sse41::SHA256,
    portable::SHA256,
    x86::avx512::BLAKE3,
    x86::avx2::BLAKE3,
    x86::sse41::BLAKE3,
    portable::BLAKE3,
];
/// The kernels that this architecture can have, best first.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) const KERNELS: &[Kernel] = &[
    aarch64::sha2::SHA256,
    aarch64::neon::SHA256,
    portable::SHA256,
    aarch64::neon::BLAKE3,
    portable::BLAKE3,
];
/// The kernels that this architecture can have, best first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
pub(crate) const KERNELS: &[Kernel] = &[portable::SHA256, portable::BLAKE3];

/// The XOR folds, best first.
#[cfg(target_arch = "x86_64")]
pub(crate) const XOR: &[Fold] = &[x86::avx512::XOR, x86::avx2::XOR, x86::sse41::XOR, portable::XOR];
/// The XOR folds, best first.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) const XOR: &[Fold] = &[aarch64::neon::XOR, portable::XOR];
/// The XOR folds, best first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
pub(crate) const XOR: &[Fold] = &[portable::XOR];

/// The generators of shares, best first.
#[cfg(target_arch = "x86_64")]
pub(crate) const KEYSTREAMS: &[Keystream] =
    &[x86::avx512::KEYSTREAM, x86::avx2::KEYSTREAM, x86::sse41::KEYSTREAM, portable::KEYSTREAM];
/// The generators of shares, best first.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) const KEYSTREAMS: &[Keystream] = &[aarch64::neon::KEYSTREAM, portable::KEYSTREAM];
/// The generators of shares, best first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
pub(crate) const KEYSTREAMS: &[Keystream] = &[portable::KEYSTREAM];
