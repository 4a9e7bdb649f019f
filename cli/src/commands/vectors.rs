//! `ammeter vectors`: test vectors that another project can adopt without our code.
//!
//! Every file is made from one seed, so that writing them again gives the same bytes.
//! `vectors/README.md` describes them; `vectors/check.py` checks them a second time, in Python.

mod derivation;
mod faults;
mod kind;
mod messages;
mod tally;

use std::{
    fs,
    path::{Path, PathBuf},
};

use ammeter_amp::sender::Seed;
use ammeter_core::Scheme;
use clap::{Args, Subcommand};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::console::{self, Done, Outcome, Refusal, WholeFile};
use kind::Kind;
use tally::Tally;

/// What to do with the vectors.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write all files into a folder
    Write {
        /// The folder; made if there is none
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// JSON on standard output
        #[arg(long)]
        json: bool,
    },
    /// Check all files of a folder
    Check {
        /// The folder
        #[arg(value_name = "DIR", default_value = "vectors")]
        folder: PathBuf,
        /// JSON on standard output
        #[arg(long)]
        json: bool,
    },
}

/// The seed of the files: every release must write the same bytes.
const SEED: [u8; 32] = *b"ammeter: published vectors, no 1";

/// Writes or checks.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::Write { folder, json } => write(folder, *json),
        Action::Check { folder, json } => check(folder, *json),
    }
}

fn write(folder: &Path, as_json: bool) -> Outcome {
    fs::create_dir_all(folder).map_err(|error| Refusal::of(folder.display(), error))?;
    let mut names = Vec::new();
    for scheme in Scheme::ALL {
        // Each file starts from the seed, so that a new file changes no other.
        let rng = &mut Seed::from_bytes(SEED).rng();
        names.push(save(folder, derivation::name(scheme), &derivation::make(scheme, rng))?);
    }
    for kind in Kind::ALL {
        let rng = &mut Seed::from_bytes(SEED).rng();
        names.push(save(folder, kind.file(), &messages::make(kind, rng))?);
    }
    let text = match as_json {
        true => format!("{:#}\n", json!({ "written": names })),
        false => names.iter().map(|name| format!("{name}\n")).collect(),
    };
    console::print(&text)?;
    Ok(Done::Fine)
}

fn save(folder: &Path, name: String, content: &impl Serialize) -> Result<String, Refusal> {
    let path = folder.join(name);
    let place = path.display().to_string();
    let text = serde_json::to_string_pretty(content);
    let text = text.map_err(|error| Refusal::of(&place, error))? + "\n";
    WholeFile::create(&path)?.fill(&text)?;
    Ok(place)
}

fn check(folder: &Path, as_json: bool) -> Outcome {
    let mut tally = Tally::default();
    for scheme in Scheme::ALL {
        let name = derivation::name(scheme);
        derivation::check(scheme, &load(folder, &name)?, &name, &mut tally);
    }
    for kind in Kind::ALL {
        let name = kind.file();
        messages::check(kind, &load(folder, &name)?, &name, &mut tally);
    }
    let Tally { right, wrong } = &tally;
    let text = match as_json {
        true => format!("{:#}\n", json!({ "right": right, "wrong": wrong })),
        false => {
            let lines: String = wrong.iter().map(|line| format!("{line}\n")).collect();
            format!("{lines}{right} vectors right, {} wrong\n", wrong.len())
        }
    };
    console::print(&text)?;
    Ok(if wrong.is_empty() { Done::Fine } else { Done::Found })
}

fn load<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, Refusal> {
    let path = folder.join(name);
    let place = path.display();
    let text = fs::read_to_string(&path).map_err(|error| Refusal::of(&place, error))?;
    serde_json::from_str(&text).map_err(|error| Refusal::of(&place, error))
}
