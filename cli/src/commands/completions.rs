//! `ammeter completions`: what a shell needs to complete the command line.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::console::{self, Done, Outcome};

/// Which shell.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell: `ammeter completions bash > /etc/bash_completion.d/ammeter`
    shell: Shell,
}

/// Prints the completions of a command.
pub fn run(arguments: &Arguments, mut command: Command) -> Outcome {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "ammeter", &mut script);
    console::print(&String::from_utf8_lossy(&script)).map(|()| Done::Fine)
}
