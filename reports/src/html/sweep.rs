//! A sweep as one page.
//!
//! ```text
//! header      what, where, when; whatever would spoil the timings
//! a hash      the finding in a sentence, the curves drawn, what is missing, the tables
//! the rest    machine, build, the command that made it, how to read it
//! ```

mod curves;
mod finding;
mod table;

use maud::{Markup, html};

use super::{
    drawing,
    drawn::Drawn,
    frame::{Header, document, machine, made, notices, reading, section, time},
    scale::Scale,
};
use crate::{
    number::{digits, grouped, hash_name, plural},
    record::{
        is_ours,
        sweep::{OfHash, Over, Point, Row, Sweep},
    },
};

/// What curves need beyond the styles of all pages.
pub(super) const STYLE: &str = include_str!("sweep/sweep.css");

/// The whole document.
pub fn page(sweep: &Sweep) -> String {
    let body = html! {
        (header(sweep))
        (sections(sweep, 0))
        (how(sweep))
        (machine(&sweep.head))
        (reading(&notes(sweep.workload.over)))
    };
    let title = format!("Ammeter: {} on {}", title(sweep.workload.over), sweep.head.host.cpu);
    document(&title, STYLE, &body)
}

/// A section a hash; ids count from `position`.
pub(super) fn sections(sweep: &Sweep, position: usize) -> Markup {
    html! {
        @for (number, of) in sweep.hashes.iter().enumerate() { (of_hash(sweep, position + number, of)) }
    }
}

/// Its drawings as files, a hash each.
pub(super) fn drawn(sweep: &Sweep) -> Vec<Drawn> {
    let sections = sweep.hashes.iter().map(|of| Section::new(sweep, 0, of));
    sections.filter_map(|section| curves::drawn(&section)).collect()
}

pub(super) const fn title(over: Over) -> &'static str {
    match over {
        Over::N => "Hash backends over the size of a payment",
        Over::Threads => "Hash backends over threads",
    }
}

/// What stands along the axis.
const fn axis(over: Over) -> &'static str {
    match over {
        Over::N => "n",
        Over::Threads => "threads",
    }
}

/// `n = 16`, in one line.
fn n(children: u64) -> String {
    format!("n\u{a0}=\u{a0}{}", grouped(children))
}

/// `n = 16`, `2 threads`.
fn place(over: Over, at: &Point) -> String {
    match over {
        Over::N => n(at.children),
        Over::Threads => plural(at.threads, "thread"),
    }
}

fn is_auto(name: &str) -> bool {
    name == ammeter_bench::backend::AUTO
}

/// What went wrong with a row that was not verified.
fn fault(row: &Row) -> &str {
    row.fault.as_deref().unwrap_or("no output was verified")
}

/// One hash on the page.
struct Section<'a> {
    /// Position on the page, for ids: a record's own words are never used as one.
    position: usize,
    over: Over,
    scheme: &'a str,
    of: &'a OfHash,
}

impl<'a> Section<'a> {
    fn new(sweep: &'a Sweep, position: usize, of: &'a OfHash) -> Self {
        Self { position, over: sweep.workload.over, scheme: &sweep.workload.scheme, of }
    }
}

fn of_hash(sweep: &Sweep, position: usize, of: &OfHash) -> Markup {
    let each = Section::new(sweep, position, of);
    let content = html! {
        (finding::finding(&each))
        (curves::figure(&each))
        (missing(&each))
        (table::leads(&each))
        (table::points(&each))
    };
    section(&format!("hash-{position}"), hash_name(&of.hash), &content)
}

/// Rows that were wrong or failed, each with its point.
fn missing(section: &Section<'_>) -> Markup {
    let rows = section.of.points.iter().flat_map(|at| at.rows.iter().map(move |row| (at, row)));
    let missing: Vec<(&Point, &Row)> = rows.filter(|(_, row)| !row.verified).collect();
    html! {
        @if !missing.is_empty() {
            ul class="unranked" role="list" {
                @for (at, row) in missing {
                    li class="wrong" {
                        span class="who" { "✗ " (row.backend) " at " (place(section.over, at)) ":" } " "
                        span { (fault(row)) "; not drawn" }
                    }
                }
            }
        }
    }
}

fn header(sweep: &Sweep) -> Markup {
    let work = &sweep.workload;
    let faults = match sweep.faults().count() {
        0 => None,
        1 => Some("one point of one row was wrong or failed; it is missing".into()),
        count => Some(format!("{count} points of rows were wrong or failed; they are missing")),
    };
    let threads = sweep.hashes.iter().flat_map(|of| &of.points).map(|at| at.threads).next();
    let threads = threads.filter(|_| work.over == Over::N).map(|threads| plural(threads, "thread"));
    Header {
        title: title(work.over),
        cpu: &sweep.head.host.cpu,
        words: [format!("scheme {}", work.scheme)].into_iter().chain(threads).collect(),
        started: Some(&work.invocation.started),
        notices: notices(&sweep.head.host, &sweep.head.build, work.interrupted, faults),
    }
    .render()
}

/// The command, and what it did.
fn how(sweep: &Sweep) -> Markup {
    let work = &sweep.workload;
    let lasted = if work.interrupted { ", stopped early" } else { "" };
    let points: usize = sweep.hashes.iter().map(|of| of.points.len()).sum();
    let passes = sweep.hashes.iter().flat_map(|of| &of.points).map(|at| at.passes).max();
    made(
        &work.invocation.command,
        &[
            ("Began", time(&work.invocation.started)),
            ("Asked for", html! { (digits(work.seconds, 2)) " s" (lasted) }),
            ("Scheme", html! { (work.scheme) }),
            ("Points", html! { (grouped(points as u64)) }),
            ("Passes", html! { (grouped(passes.unwrap_or(0))) }),
            ("Pairs checked", html! { (grouped(work.pairs_checked)) }),
            ("Seed", html! { (work.invocation.seed) }),
            ("Record", html! { code { (sweep.head.schema) } }),
        ],
    )
}

fn notes(over: Over) -> Vec<(&'static str, &'static str)> {
    let mut notes = vec![(
        "Pair",
        "One preimage and its payment hash, derived from a payment’s root and an index.",
    )];
    match over {
        Over::N => notes.extend([
            (
                "n",
                "Children of one payment. A call derives as many payments as make about 4096 pairs, \
                 and at least one, so that small payments pay for their own set-up.",
            ),
            (
                "Crossover",
                "The n from which another of our kernels is the fastest of ours, beyond the interval \
                 of their quotient and the noise; two that tie do not take turns.",
            ),
        ]),
        Over::Threads => notes.push((
            "Speed-up",
            "All threads’ speed over the same backend’s with one thread, a quotient for each pass, and \
             the median of those.",
        )),
    }
    notes.extend([
        (
            "Ratio",
            "A backend’s speed over the baseline’s at the same point. Both run in turn, baseline, backend, \
             backend, baseline (ABBA), so that a drifting clock cancels.",
        ),
        (
            "Passes",
            "Every point is visited several times, in changing order, so that a slow spell of the machine \
             does not colour one of them. Medians and intervals are over the samples of all passes.",
        ),
        (
            "Interval",
            "95 %, by block bootstrap over rounds. Of fewer than nine rounds it is little more than the \
             range of the samples.",
        ),
        (
            "Noise",
            "The baseline enters twice. Its ratio to itself (A/A) would be 1 on a perfect machine.",
        ),
        (
            "Missing",
            "Every timed output was checked by its digest. Where one was wrong, the line has a gap, and no \
             number is shown.",
        ),
    ]);
    notes
}

#[cfg(test)]
mod tests;
