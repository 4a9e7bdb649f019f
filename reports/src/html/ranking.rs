//! A comparison as one page.
//!
//! ```text
//! header      what, where, when; whatever would spoil the timings
//! a hash      the finding in a sentence, the ranking drawn, the table
//! the rest    limits, machine, build, the command that made it, how to read it
//! ```

mod chart;
mod finding;
mod table;

use maud::{Markup, html};

use super::{
    drawn::Drawn,
    frame::{Header, document, machine, made, notices, reading, section, time},
};
use crate::{
    number::{NONE, digits, grouped, hash_name, plural},
    record::{Limit, Noise, Record, Row, is_ours},
};

/// The whole document.
pub fn page(record: &Record) -> String {
    let body = html! {
        (header(record))
        (sections(record, 0))
        (limits(&record.limits))
        (how(record))
        (machine(&record.head))
        (reading(&NOTES))
    };
    document(&format!("Ammeter: hash backends on {}", record.head.host.cpu), "", &body)
}

/// A section a hash; ids count from `position`.
pub(super) fn sections(record: &Record, position: usize) -> Markup {
    let hashes = hashes(record, position);
    html! {
        @for of in &hashes { (of_hash(of)) }
        @if hashes.is_empty() {
            section { p class="finding" { "This record has no rows." } }
        }
    }
}

/// Its drawings as files, a hash each.
pub(super) fn drawn(record: &Record) -> Vec<Drawn> {
    let named = |of: &OfHash<'_>| chart::bars(of).drawn(&format!("{}-ranking", of.hash));
    hashes(record, 0).iter().filter_map(named).collect()
}

/// What a record holds of one hash.
struct OfHash<'a> {
    /// Position on the page, for ids: a record's own words are never used as one.
    position: usize,
    hash: &'a str,
    scheme: &'a str,
    noise: Option<&'a Noise>,
    rows: Vec<&'a Row>,
}

impl<'a> OfHash<'a> {
    /// The name of the row that all others are compared with.
    fn baseline(&self) -> Option<&'a str> {
        let row = self.rows.iter().find(|row| row.baseline).map(|row| row.backend.as_str());
        row.or(self.noise.map(|noise| noise.backend.as_str()))
    }

    /// Rows with a place in the ranking, in its order.
    fn ranked(&self) -> Vec<&'a Row> {
        let mut ranked: Vec<&Row> =
            self.rows.iter().copied().filter(|row| rank(row).is_some()).collect();
        ranked.sort_by_key(|row| rank(row));
        ranked
    }
}

/// A row's rank; whatever a record says, a row that was not verified has none.
fn rank(row: &Row) -> Option<u64> {
    row.rank.filter(|_| row.verified)
}

/// What went wrong with a row that was not verified.
fn fault(row: &Row) -> &str {
    row.fault.as_deref().unwrap_or("no output was verified")
}

/// Marks after a row's name.
fn tags(row: &Row) -> Vec<&'static str> {
    let tags = [(row.baseline, "baseline"), (rank(row).is_some() && row.tie, "tie")];
    tags.iter().filter(|(is, _)| *is).map(|(_, tag)| *tag).collect()
}

/// The hashes of a record, in the order of its rows.
fn hashes(record: &Record, position: usize) -> Vec<OfHash<'_>> {
    let of_hash = |(number, hash)| OfHash {
        position: position + number,
        hash,
        scheme: &record.workload.scheme,
        noise: record.noise_of(hash),
        rows: record.rows.iter().filter(|row| row.hash == hash).collect(),
    };
    record.hashes().into_iter().enumerate().map(of_hash).collect()
}

/// One hash: finding, drawing, table.
fn of_hash(of: &OfHash<'_>) -> Markup {
    let content = html! { (finding::finding(of)) (chart::chart(of)) (table::rows(of)) };
    section(&format!("hash-{}", of.position), hash_name(of.hash), &content)
}

fn header(record: &Record) -> Markup {
    let work = &record.workload;
    let faults = match record.rows.iter().filter(|row| !row.verified).count() {
        0 => None,
        1 => Some("one row was wrong or failed; it is not ranked".into()),
        count => Some(format!("{count} rows were wrong or failed; they are not ranked")),
    };
    let others = record.instrument.iter().cloned().chain(faults);
    Header {
        title: "Hash backends for Atomic Multi-Path payments",
        cpu: &record.head.host.cpu,
        words: vec![format!("scheme {}", work.scheme), plural(work.threads, "thread")],
        started: Some(&work.invocation.started),
        notices: notices(&record.head.host, &record.head.build, work.interrupted, others),
    }
    .render()
}

fn limits(limits: &[Limit]) -> Markup {
    let content = html! {
        @if limits.is_empty() {
            p { "No limit was measured." }
        } @else {
            p { "Measured in the same run, all threads together. A row is compared with the upper end." }
            (table::limits(limits))
        }
    };
    section("limits", "What the silicon allows", &content)
}

/// The command, and what it did.
fn how(record: &Record) -> Markup {
    let work = &record.workload;
    let each = |shown: &dyn Fn(&Noise) -> Markup| {
        html! {
            @for hash in record.hashes() {
                span class="of" {
                    (hash_name(hash)) ": "
                    @match record.noise_of(hash) {
                        Some(noise) => (shown(noise)),
                        None => (NONE),
                    }
                }
            }
        }
    };
    let lasted = if work.interrupted { ", stopped early" } else { "" };
    made(
        &work.invocation.command,
        &[
            ("Began", time(&work.invocation.started)),
            ("Asked for", html! { (digits(work.seconds, 2)) " s" (lasted) }),
            ("Scheme", html! { (work.scheme) }),
            ("Pairs a call", html! { (grouped(work.pairs)) }),
            ("Threads", html! { (grouped(work.threads)) }),
            ("Pairs checked", html! { (grouped(work.pairs_checked)) }),
            ("Rounds", each(&|noise| html! { (grouped(noise.rounds)) })),
            ("Seed", html! { (work.invocation.seed) }),
            ("Output digest", each(&|noise| html! { code { (noise.digest) } })),
            ("Record", html! { code { (record.head.schema) } }),
        ],
    )
}

const NOTES: [(&str, &str); 8] = [
    ("Pair", "One preimage and its payment hash, derived from a payment’s root and an index."),
    (
        "Ratio",
        "A backend’s speed over the baseline’s. Both run in turn, baseline, backend, backend, baseline \
         (ABBA), so that a drifting clock cancels; the ratio is the median over all such samples.",
    ),
    (
        "Interval",
        "95 %, by block bootstrap: samples are drawn again in runs of neighbours, because neighbours \
         resemble each other.",
    ),
    (
        "Noise",
        "The baseline enters twice. Its ratio to itself (A/A) would be 1 on a perfect machine; what it is \
         instead is what this run takes for a difference where there is none. A difference inside the noise \
         is a tie, and so are two rows whose intervals meet.",
    ),
    (
        "Pairs a second",
        "First quartile, median and third quartile over the run, all threads together. Across rows trust \
         the ratio: it was sampled side by side.",
    ),
    (
        "Reference cycles",
        "Ticks of the timestamp counter for a pair on one thread: time in fine units, not the core’s own \
         clock.",
    ),
    (
        "Of limit",
        "The upper end of its speed over the upper end of what the named limit allowed, the 95th percentile of \
         each in this run; a dash where no limit is known.",
    ),
    (
        "Verified",
        "Every timed output was checked by its digest. A row with one wrong output is never ranked, and its \
         times are not shown.",
    ),
];

#[cfg(test)]
mod tests;
