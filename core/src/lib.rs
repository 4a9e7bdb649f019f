//! Atomic Multi-Path payments (AMP): deriving preimages and payment hashes, near the limit of the silicon.
//!
//! AMP splits one payment into n parts. Part i carries a share s_i of a base preimage
//! BP = s_1 ^ … ^ s_n and is locked to h_i = H(r_i) with r_i = H(BP ‖ i): the receiver can claim nothing
//! until it holds every share, and then everything.
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
//! | room | what is in it |
//! |---|---|
//! | [`types`] | the nouns |
//! | [`scheme`] | what is hashed: og, tree, bolts658, lnd |
//! | [`batch`] | [`Engine`]: ranges, lists, streams, threads |
//! | [`kernel`] | the table of [`Kernel`]s: detect, force, self-test |
//! | `lanes`, `sha256/multi`, `blake3/multi` | each hash once, over any vector of words |
//! | `arch` | the words that each instruction set supplies |
//! | [`sha256::reference`], [`blake3::reference`] | the slow twins |
//! | [`shares`], `xor` | splitting, folding, XOR reduction |
//! | [`eob`] | what strangers send: every format of the extra onion blob |
//! | [`sender`] | plans: amounts, shares, parts ready to be sent |
//! | [`receiver`] | one verdict for each set: pure events in, effects out |
//! | [`durable`] | the receiver and a store behind one handle (with `std`) |
//! | [`store`] | what a receiver must not forget: records, a file, memory (with `std`) |
//! | [`testing`] | one checker for all kernels |
//! | `operations` | what a pair costs, counted (with `std`) |
//!
//! Without default features the crate is `no_std` and does not allocate. `std` finds CPU features at run time,
//! `rayon` spreads large batches over threads.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod arch;
pub mod batch;
pub mod blake3;
#[cfg(feature = "std")]
#[forbid(unsafe_code)]
pub mod durable;
#[forbid(unsafe_code)]
pub mod eob;
pub mod hex;
pub mod kernel;
mod lanes;
#[cfg(feature = "std")]
pub mod operations;
#[forbid(unsafe_code)]
pub mod receiver;
pub mod scheme;
#[forbid(unsafe_code)]
pub mod sender;
pub mod sha256;
pub mod shares;
#[cfg(feature = "std")]
#[forbid(unsafe_code)]
pub mod store;
pub mod testing;
pub mod types;
mod xor;

pub use batch::{Engine, Indices, Job, JobError, Pairs, reference_pair};
pub use kernel::{Isa, Kernel};
pub use scheme::{Hash, Scheme};
pub use types::{
    BasePreimage, Commitment, HtlcKey, Msat, PaymentHash, PaymentId, PaymentSecret, Preimage, Share,
};
