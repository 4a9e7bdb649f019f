#![doc = include_str!("../docs/receiver.md")]

pub mod effect;
pub mod event;
mod failure;
pub mod policy;
pub mod record;
mod set_id;
mod setting;

#[cfg(feature = "std")]
mod htlcs;
#[cfg(feature = "std")]
mod invoices;
#[cfg(feature = "std")]
mod output;
#[cfg(feature = "std")]
mod prefetch;
#[cfg(feature = "std")]
mod restore;
#[cfg(feature = "std")]
mod rules;
#[cfg(feature = "std")]
mod sets;
#[cfg(feature = "std")]
mod state;
#[cfg(feature = "std")]
mod step;
#[cfg(feature = "std")]
mod table;
#[cfg(feature = "std")]
mod verify;

#[cfg(feature = "std")]
pub use output::Output;
#[cfg(feature = "std")]
pub use restore::RestoreError;
#[cfg(feature = "std")]
pub use sets::SetCounts;
#[cfg(feature = "std")]
pub use state::Metrics;
#[cfg(feature = "std")]
pub use step::Receiver;

pub use effect::{Effect, Reason};
pub use event::{ClockMs, Event, Htlc, IncomingHtlc, Invoice, Onion, Part, PartError, Version};
pub use failure::{FailureCode, FailureField};
pub use policy::{Deviation, Limits, Policy, Realms};
pub use record::{Change, Clocks, HtlcRecord, Record, SetRecord, SetState, Standing};
pub use set_id::SetId;
pub use setting::{Setting, SettingError, SettingValue};
