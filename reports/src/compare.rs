//! `ammeter compare`: every hash backend on this machine, in one run, each output checked.
//!
//! | room | what is in it |
//! |---|---|
//! | [`flags`] | what the command line says |
//! | [`selection`] | which rows run, and against which baseline |
//! | [`ranking`] | one workload, all rows ranked |
//! | [`sweep`] | many sizes of payment, or many counts of threads |
//! | [`output`] | progress, files, terminal |

mod flags;
mod output;
mod ranking;
mod selection;
mod sweep;

pub use flags::Arguments;

use crate::console::Outcome;

/// Compares.
pub fn run(arguments: &Arguments) -> Outcome {
    arguments.check()?;
    match arguments.sweep {
        None => ranking::run(arguments),
        Some(over) => sweep::run(arguments, over),
    }
}
