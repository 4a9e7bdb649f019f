//! A sweep as one page.
//!
//! ```text
//! header      what, where, when; whatever would spoil the timings
//! a hash      the finding in a sentence, the curves drawn, what is missing, the tables
//! the rest    machine, build, the command that made it, how to read it
//! ```

mod curves;
mod drawing;
mod finding;
mod labels;
mod table;

use super::{
    frame::{Header, document, facts, machine, notices, time},
    scale::Scale,
    text,
};
use crate::record::sweep::{OfHash, Over, Point, Row, Sweep};
use text::{Text, digits, grouped, hash_name};

const STYLE: &str = include_str!("sweep/sweep.css");

/// The whole document.
pub fn page(sweep: &Sweep) -> String {
    let sections: String = sweep
        .hashes
        .iter()
        .enumerate()
        .map(|(position, of)| section(sweep, position, of))
        .collect();
    let body = [
        header(sweep),
        sections,
        made(sweep),
        machine(&sweep.host, &sweep.build),
        reading(sweep.workload.over),
    ];
    let title = format!("Ammeter: {} on {}", title(sweep.workload.over), sweep.host.cpu);
    document(&title, STYLE, &body.concat())
}

const fn title(over: Over) -> &'static str {
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
        Over::Threads => text::plural(at.threads, "thread"),
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("ammeter/")
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

fn section(sweep: &Sweep, position: usize, of: &OfHash) -> String {
    let section =
        Section { position, over: sweep.workload.over, scheme: &sweep.workload.scheme, of };
    format!(
        "<section aria-labelledby=\"hash-{position}\">\n<h2 id=\"hash-{position}\">{name}</h2>\n\
         {finding}{curves}{missing}{leads}{table}</section>\n",
        name = Text(hash_name(&of.hash)),
        finding = finding::finding(&section),
        curves = curves::figure(&section),
        missing = missing(&section),
        leads = table::leads(&section),
        table = table::points(&section),
    )
}

/// Rows that were wrong or failed, each with its point.
fn missing(section: &Section<'_>) -> String {
    let rows = section.of.points.iter().flat_map(|at| at.rows.iter().map(move |row| (at, row)));
    let items: String = rows
        .filter(|(_, row)| !row.verified)
        .map(|(at, row)| {
            format!(
                "<li class=\"wrong\"><span class=\"who\">✗ {} at {}:</span> <span>{}; not \
                 drawn</span></li>\n",
                Text(&row.backend),
                place(section.over, at),
                Text(fault(row)),
            )
        })
        .collect();
    match items.is_empty() {
        true => items,
        false => format!("<ul class=\"unranked\" role=\"list\">\n{items}</ul>\n"),
    }
}

fn header(sweep: &Sweep) -> String {
    let work = &sweep.workload;
    let faults = match sweep.faults().count() {
        0 => None,
        1 => Some("one point of one row was wrong or failed; it is missing".into()),
        count => Some(format!("{count} points of rows were wrong or failed; they are missing")),
    };
    let threads = sweep.hashes.iter().flat_map(|of| &of.points).map(|at| at.threads).next();
    Header {
        title: title(work.over),
        cpu: &sweep.host.cpu,
        scheme: &work.scheme,
        threads: threads.filter(|_| work.over == Over::N),
        started: &work.started,
        notices: notices(&sweep.host, &sweep.build, work.interrupted, faults),
    }
    .render()
}

/// The command, and what it did.
fn made(sweep: &Sweep) -> String {
    let work = &sweep.workload;
    let lasted = if work.interrupted { ", stopped early" } else { "" };
    let points: usize = sweep.hashes.iter().map(|of| of.points.len()).sum();
    let passes = || sweep.hashes.iter().flat_map(|of| &of.points).map(|at| at.passes);
    format!(
        "<section aria-labelledby=\"made\">\n<h2 id=\"made\">How this was made</h2>\n\
         <pre><code>{command}</code></pre>\n{facts}</section>\n",
        command = Text(&work.command),
        facts = facts(&[
            ("Began", time(&work.started)),
            ("Asked for", format!("{} s{lasted}", digits(work.seconds, 2))),
            ("Scheme", Text(&work.scheme).to_string()),
            ("Points", grouped(points as u64)),
            ("Passes", grouped(passes().max().unwrap_or(0))),
            ("Pairs checked", grouped(work.pairs_checked)),
            ("Seed", work.seed.to_string()),
            ("Record", format!("<code>{}</code>", Text(&sweep.schema))),
        ]),
    )
}

fn reading(over: Over) -> String {
    let note = |term: &str, text: &str| format!("<div><dt>{term}</dt><dd>{text}</dd></div>\n");
    let mut notes = note(
        "Pair",
        "One preimage and its payment hash, derived from a payment’s root and an index.",
    );
    notes += &match over {
        Over::N => {
            note(
                "n",
                "Children of one payment. A call derives as many payments as make about 4096 pairs, \
                 and at least one, so that small payments pay for their own set-up.",
            ) + &note(
                "Crossover",
                "The n from which another of our kernels is the fastest of ours, beyond the interval \
                 of their quotient and the noise; two that tie do not take turns.",
            )
        }
        Over::Threads => note(
            "Speed-up",
            "All threads’ speed over the same backend’s with one thread, a quotient for each pass, and \
             the median of those.",
        ),
    };
    notes += &note(
        "Ratio",
        "A backend’s speed over the baseline’s at the same point. Both run in turn, baseline, backend, \
         backend, baseline (ABBA), so that a drifting clock cancels.",
    );
    notes += &note(
        "Passes",
        "Every point is visited several times, in changing order, so that a slow spell of the machine \
         does not colour one of them. Medians and intervals are over the samples of all passes.",
    );
    notes += &note(
        "Interval",
        "95 %, by block bootstrap over rounds. Of fewer than nine rounds it is little more than the \
         range of the samples.",
    );
    notes += &note(
        "Noise",
        "The baseline enters twice. Its ratio to itself (A/A) would be 1 on a perfect machine.",
    );
    notes += &note(
        "Missing",
        "Every timed output was checked by its digest. Where one was wrong, the line has a gap, and no \
         number is shown.",
    );
    format!(
        "<section aria-labelledby=\"reading\">\n<h2 id=\"reading\">How to read this</h2>\n\
         <dl class=\"notes\">\n{notes}</dl>\n</section>\n"
    )
}

#[cfg(test)]
mod tests;
