//! Messages of the wire: what every format promises, and how messages for its tests are made.
//!
//! | room | what is in it |
//! |---|---|
//! | [`promises`] | what every format promises, as one function of any bytes |
//! | [`naive`] | a second parser of each format, slow and simple |
//! | [`generate`] | valid messages from any bytes |
//! | [`mutate`](mod@mutate) | changes of a message where it has a structure |

pub mod generate;
pub mod mutate;
pub mod naive;
pub mod promises;
