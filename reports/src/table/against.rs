//! Two commits as a table of text, which the terminal and the page show alike.

use std::fmt::Write as _;

use super::{BAD, BOLD, Column, DIM, Table};
use crate::{
    number::{NONE, change, grouped, plural, rate},
    record::{
        Ratio, Spread,
        against::{Record, Row, Verdict},
    },
};

/// A row a backend.
#[must_use]
pub fn table(record: &Record) -> Table {
    let of = |name: &str, commit: &str| Column::numbers(format!("{name} {commit}"));
    let columns = vec![
        Column::words("backend"),
        of("before:", &record.before.commit),
        of("after:", &record.after.commit),
        Column::numbers("change"),
        Column::numbers("A/A"),
        Column::numbers("rounds"),
        Column::words("verdict"),
    ];
    Table {
        title: "Before and after".into(),
        note: sentence(record),
        columns,
        rows: record.rows.iter().map(|row| cells(row, record)).collect(),
    }
}

fn cells(row: &Row, record: &Record) -> Vec<String> {
    let speed = |of: Option<Spread>| of.map_or_else(|| NONE.into(), |of| rate(of.median, "/s"));
    let ratio = |of: Option<Ratio>| of.as_ref().map_or_else(|| NONE.into(), change);
    vec![
        format!("{} {}", row.hash, row.backend),
        speed(row.before),
        speed(row.after),
        ratio(row.change),
        ratio(row.noise),
        grouped(row.rounds),
        verdict(row, record),
    ]
}

/// The verdict, and what is to be said about it.
fn verdict(row: &Row, record: &Record) -> String {
    let name = row.verdict.name();
    if let Some(fault) = &row.fault {
        return format!("{name}: {fault}");
    }
    if record.regressions().any(|regressed| regressed == row) {
        return format!("{name} by more than {:.1} %", 100.0 * record.allowed());
    }
    name.into()
}

/// How many of each verdict.
pub(crate) fn sentence(record: &Record) -> String {
    let all =
        [Verdict::Slower, Verdict::Faster, Verdict::Alike, Verdict::CannotTell, Verdict::Wrong];
    let counts = all.into_iter().filter_map(|verdict| {
        let count = record.rows.iter().filter(|row| row.verdict == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.name()))
    });
    let mut text = counts.collect::<Vec<_>>().join(", ");
    if record.fail_above.is_some() {
        let _ = write!(
            text,
            "; {} by more than {:.1} %",
            record.regressions().count(),
            100.0 * record.allowed()
        );
    }
    text + "."
}

/// All of it for a terminal.
#[must_use]
pub fn render(record: &Record) -> String {
    let work = &record.workload;
    let mut text = format!(
        "{BOLD}{}{BOLD:#}\n{}, {} pairs a call, {}; {} pairs derived and checked\n",
        record.head.host.cpu,
        work.scheme,
        work.pairs,
        plural(work.threads, "thread"),
        grouped(work.pairs_checked),
    );
    text += &table(record).render();
    for row in record.regressions() {
        let _ = writeln!(text, "{BAD}{} {} regressed{BAD:#}", row.hash, row.backend);
    }
    for warning in &record.head.host.warnings {
        let _ = writeln!(text, "{DIM}note: {warning}{DIM:#}");
    }
    text
}
