//! What a comparison and an attack leave behind: records, terminal tables, pages.
//!
//! | room | what is in it |
//! |---|---|
//! | [`host`] | the machine |
//! | [`record`] | JSON: everything that a table and a page show |
//! | [`table`] | a record as a person reads it on a terminal |
//! | [`html`] | a record as one page that needs no network |
//! | [`gate`] | whether one run is slower than another, or whether that cannot be told |
#![forbid(unsafe_code)]

pub mod gate;
pub mod host;
pub mod html;
mod number;
pub mod record;
pub mod table;
