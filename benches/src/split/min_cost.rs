//! The cheapest way to split an amount over everything that a sender believes: minimum-cost flow
//! with convex costs (Pickhardt and Richter, 2021), by successive shortest paths.
//!
//! What an edge costs rises with what flows over it: fees, and the negated logarithm of the
//! probability that it forwards so much, which is taken as five straight pieces as CLN does. The
//! first piece is what is known to be there.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    belief::Belief,
    flow::Flow,
    network::{Edge, Network},
    route::{Ask, nat_msat},
};

/// Ends of the pieces, as parts of what is uncertain, and the steepness of each in nats over the
/// whole of it.
const PIECES: [(f64, f64); 4] = [(0.25, 1.151), (0.5, 1.622), (0.75, 2.773), (0.95, 8.047)];

/// Augmentations of one solve; a flow that takes more is refused.
const AUGMENTATIONS_MAX: usize = 1000;

/// Costs are counted in billionths of a millisatoshi for each millisatoshi that flows.
const COST_SCALE: f64 = 1e9;

/// A piece's cost is at most this, so that a route's cannot overflow.
const COST_MAX: f64 = 1e15;

/// Blocks of delay cost the same as in a route's cost.
const RISK_PER_BLOCK: f64 = 15.0;

/// Base fees are spread over parts of this size.
const PARTS: u64 = 8;

/// The flow that costs least; `None` if the sender believes that so much cannot flow.
#[must_use]
pub fn min_cost(network: &Network, belief: &Belief, ask: Ask) -> Option<Flow> {
    let mut work = Work::new(network, belief, ask);
    let mut left = ask.amount_msat;
    for _ in 0..AUGMENTATIONS_MAX {
        if left == 0 {
            let msat = work.msat;
            return Some(Flow { value_msat: ask.amount_msat, msat });
        }
        left -= work.augment(left)?;
    }
    None
}

struct Work<'a> {
    network: &'a Network,
    belief: &'a Belief,
    ask: Ask,
    /// Net flow of each edge.
    msat: Vec<u64>,
    /// Of nodes: no edge that has room costs less than the difference of its ends.
    potential: Vec<i64>,
}

/// What can flow at one cost.
#[derive(Clone, Copy)]
struct Piece {
    cost: i64,
    room_msat: u64,
}

impl<'a> Work<'a> {
    fn new(network: &'a Network, belief: &'a Belief, ask: Ask) -> Self {
        let msat = vec![0; network.edges()];
        Self { network, belief, ask, msat, potential: vec![0; network.nodes()] }
    }

    /// What more can flow over an edge, and at which cost: first back what flows the other way.
    fn piece(&self, edge: Edge) -> Option<Piece> {
        let back = self.msat[(edge ^ 1) as usize];
        if back > 0 {
            let (piece, start) = self.piece_at(edge ^ 1, back - 1)?;
            return Some(Piece { cost: -piece.cost, room_msat: back - start });
        }
        let flowing = self.msat[edge as usize];
        let (piece, start) = self.piece_at(edge, flowing)?;
        Some(Piece { room_msat: start + piece.room_msat - flowing, ..piece })
    }

    /// The piece in which the millisatoshi after `flowing` is, and where it begins.
    fn piece_at(&self, edge: Edge, flowing: u64) -> Option<(Piece, u64)> {
        let policy = self.network.policy(edge)?;
        let [low, high] = self.belief.usable_msat(edge);
        // Upstream edges carry the fees of later ones too.
        let [low, high] =
            [low, high].map(|bound| (bound - bound / 64).min(policy.htlc_maximum_msat));
        let fee = match self.network.source(edge) == self.ask.source {
            true => 0.0,
            false => {
                self.fee(policy.fee_base_msat, policy.fee_proportional_millionths)
                    + RISK_PER_BLOCK * f64::from(policy.cltv_expiry_delta)
            }
        };
        // One, so that a longer route never costs the same as a shorter one.
        let piece = |room_msat: u64, nats: f64| {
            let cost = (fee + nats).min(COST_MAX) as i64 + 1;
            Piece { cost, room_msat }
        };
        if flowing < low {
            return Some((piece(low, 0.0), 0));
        }
        let uncertain = (high - low) as f64;
        let nat = nat_msat(self.ask.amount_msat) as f64 * COST_SCALE / uncertain;
        let mut start = low;
        for (end, steepness) in PIECES {
            let end = low + (uncertain * end) as u64;
            if flowing < end {
                return Some((piece(end - start, steepness * nat), start));
            }
            start = end;
        }
        None
    }

