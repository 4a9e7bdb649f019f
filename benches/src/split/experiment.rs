//! Which strategies meet under which conditions, seed by seed.
//!
//! A seed has one network, one load and one list of payments. All cases of a seed meet those; a
//! median is over seeds, and a quotient is of two cases of one seed.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::{
    figures::{Figure, median, paired},
    flow::push_relabel,
    generate,
    load::{Others, World},
    network::{Edge, Network, Node},
    random::{log_uniform, of, unit},
    simulation::{Conditions, Outcome, Payment, simulate},
    strategy::Strategy,
};
use crate::statistics::Interval;

/// Amounts of payments: log-uniform, 200 000 sat to 20 million sat.
pub const AMOUNT_MSAT: [f64; 2] = [2e8, 2e10];

/// Slots of an edge: BOLT 2's most, LDK's default for public channels and CLN's.
pub const SLOTS: [u16; 3] = [483, 50, 30];

/// Into how many parts everybody splits, where slots are asked about.
pub const PARTS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// Payments that are drawn for each that the oracle can pay, at most.
const DRAWS_MAX: usize = 100;

/// How large an experiment is.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Of generated networks.
    pub channels: usize,
    /// A network that was read; each seed has balances, load and payments of its own.
    pub snapshot: Option<&'a Network>,
    /// Networks.
    pub seeds: usize,
    /// Payments of each, all of which the oracle can pay.
    pub payments: usize,
    /// Seeds all of it.
    pub seed: u64,
}

/// A question that cases belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// AMP as it is: strategies beside the baseline.
    Strategies,
    /// The receiver tells what has arrived: each strategy beside itself without that.
    Acknowledged,
    /// Parts settle as they arrive: each strategy beside itself with AMP.
    Apart,
    /// Everybody splits in so many equal parts: beside one part.
    Slots,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Strategies, Self::Acknowledged, Self::Apart, Self::Slots];

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strategies => "strategies",
            Self::Acknowledged => "acknowledged",
            Self::Apart => "apart",
            Self::Slots => "slots",
        }
    }
}

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Where it belongs.
    pub group: Group,
    /// How the sender splits.
    pub strategy: Strategy,
    /// Acknowledged, atomic.
    pub conditions: Conditions,
    /// In how many parts everybody else splits.
    pub others_parts: u32,
    /// Slots of an edge.
    pub slots_max: u16,
}

impl Case {
    /// All of an experiment. Cases that share a world follow one another.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let of_group = |group| {
            let conditions = Conditions {
                is_acknowledged: group == Group::Acknowledged,
                is_atomic: group != Group::Apart,
            };
            Strategy::ALL.map(|strategy| Self {
                group,
                strategy,
                conditions,
                others_parts: 1,
                slots_max: SLOTS[0],
            })
        };
        let usual = [Group::Strategies, Group::Acknowledged, Group::Apart].map(of_group);
        let mut cases = usual.concat();
        let conditions = Conditions { is_acknowledged: false, is_atomic: true };
        for slots_max in SLOTS {
            cases.extend(PARTS.map(|others_parts| Self {
                group: Group::Slots,
                strategy: Strategy::Equal(others_parts),
                conditions,
                others_parts,
                slots_max,
            }));
        }
        cases
    }

    /// What it is compared with.
    #[must_use]
    pub fn baseline(&self) -> Self {
        let usual = Conditions { is_acknowledged: false, is_atomic: true };
        match self.group {
            Group::Strategies => Self { strategy: Strategy::BASELINE, ..*self },
            Group::Acknowledged | Group::Apart => {
                Self { group: Group::Strategies, conditions: usual, ..*self }
            }
            Group::Slots => Self { strategy: Strategy::Equal(1), others_parts: 1, ..*self },
        }
    }
}

/// One figure of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Which.
    pub figure: Figure,
    /// Over seeds.
    pub value: Option<Interval>,
    /// Over the baseline's of the same seed.
    pub of_baseline: Option<Interval>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub case: Case,
    /// In the order of [`Figure::ALL`].
    pub cells: Vec<Cell>,
}

/// What an experiment found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Seeds that were finished.
    pub seeds: usize,
    /// Payments that were drawn, all seeds together.
    pub drawn: usize,
    /// Those of them that the oracle can pay, all of which every case tried.
    pub payable: usize,
    /// In the order of [`Case::all`].
    pub rows: Vec<Row>,
}

/// One seed's payments with their outcomes, case by case.
struct OfSeed {
    drawn: usize,
    payments: Vec<Payment>,
    outcomes: Vec<Vec<(u64, Outcome)>>,
}

/// Runs all cases on all seeds. Seeds that `keep_going` refuses are left out whole; `progress` hears
/// which part is done.
#[must_use]
pub fn run(
    settings: Settings<'_>,
    keep_going: &(dyn Fn() -> bool + Sync),
    progress: &(dyn Fn(f64) + Sync),
) -> Found {
    let cases = Case::all();
    let done = AtomicUsize::new(0);
    let all = settings.seeds * cases.len();
    let step = || {
        let done = 1 + done.fetch_add(1, Ordering::Relaxed);
        progress(done as f64 / all as f64);
        keep_going()
    };
    let seeds: Vec<Option<OfSeed>> = (0..settings.seeds)
        .into_par_iter()
        .map(|number| of_seed(settings, number as u64, &cases, &step))
        .collect();
    let seeds: Vec<OfSeed> = seeds.into_iter().flatten().collect();
    Found {
        seeds: seeds.len(),
        drawn: seeds.iter().map(|seed| seed.drawn).sum(),
        payable: seeds.iter().map(|seed| seed.payments.len()).sum(),
        rows: rows(&cases, &seeds, settings.seed),
    }
}

