//! The sender's side: amounts and shares that add up, and parts ready to be put into onions.
//!
//! A plan hands out the parts of one payment, one at a time, so that each can have the amount that
//! its route can carry. The last one takes what is left, of the amount and of the base preimage. A
//! part that failed is sent again on another [`Leg`], which changes neither its share nor its hash,
//! or goes back into the plan where the scheme can take it.
//!
//! | plan | scheme | the receiver knows that it has all when | a failed part |
//! |---|---|---|---|
//! | [`Fixed`] | og, version 1 | the weights add up to n | is sent again |
//! | [`Adaptive`] | og, version 2 | there are n, which later parts tell | is sent again |
//! | [`Committed`] | og, version 3 | the XOR hashes to the commitment | is sent again |
//! | [`Tree`] | tree, version 4 | the hashes match | is split in two |
//! | [`Shards`] | lnd, TLV | the amounts reach the total | goes back, and is cut anew |
//! | [`MultiPath`] | none: BOLT 4's `basic_mpp` | the amounts reach the total | goes back, and is cut anew |
//!
//! ```
//! use ammeter_core::{Engine, Hash, Msat};
//! use ammeter_amp::eob::{FinalHop, Message, writer::Writer};
//! use ammeter_amp::sender::{Adaptive, Leg, Payment, Plan, Purpose, Seed};
//!
//! let engine = Engine::new(Hash::Sha256)?;
//! let rng = Seed::from_hex(&"07".repeat(32))?.rng(); // Seed::random() where it matters
//! let mut plan = Adaptive::new(Payment::new(Msat(1_000), Purpose::Spontaneous, engine, rng));
//! let first = plan.part(Msat(300))?;
//! let last = plan.last_part()?;
//! assert_eq!(last.amount_msat, Msat(700));
//!
//! let mut frames = [0; 130];
//! plan.write(&first, Leg { realm: 0, cltv_expiry: 800_000 }, &mut Writer::new(&mut frames));
//! let hop = FinalHop::decode(&frames)?;
//! assert_eq!((hop.amount_msat, hop.eob.name()), (Msat(300), "adaptive"));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Nothing secret is printed, and what a plan or a part holds of the base preimage is wiped when it
//! is dropped.

pub mod amounts;

mod adaptive;
mod committed;
mod error;
mod fixed;
mod multi_path;
mod part;
mod payment;
mod plan;
mod shards;
mod tree;

pub use adaptive::Adaptive;
pub use ammeter_core::shares::{Seed, SeedRng};
pub use committed::Committed;
pub use error::PlanError;
pub use fixed::Fixed;
pub use multi_path::MultiPath;
pub use part::{Leg, Part};
pub use payment::{Payment, Purpose};
pub use plan::Plan;
pub use shards::Shards;
pub use tree::Tree;
