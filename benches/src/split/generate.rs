//! Networks that look like the real one: few hubs, many leaves, capacities over six orders of
//! magnitude, balances of which nobody knows anything.

use super::{
    network::{Channel, Network, Node, Policy},
    random::{log_uniform, normal, unit, up_to},
};
use crate::workload::Words;

/// The median capacity of the real network's channels.
pub const CAPACITY_MEDIAN_MSAT: f64 = 1_280_000_000.0;

/// How far capacities spread: the deviation of their logarithm; each network draws one.
pub const SIGMA: [f64; 2] = [2.1, 2.4];

/// Capacities outside are brought to these ends: 10 000 sat and 100 bitcoin.
const CAPACITY_MSAT: [f64; 2] = [1e7, 1e13];

/// Channels that a new node opens, on average: the real network has so many a node.
const OPENED_MEAN: f64 = 3.5;

/// A new node looks so often for somebody whom it has no channel with yet.
const TRIES: usize = 8;

/// A network of `channels` channels by preferential attachment (Barabási and Albert): a new node
/// opens channels with nodes in proportion to the channels that they have.
///
/// # Panics
/// If `channels` is 0.
#[must_use]
pub fn network(channels: usize, words: &mut Words) -> Network {
    assert!(channels > 0, "a network without channels");
    let sigma = SIGMA[0] + unit(words) * (SIGMA[1] - SIGMA[0]);
    // An end for each channel that a node has.
    let mut ends: Vec<Node> = vec![0];
    let mut made = Vec::with_capacity(channels);
    let mut newcomer: Node = 0;
    while made.len() < channels {
        newcomer += 1;
        let mut peers: Vec<Node> = Vec::new();
        for _ in 0..opened(words) {
            let found = (0..TRIES)
                .map(|_| ends[words.below(ends.len())])
                .find(|peer| !peers.contains(peer));
            peers.extend(found.filter(|_| made.len() + peers.len() < channels));
        }
        for peer in peers {
            made.push(channel([newcomer, peer], sigma, words));
            ends.extend([newcomer, peer]);
        }
    }
    Network::new(newcomer as usize + 1, made)
}

/// 1, 2, 3 …, each less likely than the one before, [`OPENED_MEAN`] on average.
fn opened(words: &mut Words) -> usize {
    let another = 1.0 - 1.0 / OPENED_MEAN;
    1 + (0..20).take_while(|_| unit(words) < another).count()
}

fn channel(ends: [Node; 2], sigma: f64, words: &mut Words) -> Channel {
    let [low, high] = CAPACITY_MSAT;
    let capacity = (CAPACITY_MEDIAN_MSAT * (sigma * normal(words)).exp()).clamp(low, high);
    // Whole satoshis, as on the chain.
    let capacity_msat = (capacity / 1000.0) as u64 * 1000;
    let policies = [0, 1].map(|_| Some(policy(capacity_msat, words)));
    Channel { ends, capacity_msat, policies }
}

/// Fees around 1 sat and 100 millionths, as nodes publish them.
fn policy(capacity_msat: u64, words: &mut Words) -> Policy {
    Policy {
        fee_base_msat: [0, 0, 1000, 1000, 1000][words.below(5)],
        fee_proportional_millionths: log_uniform(words, 5.0, 2000.0) as u32,
        cltv_expiry_delta: [18, 34, 40, 80, 144][words.below(5)],
        htlc_minimum_msat: 1000,
        htlc_maximum_msat: capacity_msat - capacity_msat / 100,
    }
}

/// What each edge could forward: uniform in the capacity, and the other side has the rest.
#[must_use]
pub fn balances(network: &Network, words: &mut Words) -> Vec<u64> {
    let sides = |channel: &Channel| {
        let one = up_to(words, channel.capacity_msat);
        [one, channel.capacity_msat - one]
    };
    network.channels().iter().flat_map(sides).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::quantile_of;

    #[test]
    fn a_network_is_connected_and_has_hubs_leaves_and_the_median_capacity() {
        let network = network(5000, &mut Words::new(1));
        assert_eq!(network.channels().len(), 5000);
        let per_node = 5000.0 / network.nodes() as f64;
        assert!((2.8..4.0).contains(&per_node), "{per_node}");
        let mut seen = vec![false; network.nodes()];
        let mut queue = vec![0];
        while let Some(node) = queue.pop() {
            if !std::mem::replace(&mut seen[node as usize], true) {
                queue.extend(network.leaving(node).iter().map(|edge| network.target(*edge)));
            }
        }
        assert!(seen.iter().all(|seen| *seen));
        let degrees = (0..network.nodes()).map(|node| network.leaving(node as Node).len());
        assert!(degrees.max() > Some(100));
        let capacities: Vec<f64> =
            network.channels().iter().map(|channel| channel.capacity_msat as f64).collect();
        let of_median = quantile_of(&capacities, 0.5) / CAPACITY_MEDIAN_MSAT;
        assert!((0.85..1.15).contains(&of_median), "{of_median}");
        // The quartiles of a log-normal are 0.6745 deviations from its median.
        let width = (quantile_of(&capacities, 0.75) / quantile_of(&capacities, 0.25)).ln() / 1.349;
        assert!((2.0..2.5).contains(&width), "{width}");
    }

    #[test]
    fn both_sides_have_the_capacity_together() {
        let mut words = Words::new(2);
        let network = network(100, &mut words);
        let free = balances(&network, &mut words);
        for (channel, sides) in network.channels().iter().zip(free.chunks(2)) {
            assert_eq!(sides[0] + sides[1], channel.capacity_msat);
            assert_ne!(channel.ends[0], channel.ends[1]);
        }
    }

    #[test]
    fn the_smallest_network_is_one_channel() {
        assert_eq!(network(1, &mut Words::new(3)).nodes(), 2);
    }
}
