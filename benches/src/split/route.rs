//! The cheapest route for an amount: fees, blocks of delay, and what a failure would cost.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    belief::Belief,
    network::{Edge, HOPS_MAX, Network, Node},
};

/// What an amount costs for a block in which it is locked, in thousand millionths (lnd's default).
const RISK_BILLIONTHS: u64 = 15;

/// What a sender gives for making a failure e times less likely: this part of the payment.
const NAT_PER_MILLE: u64 = 5;

/// Of a route's expiry; lnd sends no further ahead.
pub const CLTV_MAX: u32 = 2016;

/// No more than this part of the amount goes to fees, and 5 sat.
const FEE_PER_CENT: u64 = 5;
const FEE_MSAT: u64 = 5000;

/// From the sender to the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// In their order.
    pub edges: Vec<Edge>,
    /// What each edge forwards: the fees of later hops are in it.
    pub amounts_msat: Vec<u64>,
    /// What arrives.
    pub delivered_msat: u64,
}

impl Route {
    /// With the amounts that its hops ask for; none if a hop takes no such HTLC, or it is too
    /// expensive, too long or too slow.
    #[must_use]
    pub fn along(network: &Network, edges: Vec<Edge>, delivered_msat: u64) -> Option<Self> {
        let mut amounts_msat = vec![0; edges.len()];
        let (mut amount, mut blocks) = (delivered_msat, 0_u32);
        for (position, edge) in edges.iter().enumerate().rev() {
            let policy = network.policy(*edge).filter(|policy| policy.takes(amount))?;
            amounts_msat[position] = amount;
            if position > 0 {
                amount = amount.checked_add(policy.fee_msat(amount))?;
                blocks += u32::from(policy.cltv_expiry_delta);
            }
        }
        let route = Self { edges, amounts_msat, delivered_msat };
        let fits = route.edges.len() <= HOPS_MAX && blocks <= CLTV_MAX;
        (fits && route.fee_msat() <= fee_max(delivered_msat)).then_some(route)
    }

    /// What all hops ask for together.
    #[must_use]
    pub fn fee_msat(&self) -> u64 {
        self.amounts_msat.first().map_or(0, |first| first - self.delivered_msat)
    }

    /// Each edge with its amount.
    pub fn hops(&self) -> impl DoubleEndedIterator<Item = (Edge, u64)> + ExactSizeIterator + '_ {
        self.edges.iter().copied().zip(self.amounts_msat.iter().copied())
    }
}

/// What a sender pays at most for delivering an amount.
#[must_use]
pub const fn fee_max(amount_msat: u64) -> u64 {
    FEE_MSAT + amount_msat / 100 * FEE_PER_CENT
}

/// What one nat of likelihood is worth to a payment.
#[must_use]
pub const fn nat_msat(amount_msat: u64) -> u64 {
    1000 + amount_msat / 1000 * NAT_PER_MILLE
}

/// Whom a route leads from and to, and what arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The first node.
    pub source: Node,
    /// The last node.
    pub target: Node,
    /// What arrives.
    pub amount_msat: u64,
}

/// What is known of the best route from a node to the target.
#[derive(Clone, Copy)]
struct Label {
    cost: u64,
    amount_msat: u64,
    hops: u16,
    blocks: u32,
    edge: Edge,
}

/// The cheapest route by Dijkstra's algorithm from the target backwards, because fees are of
/// amounts that are known there; `avoid` says which edges are no choice.
#[must_use]
pub fn cheapest(
    network: &Network,
    belief: &Belief,
    ask: Ask,
    avoid: &dyn Fn(Edge) -> bool,
) -> Option<Route> {
    let nat = nat_msat(ask.amount_msat);
    let mut labels: Vec<Option<Label>> = vec![None; network.nodes()];
    let mut done = vec![false; network.nodes()];
    let mut heap = BinaryHeap::from([Reverse((0_u64, ask.target))]);
    let amount_msat = ask.amount_msat;
    let first = Label { cost: 0, amount_msat, hops: 0, blocks: 0, edge: Edge::MAX };
    labels[ask.target as usize] = Some(first);
    while let Some(Reverse((_, node))) = heap.pop() {
        if std::mem::replace(&mut done[node as usize], true) {
            continue;
        }
        if node == ask.source {
            return follow(network, &labels, ask);
        }
        let at = labels[node as usize].expect("what is in the heap has a label");
        for out in network.leaving(node) {
            let (edge, from) = (*out ^ 1, network.target(*out));
            if done[from as usize] || avoid(edge) {
                continue;
            }
            let Some(label) = extend(network, belief, &at, (edge, from == ask.source), nat) else {
                continue;
            };
            let known = &mut labels[from as usize];
            if known.is_none_or(|known| label.cost < known.cost) {
                *known = Some(label);
                heap.push(Reverse((label.cost, from)));
            }
        }
    }
    None
}

