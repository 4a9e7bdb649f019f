//! The line protocol of `docs/protocol.md`: what a receiver that is a program reads and writes, one
//! JSON object a line.
//!
//! The command `receive` reads with it and the attack writes with it, so each line has one type.
//! That both sides keep to the page is the business of its transcript.

mod answer;
mod line;
mod policy;
mod text;

pub use self::{
    answer::{Answer, Returned, Verdict, write_done, write_effect},
    line::{Block, Cancel, Clock, Htlc, Invoice, Line, LineError, Open, Resolved},
    policy::{FieldError, apply, object, set, value},
};
