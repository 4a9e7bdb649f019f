//! A row of this build as a program that speaks `ammeter-backend 1`: `backend NAME`, without a name
//! the first one.
//!
//! Through the pipe it must tie with itself in process; and a build with other features is another
//! row.

use std::{
    io::{BufReader, stdin, stdout},
    process::ExitCode,
};

use ammeter_bench::{backend::Entry, program::serve, registry};
use ammeter_core::Hash;

fn main() -> ExitCode {
    let name = std::env::args().nth(1);
    let rows = || Hash::ALL.into_iter().flat_map(registry::entries);
    let is_asked = |row: &Entry| name.as_ref().is_none_or(|name| row.name == *name);
    let Some(row) = rows().find(is_asked) else {
        let names: Vec<String> = rows().map(|row| row.name).collect();
        eprintln!("no such row; there are {}", names.join(", "));
        return ExitCode::from(2);
    };
    match serve(&row, BufReader::new(stdin()), stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
