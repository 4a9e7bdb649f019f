//! All rows in one run, interleaved with the baseline in ABBA order.
//!
//! ```text
//! a round:   A  B B  A  C C  A  D D  A …      A is the baseline; rows in a new order each round
//!               └ one sample: A + A against B + B
//! ```
//!
//! A drift that is linear over a sample's four slices cancels out of its ratio, and a slice is half a
//! millisecond or so, so that most of what a shared machine does to the clock is linear. The baseline enters a second
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
const SLICE: Duration = Duration::from_micros(400);

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
    /// Pairs derived and checked, by all rows.
    pub pairs_checked: u64,
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
    let mut course = Course {
        workload,
        expected,
        outputs: (0..plan.threads.max(1)).map(|_| Output::new(workload.pairs())).collect(),
        calls: 0,
    };
    // The last lane is the baseline once more: A/A.
    let mut lanes: Vec<Lane> = entries
        .iter()
        .chain([&entries[baseline]])
        .map(|entry| Lane::calibrated(entry, &mut course))
        .collect();
    let mut reference = Lane::calibrated(&entries[baseline], &mut course);

    let mut words = Words::new(plan.seed);
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    let start = Instant::now();
    let mut rounds = 0;
    loop {
        shuffle(&mut order, &mut words);
        let mut before = reference.slice(&mut course);
        for lane in &order {
            let lane = &mut lanes[*lane];
            let (first, second) = (lane.slice(&mut course), lane.slice(&mut course));
            let after = reference.slice(&mut course);
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
    let pairs_checked = course.calls * workload.pairs() as u64;
    Run { outcomes, noise, rounds, expected, pairs_checked }
}

fn shuffle(order: &mut [usize], words: &mut Words) {
    for last in (1..order.len()).rev() {
        order.swap(last, words.below(last + 1));
    }
}

/// What a slice took: seconds a pair of all threads together, cycles a pair of one thread.
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

/// What all lanes run on: the same work, into the same places.
struct Course<'a> {
    workload: &'a Workload,
    expected: Digest,
    /// A thread each.
    outputs: Vec<Output>,
    /// Calls checked so far.
    calls: u64,
}

/// A row while it is sampled.
struct Lane {
    /// A thread each.
    backends: Vec<Box<dyn Backend>>,
    /// Calls in a slice.
    calls: u32,
    fault: Option<Fault>,
    speeds: Vec<f64>,
    cycles: Vec<f64>,
    ratios: Vec<f64>,
}

impl Lane {
    /// Warms a row up and finds how many of its calls make a slice.
    fn calibrated(entry: &Entry, course: &mut Course<'_>) -> Self {
        let mut lane = Self {
            backends: course.outputs.iter().map(|_| entry.make()).collect(),
            calls: 1,
            fault: None,
            speeds: Vec::new(),
            cycles: Vec::new(),
            ratios: Vec::new(),
        };
        let _warm = lane.slice(course);
        // The middle one of three: a single call may be cut short or drawn out by a context switch.
        let mut slices: Vec<f64> =
            (0..3).filter_map(|_| lane.slice(course)).map(|slice| slice.seconds_per_pair).collect();
        slices.sort_by(f64::total_cmp);
        if let [_, seconds_per_pair, _] = slices[..] {
            let pairs = course.workload.pairs() * lane.backends.len();
            let call = seconds_per_pair * pairs as f64;
            lane.calls = (SLICE.as_secs_f64() / call).ceil().clamp(1.0, 4096.0) as u32;
        }
        lane
    }

