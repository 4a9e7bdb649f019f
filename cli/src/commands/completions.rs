//! `ammeter completions`: what a shell needs to complete the command line.

use clap::{Args, Command};
use clap_complete::{Shell, generate};
use serde_json::json;

use crate::console::{self, Done, Outcome};

/// Which shell.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell: `ammeter completions bash > /etc/bash_completion.d/ammeter`
    shell: Shell,
    /// JSON with the shell and its script instead of the script
    #[arg(long)]
    json: bool,
}

/// Prints the completions of a command.
pub fn run(arguments: &Arguments, mut command: Command) -> Outcome {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "ammeter", &mut script);
    let script = String::from_utf8_lossy(&script);
    let text = if arguments.json {
        format!("{:#}\n", json!({"shell": arguments.shell.to_string(), "script": script}))
    } else {
        script.into_owned()
    };
    console::print(&text).map(|()| Done::Fine)
}
