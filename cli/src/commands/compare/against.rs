//! Another commit against the working tree, in one run.
//!
//! Both commits' rows are served through the same kind of pipe (`ammeter-backend 1`), so that both
//! pay the same for it. A row is sampled against its twin of the other commit, ABBA, with two A/A
//! rows of the twin. Rows are visited in several passes in changing order, as the points of a sweep
//! are.

mod builds;

use std::time::{Duration, Instant, SystemTime};

use ammeter_bench::{
    backend::Entry,
    program::{self, CommandLine, Patience},
    registry,
    sampler::{Outcome as Sampling, Plan, Run, Sampled, Sampler},
    statistics::Interval,
    workload::Workload,
};
use ammeter_core::Hash;
use ammeter_report::{
    host::{Host, Survey},
    html,
    record::{
        against::{ALLOWED, Record, Row, SCHEMA, Side, Verdict},
        is_ours,
    },
    table,
};

use super::{
    Arguments,
    passes::{Passes, in_passes},
};
use crate::console::{self, Done, Outcome, Refusal, complain};
use crate::{
    build,
    output::{Output, Progress},
};
use builds::Builds;

/// How often each row is visited, and its least number of rounds a visit.
const PASSES: u32 = 6;
const ROUNDS_A_VISIT: usize = 3;

/// Where the twins are among a row's entries; the other commit's is the baseline.
const BEFORE: usize = 0;
const AFTER: usize = 1;

/// One backend of both commits.
struct Twins<'a> {
    hash: Hash,
    name: String,
    entries: [Entry; 2],
    sampler: Option<Sampler<'a>>,
}

/// Compares the working tree with `revision`.
pub(super) fn run(arguments: &Arguments, revision: &str) -> Outcome {
    let started = SystemTime::now();
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "against", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let builds = match Builds::new(revision) {
        // Ctrl-C reaches cargo too, and its failure says nothing then.
        Err(_) if console::interrupted() => return Ok(Done::Interrupted),
        builds => builds?,
    };
    let workload = arguments.workload();
    let mut rows = rows(arguments, &builds)?;
    let survey = Survey::begin();
    measure(arguments, &workload, &mut rows.twins);
    let record = record(arguments, survey.host(), started, &builds, &workload, rows);
    output.finish(&record, &html::against(&record), &table::against::render(&record))?;
    Ok(verdict(&record))
}

/// What must not be missed comes first.
fn verdict(record: &Record) -> Done {
    let is_wrong = record.rows.iter().any(|row| row.verdict == Verdict::Wrong);
    if is_wrong || record.regressions().next().is_some() {
        Done::Found
    } else if record.workload.interrupted {
        Done::Interrupted
    } else {
        Done::Fine
    }
}

/// What is compared: rows that both commits have, and what became of those that this tree lost.
struct Rows<'a> {
    twins: Vec<Twins<'a>>,
    lost: Vec<Row>,
}

