//! Records as pages, and their drawings as pictures: each a single file that needs no network, no
//! script and no fonts of its own.
//!
//! | room | what is in it |
//! |---|---|
//! | [`ranking`] | the page of a comparison |
//! | [`mod@sweep`] | the page of a sweep |
//! | [`mod@receive`] | the page of the receiver |
//! | [`mod@census`] | the page of a census |
//! | [`mod@against`] | the page of two commits |
//! | [`mod@payment`] | the page of what a payment costs its receiver |
//! | [`mod@split`] | the page of strategies that split a payment |
//! | [`specimens`] | the page of specimens |
//! | [`mod@report`] | one page of many records |
//! | [`frame`] | what all share: the document, notices, machine and build |
//! | [`bars`], [`drawing`], [`field`], [`scale`] | drawings, and from numbers to places in them |
//! | [`picture`] | the same drawings as files of their own |
//!
//! Markup is written with [`maud`], which escapes whatever a record says. Numbers that are not
//! finite are shown as a dash, and a row that was not verified shows its fault instead of its
//! times.

mod against;
mod bars;
mod census;
mod drawing;
mod drawn;
mod field;
mod frame;
mod labels;
mod payment;
mod picture;
mod ranking;
mod receive;
mod report;
mod scale;
pub mod specimens;
mod split;
mod sweep;
mod table;

pub use against::page as against;
pub use census::page as census;
pub use payment::page as payment;
pub use picture::{Picture, pictures};
pub use ranking::page;
pub use receive::page as receive;
pub use report::page as report;
pub use split::page as split;
pub use sweep::page as sweep;