    /// Runs the row for one slice; `None` once it has failed.
    fn slice(&mut self, course: &mut Course<'_>) -> Option<Slice> {
        if self.fault.is_some() {
            return None;
        }
        let Course { workload, expected, outputs, calls } = course;
        let (per_worker, start) = (self.calls, Barrier::new(outputs.len()));
        let workers = self.backends.iter_mut().zip(outputs.iter_mut());
        let run = |(backend, output): (&mut Box<dyn Backend>, &mut Output)| {
            start.wait();
            checked_calls(&mut **backend, output, workload, per_worker, *expected)
        };
        let results: Vec<Result<Elapsed, Fault>> = if workers.len() == 1 {
            workers.map(run).collect()
        } else {
            let run = &run;
            thread::scope(|scope| {
                let threads: Vec<_> =
                    workers.map(|worker| scope.spawn(move || run(worker))).collect();
                threads.into_iter().map(|t| t.join().expect("backends do not panic")).collect()
            })
        };
        let workers = results.len();
        *calls += u64::from(per_worker) * workers as u64;
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
        let pairs = f64::from(per_worker) * workload.pairs() as f64;
        Some(Slice {
            seconds_per_pair: slowest.time.as_secs_f64() / (pairs * workers as f64),
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
    backend: &mut dyn Backend,
    output: &mut Output,
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

#[cfg(test)]
mod tests {
    use ammeter_core::{Pairs, Scheme};

    use super::*;
    use crate::registry;

    /// Flips one bit of one output, once, late in the run.
    struct Liar {
        honest: Box<dyn Backend>,
        calls: u32,
    }

    impl Backend for Liar {
        fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
            let Pairs { preimages, payment_hashes } = output;
            let reborrowed =
                Pairs { preimages: &mut *preimages, payment_hashes: &mut *payment_hashes };
            let elapsed = self.honest.derive(workload, reborrowed)?;
            self.calls += 1;
            if self.calls == 20 {
                payment_hashes[workload.pairs() / 2].0[31] ^= 1;
            }
            Ok(elapsed)
        }
    }

    /// Does nothing, at once.
    struct Idler;

    impl Backend for Idler {
        fn derive(&mut self, _: &Workload, _: Pairs<'_>) -> Result<Elapsed, Failure> {
            Ok(Elapsed { time: Duration::from_nanos(1), reference_cycles: None })
        }
    }

    /// Gives up.
    struct Quitter;

    impl Backend for Quitter {
        fn derive(&mut self, _: &Workload, _: Pairs<'_>) -> Result<Elapsed, Failure> {
            Err(Failure("no".into()))
        }
    }

    fn entry(name: &str, make: impl Fn() -> Box<dyn Backend> + Send + Sync + 'static) -> Entry {
        Entry {
            name: name.into(),
            hash: Hash::Sha256,
            isa: String::new(),
            version: String::new(),
            call: "",
            make: Box::new(make),
        }
    }

    fn honest() -> Box<dyn Backend> {
        registry::entries(Hash::Sha256)[0].make()
    }

    fn run(entries: &[Entry], threads: usize) -> Run {
        let workload = Workload::new(Scheme::Og, 2, 33, 1);
        let plan = Plan { hash: Hash::Sha256, threads, time: Duration::ZERO, seed: 1 };
        sample(entries, 0, &workload, plan, &mut |_| true)
    }

    #[test]
    fn one_wrong_bit_once_unmasks_a_row_and_spares_the_others() {
        for threads in [1, 3] {
            let liar = || Box::new(Liar { honest: honest(), calls: 0 }) as Box<dyn Backend>;
            let entries = [
                entry("honest", honest),
                entry("liar", liar),
                entry("idler", || Box::new(Idler)),
                entry("quitter", || Box::new(Quitter)),
            ];
            let run = run(&entries, threads);
            assert!(matches!(run.outcomes[0], Outcome::Verified(_)), "{:?}", run.outcomes);
            assert!(matches!(run.outcomes[1], Outcome::Wrong), "{:?}", run.outcomes);
            assert!(matches!(run.outcomes[2], Outcome::Wrong), "{:?}", run.outcomes);
            assert!(matches!(run.outcomes[3], Outcome::Failed(_)), "{:?}", run.outcomes);
            assert!(run.noise.is_some());
        }
    }

    #[test]
    fn a_wrong_baseline_leaves_nothing_to_compare_with() {
        let run = run(&[entry("idler", || Box::new(Idler)), entry("honest", honest)], 1);
        assert!(matches!(run.outcomes[0], Outcome::Wrong));
        assert!(matches!(run.outcomes[1], Outcome::Failed(_)));
        assert!(run.noise.is_none());
    }

    #[test]
    fn every_row_of_every_scheme_is_verified() {
        for scheme in Scheme::ALL {
            for hash in Hash::ALL {
                let workload = Workload::new(scheme, 3, 67, 5);
                let entries = registry::entries(hash);
                let plan = Plan { hash, threads: 1, time: Duration::ZERO, seed: 1 };
                let run = sample(&entries, 0, &workload, plan, &mut |_| true);
                for (entry, outcome) in entries.iter().zip(&run.outcomes) {
                    assert!(
                        matches!(outcome, Outcome::Verified(_)),
                        "{scheme} {entry:?} {outcome:?}"
                    );
                }
            }
        }
    }
}
