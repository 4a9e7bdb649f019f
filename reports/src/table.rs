//! A record as a person reads it on a terminal.

pub mod receive;
pub mod specimens;
mod sweep;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::record::{Noise, Record, Row};

pub use sweep::render as sweep;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const OURS: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The ranking of each hash, the limits and the noise.
pub fn render(record: &Record) -> String {
    let mut text = String::new();
    let out = &mut text;
    let work = &record.workload;
    let threads = if work.threads == 1 { "thread" } else { "threads" };
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", record.host.cpu);
    let _ = writeln!(
        out,
        "{}, {} pairs a call, {} {threads}; {} pairs derived and checked",
        work.scheme,
        work.pairs,
        work.threads,
        grouped(work.pairs_checked),
    );
    for noise in &record.noise {
        let rows: Vec<&Row> = record.rows.iter().filter(|row| row.hash == noise.hash).collect();
        let _ = writeln!(out, "\n{BOLD}{}{BOLD:#}", noise.hash);
        ranking(out, &rows, noise);
    }
    for warning in &record.host.warnings {
        let _ = writeln!(out, "{DIM}note: {warning}{DIM:#}");
    }
    text
}

fn ranking(out: &mut String, rows: &[&Row], noise: &Noise) {
    let width = rows.iter().map(|row| row.backend.len()).max().unwrap_or(0).max(7);
    let _ = writeln!(
        out,
        "{DIM}      {:<width$}  {:<12}  {:>10}  {:>17}  {:>8}  {:>8}  × {}{DIM:#}",
        "backend", "isa", "Mpairs/s", "q1 – q3", "cycles", "of limit", noise.backend
    );
    for row in rows {
        ranked(out, row, width);
    }
    let ratio = noise.ratio;
    let _ = writeln!(
        out,
        "{DIM}A/A {:.4} [{:.4}, {:.4}] over {} rounds: a smaller difference is a tie (=){DIM:#}",
        ratio.median, ratio.low, ratio.high, noise.rounds
    );
}

fn ranked(out: &mut String, row: &Row, width: usize) {
    let style = if row.backend.starts_with("ammeter/") { OURS } else { PLAIN };
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

/// Thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands() {
        let shown = [0, 999, 1000, 1_234_567].map(super::grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }
}
