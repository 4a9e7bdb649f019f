//! The two tables of specimens.

use std::fmt::Write as _;

use ammeter_fuzz::sim::detect::Part;

use crate::{
    record::specimens::{ABLATION_SEEDS, Row, percentile},
    table::grouped,
};

/// Both of them.
pub fn render(rows: &[Row], seeds: u64) -> String {
    let mut text = format!(
        "{:<24}  {:<21} {:>7} {:>8} {:>8} {:>9} {:>9} {:>6}  needs\n",
        "specimen", "breaks", "found", "median", "p90", "median s", "p90 s", "shrunk"
    );
    for row in rows {
        let (histories, seconds) = (row.histories(), row.seconds());
        let _ = writeln!(
            text,
            "{:<24}  {:<21} {:>3}/{seeds:<3} {:>8} {:>8} {:>9.3} {:>9.3} {:>6}  {}",
            row.flaw.name(),
            row.flaw.breaks().name(),
            row.found.len(),
            grouped(percentile(&histories, 50)),
            grouped(percentile(&histories, 90)),
            percentile(&seconds, 50),
            percentile(&seconds, 90),
            percentile(&row.lengths, 50),
            row.needs(seeds).join(", "),
        );
    }
    let times: Vec<f64> = rows.iter().flat_map(Row::seconds).collect();
    let found = rows.iter().filter(|row| row.found.len() as u64 == seeds).count();
    let _ = writeln!(
        text,
        "\n{found} of {} specimens found with {seeds} of {seeds} seeds; time to detection: \
         median {:.3} s, 90th percentile {:.3} s, slowest {:.3} s, one thread\n",
        rows.len(),
        percentile(&times, 50),
        percentile(&times, 90),
        percentile(&times, 100),
    );
    let _ = writeln!(text, "{:<28} {:>12} {:>12}", "harness", "found always", "found ever");
    let _ = writeln!(text, "{:<28} {found:>12} {:>12}", "whole", ever(rows));
    for (position, part) in Part::ALL.iter().enumerate() {
        let all = seeds.min(ABLATION_SEEDS);
        let (always, ever) = (
            rows.iter().filter(|row| row.without[position].len() as u64 == all).count(),
            rows.iter().filter(|row| !row.without[position].is_empty()).count(),
        );
        let _ =
            writeln!(text, "{:<28} {always:>12} {ever:>12}", format!("without {}", part.name()));
    }
    text
}

fn ever(rows: &[Row]) -> usize {
    rows.iter().filter(|row| !row.found.is_empty()).count()
}
