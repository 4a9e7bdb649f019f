//! Atomic Multi-Path payments (AMP): deriving preimages and payment hashes, near the limit of the
//! silicon.
//!
//! AMP splits one payment into n parts. Part i carries a share s_i of a base preimage BP = s_1 ^ …
//! ^ s_n and is locked to h_i = H(r_i) with r_i = H(BP ‖ i): the receiver can claim nothing until
//! it holds every share, and then everything.
//!
//! ```
//! use ammeter_core::{BasePreimage, Engine, Hash, Indices, Job, Pairs, PaymentHash, Preimage, Scheme};
//! use ammeter_core::{Share, shares};
//!
//! let parts = [Share([1; 32]), Share([2; 32]), Share([4; 32])];
//! let root = BasePreimage::from(shares::reduce(&parts));
//! let mut preimages = [Preimage::ZERO; 3];
//! let mut payment_hashes = [PaymentHash::ZERO; 3];
//! let job = Job { scheme: Scheme::Og, root: &root, indices: Indices::range(1, 3)?, shares: &[] };
//! Engine::new(Hash::Sha256)?.derive(
//!     &job,
//!     Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes },
//! )?;
//! assert_eq!(root, BasePreimage([7; 32]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Rooms, from the bottom up; each uses only those above it in this table.
//!
//! | room | what is in it |
//! |---|---|
//! | [`types`], [`hex`] | the nouns |
//! | [`scheme`], [`job`] | what is hashed: og, tree, bolts658, lnd; which children |
//! | `isa`, `work`, `kernel` | data: instruction sets, what a kernel is called with, a kernel's row |
//! | `lanes` | what a vector of words can do; XOR and ChaCha20 over it |
//! | `sha256`, `blake3` | each hash once, over any vector of words or any CPU's SHA instructions |
//! | [`mod@reference`] | the slow and readable implementation of each |
//! | `arch` | the words that each instruction set supplies, and its rows |
//! | [`dispatch`] | choice: detect, force, self-test, choose by n |
//! | [`engine`] | [`Engine`]: ranges, lists, streams, threads |
//! | [`shares`] | splitting, folding, XOR reduction, shares in bulk, seeds |
//! | [`testing`] | one checker for all kernels |
//! | `operations` | what a pair costs, counted (with the feature `operations`) |
//!
//! Without default features the crate is `no_std`; it never allocates. `std` finds CPU features at
//! run time, `rayon` spreads large batches over threads.
//!
//! A dev build does not optimize it, and is slow: `[profile.dev.package.ammeter-core]` with
//! `opt-level = 3` in a workspace's `Cargo.toml` mends that.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod arch;
mod blake3;
pub mod dispatch;
pub mod engine;
pub mod hex;
mod isa;
pub mod job;
mod kernel;
mod lanes;
#[cfg(feature = "operations")]
pub mod operations;
mod parallel;
pub mod reference;
pub mod scheme;
mod sha256;
pub mod shares;
pub mod testing;
pub mod types;
mod work;

/// Whose traits the signatures of [`shares`] name.
pub use rand_core;

pub use dispatch::Kernel;
pub use engine::{Engine, Matching};
pub use isa::Isa;
pub use job::{Indices, Job, JobError, Pairs};
pub use scheme::{Hash, Scheme};
pub use types::{
    BasePreimage, Commitment, HtlcKey, Msat, PaymentHash, PaymentId, PaymentSecret, Preimage, Share,
};
