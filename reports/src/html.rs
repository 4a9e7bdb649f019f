//! A comparison as one page: a single file that needs no network, no script and no fonts of its own.
//!
//! ```text
//! header      what, where, when; whatever would spoil the timings
//! a hash      the finding in a sentence, the ranking drawn, the table
//! the rest    limits, machine, build, the command that made it, how to read it
//! ```
//!
//! Everything that a record says is escaped on its way in ([`text::Text`]), numbers that are not finite are
//! shown as a dash, and a row that was not verified shows its fault instead of its times.

mod chart;
mod finding;
mod table;
mod text;

use crate::{
    host::Host,
    record::{Build, Limit, Noise, Record, Row},
};
pub use text::{Text, grouped};
use text::{date, digits, hash_name, plural, rate};

const STYLE: &str = include_str!("html/page.css");

/// Second line of defence after escaping: a browser fetches and runs nothing for this page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The whole document.
pub fn page(record: &Record) -> String {
    let sections: String = hashes(record).iter().map(section).collect();
    let sections = if sections.is_empty() {
        "<section>\n<p class=\"finding\">This record has no rows.</p>\n</section>\n".into()
    } else {
        sections
    };
    let body = format!(
        "{header}{sections}{limits}{made}{machine}{reading}",
        header = header(record),
        limits = limits(&record.limits),
        made = made(record),
        machine = machine(&record.host, &record.build),
        reading = reading(),
    );
    document(&format!("Ammeter: hash backends on {}", record.host.cpu), &body)
}

/// A page around what is inside its `main`.
pub fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        title = Text(title),
    )
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

/// Whether a row is one of this project's own.
fn is_ours(row: &Row) -> bool {
    row.backend.starts_with("ammeter/")
}

/// What went wrong with a row that was not verified.
fn fault(row: &Row) -> &str {
    row.fault.as_deref().unwrap_or("no output was verified")
}

/// Marks after a row's name.
fn tags(row: &Row) -> String {
    let tags = [(row.baseline, "baseline"), (rank(row).is_some() && row.tie, "tie")];
    let shown = tags.iter().filter(|(is, _)| *is);
    shown.map(|(_, tag)| format!(" <span class=\"tag\">{tag}</span>")).collect()
}

/// The hashes of a record, in the order of its rows.
fn hashes(record: &Record) -> Vec<OfHash<'_>> {
    let mut names: Vec<&str> = Vec::new();
    let of_rows = record.rows.iter().map(|row| row.hash.as_str());
    for name in of_rows.chain(record.noise.iter().map(|noise| noise.hash.as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let of_hash = |(position, hash)| OfHash {
        position,
        hash,
        scheme: &record.workload.scheme,
        noise: record.noise.iter().find(|noise| noise.hash == hash),
        rows: record.rows.iter().filter(|row| row.hash == hash).collect(),
    };
    names.into_iter().enumerate().map(of_hash).collect()
}

/// One hash: finding, drawing, table.
fn section(of: &OfHash<'_>) -> String {
    format!(
        "<section aria-labelledby=\"hash-{position}\">\n<h2 id=\"hash-{position}\">{name}</h2>\n\
         {finding}{chart}{table}</section>\n",
        position = of.position,
        name = Text(hash_name(of.hash)),
        finding = finding::finding(of),
        chart = chart::chart(of),
        table = table::rows(of),
    )
}

fn header(record: &Record) -> String {
    let work = &record.workload;
    format!(
        "<header>\n<p class=\"brand\">Ammeter</p>\n\
         <h1>Hash backends for Atomic Multi-Path payments</h1>\n\
         <p class=\"meta\"><span>{cpu}</span> <span>scheme {scheme}</span> \
         <span>{threads}</span> <time datetime=\"{raw}\">{started}</time></p>\n{notices}</header>\n",
        cpu = Text(&record.host.cpu),
        scheme = Text(&work.scheme),
        threads = plural(work.threads, "thread"),
        raw = Text(&work.started),
        started = Text(&date(&work.started)),
        notices = notices(record),
    )
}

/// What a reader must know before believing a number, at the top where nobody can miss it.
fn notices(record: &Record) -> String {
    let mut notices: Vec<String> = record.host.warnings.clone();
    if record.workload.interrupted {
        notices.push("the run was stopped early: intervals are wider than they would be".into());
    }
    if record.build.profile != "release" {
        notices.push(format!(
            "the program was built with the `{}` profile: its speed says little",
            record.build.profile
        ));
    }
    match record.rows.iter().filter(|row| !row.verified).count() {
        0 => {}
        1 => notices.push("one row was wrong or failed; it is not ranked".into()),
        count => notices.push(format!("{count} rows were wrong or failed; they are not ranked")),
    }
    notice_list(&notices)
}

/// Notices in a box; nothing if there are none.
pub fn notice_list(notices: &[String]) -> String {
    if notices.is_empty() {
        return String::new();
    }
    let items: String =
        notices.iter().map(|notice| format!("<li>{}</li>\n", with_code(notice))).collect();
    format!(
        "<aside class=\"notices\" id=\"notices\" aria-labelledby=\"notices-title\">\n\
         <p id=\"notices-title\"><span aria-hidden=\"true\">⚠</span> Keep in mind</p>\n\
         <ul>\n{items}</ul>\n</aside>\n"
    )
}

/// Escaped text in which words between backticks are code.
fn with_code(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return Text(text).to_string();
    }
    let show = |(position, piece): (usize, &&str)| match position % 2 {
        0 => Text(piece).to_string(),
        _ => format!("<code>{}</code>", Text(piece)),
    };
    pieces.iter().enumerate().map(show).collect()
}

