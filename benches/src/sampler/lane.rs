//! A row while it is sampled: its backends, what is wrong with it, its samples.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use super::outcome::{Outcome, Sampled};
use crate::{
    backend::{Backend, Check, Entry, Failure, Fault},
    clock::Elapsed,
    limits::UPPER_END,
    stack::at_depth,
    statistics::{Interval, Quartiles, quantile_of},
    workload::{Digest, Output, Words, Workload},
};

/// A slice runs its row often enough to last about this long.
const SLICE: Duration = Duration::from_micros(400);
/// A slice of a row in a process of its own, at least, and less than twice that unless a single
/// call takes longer: a request takes tens of microseconds on its way.
const SLICE_OUTSIDE: Duration = Duration::from_millis(4);
/// For single pairs by a fast program.
const CALLS_OUTSIDE_MAX: u32 = 1 << 16;

/// How long a slice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// [`SLICE`]
    Short,
    /// [`SLICE_OUTSIDE`], for both sides where one of them is outside. Both warm up, untimed: while
    /// one waited, the other had the caches.
    Outside,
}

/// A program has settled when the medians of two groups of so many slices differ by less than
/// [`SETTLED`].
const SETTLE_SLICES: usize = 5;
const SETTLED: f64 = 0.02;
/// After this long it is measured as it is.
const SETTLE_MAX: Duration = Duration::from_secs(3);

/// What a slice took: seconds a pair of all threads together, cycles a pair of one thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    seconds_per_pair: f64,
    cycles_per_pair: Option<f64>,
}

/// The work and the output, the same for all lanes.
pub(super) struct Course<'a> {
    pub(super) workload: &'a Workload,
    pub(super) expected: Digest,
    /// A thread each.
    pub(super) outputs: Vec<Output>,
    /// Calls checked so far.
    pub(super) calls: u64,
    /// Where the next slice's depth comes from.
    pub(super) words: Words,
}

/// A row while it is sampled.
pub(super) struct Lane {
    /// A thread each.
    backends: Vec<Box<dyn Backend>>,
    /// Calls in a slice; not known before the first pass.
    calls: Option<u32>,
    fault: Option<Fault>,
    speeds: Vec<f64>,
    cycles: Vec<f64>,
    ratios: Vec<f64>,
    pass_speeds: Vec<f64>,
    /// Where in `speeds` this pass began.
    pass_start: usize,
}

impl Lane {
    pub(super) fn new(entry: &Entry, threads: usize) -> Self {
        Self {
            backends: (0..threads).map(|_| entry.make()).collect(),
            calls: None,
            fault: None,
            speeds: Vec::new(),
            cycles: Vec::new(),
            ratios: Vec::new(),
            pass_speeds: Vec::new(),
            pass_start: 0,
        }
    }

    pub(super) const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Before the first round of a pass. Where one call is a slice, it is long enough to be its own
    /// warm-up.
    pub(super) fn warm_up(&mut self, course: &mut Course<'_>) {
        match self.calls {
            Some(1) => {}
            Some(_) => drop(self.slice(course, Length::Short)),
            None => {
                if self.is_outside() {
                    self.settle(course);
                } else {
                    self.calls = Some(self.calls_in_a_slice(course));
                }
            }
        }
    }

    /// Calls it until its speed settles: a JIT compiler is done when two groups of slices agree.
    fn settle(&mut self, course: &mut Course<'_>) {
        let start = Instant::now();
        let mut last: Option<f64> = None;
        while start.elapsed() < SETTLE_MAX {
            self.calls = Some(self.calls_outside(course));
            let group = (0..SETTLE_SLICES).filter_map(|_| self.slice(course, Length::Outside));
            let times: Vec<f64> = group.map(|slice| slice.seconds_per_pair).collect();
            if times.is_empty() {
                return;
            }
            let median = Quartiles::of(&times).median;
            if last.is_some_and(|last| (median / last - 1.0).abs() < SETTLED) {
                break;
            }
            last = Some(median);
        }
    }

