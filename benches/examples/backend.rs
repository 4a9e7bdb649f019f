//! A row of this build as a program that speaks `ammeter-backend 1`: `backend [NAME [HASH]]`,
//! without a name the first one.
//!
//! Through the pipe it must tie with itself in process; a build with other features is another row;
//! and `ammeter compare --against` builds it from two commits.

use std::{
    io::{BufReader, stdin, stdout},
    process::ExitCode,
};

use ammeter_bench::{backend::Entry, program::serve, registry};
use ammeter_core::Hash;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (name, hash) = (arguments.next(), arguments.next());
    let rows = || Hash::ALL.into_iter().flat_map(registry::entries);
    let is_asked = |row: &Entry| {
        name.as_ref().is_none_or(|name| row.name == *name)
            && hash.as_ref().is_none_or(|hash| row.hash.to_string() == *hash)
    };
    let Some(row) = rows().find(is_asked) else {
        // `ammeter compare --against` reads this line.
        let names: Vec<String> = rows().map(|row| format!("{} {}", row.name, row.hash)).collect();
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
