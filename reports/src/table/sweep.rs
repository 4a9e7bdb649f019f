//! A sweep as a person reads it on a terminal: points down, backends across.

use std::fmt::Write as _;

use super::{BAD, BOLD, DIM, OURS, grouped};
use crate::record::{
    Ratio, is_ours,
    sweep::{OfHash, Over, Point, Row, Sweep},
};

/// The curves of each hash as numbers, and what they say.
pub fn render(sweep: &Sweep) -> String {
    let mut text = String::new();
    let out = &mut text;
    let work = &sweep.workload;
    let what = match work.over {
        Over::N => "over n, the children of a payment",
        Over::Threads => "over threads",
    };
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", sweep.head.host.cpu);
    let _ = writeln!(
        out,
        "{}, {what}; {} pairs derived and checked",
        work.scheme,
        grouped(work.pairs_checked)
    );
    for of in &sweep.hashes {
        if work.over == Over::Threads {
            matrix(out, of, work.over, "speed over its own with one thread", |row| {
                row.ratio_to_one_thread
            });
        }
        let same = if work.over == Over::Threads { " with as many threads" } else { "" };
        let heading = format!("speed over that of {}{same}", of.baseline);
        matrix(out, of, work.over, &heading, |row| row.ratio_to_baseline);
        leads(out, of, work.over);
        if work.over == Over::N {
            crossovers(out, of);
        }
    }
    for (of, at, row) in sweep.faults() {
        let fault = row.fault.as_deref().unwrap_or("not measured");
        let (name, at) = (&row.backend, place(work.over, at));
        let _ = writeln!(out, "{BAD}✗ {name} at {at} ({}): {fault}{BAD:#}", of.hash);
    }
    if work.interrupted {
        let _ = writeln!(out, "{DIM}note: stopped early; what was not reached is missing{DIM:#}");
    }
    for warning in &sweep.head.host.warnings {
        let _ = writeln!(out, "{DIM}note: {warning}{DIM:#}");
    }
    text
}

/// `n = 16`, `2 threads`.
fn place(over: Over, at: &Point) -> String {
    match over {
        Over::N => format!("n = {}", at.children),
        Over::Threads => format!("{} thread(s)", at.threads),
    }
}

/// A cell a point and backend.
fn matrix(
    out: &mut String,
    of: &OfHash,
    over: Over,
    heading: &str,
    cell: impl Fn(&Row) -> Option<Ratio>,
) {
    let _ = writeln!(out, "\n{BOLD}{}{BOLD:#}  {heading}", of.hash);
    let names: Vec<(&str, &str)> = of.backends.iter().map(|row| halves(&row.name)).collect();
    let widths: Vec<usize> =
        names.iter().map(|(top, bottom)| top.len().max(bottom.len()).max(5) + 2).collect();
    let axis = match over {
        Over::N => "n",
        Over::Threads => "threads",
    };
    let line = |pick: fn(&(&str, &str)) -> String| -> String {
        names.iter().zip(&widths).map(|(name, width)| format!("{:>width$}", pick(name))).collect()
    };
    let _ = writeln!(out, "{DIM}{:>8}{}{DIM:#}", "", line(|name| name.0.to_owned()));
    let _ = writeln!(out, "{DIM}{axis:>8}{}  rounds{DIM:#}", line(|name| name.1.to_owned()));
    for at in &of.points {
        let _ = write!(out, "{:>8}", at.at(over));
        for (row, width) in at.rows.iter().zip(&widths) {
            let style = if is_ours(&row.backend) { OURS } else { super::PLAIN };
            let _ = match cell(row) {
                Some(ratio) => write!(out, "{style}{:>width$}{style:#}", short(ratio.median)),
                None if row.verified => write!(out, "{:>width$}", "–"),
                None => write!(out, "{BAD}{:>width$}{BAD:#}", "✗"),
            };
        }
        let _ = writeln!(out, "{DIM}{:>8}{DIM:#}", at.rounds);
    }
}

/// A long name over two lines.
fn halves(name: &str) -> (&str, &str) {
    let breaks = name.match_indices(['/', '-', '_']).map(|(at, _)| at + 1);
    let best = breaks.min_by_key(|at| (*at).max(name.len() - at));
    best.map_or(("", name), |at| name.split_at(at))
}

/// Three significant digits.
fn short(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// Ours against the best peer.
fn leads(out: &mut String, of: &OfHash, over: Over) {
    if !of.points.iter().any(|at| at.lead.as_ref().is_some_and(|lead| lead.peer.is_some())) {
        return;
    }
    let axis = match over {
        Over::N => "n",
        Over::Threads => "threads",
    };
    let _ = writeln!(
        out,
        "\n{DIM}{axis:>8}  {:<20}{:<25}{:<25}best peer{DIM:#}",
        "best kernel of ours", "× best peer", "auto × best peer"
    );
    let shown = |ratio: Option<Ratio>| match ratio {
        Some(Ratio { median, low, high }) => format!("{median:.3} [{low:.3}, {high:.3}]"),
        None => "–".into(),
    };
    for at in &of.points {
        let Some(lead) = &at.lead else { continue };
        let _ = writeln!(
            out,
            "{:>8}  {OURS}{:<19}{OURS:#} {:<24} {:<24} {}",
            at.at(over),
            lead.kernel,
            shown(lead.kernel_over_peer),
            shown(lead.auto_over_peer),
            lead.peer.as_deref().unwrap_or("–"),
        );
    }
}

/// From where on which of ours is the fastest, and where the engine's own choice is not.
fn crossovers(out: &mut String, of: &OfHash) {
    let Some(first) = of.points.iter().find_map(|at| Some((at, at.lead.as_ref()?))) else {
        return;
    };
    let mut line =
        format!("fastest of our kernels: {} from n = {}", first.1.kernel, first.0.children);
    for crossover in &of.crossovers {
        let ratio = crossover.ratio.map_or_else(String::new, |x| format!(" ({:.2} ×)", x.median));
        let _ = write!(line, ", {} from n = {}{ratio}", crossover.after, crossover.children);
    }
    let _ = writeln!(out, "{line}");
    let behind: Vec<String> = of
        .points
        .iter()
        .filter_map(|at| Some(format!("n = {} ({:.3} ×)", at.children, at.auto_behind()?.median)))
        .collect();
    let has_auto =
        |at: &Point| at.lead.as_ref().is_some_and(|lead| lead.auto_over_kernel.is_some());
    if !behind.is_empty() {
        let _ = writeln!(out, "ammeter/auto is behind the best kernel at {}", behind.join(", "));
    } else if of.points.iter().any(has_auto) {
        let _ = writeln!(out, "ammeter/auto is nowhere behind the best kernel beyond noise");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_break_near_their_middle() {
        let seen = ["ammeter/avx512", "sha2-0.10-asm", "ring", "bitcoin_hashes"].map(halves);
        let expected =
            [("ammeter/", "avx512"), ("sha2-", "0.10-asm"), ("", "ring"), ("bitcoin_", "hashes")];
        assert_eq!(seen, expected);
    }
}
