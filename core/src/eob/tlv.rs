//! Today's payloads: a length, a stream of records, an hmac.

mod amp;
mod forward;
mod instruction;
mod payload;
mod payment_data;
mod record;

pub use amp::Amp;
pub use forward::Forward;
pub use payload::{Part, Payload};
pub use payment_data::PaymentData;
pub use record::{Extra, Known, Record};
