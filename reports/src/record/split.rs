//! What `ammeter compare --workload split` leaves as JSON. All but [`Record::solves`] follows from
//! the seed.

use ammeter_bench::{
    split::{
        experiment::{self, Case, Found},
        solve::{Solver, Times, growth},
        strategy::Strategy,
    },
    statistics::Interval,
};
use serde::{Deserialize, Serialize};

use super::{Head, Invocation, Ratio, Spread};

/// Names this layout.
pub const SCHEMA: &str = "ammeter/split/1";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What every record begins with.
    #[serde(flatten)]
    pub head: Head,
    /// What was asked for.
    pub workload: Workload,
    /// A strategy under its conditions each.
    pub rows: Vec<Row>,
    /// Times; they differ from run to run.
    pub solves: Vec<Solve>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How the command was called.
    #[serde(flatten)]
    pub invocation: Invocation,
    /// Fewer seeds and payments.
    pub quick: bool,
    /// Stopped early: seeds are missing.
    pub interrupted: bool,
    /// Where networks come from: `generated`, or the name of a snapshot's file.
    pub network: String,
    /// Of each network.
    pub channels: u64,
    /// Seeds that were finished.
    pub seeds: u64,
    /// Payments that were drawn, all seeds together.
    pub drawn: u64,
    /// Those of them that the oracle can pay: what every row tried.
    pub payable: u64,
    /// Least amount.
    pub amount_min_msat: u64,
    /// Greatest amount.
    pub amount_max_msat: u64,
    /// The strategy that others are compared with.
    pub baseline: String,
}

/// A strategy under its conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The question that it belongs to: `strategies`, `acknowledged`, `apart`, `slots`.
    pub group: String,
    /// How the sender splits.
    pub strategy: String,
    /// Whether the receiver tells which parts have arrived.
    pub acknowledged: bool,
    /// Whether all parts settle or none.
    pub atomic: bool,
    /// In how many parts everybody else splits.
    pub others_parts: u32,
    /// HTLC slots of each direction of a channel.
    pub slots_max: u16,
    /// Whether others of its group are compared with it.
    pub baseline: bool,
    /// What was counted.
    pub figures: Vec<Figure>,
}

/// One figure of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was counted.
    pub name: String,
    /// Median over seeds; none if no seed has it.
    pub value: Option<Ratio>,
    /// Median over seeds of the quotient to the baseline's of the same seed; None if a seed has none, as
    /// where the baseline's is zero. Records before 1 December 2026 passed over such seeds.
    pub of_baseline: Option<Ratio>,
}

/// Times of one solver on one size of network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Solve {
    /// What was solved.
    pub solver: String,
    /// Size of the network.
    pub channels: u64,
    /// Nodes of it.
    pub nodes: u64,
    /// First attempts.
    pub samples: u64,
    /// Those that have a solution.
    pub solutions: u64,
    /// Of one solve.
    pub nanoseconds: Spread,
    /// The exponent of channels with which time grows, over all sizes.
    pub growth: Option<f64>,
}

/// All rows of an experiment.
#[must_use]
pub fn rows(found: &Found) -> Vec<Row> {
    found.rows.iter().map(row).collect()
}

fn row(experiment::Row { case, cells }: &experiment::Row) -> Row {
    let Case { group, strategy, conditions, others_parts, slots_max } = *case;
    let figures = cells.iter().map(|cell| Figure {
        name: cell.figure.name().into(),
        value: cell.value.map(Interval::into),
        of_baseline: cell.of_baseline.map(Interval::into),
    });
    Row {
        group: group.name().into(),
        strategy: strategy.to_string(),
        acknowledged: conditions.is_acknowledged,
        atomic: conditions.is_atomic,
        others_parts,
        slots_max,
        baseline: case.baseline() == *case,
        figures: figures.collect(),
    }
}

/// All times, with the growth of each solver.
#[must_use]
pub fn solves(times: &[Times]) -> Vec<Solve> {
    let solve = |of: &Times| Solve {
        solver: Solver::name(of.solver).into(),
        channels: of.channels as u64,
        nodes: of.nodes as u64,
        samples: of.samples as u64,
        solutions: of.solutions as u64,
        nanoseconds: of.nanoseconds.into(),
        growth: growth(times, of.solver),
    };
    times.iter().map(solve).collect()
}

/// What others are compared with.
#[must_use]
pub fn baseline() -> String {
    Strategy::BASELINE.to_string()
}

impl Record {
    /// The rows of a group.
    pub fn of_group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Row> + 'a {
        self.rows.iter().filter(move |row| row.group == group)
    }
}

impl Row {
    /// A figure by its name.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// A figure's median.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Ratio> {
        self.figure(name)?.value
    }

    /// A figure's quotient to the baseline's.
    #[must_use]
    pub fn quotient(&self, name: &str) -> Option<Ratio> {
        self.figure(name)?.of_baseline
    }
}
