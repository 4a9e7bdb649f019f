//! What a sender knows of balances: bounds for each channel, its own HTLCs in them.
//!
//! The balance of an edge is what its sending side has, with the sender's own HTLCs that are on
//! their way over it. In the beginning it is between 0 and the capacity, each amount as likely as
//! any other; an HTLC that was forwarded raises the lower bound, one that failed lowers the upper
//! one. Balances of other people's HTLCs move meanwhile, so a bound may be wrong; whatever
//! contradicts it replaces it.

use super::network::{Edge, Network};

/// What one sender believes, for the time of one payment.
#[derive(Clone, Debug)]
pub struct Belief {
    /// Of the even edge of each channel; the odd one has the rest of the capacity.
    bounds: Vec<[u64; 2]>,
    capacities_msat: Vec<u64>,
    /// Own HTLCs, edge by edge.
    in_flight_msat: Vec<u64>,
    in_flight: Vec<u16>,
    /// Those of them that are known to be held: the edge forwarded them all.
    held_msat: Vec<u64>,
}

impl Belief {
    /// Nothing but capacities is known.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        let capacities_msat: Vec<u64> =
            network.channels().iter().map(|channel| channel.capacity_msat).collect();
        Self {
            bounds: capacities_msat.iter().map(|capacity| [0, *capacity]).collect(),
            capacities_msat,
            in_flight_msat: vec![0; network.edges()],
            in_flight: vec![0; network.edges()],
            held_msat: vec![0; network.edges()],
        }
    }

    /// The least and the greatest balance that is possible.
    #[must_use]
    pub fn bounds(&self, edge: Edge) -> [u64; 2] {
        let channel = edge as usize / 2;
        let [low, high] = self.bounds[channel];
        match edge % 2 {
            0 => [low, high],
            _ => [high, low].map(|bound| self.capacities_msat[channel] - bound),
        }
    }

    fn set(&mut self, edge: Edge, [low, high]: [u64; 2]) {
        let channel = edge as usize / 2;
        self.bounds[channel] = match edge % 2 {
            0 => [low, high],
            _ => [high, low].map(|bound| self.capacities_msat[channel] - bound),
        };
    }

    /// The least and the greatest amount that one more HTLC could have.
    #[must_use]
    pub fn usable_msat(&self, edge: Edge) -> [u64; 2] {
        let own = self.in_flight_msat[edge as usize];
        self.bounds(edge).map(|bound| bound.saturating_sub(own))
    }

    /// How likely one more HTLC of `amount_msat` is forwarded.
    #[must_use]
    pub fn probability(&self, edge: Edge, amount_msat: u64) -> f64 {
        let [low, high] = self.bounds(edge);
        let total = self.in_flight_msat[edge as usize].saturating_add(amount_msat);
        match total {
            total if total <= low => 1.0,
            total if total > high => 0.0,
            total => (high - total + 1) as f64 / (high - low + 1) as f64,
        }
    }

    /// Own HTLCs on their way over an edge.
    #[must_use]
    pub fn in_flight(&self, edge: Edge) -> u16 {
        self.in_flight[edge as usize]
    }

    /// Exactly this is the balance: the sender's own channel.
    pub fn know(&mut self, edge: Edge, balance_msat: u64) {
        let balance = balance_msat.min(self.capacities_msat[edge as usize / 2]);
        self.set(edge, [balance; 2]);
    }

    /// An HTLC sets out.
    pub fn send(&mut self, edge: Edge, amount_msat: u64) {
        self.in_flight_msat[edge as usize] += amount_msat;
        self.in_flight[edge as usize] += 1;
    }

    /// The edge forwarded an HTLC, beside those that it holds.
    pub fn forwarded(&mut self, edge: Edge, amount_msat: u64) {
        let [low, high] = self.bounds(edge);
        let most = self.capacities_msat[edge as usize / 2];
        let total = (self.held_msat[edge as usize] + amount_msat).min(most);
        self.set(edge, [low.max(total), high.max(total)]);
    }

    /// The edge forwarded an HTLC and holds it.
    pub fn held(&mut self, edge: Edge, amount_msat: u64) {
        self.forwarded(edge, amount_msat);
        self.held_msat[edge as usize] += amount_msat;
    }

    /// What was [held](Self::held) is so no longer.
    pub fn let_go(&mut self, edge: Edge, amount_msat: u64) {
        self.held_msat[edge as usize] -= amount_msat;
    }

    /// The edge did not forward an HTLC that is still counted as on its way.
    pub fn refused(&mut self, edge: Edge) {
        let [low, high] = self.bounds(edge);
        let below = self.in_flight_msat[edge as usize].saturating_sub(1);
        self.set(edge, [low.min(below), high.min(below)]);
    }

    /// An HTLC failed: its amount is back.
    pub fn failed(&mut self, edge: Edge, amount_msat: u64) {
        self.in_flight_msat[edge as usize] -= amount_msat;
        self.in_flight[edge as usize] -= 1;
    }

    /// An HTLC was settled: its amount is on the other side.
    pub fn settled(&mut self, edge: Edge, amount_msat: u64) {
        self.failed(edge, amount_msat);
        self.set(edge, self.bounds(edge).map(|bound| bound.saturating_sub(amount_msat)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::network::line;

    #[test]
    fn both_directions_are_one_balance() {
        let mut belief = Belief::new(&line(&[100]));
        assert_eq!((belief.bounds(0), belief.bounds(1)), ([0, 100], [0, 100]));
        belief.know(0, 30);
        assert_eq!((belief.bounds(0), belief.bounds(1)), ([30, 30], [70, 70]));
    }

    #[test]
    fn failures_lower_and_forwarding_raises() {
        let mut belief = Belief::new(&line(&[100]));
        assert!(belief.probability(0, 101) == 0.0 && belief.probability(0, 0) == 1.0);
        belief.send(0, 40);
        belief.held(0, 40);
        assert_eq!(belief.usable_msat(0), [0, 60]);
        belief.send(0, 30);
        belief.refused(0);
        belief.failed(0, 30);
        assert_eq!((belief.bounds(0), belief.usable_msat(0)), ([40, 69], [0, 29]));
        assert!((belief.probability(0, 15) - 15.0 / 30.0).abs() < 1e-12);
        belief.let_go(0, 40);
        belief.settled(0, 40);
        assert_eq!((belief.bounds(0), belief.bounds(1)), ([0, 29], [71, 100]));
        assert_eq!(belief.in_flight(0), 0);
    }

    #[test]
    fn what_contradicts_a_bound_replaces_it() {
        let mut belief = Belief::new(&line(&[100]));
        belief.know(0, 50);
        belief.send(0, 20);
        belief.refused(0);
        assert_eq!(belief.bounds(0), [19, 19]);
        belief.forwarded(0, 20);
        assert_eq!(belief.bounds(0), [20, 20]);
        // What is on its way and not known to be there says nothing.
        belief.send(0, 50);
        belief.forwarded(0, 10);
        assert_eq!(belief.bounds(0), [20, 20]);
    }
}