    fn fee(&self, base_msat: u32, millionths: u32) -> f64 {
        let part = (self.ask.amount_msat / PARTS).max(1) as f64;
        f64::from(millionths) * COST_SCALE / 1e6 + f64::from(base_msat) * COST_SCALE / part
    }

    /// Sends what the cheapest path has room for, and says how much that is.
    fn augment(&mut self, wanted: u64) -> Option<u64> {
        let (by, reached) = self.shortest()?;
        let end = reached[self.ask.target as usize];
        for (potential, distance) in self.potential.iter_mut().zip(&reached) {
            *potential += end.min(*distance);
        }
        let mut edges = Vec::new();
        let mut node = self.ask.target;
        while node != self.ask.source {
            edges.push(by[node as usize]);
            node = self.network.source(by[node as usize]);
        }
        let room = edges.iter().map(|edge| self.piece(*edge).map_or(0, |piece| piece.room_msat));
        let amount = room.min()?.min(wanted);
        for edge in edges {
            let back = self.msat[(edge ^ 1) as usize].min(amount);
            self.msat[(edge ^ 1) as usize] -= back;
            self.msat[edge as usize] += amount - back;
        }
        (amount > 0).then_some(amount)
    }

    /// Dijkstra's algorithm on costs that potentials keep from being negative; the edge by which
    /// each node is reached, and its distance.
    fn shortest(&self) -> Option<(Vec<Edge>, Vec<i64>)> {
        let nodes = self.network.nodes();
        let (mut by, mut reached) = (vec![Edge::MAX; nodes], vec![i64::MAX; nodes]);
        let mut done = vec![false; nodes];
        reached[self.ask.source as usize] = 0;
        let mut heap = BinaryHeap::from([Reverse((0_i64, self.ask.source))]);
        while let Some(Reverse((distance, node))) = heap.pop() {
            if std::mem::replace(&mut done[node as usize], true) {
                continue;
            }
            if node == self.ask.target {
                return Some((by, reached));
            }
            for edge in self.network.leaving(node) {
                let to = self.network.target(*edge) as usize;
                let Some(piece) = self.piece(*edge).filter(|_| !done[to]) else { continue };
                let reduced = piece.cost + self.potential[node as usize] - self.potential[to];
                debug_assert!(reduced >= 0, "potentials fit");
                if piece.room_msat > 0 && distance + reduced < reached[to] {
                    reached[to] = distance + reduced;
                    by[to] = *edge;
                    heap.push(Reverse((reached[to], to as u32)));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::{
        generate,
        network::{Channel, Network, Node, Policy, free_of_fees, line},
    };
    use crate::workload::Words;

    fn ask(network: &Network, amount_msat: u64) -> Ask {
        Ask { source: 0, target: network.nodes() as Node - 1, amount_msat }
    }

    #[test]
    fn what_is_known_to_be_there_is_used_first_and_then_the_likelier() {
        let channel = |capacity_msat| Channel {
            ends: [0, 1],
            capacity_msat,
            policies: [Some(free_of_fees(capacity_msat)); 2],
        };
        let network = Network::new(2, [6_400, 64_000, 640_000].map(channel).to_vec());
        let mut belief = Belief::new(&network);
        belief.know(0, 6_400);
        let flow = min_cost(&network, &belief, ask(&network, 6_300)).unwrap();
        assert_eq!(flow.msat, [6_300, 0, 0, 0, 0, 0]);
        let flow = min_cost(&network, &belief, ask(&network, 100_000)).unwrap();
        assert_eq!(flow.msat[0], 6_300);
        assert!(flow.msat[4] > flow.msat[2]);
        assert!(min_cost(&network, &belief, ask(&network, 700_000)).is_none());
    }

    #[test]
    fn of_two_ways_the_cheaper_one_is_taken() {
        let with = |millionths| Policy {
            fee_proportional_millionths: millionths,
            ..free_of_fees(1_000_000_000)
        };
        let mut channels = Vec::new();
        for (middle, millionths) in [(1, 5000), (2, 10)] {
            for ends in [[0, middle], [middle, 3]] {
                let policies = [Some(with(millionths)); 2];
                channels.push(Channel { ends, capacity_msat: 1_000_000_000, policies });
            }
        }
        let network = Network::new(4, channels);
        let flow = min_cost(&network, &Belief::new(&network), ask(&network, 1_000_000)).unwrap();
        assert_eq!(flow.msat, [0, 0, 0, 0, 1_000_000, 0, 1_000_000, 0]);
    }

    /// Two paths cross: the cheapest one for half of the amount is in the way of the cheapest two for
    /// all of it, and taking back what flows over the middle must give back its cost. Otherwise the
    /// third way, which costs more, would look cheaper.
    #[test]
    fn what_is_taken_back_gives_back_its_cost() {
        let ways = [
            ([0, 1], 1, 6_400_000),
            ([1, 2], 100, 640_000),
            ([2, 3], 100, 640_000),
            ([3, 4], 100, 640_000),
            ([1, 3], 1000, 640_000),
            ([2, 4], 1000, 640_000),
            ([1, 5], 1000, 640_000),
            ([5, 4], 1000, 640_000),
        ];
        let channel = |(ends, millionths, capacity_msat): ([Node; 2], u32, u64)| {
            let policy =
                Policy { fee_proportional_millionths: millionths, ..free_of_fees(capacity_msat) };
            Channel { ends, capacity_msat, policies: [Some(policy); 2] }
        };
        let network = Network::new(6, ways.map(channel).to_vec());
        let mut belief = Belief::new(&network);
        for (edge, (_, _, capacity)) in (0..).step_by(2).zip(ways) {
            belief.know(edge, capacity);
        }
        let way = 640_000 - 640_000 / 64;
        let flow_of = |amount_msat| {
            let ask = Ask { source: 0, target: 4, amount_msat };
            min_cost(&network, &belief, ask).unwrap().msat
        };
        let forward = |msat: Vec<u64>| msat.into_iter().step_by(2).collect::<Vec<_>>();
        assert_eq!(forward(flow_of(way)), [way, way, way, way, 0, 0, 0, 0]);
        assert_eq!(forward(flow_of(2 * way)), [2 * way, way, 0, way, way, way, 0, 0]);
    }

    /// No cycle of edges with room would make it cheaper: what makes a flow one of minimum cost.
    fn is_optimal(work: &Work<'_>) -> bool {
        let nodes = work.network.nodes();
        let mut distance = vec![0_i128; nodes];
        for _ in 0..=nodes {
            let mut is_changed = false;
            for edge in 0..work.network.edges() as Edge {
                let Some(piece) = work.piece(edge).filter(|piece| piece.room_msat > 0) else {
                    continue;
                };
                let at = distance[work.network.source(edge) as usize] + i128::from(piece.cost);
                let to = &mut distance[work.network.target(edge) as usize];
                if at < *to {
                    *to = at;
                    is_changed = true;
                }
            }
            if !is_changed {
                return true;
            }
        }
        false
    }

    #[test]
    fn flows_of_random_networks_are_whole_conserved_and_optimal() {
        let mut solved = 0;
        for seed in 0..60 {
            let mut words = Words::new(seed);
            let network = generate::network(30 + words.below(60), &mut words);
            let mut belief = Belief::new(&network);
            let free = generate::balances(&network, &mut words);
            for edge in network.leaving(0) {
                belief.know(*edge, free[*edge as usize]);
            }
            let ask = ask(&network, 200_000_000);
            let Some(flow) = min_cost(&network, &belief, ask) else { continue };
            solved += 1;
            let mut balance = vec![0_i128; network.nodes()];
            for (edge, msat) in (0..).zip(&flow.msat) {
                balance[network.source(edge) as usize] += i128::from(*msat);
                balance[network.target(edge) as usize] -= i128::from(*msat);
            }
            assert_eq!(balance.iter().filter(|balance| **balance != 0).count(), 2, "seed {seed}");
            assert_eq!(balance[0], i128::from(ask.amount_msat));
            let mut work = Work::new(&network, &belief, ask);
            work.msat = flow.msat;
            assert!(is_optimal(&work), "seed {seed}");
        }
        assert!(solved > 20, "{solved}");
    }

    #[test]
    fn what_a_line_has_no_room_for_is_refused() {
        let network = line(&[1_000_000, 1_000]);
        assert!(min_cost(&network, &Belief::new(&network), ask(&network, 2_000)).is_none());
        assert!(min_cost(&network, &Belief::new(&network), ask(&network, 500)).is_some());
    }
}