/// The rows that were asked for, of this program and of both builds: a kernel that the working tree
/// has no more is in its own list no more. What only the working tree has is said and left out.
fn rows<'a>(arguments: &Arguments, builds: &Builds) -> Result<Rows<'a>, Refusal> {
    let hashes = arguments.hash.map_or(Hash::ALL.to_vec(), |hash| vec![hash]);
    let ours = hashes.iter().flat_map(|hash| registry::entries(*hash));
    let mut all: Vec<(Hash, String)> = ours.map(|row| (row.hash, row.name)).collect();
    for row in [Builds::BEFORE, Builds::AFTER].into_iter().flat_map(|side| builds.rows(side)) {
        if hashes.contains(&row.0) && !all.contains(&row) {
            all.push(row);
        }
    }
    let chosen = arguments.names();
    if let Some(name) = chosen.iter().find(|name| all.iter().all(|(_, row)| row != *name)) {
        return Err(Refusal::of("--backend", format_args!("no backend `{name}` here")));
    }
    let is_asked = |name: &str| match chosen.is_empty() {
        true => is_ours(name) && arguments.has_kernel(name),
        false => chosen.contains(&name),
    };
    let mut rows = Rows { twins: Vec::new(), lost: Vec::new() };
    for (hash, name) in all.into_iter().filter(|(_, name)| is_asked(name)) {
        let serve = |program: &str, side: &Side| -> Result<Entry, String> {
            let line = CommandLine::new(&format!("{program} {name} {hash}"), builds.folder());
            let entry = line.and_then(|line| program::entry(&name, line, Patience::default()));
            match entry {
                Ok(entry) if entry.hash == hash => Ok(entry),
                Ok(_) => {
                    Err(format!("{}: it serves the row of that name for another hash", side.commit))
                }
                Err(failure) => Err(format!("{}: {failure}", side.commit)),
            }
        };
        let before = serve(Builds::BEFORE, &builds.before);
        let after = serve(Builds::AFTER, &builds.after);
        match (before, after) {
            (Ok(before), Ok(after)) => {
                rows.twins.push(Twins { hash, name, entries: [before, after], sampler: None });
            }
            (Ok(_), Err(reason)) => rows.lost.push(lost(hash, name, &reason)),
            (Err(reason), _) => complain(format_args!("skipped: {hash} {name}: {reason}")),
        }
    }
    if rows.twins.is_empty() && rows.lost.is_empty() {
        return Err(Refusal::of("--against", "no row was asked for that both commits have"));
    }
    Ok(rows)
}

/// A row that the other commit serves and the working tree does not.
fn lost(hash: Hash, backend: String, reason: &str) -> Row {
    Row {
        hash: hash.to_string(),
        backend,
        before: None,
        after: None,
        change: None,
        noise: None,
        rounds: 0,
        verdict: Verdict::Wrong,
        fault: Some(format!("after: only the other commit serves it: {reason}")),
    }
}

fn measure<'a>(arguments: &Arguments, workload: &'a Workload, twins: &mut [Twins<'a>]) {
    let plan = Passes {
        count: PASSES,
        time: Duration::from_secs_f64(arguments.seconds()),
        seed: arguments.seed,
    };
    let (bar, start) = (Progress::new(), Instant::now());
    in_passes(twins, plan, |twins, stay| {
        bar.say(format!("{} {}", twins.hash, twins.name));
        let plan = Plan {
            hash: twins.hash,
            threads: arguments.threads() as usize,
            time: stay,
            seed: arguments.seed,
        };
        let sampler = twins
            .sampler
            .get_or_insert_with(|| Sampler::new(&twins.entries, BEFORE, workload, plan));
        sampler.pass(stay, ROUNDS_A_VISIT, &mut |_: f64| {
            bar.show((start.elapsed().as_secs_f64() / arguments.seconds().max(1e-9)).min(1.0));
            !console::interrupted()
        });
        !console::interrupted()
    });
}

fn record(
    arguments: &Arguments,
    host: Host,
    started: SystemTime,
    builds: &Builds,
    workload: &Workload,
    Rows { twins, lost }: Rows<'_>,
) -> Record {
    let allowed = arguments.fail_above.unwrap_or(ALLOWED);
    let mut pairs_checked = 0;
    let rows = twins.into_iter().filter_map(|Twins { hash, name, sampler, .. }| {
        let run = sampler?.results();
        pairs_checked += run.pairs_checked;
        Some(row(hash, name, &run, allowed))
    });
    let rows = rows.collect::<Vec<Row>>().into_iter().chain(lost).collect();
    Record {
        head: build::head(SCHEMA, host),
        workload: arguments.as_run(started, workload.pairs() as u64, pairs_checked),
        before: builds.before.clone(),
        after: builds.after.clone(),
        fail_above: arguments.fail_above,
        rows,
    }
}

