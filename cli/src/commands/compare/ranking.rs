//! One workload, all rows ranked.

use std::time::{Duration, SystemTime};

use ammeter_bench::{
    backend::Entry,
    limits::{Limits, OF_LIMIT_MAX},
    sampler::{self, Outcome as Sampling, Plan, Run},
    workload::Workload,
};
use ammeter_core::Scheme;

use super::{
    Arguments,
    selection::{Group, groups},
};
use crate::console::{self, Done, Outcome};
use crate::{
    build,
    output::{Output, Progress},
};
use ammeter_report::{
    host::Host,
    html,
    record::{Limit, Noise, Ratio, Record, Row, SCHEMA},
    table,
};

/// Compares.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let groups = groups(arguments)?;
    let started = SystemTime::now();
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "compare", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let host = Host::survey();
    let mut limits = Limits::new(arguments.threads() as usize, arguments.scheme);
    let workload = arguments.workload();
    let measured = measure(arguments, groups, &workload, &mut limits);
    let record = record(arguments, host, started, workload.pairs(), &measured, &limits);
    output.finish(&record, &html::page(&record), &table::render(&record))?;
    Ok(verdict(&record))
}

/// A wrong row outweighs an interruption: it is what a script must not miss.
fn verdict(record: &Record) -> Done {
    if record.rows.iter().any(|row| !row.verified) {
        Done::Found
    } else if record.workload.interrupted {
        Done::Interrupted
    } else {
        Done::Fine
    }
}

/// Samples one group after the other, the limits with each.
fn measure(
    arguments: &Arguments,
    groups: Vec<Group>,
    workload: &Workload,
    limits: &mut Limits,
) -> Vec<(Group, Run)> {
    let seconds = arguments.seconds() / groups.len() as f64;
    let bar = Progress::new();
    groups
        .into_iter()
        .map(|group| {
            bar.restart(format!(
                "{} × {} on {} thread(s)",
                group.entries.len(),
                group.hash,
                arguments.threads()
            ));
            let plan = Plan {
                hash: group.hash,
                threads: arguments.threads() as usize,
                time: Duration::from_secs_f64(seconds),
                seed: arguments.seed,
            };
            let mut watch = |part: f64| {
                limits.sample();
                bar.show(part);
                !console::interrupted()
            };
            let run = sampler::sample(&group.entries, group.baseline, workload, plan, &mut watch);
            (group, run)
        })
        .collect()
}

fn record(
    arguments: &Arguments,
    host: Host,
    started: SystemTime,
    pairs: usize,
    measured: &[(Group, Run)],
    limits: &Limits,
) -> Record {
    let noise = measured.iter().filter_map(|(group, run)| {
        Some(Noise {
            hash: group.hash.to_string(),
            backend: group.entries[group.baseline].name.clone(),
            ratio: run.noise?.into(),
            rounds: run.rounds as u64,
            digest: run.expected.to_string(),
        })
    });
    let rates = limits.rates().map(|(probe, rate)| Limit {
        name: probe.name(),
        unit: probe.unit().into(),
        rate: rate.spread.into(),
        upper: Some(rate.upper),
    });
    let rows = |group| rows(arguments.scheme, group, pairs as u64, limits);
    let mut rows: Vec<Row> = measured.iter().flat_map(rows).collect();
    Record {
        head: build::head(SCHEMA, host),
        workload: arguments.as_run(
            started,
            pairs as u64,
            measured.iter().map(|(_, run)| run.pairs_checked).sum(),
        ),
        noise: noise.collect(),
        limits: rates.collect(),
        instrument: beyond_their_limits(&mut rows),
        rows,
    }
}

/// Rows that are faster than their limit allows: something was measured wrong, so the limit is
/// taken off the row, and the record says so.
fn beyond_their_limits(rows: &mut [Row]) -> Vec<String> {
    let beyond = rows.iter_mut().filter(|row| row.of_limit.is_some_and(|part| part > OF_LIMIT_MAX));
    beyond
        .map(|row| {
            let (part, limit) = (row.of_limit.take(), row.limit.take().unwrap_or_default());
            format!(
                "an error of the instrument: `{}` for {} came out at {:.0} % of its limit, `{limit}`, so that \
                 limit is not shown",
                row.backend,
                row.hash,
                100.0 * part.unwrap_or_default(),
            )
        })
        .collect()
}

