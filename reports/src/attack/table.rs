//! How soon every specimen is found, and which of them no longer is when a part of the harness is
//! switched off.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::IsTerminal,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::SystemTime,
};

use ammeter_fuzz::{
    sim::detect::{self, Found, Part},
    specimens::Flaw,
};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{
    attack::page,
    console::{self, Done, Outcome, WholeFile},
    host::Host,
    record::Build,
    specimens, table,
};

/// Histories for one specimen and one seed, at most.
pub const HISTORIES: u64 = 100_000;
/// With a part switched off a specimen is looked for this often, in this many histories.
pub(super) const ABLATION_SEEDS: u64 = 3;
/// A part of the harness that fewer specimens need is not worth its while.
const NEEDED_MIN: usize = 3;
pub(super) const ABLATION_HISTORIES: u64 = 20_000;
/// A found history is shrunk for this many seeds of each specimen.
const SHRUNK_SEEDS: u64 = 5;

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// How many times each specimen is looked for.
    pub seeds: u64,
    /// In how many histories, at most.
    pub histories: u64,
    /// Threads.
    pub jobs: usize,
}

/// One specimen.
pub(super) struct Row {
    pub(super) flaw: Flaw,
    found: Vec<Found>,
    /// Operations of the shrunk histories.
    lengths: Vec<usize>,
    /// For each part of the harness, in the how-manieth history it is found without.
    pub(super) without: Vec<Vec<u64>>,
}

/// Measures and prints both tables.
pub fn run(asked: Asked, page: Option<WholeFile>, as_json: bool) -> Outcome {
    let Asked { seeds, histories, jobs } = asked;
    let started = SystemTime::now();
    let rows = measure(seeds, histories, jobs);
    if let Some(file) = page {
        file.fill(&page::page(&rows, seeds))?;
    }
    let missed = rows.iter().any(|row| (row.found.len() as u64) < seeds);
    let text = if as_json {
        format!("{:#}\n", to_json(&rows, seeds, histories, started))
    } else {
        to_text(&rows, seeds)
    };
    console::print(&text)?;
    let idle = idle_parts(&rows, seeds);
    for part in &idle {
        console::complain(format!("fewer than {NEEDED_MIN} specimens need the {part}"));
    }
    Ok(match () {
        () if console::interrupted() => Done::Interrupted,
        () if missed || !idle.is_empty() => Done::Found,
        () => Done::Fine,
    })
}

/// A specimen is measured on one thread; different ones on different threads.
fn measure(seeds: u64, histories: u64, jobs: usize) -> Vec<Row> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(Flaw::ALL.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut rows = Vec::new();
        while let Some(flaw) = Flaw::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            if console::interrupted() {
                break;
            }
            rows.push(row(*flaw, seeds, histories));
            bar.inc(1);
        }
        rows
    };
    let mut rows: Vec<Row> = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it does not panic")).collect()
    });
    bar.finish_and_clear();
    rows.sort_by_key(|row| row.flaw);
    rows
}

fn row(flaw: Flaw, seeds: u64, histories: u64) -> Row {
    let found: Vec<Found> =
        (1..=seeds).filter_map(|seed| detect::find(flaw, seed, histories, None)).collect();
    let few = found.iter().take(SHRUNK_SEEDS as usize);
    let lengths = few.map(|found| found.shrunk_length(flaw)).collect();
    let ablation_seeds = seeds.min(ABLATION_SEEDS);
    let finds = |part| {
        let find = |seed| detect::find(flaw, seed, ABLATION_HISTORIES, Some(part));
        (1..=ablation_seeds).filter_map(find).map(|found| found.histories).collect()
    };
    let without = Part::ALL.into_iter().map(finds).collect();
    Row { flaw, found, lengths, without }
}

/// The value below which so many percent of the sorted ones are.
pub(super) fn percentile<T: Copy + PartialOrd + Default>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).expect("numbers"));
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).copied().unwrap_or_default()
}

impl Row {
    pub(super) fn histories(&self) -> Vec<u64> {
        self.found.iter().map(|found| found.histories).collect()
    }

    pub(super) fn seconds(&self) -> Vec<f64> {
        self.found.iter().map(|found| found.time.as_secs_f64()).collect()
    }

    /// How often each invariant was the one that was seen broken.
    fn invariants(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for found in &self.found {
            *counts.entry(found.failure.violation.invariant.name()).or_default() += 1;
        }
        counts
    }

    /// The parts without which it is not found every time, though it is with all of them.
    pub(super) fn needs(&self, seeds: u64) -> Vec<&'static str> {
        if (self.found.len() as u64) < seeds {
            return Vec::new();
        }
        let parts = Part::ALL.iter().zip(&self.without);
        parts
            .filter(|(_, found)| (found.len() as u64) < seeds.min(ABLATION_SEEDS))
            .map(|(part, _)| part.name())
            .collect()
    }
}

/// Parts of the harness that hardly anything needs.
fn idle_parts(rows: &[Row], seeds: u64) -> Vec<&'static str> {
    let needed_by = |part: &str| rows.iter().filter(|row| row.needs(seeds).contains(&part)).count();
    let names = Part::ALL.iter().map(|part| part.name());
    names.filter(|part| needed_by(part) < NEEDED_MIN).collect()
}

fn to_text(rows: &[Row], seeds: u64) -> String {
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
            table::grouped(percentile(&histories, 50)),
            table::grouped(percentile(&histories, 90)),
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

fn to_json(rows: &[Row], seeds: u64, histories: u64, started: SystemTime) -> Value {
    let specimen = |row: &Row| {
        let mut value = specimens::to_json(row.flaw);
        let without: serde_json::Map<_, _> = Part::ALL
            .iter()
            .zip(&row.without)
            .map(|(part, found)| (part.name().to_owned(), json!(found)))
            .collect();
        value["found"] = json!(row.found.len());
        value["histories"] = json!(row.histories());
        value["seconds"] = json!(row.seconds());
        value["invariants"] = json!(row.invariants());
        value["shrunk"] = json!(row.lengths);
        value["found_without"] = Value::Object(without);
        value["needs"] = json!(row.needs(seeds));
        value
    };
    json!({
        "schema": "ammeter/attack-specimens/1",
        "host": Host::survey(),
        "build": Build::current(),
        "started": humantime::format_rfc3339_seconds(started).to_string(),
        "seeds": seeds,
        "histories_max": histories,
        "ablation": { "seeds": seeds.min(ABLATION_SEEDS), "histories_max": ABLATION_HISTORIES },
        "specimens": rows.iter().map(specimen).collect::<Vec<_>>(),
    })
}
