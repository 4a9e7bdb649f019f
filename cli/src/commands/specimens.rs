//! `ammeter specimens`: lists the known-bad receivers, a line each.

use std::fmt::Write as _;

use ammeter_fuzz::specimens::Flaw;
use ammeter_report::record::specimens::flaw_to_json;
use clap::Args;
use serde_json::Value;

use crate::console::{self, Done, Outcome};

/// How to print them.
#[derive(Debug, Args)]
pub struct Arguments {
    /// JSON instead of lines
    #[arg(long)]
    json: bool,
}

/// Prints every specimen: its name, the invariant that it breaks, its story.
pub fn run(arguments: &Arguments) -> Outcome {
    if arguments.json {
        let all: Vec<Value> = Flaw::ALL.iter().map(|flaw| flaw_to_json(*flaw)).collect();
        console::print(&format!("{:#}\n", Value::Array(all)))?;
        return Ok(Done::Fine);
    }
    let mut text = String::new();
    for flaw in Flaw::ALL {
        let _ = writeln!(
            text,
            "{:<24}  {:<21}  {:<17}  {}",
            flaw.name(),
            flaw.breaks().name(),
            flaw.class().name(),
            flaw.story()
        );
    }
    console::print(&text)?;
    Ok(Done::Fine)
}
