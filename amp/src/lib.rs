//! What a Lightning node links for Atomic Multi-Path payments (AMP): bytes from strangers, plans of a sender, and a
//! receiver that forgets nothing.
//!
//! | room | what is in it |
//! |---|---|
//! | [`eob`] | every format of the extra onion blob: parsers and writers |
//! | [`sender`] | plans: amounts, shares, parts ready to be sent |
//! | [`receiver`] | one verdict for each set: pure events in, effects out |
//! | [`store`] | what a receiver must not forget: records, a file, memory (with `std`) |
//! | [`service`] | the receiver and a store behind one handle (with `std`) |
//!
//! Parsers and the sender are `no_std` and do not allocate.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod eob;
pub mod receiver;
pub mod sender;
#[cfg(feature = "std")]
pub mod service;
#[cfg(feature = "std")]
pub mod store;
