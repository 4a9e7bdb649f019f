//! From samples to a record.

use ammeter_bench::{backend::Entry, sampler::Outcome, statistics::Interval};

use super::{leads, measure::Measured};
use crate::commands::compare::selection::Group;
use ammeter_report::record::{
    Ratio,
    sweep::{Backend, OfHash, Over, Point, Row},
};

/// The curves of one group.
pub(super) fn of_hash(seed: u64, over: Over, group: &Group, measured: &[Measured<'_>]) -> OfHash {
    let ours: Vec<&Measured<'_>> =
        measured.iter().filter(|point| point.group.hash == group.hash).collect();
    let one_thread = ours.iter().copied().find(|point| point.stop.threads == 1);
    let reference = one_thread.filter(|_| over == Over::Threads);
    let backend = |entry: &Entry| Backend {
        name: entry.name.clone(),
        version: entry.version.clone(),
        call: entry.call.clone(),
        isa: entry.isa.clone(),
    };
    let sizes = ours.iter().map(|point| (point.stop.workload.children as u64, &point.run));
    OfHash {
        hash: group.hash.to_string(),
        baseline: group.entries[group.baseline].name.clone(),
        backends: group.entries.iter().map(backend).collect(),
        points: ours.iter().map(|point| of_point(seed, point, reference)).collect(),
        crossovers: match over {
            Over::N => leads::crossovers(&group.entries, sizes, seed),
            Over::Threads => Vec::new(),
        },
    }
}

/// One point; `reference` is the one with one thread where that is what others are compared with.
fn of_point(
    seed: u64,
    Measured { group, stop, passes, run }: &Measured<'_>,
    reference: Option<&Measured<'_>>,
) -> Point {
    let rows = group.entries.iter().enumerate().map(|(position, entry)| {
        let outcome = &run.outcomes[position];
        let mut row = Row {
            backend: entry.name.clone(),
            pairs_per_second: None,
            reference_cycles_per_pair: None,
            ratio_to_baseline: None,
            ratio_to_one_thread: None,
            verified: false,
            clock_refused: matches!(outcome, Outcome::Untimed(_)),
            fault: None,
        };
        match outcome.sampled() {
            Err(fault) => row.fault = Some(fault),
            Ok(sampled) => {
                row.verified = true;
                row.pairs_per_second = Some(sampled.pairs_per_second.into());
                row.reference_cycles_per_pair = sampled.reference_cycles_per_pair;
                row.ratio_to_baseline = Some(if position == group.baseline {
                    Ratio::ONE
                } else {
                    sampled.ratio.into()
                });
                let alone = reference.map(|point| point.run.outcomes[position].sampled());
                if let Some(Ok(alone)) = alone {
                    row.ratio_to_one_thread =
                        speed_up(&sampled.pass_speeds, &alone.pass_speeds, seed);
                }
            }
        }
        row
    });
    Point {
        children: stop.workload.children as u64,
        payments: stop.workload.payments.len() as u64,
        threads: stop.threads,
        passes: *passes,
        rounds: run.rounds as u64,
        noise: run.noise.map(Into::into),
        digest: run.expected.to_string(),
        rows: rows.collect(),
        lead: leads::lead(&group.entries, run, seed),
    }
}

/// Speeds of each pass over those with one thread in the same pass.
fn speed_up(speeds: &[f64], alone: &[f64], seed: u64) -> Option<Ratio> {
    let quotients: Vec<f64> = speeds.iter().zip(alone).map(|(many, one)| many / one).collect();
    (!quotients.is_empty()).then(|| Interval::of_median(&quotients, seed).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_up_is_taken_pass_by_pass() {
        // The machine was half as fast in the second pass, and the third was cut short.
        let ratio = speed_up(&[4.0, 2.0, 9.0], &[2.0, 1.0], 1).unwrap();
        assert_eq!(ratio, Ratio { median: 2.0, low: 2.0, high: 2.0 });
        assert!(speed_up(&[], &[1.0], 1).is_none());
    }
}
