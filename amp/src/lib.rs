//! What a Lightning node links for Atomic Multi-Path payments (AMP): bytes from strangers, plans of
//! a sender, and a receiver that forgets nothing.
//!
//! | room | what is in it |
//! |---|---|
//! | [`eob`] | every format of the extra onion blob: parsers and writers |
//! | `onion` | BOLT 4's onions around them: built, peeled, and failures on their way back (with `onion`) |
//! | [`sender`] | plans: amounts, shares, parts ready to be sent |
//! | [`receiver`] | one verdict for each set: pure events in, effects out |
//! | [`store`] | what a receiver must not forget: records, a file, memory (with `std`) |
//! | `protocol` | the lines that a receiver in another program reads and writes (with `protocol`) |
//! | [`service`] | the receiver and a store behind one handle (with `std`) |
//!
//! Parsers and the sender are `no_std` and do not allocate.
//!
//! A payment from both ends: the sender splits 90 sat into three parts, and the receiver claims all
//! of them when the last one has come.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use ammeter_amp::{
//!     eob::writer::Writer,
//!     receiver::{Effect, Event, IncomingHtlc, Onion, Policy},
//!     sender::{Fixed, Leg, Payment, Plan, Purpose, Seed},
//!     service::Durable,
//!     store::MemoryStore,
//! };
//! use ammeter_core::{Engine, Hash, HtlcKey, Msat};
//!
//! let rng = Seed::from_bytes([7; 32]).rng();
//! let payment = Payment::new(Msat(90_000), Purpose::Spontaneous, Engine::new(Hash::Sha256)?, rng);
//! let mut plan = Fixed::new(payment, 3)?;
//! let parts = [plan.part(Msat(20_000))?, plan.part(Msat(30_000))?, plan.last_part()?];
//!
//! let mut receiver = Durable::open(Policy::new(Hash::Sha256), MemoryStore::new())?;
//! let mut claimed = 0;
//! for (part, htlc_id) in parts.iter().zip(0..) {
//!     // What the sender puts into the innermost layer of the onion.
//!     let mut bytes = [0; 1300];
//!     let mut writer = Writer::new(&mut bytes);
//!     plan.write(part, Leg { realm: 0, cltv_expiry: 800_144 }, &mut writer);
//!     let onion = Onion::Frames(writer.finish()?);
//!     // What the channel says of the HTLC that carries it.
//!     let key = HtlcKey { channel_id: 5, htlc_id };
//!     let payment_hash = *part.payment_hash();
//!     let amount_msat = part.amount_msat;
//!     let incoming = IncomingHtlc { key, payment_hash, amount_msat, cltv_expiry: 800_144 };
//!     // What it leads to is durable when it is given out.
//!     for effect in receiver.take([Event::arrived(incoming, onion)])? {
//!         if let Effect::Settle { key, preimage } = effect {
//!             println!("claim HTLC {} of channel {}", key.htlc_id, key.channel_id);
//!             claimed += usize::from(!preimage.as_bytes().is_empty());
//!         }
//!     }
//! }
//! assert_eq!(claimed, parts.len());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(feature = "onion")]
extern crate alloc;

#[macro_use]
mod named;

pub mod eob;
#[cfg(feature = "onion")]
pub mod onion;
#[cfg(feature = "protocol")]
pub mod protocol;
pub mod receiver;
pub mod sender;
#[cfg(feature = "std")]
pub mod service;
#[cfg(feature = "std")]
pub mod store;

/// The README's example is compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
