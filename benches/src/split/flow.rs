//! Maximum flow by push-relabel (Goldberg and Tarjan, 1988), and the paths of a flow.
//!
//! An edge and its other direction are one another's residual edges: what is pushed over one is
//! what can be pushed back over the other, beside what that has itself. The source begins with
//! all that is wanted as excess; once no path to the target is left, the rest returns to it.
//!
//! * Active nodes wait in a queue, first in, first out.
//! * Heights are distances, found anew by breadth-first search after as many relabelings as there
//!   are nodes; nodes from which the target cannot be reached are measured to the source instead.

use std::collections::VecDeque;

use super::network::{Edge, HOPS_MAX, Network, Node};

/// The height of a node from which neither target nor source can be reached.
const UNKNOWN: u32 = u32::MAX / 2;

/// A flow from a source to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What arrives.
    pub value_msat: u64,
    /// Net flow of each edge: where one direction has some, the other has none.
    pub msat: Vec<u64>,
}

/// The greatest flow from `source` to `target` that is not above `wanted_msat`; `capacity_msat`
/// has what each edge can forward.
///
/// # Panics
/// If the two are one node, or there is not one capacity for each edge.
#[must_use]
pub fn push_relabel(
    network: &Network,
    capacity_msat: &[u64],
    (source, target): (Node, Node),
    wanted_msat: u64,
) -> Flow {
    assert_eq!(capacity_msat.len(), network.edges(), "one capacity for each edge");
    assert_ne!(source, target, "a flow from a node to itself");
    let mut work = Work {
        network,
        residual: capacity_msat.to_vec(),
        excess: vec![0; network.nodes()],
        height: vec![0; network.nodes()],
        next: vec![0; network.nodes()],
        queue: VecDeque::new(),
        is_queued: vec![false; network.nodes()],
        source,
        target,
    };
    work.excess[source as usize] = wanted_msat;
    work.run();
    // What one direction has lost the other one has gained, so that only one has a net flow.
    let pairs = capacity_msat.iter().zip(&work.residual);
    let msat = pairs.map(|(capacity, residual)| capacity.saturating_sub(*residual)).collect();
    Flow { msat, value_msat: work.excess[target as usize] }
}

struct Work<'a> {
    network: &'a Network,
    residual: Vec<u64>,
    excess: Vec<u64>,
    height: Vec<u32>,
    /// Which of its edges a node looks at next.
    next: Vec<u32>,
    queue: VecDeque<Node>,
    is_queued: Vec<bool>,
    source: Node,
    target: Node,
}

impl Work<'_> {
    /// From here on the source keeps its excess: the target is out of reach for all.
    fn height_of_return(&self) -> u32 {
        self.network.nodes() as u32
    }

    fn run(&mut self) {
        self.measure();
        self.enqueue(self.source);
        let mut relabeled = 0;
        while let Some(node) = self.queue.pop_front() {
            self.is_queued[node as usize] = false;
            relabeled += self.discharge(node);
            if relabeled > self.network.nodes() {
                relabeled = 0;
                self.measure();
            }
        }
    }

    fn enqueue(&mut self, node: Node) {
        let waits = node != self.target && self.excess[node as usize] > 0;
        let is_kept = node == self.source && self.height[node as usize] >= self.height_of_return();
        if waits && !is_kept && !std::mem::replace(&mut self.is_queued[node as usize], true) {
            self.queue.push_back(node);
        }
    }

    /// Pushes until the node has no excess, and says how often it was relabeled.
    fn discharge(&mut self, node: Node) -> usize {
        let edges = self.network.leaving(node);
        let at = node as usize;
        let mut relabeled = 0;
        while self.excess[at] > 0 {
            if node == self.source && self.height[at] >= self.height_of_return() {
                break;
            }
            let Some(edge) = edges.get(self.next[at] as usize) else {
                relabeled += 1;
                if !self.relabel(node) {
                    break;
                }
                continue;
            };
            let to = self.network.target(*edge);
            let room = self.residual[*edge as usize];
            if room > 0 && self.height[at] == self.height[to as usize] + 1 {
                let pushed = room.min(self.excess[at]);
                self.residual[*edge as usize] -= pushed;
                self.residual[(*edge ^ 1) as usize] += pushed;
                self.excess[at] -= pushed;
                self.excess[to as usize] += pushed;
                self.enqueue(to);
            } else {
                self.next[at] += 1;
            }
        }
        relabeled
    }

    /// One above the lowest node that it can push to; false if there is none.
    fn relabel(&mut self, node: Node) -> bool {
        let edges = self.network.leaving(node).iter();
        let reached = edges.filter(|edge| self.residual[**edge as usize] > 0);
        let lowest = reached.map(|edge| self.height[self.network.target(*edge) as usize]).min();
        let Some(lowest) = lowest else { return false };
        // The source stays where excess can return to it.
        let most = if node == self.source { self.height_of_return() } else { UNKNOWN };
        let height = &mut self.height[node as usize];
        *height = (*height).max(most.min(lowest + 1));
        self.next[node as usize] = 0;
        true
    }

    /// Heights are distances to the target in what is left. While the source reaches it, so does all
    /// that has excess; after that, distances to the source above the height of return.
    fn measure(&mut self) {
        let mut height = vec![UNKNOWN; self.network.nodes()];
        self.distances(&mut height, self.target, 0);
        if height[self.source as usize] == UNKNOWN {
            self.distances(&mut height, self.source, self.height_of_return());
        }
        // Heights only rise.
        for (known, new) in self.height.iter_mut().zip(height) {
            *known = new.max(*known);
        }
        self.next.fill(0);
    }

    /// Breadth first, against the edges that have something left.
    fn distances(&self, height: &mut [u32], from: Node, first: u32) {
        height[from as usize] = first;
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            for edge in self.network.leaving(node) {
                let before = self.network.target(*edge) as usize;
                if height[before] == UNKNOWN && self.residual[(*edge ^ 1) as usize] > 0 {
                    height[before] = height[node as usize] + 1;
                    queue.push_back(before as Node);
                }
            }
        }
    }
}

/// A path and what flows along it.
pub type Path = (Vec<Edge>, u64);

/// Takes a flow apart into paths, each the shortest that is left; no more than `paths_max`, and
/// none longer than a route can be.
#[must_use]
pub fn paths(
    network: &Network,
    flow: &Flow,
    (source, target): (Node, Node),
    paths_max: usize,
) -> Vec<Path> {
    let mut left = flow.msat.clone();
    let mut paths = Vec::new();
    while paths.len() < paths_max {
        let Some(edges) = shortest(network, &left, (source, target)) else { break };
        let amount = edges.iter().map(|edge| left[*edge as usize]).min().unwrap_or(0);
        for edge in &edges {
            left[*edge as usize] -= amount;
        }
        if edges.len() <= HOPS_MAX {
            paths.push((edges, amount));
        }
    }
    paths
}

fn shortest(network: &Network, left: &[u64], (source, target): (Node, Node)) -> Option<Vec<Edge>> {
    let mut by = vec![Edge::MAX; network.nodes()];
    let mut queue = VecDeque::from([source]);
    while let Some(node) = queue.pop_front() {
        if node == target {
            let mut edges = Vec::new();
            let mut at = target;
            while at != source {
                edges.push(by[at as usize]);
                at = network.source(by[at as usize]);
            }
            edges.reverse();
            return Some(edges);
        }
        for edge in network.leaving(node) {
            let to = network.target(*edge);
            if left[*edge as usize] > 0 && to != source && by[to as usize] == Edge::MAX {
                by[to as usize] = *edge;
                queue.push_back(to);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
