//! One workload, all rows ranked.

use std::time::{Duration, SystemTime};

use ammeter_bench::{
    backend::Entry,
    limits::{Limits, OF_LIMIT_MAX},
    sampler::{Outcome as Sampling, Plan, ROUNDS_MIN, Run, Sampler},
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
    host::Survey,
    html,
    record::{Limit, Noise, Ratio, Record, Row, SCHEMA},
    table,
};

/// Until the first ranking is shown, which is provisional.
const FIRST_RANKING: Duration = Duration::from_secs(10);

/// Compares.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let groups = groups(arguments)?;
    let started = SystemTime::now();
    let output = Output::begin(&arguments.out, arguments.json.as_deref(), "compare", started)?;
    console::catch_interrupt("finishing with what there is; ctrl-C again quits at once");
    let comparison =
        Comparison { arguments, survey: Survey::begin(), started, workload: arguments.workload() };
    let visits = visits(Duration::from_secs_f64(arguments.seconds()));
    let mut limits = Limits::new(arguments.threads() as usize, arguments.scheme);
    let measured = comparison.measure(&groups, &mut limits, &visits, |measured, limits, bar| {
        bar.print(&table::provisional(&comparison.record(measured, limits), FIRST_RANKING));
    });
    let record = comparison.record(&measured, &limits);
    output.finish(&record, &html::page(&record), &table::render(&record))?;
    Ok(verdict(&record))
}

/// How long each visit to all groups together is: up to the first ranking, and from there to the
/// end. The first ranking of a run that ends soon after it would be in the way.
fn visits(time: Duration) -> Vec<Duration> {
    if time < 2 * FIRST_RANKING {
        return vec![time];
    }
    vec![FIRST_RANKING, time - FIRST_RANKING]
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

/// One group, and what was sampled of it.
type Measured<'a> = (&'a Group, Run);

/// What is the same for the first ranking and the last.
struct Comparison<'a> {
    arguments: &'a Arguments,
    survey: Survey,
    started: SystemTime,
    workload: Workload,
}

