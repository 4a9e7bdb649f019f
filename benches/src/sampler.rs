//! All rows in one run, interleaved with the baseline in ABBA order.
//!
//! ```text
//! a round:   A  B B  A  C C  A  D D  A …      A is the baseline; rows in a new order each round
//!               └ one sample: A + A against B + B
//! ```
//!
//! A drift that is linear over a sample's four slices cancels out of its ratio, and a slice is a millisecond
//! or so, so that most of what a shared machine does to the clock is linear. The baseline enters a second
//! time as a row of its own: its ratio to itself (A/A) is what this run takes for a difference where there
//! is none.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use ammeter_core::Hash;

use crate::{
    backend::{Backend, Entry, Failure},
    clock::Elapsed,
    statistics::{Interval, Quartiles},
    workload::{Digest, Output, Words, Workload},
};

/// A slice runs its row often enough to last about this long.
const SLICE: Duration = Duration::from_micros(700);

/// Fewer rounds than this give no interval worth printing, so a run goes on until it has them.
pub const ROUNDS_MIN: usize = 9;

/// What to measure, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The hash that all rows compute.
    pub hash: Hash,
    /// Threads that derive at the same time, each its own copy of the workload.
    pub threads: usize,
    /// Sampling stops at the end of the first round after this.
    pub time: Duration,
    /// Seeds the order of rows and the bootstrap.
    pub seed: u64,
}

/// What one row gave.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Over the run's slices.
    pub pairs_per_second: Quartiles,
    /// Median over the run's slices, where the machine has a timestamp counter.
    pub reference_cycles_per_pair: Option<f64>,
    /// The row's speed over the baseline's.
    pub ratio: Interval,
}

/// One row after a run.
#[derive(Debug)]
pub enum Outcome {
    /// Every timed output had the right digest.
    Verified(Sampled),
    /// An output was wrong; its times mean nothing.
    Wrong,
    /// It did not derive.
    Failed(Failure),
}

/// A whole run.
#[derive(Debug)]
pub struct Run {
    /// In the order of the entries.
    pub outcomes: Vec<Outcome>,
    /// The baseline's ratio to itself; `None` if the baseline failed, and then nothing has a ratio.
    pub noise: Option<Interval>,
    /// Rounds sampled.
    pub rounds: usize,
    /// The digest that every output must have.
    pub expected: Digest,
}

/// Told of each finished round, and asked whether to go on.
pub trait Watcher {
    /// `part` of the run is done, between 0 and 1. Returns false to stop early.
    fn round(&mut self, part: f64) -> bool;
}

impl<F: FnMut(f64) -> bool> Watcher for F {
    fn round(&mut self, part: f64) -> bool {
        self(part)
    }
}

/// Samples `entries` against the one at `baseline`, until the plan's time is over or `watcher` stops it.
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
    let expected = workload.expected(plan.hash);
    // The last lane is the baseline once more: A/A.
    let mut lanes: Vec<Lane<'_>> = entries
        .iter()
        .chain([&entries[baseline]])
        .map(|entry| Lane::new(entry, workload, plan.threads, expected))
        .collect();
    let mut reference = Lane::new(&entries[baseline], workload, plan.threads, expected);
    reference.calibrate();
    lanes.iter_mut().for_each(Lane::calibrate);

    let mut words = Words::new(plan.seed);
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    let start = Instant::now();
    let mut rounds = 0;
    loop {
        shuffle(&mut order, &mut words);
        let mut before = reference.slice();
        for lane in &order {
            let lane = &mut lanes[*lane];
            let (first, second) = (lane.slice(), lane.slice());
            let after = reference.slice();
            lane.record(before, first, second, after);
            before = after;
        }
        rounds += 1;
        let part = start.elapsed().as_secs_f64() / plan.time.as_secs_f64().max(1e-9);
        let go_on = watcher.round(part.min(1.0));
        if rounds >= ROUNDS_MIN && (part >= 1.0 || !go_on) {
            break;
        }
    }

    let again = lanes.pop().expect("A/A was pushed last");
    let noise = match again.outcome(plan.seed) {
        Outcome::Verified(sampled) if reference.fault.is_none() => Some(sampled.ratio),
        _ => None,
    };
    let outcomes = lanes.into_iter().map(|lane| lane.outcome(plan.seed)).collect();
    Run { outcomes, noise, rounds, expected }
}

fn shuffle(order: &mut [usize], words: &mut Words) {
    for last in (1..order.len()).rev() {
        order.swap(last, words.below(last + 1));
    }
}

/// Pairs a second of one slice, and its cycles a pair.
#[derive(Clone, Copy, Debug)]
struct Slice {
    seconds_per_pair: f64,
    cycles_per_pair: Option<f64>,
}

/// What is wrong with a row.
#[derive(Clone, Debug)]
enum Fault {
    Wrong,
    Failed(Failure),
}

