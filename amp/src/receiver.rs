#![doc = include_str!("../../docs/receiver.md")]

pub mod effect;
pub mod event;
pub mod policy;
pub mod record;

#[cfg(feature = "std")]
mod accounts;
#[cfg(feature = "std")]
mod ahead;
#[cfg(feature = "std")]
mod audit;
#[cfg(feature = "std")]
mod deadline;
#[cfg(feature = "std")]
mod decide;
#[cfg(feature = "std")]
mod index;
#[cfg(feature = "std")]
mod invoice;
#[cfg(feature = "std")]
mod list;
#[cfg(feature = "std")]
mod phase;
#[cfg(feature = "std")]
mod restore;
#[cfg(feature = "std")]
mod roster;
#[cfg(feature = "std")]
mod rules;
#[cfg(feature = "std")]
mod set;
#[cfg(feature = "std")]
mod slab;
#[cfg(feature = "std")]
mod state;
#[cfg(feature = "std")]
mod step;
#[cfg(feature = "std")]
mod verify;

#[cfg(feature = "std")]
pub use accounts::{Metrics, SetCounts};
#[cfg(feature = "std")]
pub use restore::RestoreError;
#[cfg(feature = "std")]
pub use step::{Output, Receiver};

pub use effect::{Effect, Reason};
pub use event::{ClockMs, Event, Htlc, IncomingHtlc, Invoice, NoPart, Onion, Part, Version};
pub use policy::{Deviation, Limits, Policy, Realms};
pub use record::{Change, Clocks, HtlcRecord, Record, SetId, SetRecord, SetState, Standing};