impl Comparison<'_> {
    /// Samples one group after the other, the limits with each, on every visit. `between` gets what
    /// there is after a visit, while nothing is timed, unless that was the last one.
    fn measure<'g>(
        &self,
        groups: &'g [Group],
        limits: &mut Limits,
        visits: &[Duration],
        mut between: impl FnMut(&[Measured<'g>], &Limits, &Progress),
    ) -> Vec<Measured<'g>> {
        let new = |group: &'g Group| {
            Sampler::new(&group.entries, group.baseline, &self.workload, self.plan(group))
        };
        let mut samplers: Vec<Sampler<'_>> = groups.iter().map(new).collect();
        let results = |samplers: &[Sampler<'_>]| -> Vec<Measured<'g>> {
            groups.iter().zip(samplers.iter().map(Sampler::results)).collect()
        };
        let bar = Progress::new();
        let (whole, mut over) = (visits.iter().sum::<Duration>(), Duration::ZERO);
        for (position, visit) in visits.iter().enumerate() {
            if position > 0 {
                if console::interrupted() {
                    break;
                }
                between(&results(&samplers), limits, &bar);
            }
            let rounds_min = if position == 0 { ROUNDS_MIN } else { 1 };
            let time = *visit / groups.len() as u32;
            for (group, sampler) in groups.iter().zip(&mut samplers) {
                let (rows, threads) = (group.entries.len(), self.arguments.threads());
                bar.say(format!("{rows} × {} on {threads} thread(s)", group.hash));
                sampler.pass(time, rounds_min, &mut |part: f64| {
                    limits.sample();
                    bar.show((over + time.mul_f64(part)).div_duration_f64(whole));
                    !console::interrupted()
                });
                over += time;
            }
        }
        results(&samplers)
    }

    fn plan(&self, group: &Group) -> Plan {
        Plan {
            hash: group.hash,
            threads: self.arguments.threads() as usize,
            time: Duration::from_secs_f64(self.arguments.seconds()),
            seed: self.arguments.seed,
        }
    }

    fn record(&self, measured: &[Measured<'_>], limits: &Limits) -> Record {
        let Self { arguments, survey, started, workload } = self;
        let pairs = workload.pairs() as u64;
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
        let rows = |measured| rows(arguments.scheme, measured, pairs, limits);
        let mut rows: Vec<Row> = measured.iter().flat_map(rows).collect();
        let pairs_checked = measured.iter().map(|(_, run)| run.pairs_checked).sum();
        Record {
            head: build::head(SCHEMA, survey.host()),
            workload: arguments.as_run(*started, pairs, pairs_checked),
            noise: noise.collect(),
            limits: rates.collect(),
            instrument: beyond_their_limits(&mut rows),
            rows,
        }
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
fn rows(scheme: Scheme, (group, run): &Measured<'_>, pairs: u64, limits: &Limits) -> Vec<Row> {
    let outcomes = group.entries.iter().zip(&run.outcomes).enumerate();
    let mut rows: Vec<Row> = outcomes
        .map(|(position, (entry, outcome))| {
            let mut row = unmeasured(entry, scheme);
            row.baseline = position == group.baseline;
            row.clock_refused = matches!(outcome, Sampling::Untimed(_));
            match outcome.sampled() {
                Err(fault) => row.fault = Some(fault),
                Ok(sampled) => {
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
        clock_refused: false,
        fault: None,
    }
}

/// Sorts best first and gives ranks. A row whose distance to the first of its rank is inside the
/// noise, or whose interval meets that one's, shares that rank; rows without a ratio come last and
/// have none.
fn rank(rows: &mut [Row], noise: f64) {
    let ratio = |row: &Row| row.ratio_to_baseline.map_or(0.0, |ratio| ratio.median);
    rows.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
    let mut first = 0;
    for position in 0..rows.len() {
        let (Some(best), Some(own)) =
            (rows[first].ratio_to_baseline, rows[position].ratio_to_baseline)
        else {
            break;
        };
        if best.median > own.median * (1.0 + noise) && best.low > own.high {
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
    use ammeter_bench::{backend::Failure, registry};
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
    fn intervals_that_meet_are_a_tie() {
        let spread = |name, [low, median, high]: [f64; 3]| Row {
            ratio_to_baseline: Some(Ratio { median, low, high }),
            ..row(name, None)
        };
        let mut rows = [
            spread("best", [2.8, 3.0, 3.1]),
            spread("meets it", [2.6, 2.7, 2.8]),
            spread("does not", [2.5, 2.65, 2.79]),
        ];
        rank(&mut rows, 0.001);
        assert_eq!(rows.map(|row| row.rank), [Some(1), Some(1), Some(3)]);
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

    fn comparison(arguments: &Arguments) -> Comparison<'_> {
        let (survey, workload) = (Survey::begin(), arguments.workload());
        Comparison { arguments, survey, started: SystemTime::now(), workload }
    }

    #[test]
    fn a_first_ranking_needs_as_much_time_after_it_as_before() {
        let seconds = |arguments: &[&str]| {
            let time = Duration::from_secs_f64(parse(arguments).seconds());
            visits(time).iter().map(Duration::as_secs_f64).collect::<Vec<_>>()
        };
        assert_eq!(seconds(&[]), [10.0, 50.0]);
        assert_eq!(seconds(&["--seconds", "20"]), [10.0, 10.0]);
        assert_eq!(seconds(&["--seconds", "19.5"]), [19.5]);
        assert_eq!(seconds(&["--quick"]), [10.0]);
        assert_eq!(seconds(&["--seconds", "0"]), [0.0]);
    }

    #[test]
    fn the_first_ranking_is_of_all_hashes_and_the_last_goes_on_from_it() {
        let arguments = parse(&["--pairs", "32", "--seconds", "60", "--backend", "ring,blake3"]);
        let groups = groups(&arguments).unwrap();
        let comparison = comparison(&arguments);
        let mut limits = Limits::new(1, arguments.scheme);
        let mut shown = Vec::new();
        let mut measure = |visits: &[Duration]| {
            let shown = &mut shown;
            comparison.measure(&groups, &mut limits, visits, |measured, limits, _| {
                shown.push(comparison.record(measured, limits));
            })
        };
        let rounds = |measured: &[Measured<'_>]| -> Vec<usize> {
            measured.iter().map(|(_, run)| run.rounds).collect()
        };
        assert_eq!(rounds(&measure(&[Duration::ZERO])), [ROUNDS_MIN; 2]);
        assert_eq!(rounds(&measure(&[Duration::ZERO; 2])), [ROUNDS_MIN + 1; 2]);
        let [first] = &shown[..] else { panic!("one visit of three is followed by another") };
        assert!(first.noise.iter().all(|noise| noise.rounds == ROUNDS_MIN as u64));
        assert!(first.rows.iter().all(|row| row.verified && row.rank.is_some()));

        let text = table::provisional(first, FIRST_RANKING);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("Provisional: 10 of 60 seconds"), "{text}");
        assert!(lines[lines.len() - 2].contains("follows in 50 seconds"), "{text}");
        assert!(text.contains(&table::render(first)), "the table is the last one's");
        assert!(text.matches("over 9 rounds").count() == 2, "{text}");
    }

    #[test]
    fn a_row_says_that_only_its_clock_was_refused() {
        let arguments = parse(&["--pairs", "32", "--seconds", "0", "--backend", "ring"]);
        let groups = groups(&arguments).unwrap();
        let comparison = comparison(&arguments);
        let mut limits = Limits::new(1, arguments.scheme);
        let mut measured =
            comparison.measure(&groups, &mut limits, &[Duration::ZERO], |_, _, _| {});
        measured[0].1.outcomes[1] = Sampling::Untimed(Failure("its clock: no".into()));
        let record = comparison.record(&measured, &limits);
        let refused = record.rows.iter().map(|row| (row.backend.as_str(), row.clock_refused));
        assert_eq!(refused.collect::<Vec<_>>(), [("sha2-0.11", false), ("ring", true)]);
        assert_eq!(verdict(&record), Done::Found, "no time was measured");
    }

    #[test]
    fn a_wrong_row_decides_the_exit_code_whatever_else_happened() {
        let arguments = parse(&["--pairs", "32", "--seconds", "0", "--backend", "ring"]);
        let groups = groups(&arguments).unwrap();
        let comparison = comparison(&arguments);
        let mut limits = Limits::new(1, arguments.scheme);
        let visits = [Duration::ZERO];
        let measured = comparison.measure(&groups, &mut limits, &visits, |_, _, _| {
            panic!("after the only visit the ranking is final");
        });
        let mut record = comparison.record(&measured, &limits);
        assert_eq!(verdict(&record), Done::Fine);
        assert!(record.rows.iter().all(|row| !row.clock_refused));
        record.workload.interrupted = true;
        assert_eq!(verdict(&record), Done::Interrupted);
        record.rows[0].verified = false;
        assert_eq!(verdict(&record), Done::Found);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }
}
