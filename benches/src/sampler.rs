//! All rows in one run, interleaved with the baseline in ABBA order.
//!
//! ```text
//! a round:   A  B B  A  C C  A  D D  A …      A is the baseline; rows in a new order each round
//!               └ one sample: A + A against B + B
//! ```
//!
//! A drift that is linear over the four slices of a sample cancels out of its ratio. A slice is
//! about half a millisecond, and over so short a time most drifts are linear. The baseline runs a
//! second time as a row of its own: its ratio to itself (A/A) is the noise of this run.
//!
//! A row that is a process of its own has slices of some milliseconds, as long as the pipe's delay
//! is short against, and so has the baseline beside it.
//!
//! [`sample`] does that once, for one workload. Whoever compares several workloads visits each of
//! them in several passes, so that a slow spell of the machine does not hit only one of them: a
//! [`Sampler`] keeps its samples from pass to pass, and medians and intervals are taken over all of
//! them together. Between passes it tells what there is so far.

mod lane;
mod outcome;

use std::time::{Duration, Instant};

use ammeter_core::Hash;

use crate::{
    backend::{Entry, Fault},
    statistics::Interval,
    workload::{Digest, Output, Words, Workload},
};
use lane::{Course, Lane, Length};
pub use outcome::{Outcome, Sampled};

/// Fewer rounds than this give no interval worth printing, so [`sample`] goes on until it has them.
pub const ROUNDS_MIN: usize = 9;

/// What to measure, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The hash that all rows compute.
    pub hash: Hash,
    /// Threads that derive at the same time, each its own copy of the workload.
    pub threads: usize,
    /// [`sample`] stops at the end of the first round after this.
    pub time: Duration,
    /// Seeds the order of rows and the bootstrap.
    pub seed: u64,
}

/// A whole run.
#[derive(Debug)]
pub struct Run {
    /// In the order of the entries.
    pub outcomes: Vec<Outcome>,
    /// The baseline's ratio to itself; `None` if the baseline was wrong or failed in one of the three
    /// places in which it runs.
    pub noise: Option<Interval>,
    /// Rounds sampled.
    pub rounds: usize,
    /// The digest that every output must have.
    pub expected: Digest,
    /// Pairs derived and checked, by all rows.
    pub pairs_checked: u64,
}

/// Called after each round; decides whether to go on.
pub trait Watcher {
    /// `part` of the run is done, between 0 and 1. Returns false to stop early.
    fn round(&mut self, part: f64) -> bool;
}

impl<F: FnMut(f64) -> bool> Watcher for F {
    fn round(&mut self, part: f64) -> bool {
        self(part)
    }
}

/// Samples `entries` against the one at `baseline`, until the plan's time is over or `watcher`
/// stops it.
///
/// # Panics
/// If `baseline` is not a position in `entries`.
pub fn sample(
    entries: &[Entry],
    baseline: usize,
    workload: &Workload,
    plan: Plan,
    watcher: &mut impl Watcher,
) -> Run {
    let mut sampler = Sampler::new(entries, baseline, workload, plan);
    sampler.pass(plan.time, ROUNDS_MIN, watcher);
    sampler.results()
}

/// A comparison that is taken up again in each of several passes.
pub struct Sampler<'a> {
    workload: &'a Workload,
    expected: Digest,
    threads: usize,
    seed: u64,
    /// In the order of the entries; the last one is the baseline once more: A/A.
    lanes: Vec<Lane>,
    /// Where the baseline is among the entries.
    baseline: usize,
    /// The baseline, as the others are compared with it.
    reference: Lane,
    /// Where the next order of rows comes from.
    words: Words,
    rounds: usize,
    calls: u64,
}

