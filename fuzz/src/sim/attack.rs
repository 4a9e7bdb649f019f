//! Many histories against one receiver.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use crate::{
    sim::subject::UnderTest,
    sim::{
        coverage::Coverage,
        generate::{self, Settings},
        history::History,
        invariants::{Violation, Watch},
        order, world,
    },
};

/// How many histories a thread takes at a time.
const CHUNK: u64 = 64;
/// After one history in so many, the order check runs an honest one.
const ORDER_EVERY: u64 = 32;

/// Which histories to run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seed of the first history; the k-th has seed + k.
    pub seed: u64,
    /// How many histories, at most.
    pub histories: u64,
    /// How many threads run them.
    pub jobs: usize,
    /// Which parts of the harness are switched on.
    pub settings: Settings,
    /// How closely the receiver is watched.
    pub watch: Watch,
}

/// A history that found a violation.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed that gave it.
    pub seed: u64,
    /// The history, not shrunk.
    pub history: History,
    /// What the receiver did wrong.
    pub violation: Violation,
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many histories have been run.
    pub histories: u64,
    /// What the histories reached.
    pub coverage: Coverage,
    /// The failure with the lowest seed, whatever the number of threads.
    pub failure: Option<Box<Failure>>,
}

/// How far a run has come, for another thread to read.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many histories have been run.
    pub histories: AtomicU64,
    /// Whether the run should end before its last history.
    pub stop: AtomicBool,
}

/// Runs histories until one fails, all were run, or `progress` says to stop. Each thread has a
/// receiver of its own.
pub fn run(
    plan: &Plan,
    subject: &(dyn Fn() -> Box<dyn UnderTest> + Sync),
    progress: &Progress,
) -> Report {
    let next = AtomicU64::new(0);
    // Histories from this number on need not be run.
    let end = AtomicU64::new(plan.histories);
    let report = Mutex::new(Report::default());
    thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            scope.spawn(|| {
                let part = work(plan, subject, progress, &next, &end);
                let mut report = report.lock().expect("nobody panics with it");
                report.histories += part.histories;
                report.coverage.merge(&part.coverage);
                let earlier = |failure: &Failure| {
                    report.failure.as_ref().is_none_or(|other| failure.seed < other.seed)
                };
                if part.failure.as_deref().is_some_and(earlier) {
                    report.failure = part.failure;
                }
            });
        }
    });
    report.into_inner().expect("nobody panics with it")
}

fn work(
    plan: &Plan,
    subject: &(dyn Fn() -> Box<dyn UnderTest> + Sync),
    progress: &Progress,
    next: &AtomicU64,
    end: &AtomicU64,
) -> Report {
    let mut subject = subject();
    let mut report = Report::default();
    loop {
        let start = next.fetch_add(CHUNK, Ordering::Relaxed);
        for number in start..start.saturating_add(CHUNK) {
            let over = number >= end.load(Ordering::Relaxed);
            if over || progress.stop.load(Ordering::Relaxed) {
                return report;
            }
            let seed = plan.seed.wrapping_add(number);
            let result = one(seed, plan, &mut *subject, &mut report.coverage);
            report.histories += 1;
            progress.histories.fetch_add(1, Ordering::Relaxed);
            if let Err(failure) = result {
                end.fetch_min(number, Ordering::Relaxed);
                report.failure = Some(failure);
                return report;
            }
        }
    }
}

/// The history of a seed, and now and then whether its order matters.
///
/// # Errors
/// The failure.
pub fn one(
    seed: u64,
    plan: &Plan,
    subject: &mut dyn UnderTest,
    coverage: &mut Coverage,
) -> Result<(), Box<Failure>> {
    let profile = subject.profile();
    let history = generate::fitting(seed, plan.settings, &profile);
    let failed = |history, violation| Box::new(Failure { seed, history, violation });
    if let Err(violation) = world::run(&history, subject, plan.watch, coverage) {
        return Err(failed(history, violation));
    }
    if seed.is_multiple_of(ORDER_EVERY) {
        let history = order::history(seed, &profile);
        replay(&history, subject, plan.watch).map_err(|violation| failed(history, violation))?;
    }
    Ok(())
}

/// Runs one history; twice more if its order must not matter. A history that says so itself is
/// watched for the table of rules as well.
///
/// # Errors
/// What broke.
pub fn replay(
    history: &History,
    subject: &mut dyn UnderTest,
    watch: Watch,
) -> Result<(), Violation> {
    let watch = match watch {
        Watch::Invariants if history.rules => Watch::Rules,
        _ => watch,
    };
    if watch != Watch::Panics && order::is_free(history) {
        order::check(history, subject)?;
    }
    world::run(history, subject, watch, &mut Coverage::default()).map(|_| ())
}
