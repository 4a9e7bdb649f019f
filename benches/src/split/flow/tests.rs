use pathfinding::directed::edmonds_karp::{SparseCapacity, edmonds_karp};

use super::*;
use crate::split::{generate, network::line, random::up_to};
use crate::workload::Words;

/// The value by an implementation that shares nothing with ours.
fn theirs(network: &Network, capacity: &[u64], source: Node, target: Node) -> u64 {
    let nodes: Vec<Node> = (0..network.nodes() as Node).collect();
    // Parallel edges are one edge there.
    let mut sums = std::collections::BTreeMap::new();
    for (edge, capacity) in (0..).zip(capacity) {
        *sums.entry((network.source(edge), network.target(edge))).or_insert(0) += *capacity as i64;
    }
    let (_, value, _) = edmonds_karp::<_, _, _, SparseCapacity<_>>(&nodes, &source, &target, sums);
    value as u64
}

/// Nothing is lost at a node, and no edge has more than it can.
fn check(network: &Network, capacity: &[u64], ends: (Node, Node), flow: &Flow) {
    let mut balance = vec![0_i128; network.nodes()];
    for (edge, msat) in (0..).zip(&flow.msat) {
        assert!(*msat <= capacity[edge as usize]);
        assert!(*msat == 0 || flow.msat[(edge ^ 1) as usize] == 0);
        balance[network.source(edge) as usize] -= i128::from(*msat);
        balance[network.target(edge) as usize] += i128::from(*msat);
    }
    let value = i128::from(flow.value_msat);
    assert_eq!((balance[ends.0 as usize], balance[ends.1 as usize]), (-value, value));
    balance[ends.0 as usize] = 0;
    balance[ends.1 as usize] = 0;
    assert!(balance.iter().all(|balance| *balance == 0));
}

#[test]
fn the_value_is_that_of_edmonds_and_karp_on_random_networks() {
    let mut distinct = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let mut words = Words::new(seed);
        let channels = 1 + words.below(120);
        let network = generate::network(channels, &mut words);
        // Small numbers, so that zeros and ties occur.
        let most = [1, 3, 1000][words.below(3)];
        let capacity: Vec<u64> = (0..network.edges()).map(|_| up_to(&mut words, most)).collect();
        let source = words.below(network.nodes()) as Node;
        let target =
            (source + 1 + words.below(network.nodes() - 1) as Node) % network.nodes() as Node;
        let flow = push_relabel(&network, &capacity, (source, target), u64::MAX / 4);
        check(&network, &capacity, (source, target), &flow);
        assert_eq!(flow.value_msat, theirs(&network, &capacity, source, target), "seed {seed}");
        let some = flow.value_msat / 2;
        let less = push_relabel(&network, &capacity, (source, target), some);
        check(&network, &capacity, (source, target), &less);
        assert_eq!(less.value_msat, some, "no more than wanted, seed {seed}");
        distinct.insert(flow.value_msat);
    }
    assert!(distinct.len() > 50);
}

#[test]
fn balances_of_a_large_network_have_the_value_of_edmonds_and_karp() {
    let mut words = Words::new(5);
    let network = generate::network(1000, &mut words);
    let free = generate::balances(&network, &mut words);
    for _ in 0..10 {
        let source = words.below(network.nodes()) as Node;
        let target = (source + 1) % network.nodes() as Node;
        let flow = push_relabel(&network, &free, (source, target), u64::MAX / 4);
        check(&network, &free, (source, target), &flow);
        assert_eq!(flow.value_msat, theirs(&network, &free, source, target));
    }
}

#[test]
fn paths_carry_the_whole_flow() {
    for seed in 0..50 {
        let mut words = Words::new(seed);
        let network = generate::network(60, &mut words);
        let free = generate::balances(&network, &mut words);
        let ends = (0, network.nodes() as Node - 1);
        let flow = push_relabel(&network, &free, ends, 1 << 40);
        let paths = paths(&network, &flow, ends, 1000);
        assert_eq!(paths.iter().map(|(_, amount)| amount).sum::<u64>(), flow.value_msat);
        for (edges, amount) in &paths {
            assert!(*amount > 0);
            assert_eq!(network.source(edges[0]), ends.0);
            assert_eq!(network.target(*edges.last().unwrap()), ends.1);
        }
    }
}

#[test]
fn a_bottleneck_returns_the_rest() {
    let network = line(&[10, 3, 10]);
    let capacity = [10, 0, 3, 0, 10, 0];
    let flow = push_relabel(&network, &capacity, (0, 3), 8);
    assert_eq!(flow, Flow { value_msat: 3, msat: vec![3, 0, 3, 0, 3, 0] });
    let none = push_relabel(&network, &[0; 6], (0, 3), 8);
    assert_eq!(none.value_msat, 0);
}
