#![doc = include_str!("../docs/wire.md")]

pub mod adaptive;
pub mod basic;
pub mod check;
pub mod committed;
pub mod cursor;
pub mod error;
pub mod field;
pub mod frame;
pub mod message;
pub mod pr31;
pub mod run;
mod second_frame;
pub mod size;
pub mod tlv;
pub mod tree;
pub mod version;
pub mod writer;

pub use error::{Error, Fault};
pub use field::Field;
pub use frame::{Eob, FinalHop};
pub use message::Message;
pub use run::Run;
pub use version::EobVersion;