/// A row while it is sampled.
struct Lane<'a> {
    workload: &'a Workload,
    expected: Digest,
    workers: Vec<(Box<dyn Backend>, Output)>,
    calls: u32,
    fault: Option<Fault>,
    speeds: Vec<f64>,
    cycles: Vec<f64>,
    ratios: Vec<f64>,
}

impl<'a> Lane<'a> {
    fn new(entry: &Entry, workload: &'a Workload, threads: usize, expected: Digest) -> Self {
        let workers =
            (0..threads.max(1)).map(|_| (entry.make(), Output::new(workload.pairs()))).collect();
        let (speeds, cycles, ratios) = (Vec::new(), Vec::new(), Vec::new());
        Self { workload, expected, workers, calls: 1, fault: None, speeds, cycles, ratios }
    }

    /// Warms up, and finds how many calls make a slice.
    fn calibrate(&mut self) {
        let _warm = self.slice();
        if let Some(slice) = self.slice() {
            let call = slice.seconds_per_pair * (self.workload.pairs() * self.workers.len()) as f64;
            self.calls = (SLICE.as_secs_f64() / call).ceil().clamp(1.0, 4096.0) as u32;
        }
    }

    /// Runs the row for one slice; `None` once it has failed.
    fn slice(&mut self) -> Option<Slice> {
        if self.fault.is_some() {
            return None;
        }
        let (workload, calls, expected) = (self.workload, self.calls, self.expected);
        let run = |worker: &mut (Box<dyn Backend>, Output)| {
            checked_calls(worker, workload, calls, expected)
        };
        let results: Vec<Result<Elapsed, Fault>> = match &mut self.workers[..] {
            [worker] => vec![run(worker)],
            workers => {
                let start = Barrier::new(workers.len());
                thread::scope(|scope| {
                    let threads: Vec<_> = workers
                        .iter_mut()
                        .map(|worker| {
                            scope.spawn(|| {
                                start.wait();
                                run(worker)
                            })
                        })
                        .collect();
                    threads.into_iter().map(|t| t.join().expect("backends do not panic")).collect()
                })
            }
        };
        let mut slowest = Elapsed::default();
        for result in results {
            match result {
                Ok(elapsed) if elapsed.time > slowest.time => slowest = elapsed,
                Ok(_) => {}
                Err(fault) => self.fault = Some(fault),
            }
        }
        if self.fault.is_some() {
            return None;
        }
        let pairs = (workload.pairs() * calls as usize * self.workers.len()) as f64;
        Some(Slice {
            seconds_per_pair: slowest.time.as_secs_f64() / pairs,
            cycles_per_pair: slowest.reference_cycles.map(|cycles| cycles as f64 / pairs),
        })
    }

    /// Keeps one ABBA sample.
    fn record(
        &mut self,
        before: Option<Slice>,
        first: Option<Slice>,
        second: Option<Slice>,
        after: Option<Slice>,
    ) {
        let (Some(first), Some(second)) = (first, second) else { return };
        for slice in [first, second] {
            self.speeds.push(1.0 / slice.seconds_per_pair);
            self.cycles.extend(slice.cycles_per_pair);
        }
        if let (Some(before), Some(after)) = (before, after) {
            let baseline = before.seconds_per_pair + after.seconds_per_pair;
            self.ratios.push(baseline / (first.seconds_per_pair + second.seconds_per_pair));
        }
    }

    fn outcome(self, seed: u64) -> Outcome {
        match self.fault {
            Some(Fault::Wrong) => Outcome::Wrong,
            Some(Fault::Failed(failure)) => Outcome::Failed(failure),
            None if self.ratios.is_empty() => {
                Outcome::Failed(Failure("the baseline failed, so there is no ratio".into()))
            }
            None => Outcome::Verified(Sampled {
                pairs_per_second: Quartiles::of(&self.speeds),
                reference_cycles_per_pair: (!self.cycles.is_empty())
                    .then(|| Quartiles::of(&self.cycles).median),
                ratio: Interval::of_median(&self.ratios, seed),
            }),
        }
    }
}

/// Calls a backend `calls` times; each output starts wiped and must end with the right digest. Only the
/// backend's own span counts.
fn checked_calls(
    (backend, output): &mut (Box<dyn Backend>, Output),
    workload: &Workload,
    calls: u32,
    expected: Digest,
) -> Result<Elapsed, Fault> {
    let mut total: Option<Elapsed> = None;
    for _ in 0..calls {
        let elapsed = backend.derive(workload, output.wiped()).map_err(Fault::Failed)?;
        if output.digest() != expected {
            return Err(Fault::Wrong);
        }
        total = Some(total.map_or(elapsed, |total| total.plus(elapsed)));
    }
    Ok(total.unwrap_or_default())
}
