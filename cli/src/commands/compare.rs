//! `ammeter compare`: every hash backend on this machine, in one run, each output checked.
//!
//! | room | what is in it |
//! |---|---|
//! | [`flags`] | what the command line says |
//! | [`selection`] | which rows run, and against which baseline |
//! | [`ranking`] | one workload, all rows ranked |
//! | [`receive`] | the other workload: the receiver |
//! | [`payment`] | the receiver once more, from the onion to the disk |
//! | [`split`] | the last workload: how senders split payments |
//! | [`sweep`] | many sizes of payment, or many counts of threads |
//! | [`against`] | another commit and the working tree, in one run |
//! | [`passes`] | in which order many points are visited, and for how long |

mod against;
mod flags;
mod passes;
mod payment;
mod ranking;
mod receive;
mod selection;
mod split;
mod sweep;

pub use flags::Arguments;

use crate::console::Outcome;
use flags::What;

/// Compares.
pub fn run(arguments: &Arguments) -> Outcome {
    arguments.check()?;
    if let Some(revision) = &arguments.against {
        return against::run(arguments, revision);
    }
    match (arguments.workload, arguments.sweep) {
        (What::Receive, _) => receive::run(arguments),
        (What::Payment, _) => payment::run(arguments),
        (What::Split, _) => split::run(arguments),
        (What::Derive, None) => ranking::run(arguments),
        (What::Derive, Some(over)) => sweep::run(arguments, over),
    }
}
