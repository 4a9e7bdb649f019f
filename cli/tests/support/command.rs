//! The command, run to its end.

use std::process::{Command, Output};

use serde_json::Value;

pub(crate) fn ammeter(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ammeter")).args(arguments).output().expect("it starts")
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// What it printed; what it complained of, if that is no JSON.
pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)))
}
