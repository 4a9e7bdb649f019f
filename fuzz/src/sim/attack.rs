//! Many histories against one receiver.

mod failure;
pub mod known;
mod shard;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

pub use self::{failure::Failure, shard::Shard};
use self::{
    failure::keep_first,
    known::{Known, Sightings},
};
pub use crate::sim::replay::replay;
use crate::{
    sim::subject::UnderTest,
    sim::{
        coverage::Coverage,
        generate::{self, Settings},
        invariants::Watch,
        order, shrink, world,
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
    /// How many histories, at most, in all shards together.
    pub histories: u64,
    /// Which of them are run here.
    pub shard: Shard,
    /// How many threads run them.
    pub jobs: usize,
    /// Which parts of the harness are switched on.
    pub settings: Settings,
    /// How closely the receiver is watched.
    pub watch: Watch,
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
    /// How often each of the known failures was seen, in the order in which they were given.
    pub sightings: Vec<Sightings>,
}

impl Report {
    fn new(known: &[Known]) -> Self {
        Self { sightings: vec![Sightings::default(); known.len()], ..Self::default() }
    }

    /// Adds what another thread came to.
    fn merge(&mut self, other: Self) {
        self.histories += other.histories;
        self.coverage.merge(&other.coverage);
        if let Some(failure) = other.failure {
            keep_first(&mut self.failure, failure);
        }
        for (ours, theirs) in self.sightings.iter_mut().zip(other.sightings) {
            ours.merge(theirs);
        }
    }
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
    run_past(&[], plan, subject, progress)
}

/// The same, but goes on past failures that are known, and counts them. To be compared with them, a
/// failure is shrunk at once, which takes the receiver through hundreds of short histories.
pub fn run_past(
    known: &[Known],
    plan: &Plan,
    subject: &(dyn Fn() -> Box<dyn UnderTest> + Sync),
    progress: &Progress,
) -> Report {
    let report = Mutex::new(Report::new(known));
    // Histories from this number on need not be run.
    let (next, end) = (AtomicU64::new(0), AtomicU64::new(plan.histories));
    let work = Work { known, plan, progress, next, end };
    thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            scope.spawn(|| {
                let part = work.run(&mut *subject());
                report.lock().expect("nobody panics with it").merge(part);
            });
        }
    });
    report.into_inner().expect("nobody panics with it")
}

/// What the threads of a run share.
struct Work<'a> {
    known: &'a [Known],
    plan: &'a Plan,
    progress: &'a Progress,
    /// The position in the shard of the first history that nobody has taken.
    next: AtomicU64,
    /// The position in the whole run of the first history that need not be run.
    end: AtomicU64,
}

impl Work<'_> {
    fn run(&self, subject: &mut dyn UnderTest) -> Report {
        let mut report = Report::new(self.known);
        loop {
            let start = self.next.fetch_add(CHUNK, Ordering::Relaxed);
            for position in start..start.saturating_add(CHUNK) {
                let number = self.plan.shard.history(position);
                let over = number >= self.end.load(Ordering::Relaxed);
                if over || self.progress.stop.load(Ordering::Relaxed) {
                    return report;
                }
                let seed = self.plan.seed.wrapping_add(number);
                let result = one(seed, self.plan, subject, &mut report.coverage);
                report.histories += 1;
                self.progress.histories.fetch_add(1, Ordering::Relaxed);
                let Err(failure) = result else { continue };
                match self.recognise(failure, subject) {
                    (Some(known), failure) => report.sightings[known].add(failure),
                    (None, failure) => {
                        self.end.fetch_min(number, Ordering::Relaxed);
                        report.failure = Some(failure);
                        return report;
                    }
                }
            }
        }
    }

    /// Which of the known failures this is, and the failure, shrunk if there are any.
    fn recognise(
        &self,
        mut failure: Box<Failure>,
        subject: &mut dyn UnderTest,
    ) -> (Option<usize>, Box<Failure>) {
        if self.known.is_empty() {
            return (None, failure);
        }
        (failure.history, failure.violation) =
            shrink::shrink(&failure.history, &failure.violation, subject, self.plan.watch);
        (self.known.iter().position(|known| known.is(&failure)), failure)
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
