//! Today's payloads: a length, a stream of records, an hmac.

mod amp;
mod extra;
mod forward;
mod instruction;
mod known;
mod payload;
mod payment_data;
mod walk;

pub use amp::Amp;
pub use extra::{Extra, Record};
pub use forward::Forward;
pub use known::Known;
pub use payload::{Part, Payload};
pub use payment_data::PaymentData;
