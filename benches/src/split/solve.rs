//! Time per solve, and how it grows with the network. The only times of this experiment: they differ
//! from run to run.

use std::{hint::black_box, time::Instant};

use super::{
    belief::Belief,
    flow::push_relabel,
    generate,
    min_cost::min_cost,
    network::{Edge, Network, Node},
    random::of,
    route::{Ask, cheapest},
};
use crate::statistics::Quartiles;

/// Channels of the networks.
pub const CHANNELS: [usize; 3] = [1_000, 10_000, 100_000];

/// What is solved: one part of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solver {
    /// The cheapest route.
    Route,
    /// Minimum-cost flow.
    MinCost,
    /// Maximum flow by push-relabel, over the middle of what is possible.
    PushRelabel,
}

impl Solver {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Route, Self::MinCost, Self::PushRelabel];

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::MinCost => "min-cost",
            Self::PushRelabel => "push-relabel",
        }
    }

    /// Solves once; whether there is a solution.
    fn solve(self, network: &Network, belief: &Belief, ask: Ask) -> bool {
        match self {
            Self::Route => black_box(cheapest(network, belief, ask, &|_| false)).is_some(),
            Self::MinCost => black_box(min_cost(network, belief, ask)).is_some(),
            Self::PushRelabel => {
                let middle = |edge: Edge| {
                    let [low, high] = belief.usable_msat(edge);
                    low + (high - low) / 2
                };
                let capacity: Vec<u64> = (0..network.edges() as Edge).map(middle).collect();
                let ends = (ask.source, ask.target);
                let flow = black_box(push_relabel(network, &capacity, ends, ask.amount_msat));
                flow.value_msat == ask.amount_msat
            }
        }
    }
}

/// Times of one solver on one network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// What was solved.
    pub solver: Solver,
    /// Size of the network.
    pub channels: usize,
    /// Nodes of it.
    pub nodes: usize,
    /// First attempts that were solved, a sender and a receiver each.
    pub samples: usize,
    /// Those that have a solution.
    pub solutions: usize,
    /// Nanoseconds of one, with no solution as well.
    pub nanoseconds: Quartiles,
}

/// Times of all solvers on a network of `channels` channels, for the same `samples` senders and
/// receivers, in turn.
#[must_use]
pub fn times(channels: usize, samples: usize, seed: u64) -> Vec<Times> {
    let network = generate::network(channels, &mut of(seed, 1));
    let belief = Belief::new(&network);
    let mut words = of(seed, 5);
    let mut taken = Solver::ALL.map(|_| (Vec::with_capacity(samples), 0));
    for _ in 0..samples {
        let source = words.below(network.nodes()) as Node;
        let other = 1 + words.below(network.nodes() - 1) as Node;
        let target = (source + other) % network.nodes() as Node;
        let ask = Ask { source, target, amount_msat: 500_000_000 };
        for (solver, (times, solutions)) in Solver::ALL.into_iter().zip(&mut taken) {
            let start = Instant::now();
            let is_solved = solver.solve(&network, &belief, ask);
            times.push(start.elapsed().as_nanos() as f64);
            *solutions += usize::from(is_solved);
        }
    }
    let times = |(solver, (times, solutions)): (Solver, (Vec<f64>, usize))| Times {
        solver,
        channels,
        nodes: network.nodes(),
        samples,
        solutions,
        nanoseconds: Quartiles::of(&times),
    };
    Solver::ALL.into_iter().zip(taken).map(times).collect()
}

/// How time grows: the exponent e in time ~ channels^e, through the first and the last of them.
#[must_use]
pub fn growth(times: &[Times], solver: Solver) -> Option<f64> {
    let mut of = times.iter().filter(|times| times.solver == solver);
    let first = of.next()?;
    let last = of.next_back()?;
    let time = last.nanoseconds.median / first.nanoseconds.median;
    let growth = time.ln() / (last.channels as f64 / first.channels as f64).ln();
    growth.is_finite().then_some(growth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_solvers_solve_the_same_asks() {
        let times = times(300, 5, 1);
        assert_eq!(times.len(), Solver::ALL.len());
        assert!(times.iter().all(|times| times.samples == 5 && times.nanoseconds.q1 > 0.0));
        assert!(times.iter().any(|times| times.solutions > 0));
    }

    #[test]
    fn growth_is_an_exponent() {
        let at = |channels, nanoseconds| Times {
            solver: Solver::Route,
            channels,
            nodes: 0,
            samples: 1,
            solutions: 1,
            nanoseconds: Quartiles::of(&[nanoseconds]),
        };
        let times = [at(1000, 10.0), at(10_000, 1.0), at(100_000, 100_000.0)];
        assert!((growth(&times, Solver::Route).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(growth(&times[..1], Solver::Route), None);
        assert_eq!(growth(&times, Solver::MinCost), None);
    }
}