fn row(hash: Hash, backend: String, run: &Run, allowed: f64) -> Row {
    let [before, after] = [BEFORE, AFTER].map(|side| run.outcomes[side].sampled());
    // It derives what it should: a clock that cannot be believed says nothing about speed.
    let is_right =
        |side: usize| matches!(run.outcomes[side], Sampling::Verified(_) | Sampling::Untimed(_));
    let faults = [("before", BEFORE, &before), ("after", AFTER, &after)];
    let fault = faults
        .into_iter()
        .filter_map(|(name, side, sampled)| {
            Some((is_right(side), format!("{name}: {}", sampled.as_ref().err()?)))
        })
        .min_by_key(|(is_right, _)| *is_right);
    let speed = |of: &Result<&Sampled, String>| of.as_ref().ok().map(|s| s.pairs_per_second.into());
    let again = before.as_ref().ok().map(|sampled| sampled.ratio);
    let mut row = Row {
        hash: hash.to_string(),
        backend,
        before: speed(&before),
        after: speed(&after),
        change: after.as_ref().ok().map(|sampled| sampled.ratio.into()),
        noise: farther(run.noise, again).map(Into::into),
        rounds: run.rounds as u64,
        verdict: Verdict::CannotTell,
        fault: None,
    };
    row.verdict = match &fault {
        None => Verdict::of(row.widened(), allowed),
        Some((true, _)) => Verdict::CannotTell,
        Some((false, _)) => Verdict::Wrong,
    };
    row.fault = fault.map(|(_, fault)| fault);
    row
}

/// The one of two A/A rows that differs more.
fn farther(one: Option<Interval>, other: Option<Interval>) -> Option<Interval> {
    let both = [one?, other?];
    both.into_iter().max_by(|a, b| a.distance_from_one().total_cmp(&b.distance_from_one()))
}

#[cfg(test)]
mod tests {
    use ammeter_bench::{backend::Failure, statistics::Quartiles};
    use ammeter_core::Scheme;

    use super::*;

    fn verified() -> Sampling {
        let (one, spread) = (Interval::of_median(&[1.0], 1), Quartiles::of(&[1.0]));
        Sampling::Verified(Sampled {
            pairs_per_second: spread,
            upper_pairs_per_second: 1.0,
            reference_cycles_per_pair: None,
            ratio: one,
            ratios: vec![1.0],
            pass_speeds: vec![1.0],
        })
    }

    fn untimed() -> Sampling {
        Sampling::Untimed(Failure("its clock: no".into()))
    }

    fn judged(before: Sampling, after: Sampling, noise: Option<Interval>) -> (Verdict, String) {
        let expected = Workload::new(Scheme::Og, 1, 1, 1).expected(Hash::Sha256);
        let outcomes = vec![before, after];
        let run = Run { outcomes, noise, rounds: 9, expected, pairs_checked: 1 };
        let row = row(Hash::Sha256, "ammeter/portable".into(), &run, ALLOWED);
        (row.verdict, row.fault.unwrap_or_default())
    }

    #[test]
    fn a_clock_is_no_verdict_and_a_wrong_output_is_one_whatever_the_clocks() {
        let wrong = || Sampling::Wrong("WRONG".into());
        let one = Some(Interval::of_median(&[1.0], 1));
        assert_eq!(judged(verified(), verified(), one), (Verdict::Alike, String::new()));
        assert_eq!(judged(verified(), verified(), None).0, Verdict::CannotTell);
        let because = |side: &str| (Verdict::CannotTell, format!("{side}: failed: its clock: no"));
        assert_eq!(judged(untimed(), verified(), None), because("before"));
        assert_eq!(judged(untimed(), untimed(), None), because("before"));
        assert_eq!(judged(verified(), untimed(), one), because("after"));
        assert_eq!(judged(untimed(), wrong(), None), (Verdict::Wrong, "after: WRONG".into()));
    }
}
