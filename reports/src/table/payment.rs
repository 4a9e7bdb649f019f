//! What a payment costs its receiver, as a table of text, which the terminal and the page show
//! alike.

use std::fmt::Write as _;

use super::{BOLD, Column, DIM, Table};
use crate::{
    number::{NONE, digits},
    record::{
        Ratio,
        payment::{Record, Row},
    },
};

/// All of a record.
#[must_use]
pub fn table(record: &Record) -> Table {
    let parts = record.rows.first().map(|row| row.parts.as_slice()).unwrap_or_default();
    let parts = parts.iter().map(|part| match part.is_amp {
        true => format!("{}, AMP", part.name),
        false => part.name.clone(),
    });
    let names = ["n".into()].into_iter().chain(parts);
    let last = ["AMP’s, in memory", "AMP’s, durable", "rounds"].map(String::from);
    Table {
        title: "Microseconds of an HTLC".into(),
        note: "For one of the n HTLCs of a payment, medians. AMP’s: the part of all time that AMP brings, \
               without a disk, and with transactions of 256 arrivals; 95 % intervals. Curve: the onion’s key \
               is checked and multiplied (ECDH). The commits are durable, in addition to the work in memory."
            .into(),
        columns: names.chain(last).map(Column::numbers).collect(),
        rows: record.rows.iter().map(cells).collect(),
    }
}

fn cells(row: &Row) -> Vec<String> {
    let mut cells = vec![row.set_size.to_string()];
    cells.extend(row.parts.iter().map(|part| digits(part.nanoseconds.median / 1e3, 3)));
    cells.extend([row.amp, row.amp_durable].map(percent));
    cells.push(row.rounds.to_string());
    cells
}

fn percent(Ratio { median, low, high }: Ratio) -> String {
    if ![median, low, high].iter().all(|end| end.is_finite()) {
        return NONE.into();
    }
    let [median, low, high] = [median, low, high].map(|part| 100.0 * part);
    format!("{median:.2} % [{low:.2}, {high:.2}]")
}

/// For a terminal.
#[must_use]
pub fn terminal(record: &Record) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n{}", record.head.host.cpu, table(record).render());
    for warning in &record.head.host.warnings {
        let _ = writeln!(text, "{DIM}note: {warning}{DIM:#}");
    }
    text
}