/// The label of the node before, by an edge to this one; the sender's own edge costs nothing.
fn extend(
    network: &Network,
    belief: &Belief,
    at: &Label,
    (edge, is_own): (Edge, bool),
    nat: u64,
) -> Option<Label> {
    let policy = network.policy(edge).filter(|policy| policy.takes(at.amount_msat))?;
    let probability = belief.probability(edge, at.amount_msat);
    if probability <= 0.0 || usize::from(at.hops) >= HOPS_MAX {
        return None;
    }
    let (fee, delta) = match is_own {
        true => (0, 0),
        false => (policy.fee_msat(at.amount_msat), policy.cltv_expiry_delta),
    };
    let blocks = at.blocks + u32::from(delta);
    let risk = u128::from(at.amount_msat) * u128::from(delta) * u128::from(RISK_BILLIONTHS);
    // One more, so that of two equal routes the shorter one wins.
    let unlikely = (-probability.ln() * nat as f64) as u64 + 1;
    let cost = at.cost.checked_add(fee)?.checked_add((risk / 1_000_000_000) as u64)?;
    (blocks <= CLTV_MAX).then_some(())?;
    Some(Label {
        cost: cost.checked_add(unlikely)?,
        amount_msat: at.amount_msat.checked_add(fee)?,
        hops: at.hops + 1,
        blocks,
        edge,
    })
}

fn follow(network: &Network, labels: &[Option<Label>], ask: Ask) -> Option<Route> {
    let mut edges = Vec::new();
    let mut node = ask.source;
    while node != ask.target {
        let edge = labels[node as usize]?.edge;
        edges.push(edge);
        node = network.target(edge);
    }
    Route::along(network, edges, ask.amount_msat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::{
        generate,
        network::{Channel, free_of_fees, line},
    };
    use crate::workload::Words;

    fn route(network: &Network, belief: &Belief, amount_msat: u64) -> Option<Route> {
        let target = network.nodes() as Node - 1;
        cheapest(network, belief, Ask { source: 0, target, amount_msat }, &|_| false)
    }

    #[test]
    fn fees_of_later_hops_are_in_the_amounts_of_earlier_ones() {
        let mut channels = line(&[1_000_000; 3]).channels().to_vec();
        for channel in &mut channels {
            channel.policies[0].as_mut().unwrap().fee_base_msat = 10;
        }
        let network = Network::new(4, channels);
        let route = route(&network, &Belief::new(&network), 1000).unwrap();
        assert_eq!(route.amounts_msat, [1020, 1010, 1000]);
        assert_eq!((route.fee_msat(), &route.edges[..]), (20, &[0, 2, 4][..]));
    }

    #[test]
    fn an_edge_that_failed_for_less_is_no_choice() {
        let network = line(&[100, 100]);
        let mut belief = Belief::new(&network);
        assert!(route(&network, &belief, 50).is_some());
        belief.send(2, 40);
        belief.refused(2);
        belief.failed(2, 40);
        assert!(route(&network, &belief, 50).is_none());
        assert!(route(&network, &belief, 39).is_some());
    }

    #[test]
    fn a_route_has_no_more_hops_than_an_onion_has_frames() {
        let network = line(&[1000; HOPS_MAX]);
        assert!(route(&network, &Belief::new(&network), 1).is_some());
        let network = line(&[1000; HOPS_MAX + 1]);
        assert!(route(&network, &Belief::new(&network), 1).is_none());
    }

    #[test]
    fn the_likelier_of_two_channels_is_taken() {
        let channel = |capacity_msat| Channel {
            ends: [0, 1],
            capacity_msat,
            policies: [Some(free_of_fees(capacity_msat)); 2],
        };
        let network = Network::new(2, vec![channel(100), channel(1000)]);
        assert_eq!(route(&network, &Belief::new(&network), 90).unwrap().edges, [2]);
    }

    /// Routes of random networks against every route of up to three hops.
    #[test]
    fn no_short_route_is_cheaper() {
        let mut compared = 0;
        for seed in 0..20 {
            let mut words = Words::new(seed);
            let network = generate::network(40, &mut words);
            let belief = Belief::new(&network);
            let target = network.nodes() as Node - 1;
            let ask = Ask { source: 0, target, amount_msat: 5_000_000 };
            let found = cheapest(&network, &belief, ask, &|_| false);
            let cost = |edges: &[Edge]| {
                let mut label =
                    Label { cost: 0, amount_msat: ask.amount_msat, hops: 0, blocks: 0, edge: 0 };
                for edge in edges.iter().rev() {
                    let is_own = network.source(*edge) == ask.source;
                    let nat = nat_msat(ask.amount_msat);
                    label = extend(&network, &belief, &label, (*edge, is_own), nat)?;
                }
                Some(label.cost)
            };
            let mut stack: Vec<Vec<Edge>> = vec![Vec::new()];
            while let Some(edges) = stack.pop() {
                let node = edges.last().map_or(0, |edge| network.target(*edge));
                if node == target {
                    let Some(other) = cost(&edges) else { continue };
                    let found = found.as_ref().expect("there is one");
                    assert!(cost(&found.edges).unwrap() <= other, "seed {seed}");
                    compared += 1;
                } else if edges.len() < 3 {
                    let longer = network.leaving(node).iter();
                    stack.extend(longer.map(|edge| [&edges[..], &[*edge]].concat()));
                }
            }
        }
        assert!(compared > 20, "{compared}");
    }
}
