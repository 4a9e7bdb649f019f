//! One row a kernel, best first. What an architecture has is decided here and nowhere else.

/// The rows that an implementation of [`Lanes`](crate::lanes::Lanes) makes: a kernel for each hash,
/// which derives in so many waves, an XOR fold, a keystream. All that an entry calls is inlined
/// into it, and so compiled for the features that it enables.
macro_rules! rows {
    (
        $(#[$features:meta])? $lanes:ty: $isa:ident,
        sha256: $sha256_waves:literal, $sha256_cost:expr,
        blake3: $blake3_waves:literal, $blake3_cost:expr,
    ) => {
        pub(crate) const SHA256: crate::kernel::Candidate = crate::kernel::Candidate {
            hash: crate::scheme::Hash::Sha256,
            isa: Isa::$isa,
            lanes: <$lanes as Lanes>::COUNT * $sha256_waves,
            cost: $sha256_cost,
            cost_on_intel: None,
            run: sha256_pairs,
        };
        pub(crate) const BLAKE3: crate::kernel::Candidate = crate::kernel::Candidate {
            hash: crate::scheme::Hash::Blake3,
            isa: Isa::$isa,
            lanes: <$lanes as Lanes>::COUNT * $blake3_waves,
            cost: $blake3_cost,
            cost_on_intel: None,
            run: blake3_pairs,
        };
        pub(crate) const FOLD: crate::kernel::Fold =
            crate::kernel::Fold { isa: Isa::$isa, run: fold };
        pub(crate) const KEYSTREAM: crate::kernel::Keystream =
            crate::kernel::Keystream { isa: Isa::$isa, run: keystream };

        $(#[$features])?
        fn sha256_pairs(work: crate::work::Work<'_>) {
            // SAFETY: this function's own target features are those that these lanes need; plain
            // integers need none.
            unsafe { crate::sha256::multi::derive::<$lanes, $sha256_waves>(work) }
        }

        $(#[$features])?
        fn blake3_pairs(work: crate::work::Work<'_>) {
            // SAFETY: as above.
            unsafe { crate::blake3::multi::derive::<$lanes, $blake3_waves>(work) }
        }

        $(#[$features])?
        fn fold(values: &[[u8; BYTES]]) -> [u8; BYTES] {
            // SAFETY: as above.
            unsafe { crate::lanes::xor::fold::<$lanes>(values) }
        }

        $(#[$features])?
        fn keystream(stretch: crate::work::Stretch<'_>) {
            // SAFETY: as above.
            unsafe { crate::lanes::keystream::fill::<$lanes>(stretch) }
        }
    };
}

/// The row that an implementation of [`Quad`](crate::sha256::streams::Quad) makes: SHA-256 in
/// streams.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
macro_rules! row_of_streams {
    (#[$features:meta] $quad:ty: $isa:ident, $cost:expr, on_intel: $cost_on_intel:expr) => {
        pub(crate) const SHA256: crate::kernel::Candidate = crate::kernel::Candidate {
            hash: crate::scheme::Hash::Sha256,
            isa: crate::isa::Isa::$isa,
            lanes: crate::sha256::streams::STREAMS,
            cost: $cost,
            cost_on_intel: $cost_on_intel,
            run: sha256_pairs,
        };

        #[$features]
        fn sha256_pairs(work: crate::work::Work<'_>) {
            // SAFETY: this function's own target features are those that these streams need.
            unsafe { crate::sha256::streams::derive::<$quad>(work) }
        }
    };
}

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) mod aarch64;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

use crate::kernel::{Candidate, Fold, Keystream};

/// The kernels that this architecture can have, best first; the portable ones, which all have,
/// last.
#[cfg(target_arch = "x86_64")]
pub(crate) const KERNELS: &[Candidate] = &[
    x86::avx512::SHA256,
    x86::avx512vl::SHA256,
    x86::shani::SHA256,
    x86::avx2::SHA256,
    x86::sse41::SHA256,
    portable::SHA256,
    x86::avx512::BLAKE3,
    x86::avx512vl::BLAKE3,
    x86::avx2::BLAKE3,
    x86::sse41::BLAKE3,
    portable::BLAKE3,
];
/// The kernels that this architecture can have, best first.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) const KERNELS: &[Candidate] = &[
    aarch64::sha2::SHA256,
    aarch64::neon::SHA256,
    portable::SHA256,
    aarch64::neon::BLAKE3,
    portable::BLAKE3,
];
/// The kernels that this architecture can have, best first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
pub(crate) const KERNELS: &[Candidate] = &[portable::SHA256, portable::BLAKE3];

/// The XOR folds, best first.
#[cfg(target_arch = "x86_64")]
pub(crate) const FOLDS: &[Fold] =
    &[x86::avx512::FOLD, x86::avx512vl::FOLD, x86::avx2::FOLD, x86::sse41::FOLD, portable::FOLD];
/// The XOR folds, best first.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) const FOLDS: &[Fold] = &[aarch64::neon::FOLD, portable::FOLD];
/// The XOR folds, best first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
pub(crate) const FOLDS: &[Fold] = &[portable::FOLD];

/// The generators of shares, best first.
#[cfg(target_arch = "x86_64")]
pub(crate) const KEYSTREAMS: &[Keystream] = &[
    x86::avx512::KEYSTREAM,
    x86::avx512vl::KEYSTREAM,
    x86::avx2::KEYSTREAM,
    x86::sse41::KEYSTREAM,
    portable::KEYSTREAM,
];
/// The generators of shares, best first.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) const KEYSTREAMS: &[Keystream] = &[aarch64::neon::KEYSTREAM, portable::KEYSTREAM];
/// The generators of shares, best first.
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
pub(crate) const KEYSTREAMS: &[Keystream] = &[portable::KEYSTREAM];