/// The rows of one group, ranked.
fn rows(scheme: Scheme, (group, run): &(Group, Run), pairs: u64, limits: &Limits) -> Vec<Row> {
    let outcomes = group.entries.iter().zip(&run.outcomes).enumerate();
    let mut rows: Vec<Row> = outcomes
        .map(|(position, (entry, outcome))| {
            let mut row = unmeasured(entry, scheme);
            row.baseline = position == group.baseline;
            match outcome {
                Sampling::Wrong(which) => row.fault = Some(which.clone()),
                Sampling::Failed(failure) | Sampling::Untimed(failure) => {
                    row.fault = Some(format!("failed: {failure}"));
                }
                Sampling::Verified(sampled) => {
                    row.verified = true;
                    row.pairs_per_second = Some(sampled.pairs_per_second.into());
                    row.reference_cycles_per_pair = sampled.reference_cycles_per_pair;
                    // The baseline against itself is 1; what it measures is the noise.
                    row.ratio_to_baseline =
                        Some(if row.baseline { Ratio::ONE } else { sampled.ratio.into() });
                    let limit = limits.pairs_per_second(group.hash, scheme, &entry.isa, pairs);
                    row.of_limit = limit.map(|(rate, _)| sampled.upper_pairs_per_second / rate);
                    row.limit = limit.map(|(_, probe)| probe.name());
                }
            }
            row
        })
        .collect();
    rank(&mut rows, run.noise.map_or(0.0, |noise| noise.distance_from_one()));
    rows
}

fn unmeasured(entry: &Entry, scheme: Scheme) -> Row {
    Row {
        backend: entry.name.clone(),
        version: entry.version.clone(),
        call: entry.call.clone(),
        hash: entry.hash.to_string(),
        scheme: scheme.to_string(),
        isa: entry.isa.clone(),
        rank: None,
        tie: false,
        pairs_per_second: None,
        reference_cycles_per_pair: None,
        of_limit: None,
        limit: None,
        ratio_to_baseline: None,
        baseline: false,
        verified: false,
        fault: None,
    }
}

/// Sorts best first and gives ranks. A row whose distance to the first of its rank is inside the
/// noise shares that rank; rows without a ratio come last and have none.
fn rank(rows: &mut [Row], noise: f64) {
    let ratio = |row: &Row| row.ratio_to_baseline.map_or(0.0, |ratio| ratio.median);
    rows.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
    let mut first = 0;
    for position in 0..rows.len() {
        if rows[position].ratio_to_baseline.is_none() {
            break;
        }
        if ratio(&rows[first]) > ratio(&rows[position]) * (1.0 + noise) {
            first = position;
        }
        let tie = position > first;
        rows[position].rank = Some(first as u64 + 1);
        rows[position].tie = tie;
        rows[first].tie |= tie;
    }
}

#[cfg(test)]
mod tests {
    use ammeter_bench::registry;
    use ammeter_core::Hash;

    use super::*;
    use crate::commands::compare::flags::parse;

    fn row(name: &str, median: Option<f64>) -> Row {
        let mut rows = registry::entries(Hash::Sha256);
        let mut row = unmeasured(&rows.remove(0), Scheme::Og);
        row.backend = name.into();
        row.ratio_to_baseline = median.map(|median| Ratio { median, low: median, high: median });
        row.verified = median.is_some();
        row
    }

    #[test]
    fn a_difference_inside_the_noise_is_a_tie() {
        let mut rows = [
            row("slow", Some(0.5)),
            row("wrong", None),
            row("near", Some(2.99)),
            row("best", Some(3.0)),
            row("next", Some(2.9)),
        ];
        rank(&mut rows, 0.01);
        let seen: Vec<_> =
            rows.iter().map(|row| (row.backend.as_str(), row.rank, row.tie)).collect();
        assert_eq!(
            seen,
            [
                ("best", Some(1), true),
                ("near", Some(1), true),
                ("next", Some(3), false),
                ("slow", Some(4), false),
                ("wrong", None, false),
            ]
        );
    }

    #[test]
    fn a_row_beyond_its_limit_is_an_error_of_the_instrument() {
        let of_limit = |name, part| Row {
            of_limit: Some(part),
            limit: Some("sha256rnds2".into()),
            ..row(name, Some(1.0))
        };
        let mut rows = [of_limit("near", 1.02), of_limit("beyond", 1.04), row("without", None)];
        let said = beyond_their_limits(&mut rows);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("`beyond`") && said[0].contains("104 %"), "{said:?}");
        assert_eq!(rows.map(|row| row.of_limit), [Some(1.02), None, None]);
    }

    #[test]
    fn a_wrong_row_decides_the_exit_code_whatever_else_happened() {
        let arguments = parse(&["--pairs", "32", "--seconds", "0", "--backend", "ring"]);
        let mut limits = Limits::new(1, arguments.scheme);
        let workload = arguments.workload();
        let measured = measure(&arguments, groups(&arguments).unwrap(), &workload, &mut limits);
        let mut record = record(
            &arguments,
            Host::survey(),
            SystemTime::now(),
            workload.pairs(),
            &measured,
            &limits,
        );
        assert_eq!(verdict(&record), Done::Fine);
        record.workload.interrupted = true;
        assert_eq!(verdict(&record), Done::Interrupted);
        record.rows[0].verified = false;
        assert_eq!(verdict(&record), Done::Found);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }
}
