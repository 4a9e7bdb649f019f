//! A record as tables of text, which the terminal and the page show alike.

use std::fmt::Write as _;

use super::{BOLD, Column, DIM, Table};
use crate::{
    number::{NONE, grouped, nanoseconds},
    record::{
        Ratio, Spread,
        receive::{DurableRow, HeldRow, Latency, MemoryRow, Record},
    },
};

const LATENCY: [&str; 3] = ["p50", "p99", "p99.9"];

/// All of a record.
pub fn tables(record: &Record) -> [Table; 3] {
    [in_memory(&record.in_memory), durable(&record.durable), held(&record.held)]
}

/// What this run takes for a difference, part by part, in words; empty where it is not known.
pub fn noise(record: &Record) -> String {
    let parts = [
        ("in memory", record.noise.in_memory),
        ("durable", record.noise.durable),
        ("held", record.noise.held),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter_map(|(part, ratio)| Some(format!("{part} {}", closely(&(*ratio)?))))
        .collect();
    match shown.is_empty() {
        true => String::new(),
        false => format!("A/A, a thing over itself: {}", shown.join(", ")),
    }
}

fn in_memory(rows: &[MemoryRow]) -> Table {
    Table {
        title: "In memory".into(),
        note: "One core; arrival, derivation, matching, settling and removal. The ratio is over sets of 16. \
               Latency of one arrival.".into(),
        columns: columns(&[&["set", "HTLCs/s", "q1 – q3", "× sets of 16"], &LATENCY, &["rounds"]]),
        rows: rows
            .iter()
            .map(|row| {
                let mut cells = vec![row.set_size.to_string()];
                cells.extend(rate(&row.htlcs_per_second));
                cells.push(optional(row.of_sixteen));
                cells.extend(latency(&row.latency));
                cells.push(rounds(row.rounds));
                cells
            })
            .collect(),
    }
}

fn durable(rows: &[DurableRow]) -> Table {
    Table {
        title: "Durable".into(),
        note: "Beside redb alone, which puts the same records in the same batches in turn. Latency of \
               one transaction.".into(),
        columns: columns(&[
            &["set", "batch", "HTLCs/s", "q1 – q3", "× redb"],
            &LATENCY,
            &["rounds"],
        ]),
        rows: rows
            .iter()
            .map(|row| {
                let mut cells = vec![row.set_size.to_string(), row.batch.to_string()];
                cells.extend(rate(&row.htlcs_per_second));
                cells.push(optional(Some(row.of_redb)));
                cells.extend(latency(&row.latency));
                cells.push(rounds(row.rounds));
                cells
            })
            .collect(),
    }
}

fn held(rows: &[HeldRow]) -> Table {
    Table {
        title: "Held".into(),
        note: "HTLCs of sets that miss a part. HTLCs/s: sets of 16 that pass in memory in the meantime, a \
               batch at a time, beside a receiver that holds nothing; latency of one batch, in older records of \
               one HTLC. Bytes for each HTLC held. Reopening restores the receiver; beside it redb alone \
               reading the same records.".into(),
        columns: columns(&[
            &["held", "HTLCs/s", "q1 – q3", "× none held"],
            &LATENCY,
            &["memory B", "disk B", "reopen ms", "after a crash", "redb ms", "× redb’s time"],
            &["rounds"],
        ]),
        rows: rows.iter().map(held_row).collect(),
    }
}

fn held_row(row: &HeldRow) -> Vec<String> {
    let mut cells = vec![grouped(row.held)];
    cells.extend(rate(&row.htlcs_per_second));
    cells.push(optional(row.of_empty));
    cells.extend(latency(&row.latency));
    cells.extend([row.memory_bytes_per_htlc, row.disk_bytes_per_htlc].map(|b| format!("{b:.0}")));
    let times = [row.reopen_ms, row.reopen_crashed_ms, row.redb_read_ms];
    cells.extend(times.map(|time| format!("{:.1}", time.median)));
    cells.push(optional(Some(row.reopen_of_redb)));
    cells.push(format!("{}, {}", rounds(row.rounds), rounds(row.reopen_rounds)));
    cells
}

/// A median rate, and its quartiles.
fn rate(rate: &Spread) -> [String; 2] {
    let spread = match rate.q1 < rate.q3 {
        true => format!("{} – {}", whole(rate.q1), whole(rate.q3)),
        false => NONE.into(),
    };
    [whole(rate.median), spread]
}

/// Without decimals.
fn whole(number: f64) -> String {
    grouped(number.round() as u64)
}

fn rounds(rounds: u64) -> String {
    match rounds {
        0 => NONE.into(),
        rounds => rounds.to_string(),
    }
}

fn optional(ratio: Option<Ratio>) -> String {
    match ratio {
        None => NONE.into(),
        Some(Ratio { median, low, high }) if low < high => {
            format!("{median:.2} [{low:.2}, {high:.2}]")
        }
        Some(Ratio { median, .. }) => format!("{median:.2}"),
    }
}

/// Noise is read closely.
fn closely(Ratio { median, low, high }: &Ratio) -> String {
    format!("{median:.3} [{low:.3}, {high:.3}]")
}

fn latency(latency: &Latency) -> [String; 3] {
    [latency.p50_ns, latency.p99_ns, latency.p999_ns].map(nanoseconds)
}

fn columns(names: &[&[&str]]) -> Vec<Column> {
    names.iter().copied().flatten().map(|name| Column::numbers(*name)).collect()
}

/// For a terminal.
pub fn terminal(record: &Record) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n", record.head.host.cpu);
    for table in tables(record) {
        text += &table.render();
    }
    if !noise(record).is_empty() {
        let _ = writeln!(text, "\n{}", noise(record));
    }
    for warning in &record.head.host.warnings {
        let _ = writeln!(text, "{DIM}note: {warning}{DIM:#}");
    }
    text
}
