//! The page of two commits, in the dress of the others.

use maud::{Markup, html};

use super::{
    bars::{Bar, Bars},
    drawn::Drawn,
    frame::{Header, RecordPage, notices},
    table::part,
};
use crate::{
    number::{change, plural},
    record::{
        Ratio,
        against::{Record, Row},
    },
    table::against::table,
};

/// The whole document.
pub fn page(record: &Record) -> String {
    RecordPage {
        title: &format!("Ammeter: {} against {}", record.after.commit, record.before.commit),
        style: "",
        head: &record.head,
        invocation: &record.workload.invocation,
        facts: &[
            ("Before", html! { (record.before.revision) ", " code { (record.before.commit) } }),
            ("After", html! { (record.after.revision) ", " code { (record.after.commit) } }),
        ],
        notes: &NOTES,
    }
    .render(&header(record), &sections(record, 0))
}

const NOTES: [(&str, &str); 3] = [
    (
        "Both in one run",
        "Each backend is built from both commits. The two programs answer through the same kind of \
         pipe, and take turns of some milliseconds.",
    ),
    (
        "A/A",
        "The other commit’s program also runs against copies of itself. What differs there is noise, \
         and it widens every change before a verdict.",
    ),
    (
        "No difference",
        "Whatever the noise did, the row is not slower by more than is allowed. Where noise and \
         interval are wider than that, this run cannot tell.",
    ),
];

fn header(record: &Record) -> Markup {
    let work = &record.workload;
    Header {
        title: "Two commits in one run",
        cpu: &record.head.host.cpu,
        words: vec![
            format!("{} against {}", record.after.commit, record.before.commit),
            format!("scheme {}", work.scheme),
            plural(work.threads, "thread"),
        ],
        started: Some(&work.invocation.started),
        notices: notices(&record.head.host, &record.head.build, work.interrupted, []),
    }
    .render()
}

/// Drawn and as numbers; ids count from `position`.
pub(super) fn sections(record: &Record, position: usize) -> Markup {
    part(&format!("part-{position}"), &table(record), &bars(record, position).render())
}

/// Its drawing as a file.
pub(super) fn drawn(record: &Record) -> Vec<Drawn> {
    bars(record, 0).drawn("changes").into_iter().collect()
}

fn bars(record: &Record, position: usize) -> Bars {
    Bars {
        position,
        caption: format!("Speed over that of {}", record.before.commit),
        kinds: ["this tree", ""],
        noise: widest_noise(record),
        bars: record.rows.iter().filter_map(bar).collect(),
        others: html! {},
    }
}

fn bar(row: &Row) -> Option<Bar> {
    let ratio = row.change?;
    Some(Bar {
        place: String::new(),
        name: format!("{} {}", row.hash, row.backend),
        tags: vec![row.verdict.name()],
        is_ours: true,
        ratio: Some(ratio),
        description: format!("change {}: {}", change(&ratio), row.verdict.name()),
    })
}

fn widest_noise(record: &Record) -> Option<Ratio> {
    let noise = record.rows.iter().filter_map(|row| row.noise);
    noise.max_by(|a, b| a.distance_from_one().total_cmp(&b.distance_from_one()))
}
