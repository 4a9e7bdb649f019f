//! Who is fastest at a point, by how much, and from where on.

use ammeter_bench::{
    backend::Entry,
    sampler::{Outcome, Run},
    statistics::Interval,
};

use ammeter_report::record::{
    Ratio,
    sweep::{Crossover, Lead},
};

/// A row at a point: its name, and its ratio to the baseline in each round.
#[derive(Clone, Copy)]
struct Runner<'a> {
    entry: &'a Entry,
    ratios: &'a [f64],
    median: f64,
}

impl Runner<'_> {
    /// Its speed over `other`'s, round by round.
    fn over(&self, other: &Self, seed: u64) -> Ratio {
        let quotients: Vec<f64> =
            self.ratios.iter().zip(other.ratios).map(|(one, other)| one / other).collect();
        Interval::of_median(&quotients, seed).into()
    }
}

/// The rows of a point that were verified.
fn runners<'a>(entries: &'a [Entry], run: &'a Run) -> impl Iterator<Item = Runner<'a>> {
    entries.iter().zip(&run.outcomes).filter_map(|(entry, outcome)| match outcome {
        Outcome::Verified(sampled) => {
            Some(Runner { entry, ratios: &sampled.ratios, median: sampled.ratio.median })
        }
        Outcome::Wrong(_) | Outcome::Failed(_) | Outcome::Untimed(_) => None,
    })
}

fn fastest<'a>(runners: impl Iterator<Item = Runner<'a>>) -> Option<Runner<'a>> {
    runners.max_by(|a, b| a.median.total_cmp(&b.median))
}

fn is_kernel(runner: &Runner<'_>) -> bool {
    runner.entry.is_ours() && !runner.entry.is_auto()
}

/// Ours against the peers; `None` without a kernel of ours.
pub fn lead(entries: &[Entry], run: &Run, seed: u64) -> Option<Lead> {
    let kernel = fastest(runners(entries, run).filter(is_kernel))?;
    let peer = fastest(runners(entries, run).filter(|runner| !runner.entry.is_ours()));
    let auto = runners(entries, run).find(|runner| runner.entry.is_auto());
    Some(Lead {
        kernel: kernel.entry.name.clone(),
        peer: peer.map(|peer| peer.entry.name.clone()),
        kernel_over_peer: peer.map(|peer| kernel.over(&peer, seed)),
        auto_over_peer: auto.zip(peer).map(|(auto, peer)| auto.over(&peer, seed)),
        auto_over_kernel: auto.map(|auto| auto.over(&kernel, seed)),
    })
}

/// Where another of our kernels becomes the fastest of ours, over points (n and what ran there) in
/// rising order.
///
/// The fastest stays it until another one is faster beyond both the interval of their quotient and
/// the point's noise: two kernels that tie do not take turns.
pub fn crossovers<'a>(
    entries: &[Entry],
    points: impl Iterator<Item = (u64, &'a Run)>,
    seed: u64,
) -> Vec<Crossover> {
    let mut crossovers = Vec::new();
    let mut leader: Option<String> = None;
    for (children, run) in points {
        let Some(best) = fastest(runners(entries, run).filter(is_kernel)) else { continue };
        let noise = run.noise.map_or(0.0, |noise| noise.distance_from_one());
        if let Some(before) = leader.take_if(|before| *before != best.entry.name) {
            let former = runners(entries, run).find(|runner| runner.entry.name == before);
            let ratio = former.map(|former| best.over(&former, seed));
            if ratio.is_some_and(|ratio| ratio.low <= 1.0 || ratio.median <= 1.0 + noise) {
                leader = Some(before);
                continue;
            }
            let after = best.entry.name.clone();
            crossovers.push(Crossover { children, before, after, ratio });
        }
        leader = Some(best.entry.name.clone());
    }
    crossovers
}

#[cfg(test)]
mod tests {
    use ammeter_bench::{
        backend::AUTO, registry, sampler::Sampled, statistics::Quartiles, workload::Workload,
    };
    use ammeter_core::{Hash, Scheme};

    use super::*;

    fn entries(names: &[&str]) -> Vec<Entry> {
        let entry = |name: &&str| {
            let mut entry = registry::auto(Hash::Sha256);
            entry.name = (*name).into();
            entry
        };
        names.iter().map(entry).collect()
    }

    /// A run in which rows had these ratios, a hundredth up and down; 0 is a wrong row.
    fn run(ratios: &[f64]) -> Run {
        let outcome = |ratio: &f64| {
            if *ratio == 0.0 {
                return Outcome::Wrong("WRONG".into());
            }
            let ratios = [0.99, 1.0, 1.01, 0.99, 1.0, 1.01, 1.0, 0.99, 1.01].map(|k| k * ratio);
            Outcome::Verified(Sampled {
                pairs_per_second: Quartiles::of(&ratios),
                upper_pairs_per_second: 1.01 * ratio,
                reference_cycles_per_pair: None,
                ratio: Interval::of_median(&ratios, 1),
                ratios: ratios.to_vec(),
                pass_speeds: Vec::new(),
            })
        };
        Run {
            outcomes: ratios.iter().map(outcome).collect(),
            noise: Some(Interval { median: 1.0, low: 0.98, high: 1.01 }),
            rounds: 9,
            expected: Workload::new(Scheme::Og, 1, 1, 1).expected(Hash::Sha256),
            pairs_checked: 0,
        }
    }

    #[test]
    fn a_crossover_is_where_another_kernel_is_faster_beyond_the_noise() {
        let entries = entries(&["ammeter/wide", "ammeter/narrow", AUTO, "peer"]);
        let runs = [
            (1, run(&[1.0, 3.0, 3.0, 9.0])),
            // A tie: the narrow one stays.
            (4, run(&[3.03, 3.0, 9.0, 9.0])),
            (8, run(&[6.0, 3.0, 6.0, 9.0])),
            // And the wide one stays.
            (12, run(&[6.0, 6.1, 6.0, 9.0])),
            (16, run(&[0.0, 6.1, 6.0, 9.0])),
        ];
        let points = || runs.iter().map(|(n, run)| (*n, run));
        let found = crossovers(&entries, points(), 1);
        let seen: Vec<_> = found.iter().map(|x| (x.children, x.after.as_str())).collect();
        assert_eq!(seen, [(8, "ammeter/wide"), (16, "ammeter/narrow")]);
        assert_eq!(found[0].before, "ammeter/narrow");
        assert!((found[0].ratio.unwrap().median - 2.0).abs() < 1e-9);
        assert!(found[1].ratio.is_none(), "there was nothing to compare with");
        assert!(crossovers(&entries, points().take(2), 1).is_empty());
    }

    #[test]
    fn a_lead_is_of_the_best_of_ours_over_the_best_peer() {
        let entries = entries(&["ammeter/wide", "ammeter/narrow", AUTO, "slow", "peer", "liar"]);
        let found = lead(&entries, &run(&[4.0, 3.0, 3.0, 1.0, 2.0, 0.0]), 1).unwrap();
        assert_eq!((&*found.kernel, found.peer.as_deref()), ("ammeter/wide", Some("peer")));
        let near = |ratio: Option<Ratio>, value: f64| (ratio.unwrap().median - value).abs() < 1e-9;
        assert!(near(found.kernel_over_peer, 2.0) && near(found.auto_over_peer, 1.5));
        assert!(near(found.auto_over_kernel, 0.75));
        assert!(lead(&entries[2..], &run(&[3.0, 1.0]), 1).is_none(), "no kernel of ours");
    }
}