    /// How many calls make a slice of a row outside: enough for [`SLICE_OUTSIDE`] by its clock, and
    /// no more than ten times that by ours, in case its clock stands still.
    fn calls_outside(&mut self, course: &mut Course<'_>) -> u32 {
        let pairs = (course.workload.pairs() * self.backends.len()) as f64;
        let mut calls = 1;
        while calls < CALLS_OUTSIDE_MAX {
            let start = Instant::now();
            let Some(slice) = self.run(course, calls) else { break };
            let claimed = slice.seconds_per_pair * pairs * f64::from(calls);
            if claimed >= SLICE_OUTSIDE.as_secs_f64() || start.elapsed() > 10 * SLICE_OUTSIDE {
                break;
            }
            calls *= 2;
        }
        calls
    }

    /// How many calls make a slice.
    fn calls_in_a_slice(&mut self, course: &mut Course<'_>) -> u32 {
        let pairs = (course.workload.pairs() * self.backends.len()) as f64;
        let slice = SLICE.as_secs_f64();
        let mut call = || self.run(course, 1).map(|slice| slice.seconds_per_pair * pairs);
        if call().is_none_or(|cold| cold > 10.0 * slice) {
            return 1;
        }
        // The middle one of three: a single call may be cut short or drawn out by a context switch.
        let mut seconds: Vec<f64> = (0..3).filter_map(|_| call()).collect();
        seconds.sort_by(f64::total_cmp);
        match seconds[..] {
            [_, call, _] => (slice / call).ceil().clamp(1.0, 4096.0) as u32,
            _ => 1,
        }
    }

    pub(super) fn is_outside(&self) -> bool {
        self.backends.iter().any(|backend| backend.is_outside())
    }

    /// Runs the row for one slice; `None` once it has failed.
    pub(super) fn slice(&mut self, course: &mut Course<'_>, length: Length) -> Option<Slice> {
        let calls = self.calls.unwrap_or(1);
        if length == Length::Short {
            return self.run(course, calls);
        }
        if self.is_outside() {
            if calls > 1 {
                self.run(course, 1);
            }
            return self.run(course, calls);
        }
        self.run(course, calls);
        let factor = (SLICE_OUTSIDE.as_micros() / SLICE.as_micros()) as u32;
        self.run(course, if calls > 1 { calls * factor } else { 1 })
    }

    fn run(&mut self, course: &mut Course<'_>, per_worker: u32) -> Option<Slice> {
        if self.fault.is_some() {
            return None;
        }
        let Course { workload, expected, outputs, calls, words } = course;
        let check = Check { workload, expected: *expected };
        let start = Barrier::new(outputs.len());
        let workers = self.backends.iter_mut().zip(outputs.iter_mut());
        let depth = words.next();
        let run = |(backend, output): (&mut Box<dyn Backend>, &mut Output)| {
            start.wait();
            at_depth(depth, || backend.calls(per_worker, &check, output))
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
    pub(super) fn record(
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

    /// Keeps the median of the speeds since the last pass.
    pub(super) fn end_pass(&mut self) {
        for backend in &mut self.backends {
            let result = backend.end_pass();
            self.fault = self.fault.take().or(result.err());
        }
        let speeds = &self.speeds[self.pass_start..];
        if !speeds.is_empty() {
            self.pass_speeds.push(Quartiles::of(speeds).median);
        }
        self.pass_start = self.speeds.len();
    }

    /// What came out, where `reference` is what is wrong with that which it ran beside.
    pub(super) fn outcome(&self, reference: Option<&Fault>, seed: u64) -> Outcome {
        let no_ratio = |why| Failure(format!("the baseline {why}, so there is no ratio"));
        match (&self.fault, reference) {
            (Some(fault), _) => fault.into(),
            (None, Some(Fault::Wrong(_))) => Outcome::Failed(no_ratio("was wrong")),
            (None, Some(Fault::Failed(_))) => Outcome::Failed(no_ratio("failed")),
            (None, Some(Fault::Untimed(_))) => {
                Outcome::Untimed(no_ratio("has a clock that cannot be believed"))
            }
            (None, None) => Outcome::Verified(Sampled {
                pairs_per_second: Quartiles::of(&self.speeds),
                upper_pairs_per_second: quantile_of(&self.speeds, UPPER_END),
                reference_cycles_per_pair: (!self.cycles.is_empty())
                    .then(|| Quartiles::of(&self.cycles).median),
                ratio: Interval::of_median(&self.ratios, seed),
                ratios: self.ratios.clone(),
                pass_speeds: self.pass_speeds.clone(),
            }),
        }
    }
}
