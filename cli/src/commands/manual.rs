//! `ammeter manual`: pages for `man`, one for each command.

use std::{fs, io, path::PathBuf};

use clap::{Args, Command};
use clap_mangen::generate_to;
use serde_json::json;

use crate::console::{self, Done, Outcome, Refusal};

/// Where the pages go.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder for the pages, made if it is not there: /usr/local/share/man/man1
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// JSON with the folder and the pages that are in it, on standard output
    #[arg(long)]
    json: bool,
}

/// Writes the pages of a command.
pub fn run(arguments: &Arguments, command: Command) -> Outcome {
    let folder = &arguments.folder;
    let written = fs::create_dir_all(folder).and_then(|()| generate_to(command, folder));
    let refused = |error: io::Error| Refusal::of(folder.display(), error);
    written.map_err(refused)?;
    if arguments.json {
        let pages = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let pages = pages.map_err(refused)?.into_iter().map(|page| page.file_name());
        let mut pages: Vec<String> = pages.filter_map(|page| page.into_string().ok()).collect();
        pages.retain(|page| page.starts_with("ammeter") && page.ends_with(".1"));
        pages.sort_unstable();
        let folder = folder.display().to_string();
        console::print(&format!("{:#}\n", json!({"folder": folder, "pages": pages})))?;
    }
    Ok(Done::Fine)
}
