//! Visits to all points, until the time is over.

use std::time::{Duration, Instant};

use ammeter_bench::{
    sampler::{Plan, ROUNDS_MIN, Run, Sampler},
    workload::Workload,
};

use super::stops::Stop;
use crate::{
    commands::compare::{
        Arguments,
        passes::{Passes, in_passes},
        selection::Group,
    },
    console,
    output::Progress,
};
use ammeter_report::record::sweep::Over;

/// Pairs in a call up to which a visit has more than one round: they cost tens of milliseconds.
const SMALL: usize = 1 << 14;
/// So many that all passes have enough for an interval.
const ROUNDS_A_VISIT: usize = ROUNDS_MIN.div_ceil(PASSES_OVER_CHILDREN as usize);
/// Few, because a visit to a large payment takes seconds.
const PASSES_OVER_CHILDREN: u32 = 4;
/// Many, because a speed-up is a quotient within a pass.
const PASSES_OVER_THREADS: u32 = 16;

/// One hash at one stop.
struct Point<'a> {
    group: &'a Group,
    stop: &'a Stop,
    /// Made when it is first visited.
    sampler: Option<Sampler<'a>>,
    passes: u64,
}

/// What came out of it.
pub(super) struct Measured<'a> {
    pub(super) group: &'a Group,
    pub(super) stop: &'a Stop,
    pub(super) passes: u64,
    pub(super) run: Run,
}

/// Visits all points in passes. Those that were not reached before an interruption are left out.
pub(super) fn measure<'a>(
    arguments: &Arguments,
    over: Over,
    groups: &'a [Group],
    stops: &'a [Stop],
) -> Vec<Measured<'a>> {
    let mut points: Vec<Point<'a>> = groups
        .iter()
        .flat_map(|group| {
            stops.iter().map(move |stop| Point { group, stop, sampler: None, passes: 0 })
        })
        .collect();
    let plan = Passes {
        count: match over {
            Over::N => PASSES_OVER_CHILDREN,
            Over::Threads => PASSES_OVER_THREADS,
        },
        time: Duration::from_secs_f64(arguments.seconds()),
        seed: arguments.seed,
    };
    let (bar, start) = (Progress::new(), Instant::now());
    in_passes(&mut points, plan, |point, stay| {
        let Point { group, stop, .. } = *point;
        let Stop { workload, threads } = stop;
        bar.say(format!("{}: {} on {threads} thread(s)", group.hash, described(workload)));
        let plan =
            Plan { hash: group.hash, threads: *threads as usize, time: stay, seed: arguments.seed };
        let sampler = point
            .sampler
            .get_or_insert_with(|| Sampler::new(&group.entries, group.baseline, workload, plan));
        let whole = arguments.seconds().max(1e-9);
        let rounds_min = if workload.pairs() <= SMALL { ROUNDS_A_VISIT } else { 1 };
        sampler.pass(stay, rounds_min, &mut |_: f64| {
            bar.show((start.elapsed().as_secs_f64() / whole).min(1.0));
            !console::interrupted()
        });
        point.passes += 1;
        !console::interrupted()
    });
    points
        .into_iter()
        .filter_map(|Point { group, stop, sampler, passes }| {
            Some(Measured { group, stop, passes, run: sampler?.results() })
        })
        .collect()
}

fn described(workload: &Workload) -> String {
    format!("{} × {} children", workload.payments.len(), workload.children)
}
