//! `ammeter`: compare hash backends for Atomic Multi-Path payments on this machine, derive,
//! diagnose.
//!
//! | room | what is in it |
//! |---|---|
//! | [`commands`] | one file a subcommand |
//! | [`wire`] | messages of every format without their types |
//! | [`console`] | errors, exit codes, closed pipes, ctrl-C |
//! | [`onion`] | keys of nodes, and how they read onions |
//! | [`output`] | records and pages, and progress towards them |
//! | [`lines`] | lines of bounded length |
//! | [`resources`] | threads and memory that flags ask for |
//! | [`build`] | how this program was built |
#![forbid(unsafe_code)]
// A program has no public interface: `pub` says that other rooms use it.
#![allow(unreachable_pub)]

mod build;
mod commands;
mod console;
mod lines;
mod onion;
mod output;
mod resources;
mod wire;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use commands::{
    attack, census, compare, completions, decode, derive, doctor, manual, receive, report, send,
    specimens, vectors,
};

/// Compare hash backends for Atomic Multi-Path payments (AMP) on this machine.
///
/// Without a command, `ammeter` compares.
#[derive(Debug, Parser)]
#[command(version, long_version = build::VERSION, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    compare: compare::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare hash backends: table, JSON record, HTML page
    Compare(compare::Arguments),
    /// One page of one or many records, or the drawings of one; against a baseline, a gate that
    /// knows noise
    Report(report::Arguments),
    /// Derive preimages and payment hashes of one payment
    Derive(derive::Arguments),
    /// Attack a receiver with simulated senders, adversaries, clocks and crashes
    Attack(attack::Arguments),
    /// Say which of the known flaws a receiver shows
    Census(census::Arguments),
    /// List the known-bad receivers, the name first
    Specimens(specimens::Arguments),
    /// Decode an EOB or a payload, field by field, or find its fault
    Decode(decode::Arguments),
    /// Plan a payment and print its parts
    Send(send::Arguments),
    /// Receive payments: events in, effects out, as JSON lines
    Receive(receive::Arguments),
    /// Write or check the published test vectors
    Vectors(vectors::Arguments),
    /// Say what this machine can run, and what would make its timings unreliable
    Doctor(doctor::Arguments),
    /// Print what a shell needs to complete this command line
    Completions(completions::Arguments),
    /// Write the manual: a page for each command
    Manual(manual::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return console::usage(&error),
    };
    let result = match arguments.command.unwrap_or(Command::Compare(arguments.compare)) {
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Derive(arguments) => derive::run(&arguments),
        Command::Attack(arguments) => attack::run(&arguments),
        Command::Census(arguments) => census::run(&arguments),
        Command::Specimens(arguments) => specimens::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Send(arguments) => send::run(&arguments),
        Command::Receive(arguments) => receive::run(&arguments),
        Command::Vectors(arguments) => vectors::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Manual(arguments) => manual::run(&arguments, Arguments::command()),
    };
    console::exit(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
