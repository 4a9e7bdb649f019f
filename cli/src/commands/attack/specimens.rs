//! Measures how soon every specimen is found, and which ones are no longer found when a part of the
//! harness is switched off.

use std::{
    io::IsTerminal,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::SystemTime,
};

use ammeter_fuzz::{
    specimens::Flaw,
    specimens::detect::{self, Found, Part},
};
use ammeter_report::{
    host::Host,
    html,
    record::specimens::{ABLATION_SEEDS, NEEDED_MIN, Row, ablation_histories, idle_parts, to_json},
    table,
};
use indicatif::ProgressBar;

use crate::{
    build,
    console::{self, Done, Outcome, WholeFile},
};

/// Histories for one specimen and one seed, at most.
pub const HISTORIES: u64 = 100_000;
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

/// Measures and prints both tables.
pub fn run(asked: Asked, page: Option<WholeFile>, as_json: bool) -> Outcome {
    let Asked { seeds, histories, jobs } = asked;
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let rows = measure(seeds, histories, jobs);
    if let Some(file) = page {
        file.fill(&html::specimens::page(&rows, seeds, histories))?;
    }
    let missed = rows.iter().any(|row| (row.found.len() as u64) < seeds);
    let text = if as_json {
        let (host, build) = (Host::survey(), build::current());
        format!("{:#}\n", to_json(&rows, seeds, histories, &host, &build, &started))
    } else {
        table::specimens::render(&rows, seeds)
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
        let find = |seed| detect::find(flaw, seed, ablation_histories(histories), Some(part));
        (1..=ablation_seeds).filter_map(find).map(|found| found.histories).collect()
    };
    let without = Part::ALL.into_iter().map(finds).collect();
    Row { flaw, found, lengths, without }
}