impl<'a> Sampler<'a> {
    /// Runs the slow implementation once, for the digest that every output must have. The plan's
    /// time is not read: each pass has its own.
    ///
    /// # Panics
    /// If `baseline` is not a position in `entries`.
    #[must_use]
    pub fn new(entries: &[Entry], baseline: usize, workload: &'a Workload, plan: Plan) -> Self {
        let threads = plan.threads.max(1);
        let lane = |entry: &Entry| Lane::new(entry, threads);
        Self {
            workload,
            expected: workload.expected(plan.hash),
            threads,
            seed: plan.seed,
            lanes: entries.iter().chain([&entries[baseline]]).map(lane).collect(),
            baseline,
            reference: lane(&entries[baseline]),
            words: Words::new(plan.seed),
            rounds: 0,
            calls: 0,
        }
    }

    /// Samples at least `rounds_min` rounds, and one in any case, and on until `time` is over. Once
    /// `watcher` says stop, it stops at `rounds_min`.
    ///
    /// The memory that rows write to is held during a pass only.
    pub fn pass(&mut self, time: Duration, rounds_min: usize, watcher: &mut impl Watcher) {
        let mut course = Course {
            workload: self.workload,
            expected: self.expected,
            outputs: (0..self.threads).map(|_| Output::new(self.workload.pairs())).collect(),
            calls: 0,
            words: Words::new(self.words.next()),
        };
        for lane in self.lanes.iter_mut().chain([&mut self.reference]) {
            lane.warm_up(&mut course);
        }
        let start = Instant::now();
        for rounds in 1.. {
            self.round(&mut course);
            let part = start.elapsed().as_secs_f64() / time.as_secs_f64().max(1e-9);
            let go_on = watcher.round(part.min(1.0));
            if rounds >= rounds_min && (part >= 1.0 || !go_on) {
                break;
            }
        }
        self.lanes.iter_mut().chain([&mut self.reference]).for_each(Lane::end_pass);
        self.calls += course.calls;
    }

    /// Every lane once, in a new order.
    fn round(&mut self, course: &mut Course<'_>) {
        let mut order: Vec<usize> = (0..self.lanes.len()).collect();
        self.words.shuffle(&mut order);
        // The last sample's second slice of the baseline is the next one's first.
        let mut shared = None;
        for lane in order {
            let lane = &mut self.lanes[lane];
            let length = if lane.is_outside() || self.reference.is_outside() {
                Length::Outside
            } else {
                Length::Short
            };
            let mut baseline = |course: &mut Course<'_>| self.reference.slice(course, length);
            let before = shared.take().unwrap_or_else(|| baseline(course));
            let (first, second) = (lane.slice(course, length), lane.slice(course, length));
            let after = baseline(course);
            lane.record(before, first, second, after);
            shared = (length == Length::Short).then_some(after);
        }
        self.rounds += 1;
    }

    /// Rounds sampled so far.
    #[must_use]
    pub const fn rounds(&self) -> usize {
        self.rounds
    }

    /// The results of all passes so far, together. The baseline runs in three places: as a row, as
    /// A/A, and beside all others. Its row answers for a fault in any of them.
    ///
    /// # Panics
    /// If there was no pass yet.
    #[must_use]
    pub fn results(&self) -> Run {
        let (again, lanes) = self.lanes.split_last().expect("A/A was pushed last");
        let outcome = |lane: &Lane| lane.outcome(self.reference.fault(), self.seed);
        let mut outcomes: Vec<Outcome> = lanes.iter().map(outcome).collect();
        let places = [&lanes[self.baseline], &self.reference, again];
        // A clock that cannot be believed hides no wrong output.
        let fault = places
            .into_iter()
            .filter_map(Lane::fault)
            .min_by_key(|fault| matches!(fault, Fault::Untimed(_)));
        if let Some(fault) = fault {
            outcomes[self.baseline] = fault.into();
        }
        let noise = match outcome(again) {
            Outcome::Verified(sampled) if fault.is_none() => Some(sampled.ratio),
            _ => None,
        };
        Run {
            outcomes,
            noise,
            rounds: self.rounds,
            expected: self.expected,
            pairs_checked: self.calls * self.workload.pairs() as u64,
        }
    }
}

#[cfg(test)]
mod tests;