fn rows(cases: &[Case], seeds: &[OfSeed], seed: u64) -> Vec<Row> {
    let values = |case: usize, figure: Figure| -> Vec<Option<f64>> {
        seeds.iter().map(|seed| figure.of(&seed.outcomes[case])).collect()
    };
    let row = |(position, case): (usize, &Case)| {
        let baseline = cases.iter().position(|other| *other == case.baseline());
        let baseline = baseline.expect("every baseline is a case");
        let cell = |figure| {
            let own = values(position, figure);
            Cell {
                figure,
                value: median(&own, seed),
                of_baseline: paired(&own, &values(baseline, figure), seed),
            }
        };
        Row { case: *case, cells: Figure::ALL.map(cell).to_vec() }
    };
    cases.iter().enumerate().map(row).collect()
}

/// `None` if it was stopped.
fn of_seed(
    settings: Settings<'_>,
    number: u64,
    cases: &[Case],
    step: &dyn Fn() -> bool,
) -> Option<OfSeed> {
    let seed = of(settings.seed, 100 + number).next();
    let made;
    let network = match settings.snapshot {
        Some(network) => network,
        None => {
            made = generate::network(settings.channels, &mut of(seed, 1));
            &made
        }
    };
    let free = generate::balances(network, &mut of(seed, 2));
    let others = Others::new(network, seed);
    let usual = World::new(network, free.clone(), &others, 1, SLOTS[0]);
    let (drawn, payments) = payable(&usual, settings.payments, seed);
    let mut outcomes = Vec::with_capacity(cases.len());
    let mut world = usual;
    let mut is_of = (1, SLOTS[0]);
    for case in cases {
        if is_of != (case.others_parts, case.slots_max) {
            is_of = (case.others_parts, case.slots_max);
            world = World::new(network, free.clone(), &others, is_of.0, is_of.1);
        }
        let outcome = |payment: &Payment| {
            (payment.amount_msat, simulate(&world, case.strategy, *payment, case.conditions))
        };
        outcomes.push(payments.iter().map(outcome).collect());
        if !step() {
            return None;
        }
    }
    Some(OfSeed { drawn, payments, outcomes })
}

/// Payments that the oracle can pay, and how many were drawn to find them.
fn payable(world: &World<'_>, count: usize, seed: u64) -> (usize, Vec<Payment>) {
    let network = world.network;
    let mut words = of(seed, 4);
    let edges = 0..network.edges() as Edge;
    let forwards = |edge: Edge| network.policy(edge).is_some();
    let free = world.state.free_msat();
    let capacity: Vec<u64> =
        edges.map(|edge| if forwards(edge) { free[edge as usize] } else { 0 }).collect();
    let mut payments = Vec::new();
    let mut drawn = 0;
    while payments.len() < count && drawn < count * DRAWS_MAX {
        drawn += 1;
        // Whole satoshis.
        let amount = log_uniform(&mut words, AMOUNT_MSAT[0], AMOUNT_MSAT[1]);
        let amount_msat = (amount / 1000.0) as u64 * 1000;
        let [source, target] = [0; 2].map(|_| (unit(&mut words) * network.nodes() as f64) as Node);
        let payment = Payment { ends: (source, target), amount_msat, seed: words.next() };
        let can_pay = source != target
            && push_relabel(network, &capacity, payment.ends, amount_msat).value_msat
                == amount_msat;
        payments.extend(can_pay.then_some(payment));
    }
    (drawn, payments)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Settings<'_> =
        Settings { channels: 150, snapshot: None, seeds: 2, payments: 3, seed: 1 };

    #[test]
    fn the_same_seed_gives_the_same_figures_byte_for_byte() {
        let text = |settings| format!("{:?}", run(settings, &|| true, &|_| ()));
        let first = text(SMALL);
        assert_eq!(first, text(SMALL));
        assert_ne!(first, text(Settings { seed: 2, ..SMALL }));
    }

    #[test]
    fn threads_change_no_figure() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(SMALL, &|| true, &|_| ()))
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn every_case_has_its_baseline_and_baselines_are_one() {
        let cases = Case::all();
        for case in &cases {
            assert!(cases.contains(&case.baseline()), "{case:?}");
            assert_eq!(case.baseline().baseline().group, case.baseline().group);
        }
        let found = run(SMALL, &|| true, &|_| ());
        assert_eq!((found.seeds, found.payable, found.rows.len()), (2, 6, cases.len()));
        let baseline = found.rows.iter().find(|row| row.case == row.case.baseline()).unwrap();
        for cell in &baseline.cells {
            assert!(cell.of_baseline.is_none_or(|ratio| ratio.low == 1.0 && ratio.high == 1.0));
        }
    }

    #[test]
    fn what_is_stopped_is_left_out_whole() {
        let found = run(SMALL, &|| false, &|_| ());
        assert_eq!((found.seeds, found.payable), (0, 0));
        assert!(found.rows.iter().all(|row| row.cells.iter().all(|cell| cell.value.is_none())));
    }
}
