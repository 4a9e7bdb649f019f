//! One file a subcommand.

pub mod attack;
pub mod census;
pub mod compare;
pub mod completions;
pub mod decode;
pub mod derive;
pub mod doctor;
pub mod manual;
pub mod receive;
pub mod report;
pub mod send;
pub mod specimens;
pub mod vectors;
