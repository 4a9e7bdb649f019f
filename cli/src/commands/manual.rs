//! `ammeter manual`: pages for `man`, one for each command.

use std::{fs, path::PathBuf};

use clap::{Args, Command};
use clap_mangen::generate_to;

use crate::console::{Done, Outcome, Refusal};

/// Where the pages go.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder for the pages, made if it is not there: /usr/local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages of a command.
pub fn run(arguments: &Arguments, command: Command) -> Outcome {
    let folder = &arguments.folder;
    let written = fs::create_dir_all(folder).and_then(|()| generate_to(command, folder));
    written.map(|()| Done::Fine).map_err(|error| Refusal::of(folder.display(), error))
}
