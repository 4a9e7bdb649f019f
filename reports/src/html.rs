//! Records as pages: each a single file that needs no network, no script and no fonts of its own.
//!
//! | room | what is in it |
//! |---|---|
//! | [`ranking`] | the page of a comparison |
//! | [`mod@sweep`] | the page of a sweep |
//! | [`frame`] | what both share: the document, notices, machine and build |
//! | [`scale`] | from numbers to places in a drawing |
//! | [`text`] | words and numbers |
//!
//! Everything that a record says is escaped on its way in ([`text::Text`]), numbers that are not finite are
//! shown as a dash, and a row that was not verified shows its fault instead of its times.

mod frame;
mod ranking;
pub mod receive;
mod scale;
pub mod specimens;
mod sweep;
mod text;

pub use frame::{document, machine, notice_list};
pub use ranking::page;
pub use sweep::page as sweep;
pub use text::{Text, grouped};
