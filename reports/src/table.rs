//! Records as a person reads them on a terminal, and the one kind of table that pages show too.

pub mod against;
pub(crate) mod census;
pub mod payment;
pub mod receive;
pub mod report;
pub mod specimens;
pub mod split;
mod sweep;

use std::{fmt::Write as _, time::Duration};

use anstyle::{AnsiColor, Style};

use crate::{
    number::plural,
    record::{Noise, Record, Row, is_ours},
};

pub use crate::number::grouped;
pub use sweep::render as sweep;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const OURS: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Rows under columns, all of them text.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Above it.
    pub title: String,
    /// Below it; may be empty.
    pub note: String,
    /// From the left.
    pub columns: Vec<Column>,
    /// As many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Words stand to the left, numbers to the right.
    pub is_words: bool,
}

impl Column {
    /// A column of words.
    pub fn words(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_words: true }
    }

    /// A column of numbers.
    pub fn numbers(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_words: false }
    }
}

impl Table {
    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let Self { title, note, columns, rows } = self;
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0).max(columns[column].name.chars().count())
        };
        let widths: Vec<usize> = (0..columns.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut line = String::new();
            for ((cell, column), width) in cells.zip(columns).zip(&widths) {
                let _ = match column.is_words {
                    true => write!(line, "  {cell:<width$}"),
                    false => write!(line, "  {cell:>width$}"),
                };
            }
            line.trim_end().to_owned()
        };
        let head = line(&mut columns.iter().map(|column| column.name.as_str()));
        let mut text = format!("\n{BOLD}{title}{BOLD:#}\n{DIM}{head}{DIM:#}\n");
        for row in rows {
            let _ = writeln!(text, "{}", line(&mut row.iter().map(String::as_str)));
        }
        if !note.is_empty() {
            let _ = writeln!(text, "{DIM}{note}{DIM:#}");
        }
        text
    }
}

/// The ranking of each hash, the limits and the noise.
pub fn render(record: &Record) -> String {
    let mut text = String::new();
    let out = &mut text;
    let work = &record.workload;
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", record.head.host.cpu);
    let _ = writeln!(
        out,
        "{}, {} pairs a call, {}; {} pairs derived and checked",
        work.scheme,
        work.pairs,
        plural(work.threads, "thread"),
        grouped(work.pairs_checked),
    );
    for hash in record.hashes() {
        let rows: Vec<&Row> = record.rows.iter().filter(|row| row.hash == hash).collect();
        let _ = writeln!(out, "\n{BOLD}{hash}{BOLD:#}");
        ranking(out, &rows, record.noise_of(hash));
    }
    for error in &record.instrument {
        let _ = writeln!(out, "{BAD}{error}{BAD:#}");
    }
    for warning in &record.head.host.warnings {
        let _ = writeln!(out, "{DIM}note: {warning}{DIM:#}");
    }
    text
}

/// The same of `sampled`, the first part of the time, while sampling goes on.
#[must_use]
pub fn provisional(record: &Record, sampled: Duration) -> String {
    let (sampled, whole) = (sampled.as_secs_f64(), record.workload.seconds);
    format!(
        "{BOLD}Provisional: {sampled:.0} of {whole:.0} seconds sampled{BOLD:#}\n{}\
         {DIM}Provisional; the ranking follows in {:.0} seconds{DIM:#}\n\n",
        render(record),
        whole - sampled,
    )
}

fn ranking(out: &mut String, rows: &[&Row], noise: Option<&Noise>) {
    let width = rows.iter().map(|row| row.backend.len()).max().unwrap_or(0).max(7);
    let of_row = rows.iter().find(|row| row.baseline).map(|row| row.backend.as_str());
    let baseline = of_row.or(noise.map(|noise| noise.backend.as_str()));
    let _ = writeln!(
        out,
        "{DIM}      {:<width$}  {:<12}  {:>10}  {:>17}  {:>8}  {:>8}  × {}{DIM:#}",
        "backend",
        "isa",
        "Mpairs/s",
        "q1 – q3",
        "cycles",
        "of limit",
        baseline.unwrap_or("the baseline")
    );
    for row in rows {
        ranked(out, row, width);
    }
    let _ = match noise {
        Some(Noise { ratio, rounds, .. }) => writeln!(
            out,
            "{DIM}A/A {:.4} [{:.4}, {:.4}] over {rounds} rounds: a smaller difference is a tie (=), as are intervals that meet{DIM:#}",
            ratio.median, ratio.low, ratio.high
        ),
        None => writeln!(
            out,
            "{BAD}no A/A: the noise of this run is not known, and no difference is a tie{BAD:#}"
        ),
    };
}

fn ranked(out: &mut String, row: &Row, width: usize) {
    let style = if is_ours(&row.backend) { OURS } else { PLAIN };
    let rank = match row.rank {
        Some(rank) => format!("{rank}{}", if row.tie { "=" } else { " " }),
        None => "– ".into(),
    };
    let _ = write!(out, " {rank:>4} {style}{:<width$}{style:#}  {:<12}", row.backend, row.isa);
    let (Some(speed), Some(ratio)) = (row.pairs_per_second, row.ratio_to_baseline) else {
        let fault = row.fault.as_deref().unwrap_or("not measured");
        let _ = writeln!(out, "  {BAD}{fault}{BAD:#}");
        return;
    };
    let millions = |rate: f64| rate / 1e6;
    let spread = format!("{:.2} – {:.2}", millions(speed.q1), millions(speed.q3));
    let cycles =
        row.reference_cycles_per_pair.map_or_else(|| "–".into(), |cycles| format!("{cycles:.1}"));
    let of_limit = row.of_limit.map_or_else(|| "–".into(), |part| format!("{:.1} %", 100.0 * part));
    let against = if row.baseline {
        "1 (baseline)".into()
    } else {
        format!("{:.3} [{:.3}, {:.3}]", ratio.median, ratio.low, ratio.high)
    };
    let _ = writeln!(
        out,
        "  {:>10.2}  {spread:>17}  {cycles:>8}  {of_limit:>8}  {against}",
        millions(speed.median)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Any;

    /// A wrong baseline leaves no A/A; what is wrong must be seen all the same.
    #[test]
    fn a_hash_without_a_a_is_shown_with_its_faults() {
        let text = include_str!("../records/2026-11-22-epyc-zen5.json");
        let Any::Compare(mut record) = Any::read(text).unwrap() else { panic!("a comparison") };
        record.noise.retain(|noise| noise.hash != "sha256");
        for row in record.rows.iter_mut().filter(|row| row.hash == "sha256" && row.baseline) {
            row.fault = Some("WRONG: an output differed".into());
            (row.verified, row.rank, row.pairs_per_second, row.ratio_to_baseline) =
                (false, None, None, None);
        }
        for text in [render(&record), provisional(&record, Duration::from_secs(10))] {
            let (of_sha256, of_blake3) = text.split_once("blake3").unwrap();
            assert!(of_sha256.contains("WRONG") && of_sha256.contains("no A/A"), "{text}");
            assert!(of_sha256.contains("ammeter/avx512") && of_sha256.contains("× sha2"), "{text}");
            assert!(of_blake3.contains("A/A 1.") || of_blake3.contains("A/A 0."), "{text}");
        }
    }

    #[test]
    fn words_stand_left_and_numbers_right() {
        let table = Table {
            title: "T".into(),
            note: String::new(),
            columns: vec![Column::words("name"), Column::numbers("n")],
            rows: vec![vec!["a".into(), "10".into()], vec!["longer".into(), "9".into()]],
        };
        let text = table.render();
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(lines, ["  a       10", "  longer   9"]);
    }
}
