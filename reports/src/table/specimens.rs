//! The two tables of specimens.

use ammeter_fuzz::specimens::detect::Part;

use super::{Column, Table};
use crate::{
    number::grouped,
    record::specimens::{ABLATION_SEEDS, Row, percentile},
};

/// Both of them for a terminal; what is wrong with each specimen is on the page only.
pub fn render(rows: &[Row], seeds: u64) -> String {
    let mut specimens = specimens(rows, seeds);
    specimens.columns.pop();
    for row in &mut specimens.rows {
        row.pop();
    }
    let times: Vec<f64> = rows.iter().flat_map(Row::seconds).collect();
    specimens.note = format!(
        "{} of {} specimens found with {seeds} of {seeds} seeds; time to detection: median {:.3} s, \
         90th percentile {:.3} s, slowest {:.3} s, one thread",
        found(rows, seeds),
        rows.len(),
        percentile(&times, 50),
        percentile(&times, 90),
        percentile(&times, 100),
    );
    specimens.render() + &harness(rows, seeds).render()
}

fn found(rows: &[Row], seeds: u64) -> usize {
    rows.iter().filter(|row| row.found.len() as u64 == seeds).count()
}

/// How soon each is found.
pub fn specimens(rows: &[Row], seeds: u64) -> Table {
    let numbers = ["found", "median", "90 %", "median s", "90 % s", "shrunk"].map(Column::numbers);
    let columns = [Column::words("specimen"), Column::words("breaks")].into_iter().chain(numbers);
    let row = |row: &Row| {
        let (histories, seconds) = (row.histories(), row.seconds());
        vec![
            row.flaw.name().to_owned(),
            row.flaw.breaks().name().to_owned(),
            format!("{} of {seeds}", row.found.len()),
            grouped(percentile(&histories, 50)),
            grouped(percentile(&histories, 90)),
            format!("{:.3}", percentile(&seconds, 50)),
            format!("{:.3}", percentile(&seconds, 90)),
            percentile(&row.lengths, 50).to_string(),
            row.needs(seeds).join(", "),
            row.flaw.story().to_owned(),
        ]
    };
    Table {
        title: "Specimens".into(),
        note: String::new(),
        columns: columns.chain(["needs", "story"].map(Column::words)).collect(),
        rows: rows.iter().map(row).collect(),
    }
}

/// How many are found without a part of the harness.
fn harness(rows: &[Row], seeds: u64) -> Table {
    let all = seeds.min(ABLATION_SEEDS);
    let ever = rows.iter().filter(|row| !row.found.is_empty()).count();
    let mut lines = vec![vec!["whole".into(), found(rows, seeds).to_string(), ever.to_string()]];
    for (position, part) in Part::ALL.iter().enumerate() {
        let always = rows.iter().filter(|row| row.without[position].len() as u64 == all).count();
        let ever = rows.iter().filter(|row| !row.without[position].is_empty()).count();
        lines.push(vec![format!("without {}", part.name()), always.to_string(), ever.to_string()]);
    }
    Table {
        title: "Harness".into(),
        note: String::new(),
        columns: vec![
            Column::words("harness"),
            Column::numbers("found always"),
            Column::numbers("found ever"),
        ],
        rows: lines,
    }
}