fn limits(limits: &[Limit]) -> String {
    let body = if limits.is_empty() {
        "<p>No limit was measured.</p>\n".into()
    } else {
        let table = table::limits(limits);
        format!("<p>Measured in the same run, all threads together.</p>\n{table}")
    };
    format!(
        "<section aria-labelledby=\"limits\">\n<h2 id=\"limits\">What the silicon allows</h2>\n\
         {body}</section>\n"
    )
}

/// The command, and what it did.
fn made(record: &Record) -> String {
    let work = &record.workload;
    let (mut rounds, mut digests) = (String::new(), String::new());
    for noise in &record.noise {
        let name = Text(hash_name(&noise.hash));
        rounds += &format!("<span class=\"of\">{name}: {}</span>", grouped(noise.rounds));
        digests +=
            &format!("<span class=\"of\">{name}: <code>{}</code></span>", Text(&noise.digest));
    }
    let began =
        format!("<time datetime=\"{}\">{}</time>", Text(&work.started), Text(&date(&work.started)));
    let lasted = if work.interrupted { ", stopped early" } else { "" };
    format!(
        "<section aria-labelledby=\"made\">\n<h2 id=\"made\">How this was made</h2>\n\
         <pre><code>{command}</code></pre>\n{facts}\
         </section>\n",
        command = Text(&work.command),
        facts = facts(&[
            ("Began", began),
            ("Asked for", format!("{} s{lasted}", digits(work.seconds, 2))),
            ("Scheme", Text(&work.scheme).to_string()),
            ("Pairs a call", grouped(work.pairs)),
            ("Threads", grouped(work.threads)),
            ("Pairs checked", grouped(work.pairs_checked)),
            ("Rounds", rounds),
            ("Seed", work.seed.to_string()),
            ("Output digest", digests),
            ("Record", format!("<code>{}</code>", Text(&record.schema))),
        ]),
    )
}

/// The machine and the build, side by side where there is room.
pub fn machine(host: &Host, build: &Build) -> String {
    let clock = host.reference_clock_hz.map_or_else(|| "unknown".into(), |hz| rate(hz, "Hz"));
    let warnings = match host.warnings.len() {
        0 => "none".to_owned(),
        count => format!("<a href=\"#notices\">{count}, at the top of this page</a>"),
    };
    let machine = facts(&[
        ("CPU", Text(&host.cpu).to_string()),
        ("Architecture", Text(&host.architecture).to_string()),
        ("Features", Text(&host.features.join(" ")).to_string()),
        ("Cores", grouped(host.cores)),
        ("Reference clock", clock),
        ("Hypervisor", if host.virtualised { "yes" } else { "none found" }.into()),
        ("System", Text(&host.os).to_string()),
        ("Warnings", warnings),
    ]);
    let build = facts(&[
        ("Ammeter", Text(&build.version).to_string()),
        ("Commit", format!("<code>{}</code>", Text(&build.commit))),
        ("Compiler", Text(&build.rustc).to_string()),
        ("Target", Text(&build.target).to_string()),
        ("Profile", Text(&build.profile).to_string()),
    ]);
    format!(
        "<div class=\"pair\">\n\
         <section aria-labelledby=\"machine\">\n<h2 id=\"machine\">Machine</h2>\n{machine}</section>\n\
         <section aria-labelledby=\"build\">\n<h2 id=\"build\">Build</h2>\n{build}</section>\n\
         </div>\n"
    )
}

/// Names with values that are HTML already; what is empty is left out.
fn facts(facts: &[(&str, String)]) -> String {
    let items: String = facts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"))
        .collect();
    format!("<dl class=\"facts\">\n{items}</dl>\n")
}

fn reading() -> &'static str {
    "<section aria-labelledby=\"reading\">\n<h2 id=\"reading\">How to read this</h2>\n\
     <dl class=\"notes\">\n\
     <div><dt>Pair</dt><dd>One preimage and its payment hash, derived from a payment’s root and an \
     index.</dd></div>\n\
     <div><dt>Ratio</dt><dd>A backend’s speed over the baseline’s. Both run in turn, baseline, \
     backend, backend, baseline (ABBA), so that a drifting clock cancels; the ratio is the median \
     over all such samples.</dd></div>\n\
     <div><dt>Interval</dt><dd>95 %, by block bootstrap: samples are drawn again in runs of \
     neighbours, because neighbours resemble each other.</dd></div>\n\
     <div><dt>Noise</dt><dd>The baseline enters twice. Its ratio to itself (A/A) would be 1 on a \
     perfect machine; what it is instead is what this run takes for a difference where there is \
     none. A difference inside the noise is a tie.</dd></div>\n\
     <div><dt>Pairs a second</dt><dd>First quartile, median and third quartile over the run, all \
     threads together. Across rows trust the ratio: it was sampled side by side.</dd></div>\n\
     <div><dt>Reference cycles</dt><dd>Ticks of the timestamp counter for a pair on one thread: \
     time in fine units, not the core’s own clock.</dd></div>\n\
     <div><dt>Of limit</dt><dd>Median speed over what the named limit allows, both measured in \
     this run; a dash where no limit is known.</dd></div>\n\
     <div><dt>Verified</dt><dd>Every timed output was checked by its digest. A row with one wrong \
     output is never ranked, and its times are not shown.</dd></div>\n\
     </dl>\n</section>\n"
}

#[cfg(test)]
mod tests;
