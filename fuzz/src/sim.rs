//! The simulated world: senders, an adversary, a network, clocks and faults around one receiver;
//! and the oracle that says what the receiver may do.
//!
//! | room | what is in it |
//! |---|---|
//! | [`history`], [`trace`] | everything that happens, as data and as text |
//! | [`generate`] | histories from seeds |
//! | [`material`] | what senders made |
//! | [`world`] | a history against a receiver, to its healed and drained end |
//! | [`model`], [`invariants`] | the oracle: what must be, and the twelve names of what must not |
//! | [`order`] | the same parts in another order |
//! | [`shrink`], [`show`] | from a failure to something that a person can read |
//! | [`attack`] | many histories |

pub mod attack;
pub mod coverage;
mod encode;
pub mod generate;
pub mod hash;
pub mod history;
pub mod input;
pub mod invariants;
mod log;
pub mod material;
pub mod model;
mod oracle;
pub mod order;
pub mod profile;
mod quiet;
pub mod random;
mod replay;
pub mod show;
pub mod shrink;
pub mod subject;
pub mod trace;
pub mod world;

pub use encode::Encoding;
