//! A record as tables of text, which the terminal and the page show alike.

use std::fmt::Write as _;

use anstyle::Style;

use crate::record::receive::{DurableRow, HeldRow, Latency, MemoryRow, Record};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Rows under columns, all of them text; numbers, so to the right.
pub struct Table {
    /// Above it.
    pub title: &'static str,
    /// Below it.
    pub note: &'static str,
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// As many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

const LATENCY: [&str; 3] = ["p50", "p99", "p99.9"];

/// All of a record.
pub fn tables(record: &Record) -> [Table; 3] {
    [in_memory(&record.in_memory), durable(&record.durable), held(&record.held)]
}

fn in_memory(rows: &[MemoryRow]) -> Table {
    Table {
        title: "In memory",
        note: "One core; arrival, derivation, matching, settling and removal. Latency of one arrival.",
        columns: [&["set", "HTLCs/s"][..], &LATENCY].concat(),
        rows: rows
            .iter()
            .map(|row| {
                let mut cells = vec![row.set_size.to_string(), count(row.htlcs_per_second)];
                cells.extend(latency(&row.latency));
                cells
            })
            .collect(),
    }
}

fn durable(rows: &[DurableRow]) -> Table {
    Table {
        title: "Durable",
        note: "Beside redb alone, which puts the same records in the same batches in turn. Latency of \
               one transaction.",
        columns: [&["set", "batch", "HTLCs/s", "of redb"][..], &LATENCY].concat(),
        rows: rows
            .iter()
            .map(|row| {
                let (set, batch) = (row.set_size.to_string(), row.batch.to_string());
                let of_redb = format!("{:.2}", row.of_redb);
                let mut cells = vec![set, batch, count(row.htlcs_per_second), of_redb];
                cells.extend(latency(&row.latency));
                cells
            })
            .collect(),
    }
}

fn held(rows: &[HeldRow]) -> Table {
    Table {
        title: "Held",
        note: "HTLCs of sets that miss a part. HTLCs/s and latency: sets of 16 that pass in memory in the \
               meantime. Bytes for each HTLC held. Reopening restores the receiver; beside it redb alone \
               reading the same records.",
        columns: [
            &["held", "HTLCs/s"][..],
            &LATENCY,
            &["memory B", "disk B", "reopen ms", "after a crash", "redb ms", "× redb"],
        ]
        .concat(),
        rows: rows.iter().map(held_row).collect(),
    }
}

fn held_row(row: &HeldRow) -> Vec<String> {
    let mut cells = vec![count(row.held as f64), count(row.htlcs_per_second)];
    cells.extend(latency(&row.latency));
    cells.extend([row.memory_bytes_per_htlc, row.disk_bytes_per_htlc].map(|b| format!("{b:.0}")));
    let times = [row.reopen_ms, row.reopen_crashed_ms, row.redb_read_ms];
    cells.extend(times.map(|time| format!("{time:.1}")));
    cells.push(format!("{:.2}", row.reopen_of_redb));
    cells
}

fn latency(latency: &Latency) -> [String; 3] {
    [latency.p50_ns, latency.p99_ns, latency.p999_ns].map(|nanoseconds| {
        let nanoseconds = nanoseconds as f64;
        match nanoseconds {
            0.0..1e3 => format!("{nanoseconds} ns"),
            1e3..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
            _ => format!("{:.1} ms", nanoseconds / 1e6),
        }
    })
}

/// A whole number with thin groups of three.
fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// For a terminal.
pub fn terminal(record: &Record) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n", record.host.cpu);
    for Table { title, note, columns, rows } in tables(record) {
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0).max(columns[column].chars().count())
        };
        let line = |cells: &[String]| {
            let cells = cells.iter().enumerate();
            cells.fold(String::new(), |mut line, (column, cell)| {
                let _ = write!(line, "  {cell:>width$}", width = width(column));
                line
            })
        };
        let head: Vec<String> = columns.iter().copied().map(str::to_owned).collect();
        let _ = writeln!(text, "\n{BOLD}{title}{BOLD:#}\n{DIM}{}{DIM:#}", line(&head));
        for row in &rows {
            let _ = writeln!(text, "{}", line(row));
        }
        let _ = writeln!(text, "{DIM}{note}{DIM:#}");
    }
    for warning in &record.host.warnings {
        let _ = writeln!(text, "{DIM}note: {warning}{DIM:#}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_have_units() {
        assert_eq!(count(1_234_567.4), "1\u{202f}234\u{202f}567");
        assert_eq!(count(999.0), "999");
        let shown = latency(&Latency { p50_ns: 950, p99_ns: 1_500, p999_ns: 2_345_678, max_ns: 0 });
        assert_eq!(shown, ["950 ns", "1.5 µs", "2.3 ms"]);
    }
}
