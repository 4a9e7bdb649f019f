//! Nodes and channels, and how much of each channel is free in each direction.

/// One direction of a channel: edge 2c leads from the first end of channel c to the second, edge
/// 2c + 1 back. `edge ^ 1` is the other direction.
pub type Edge = u32;

/// A node's position.
pub type Node = u32;

/// Hops of a route: 20 frames of an onion, the last of which takes two.
pub const HOPS_MAX: usize = 19;

/// What a node asks of those whose HTLCs it forwards over an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Of each HTLC.
    pub fee_base_msat: u32,
    /// Of its amount.
    pub fee_proportional_millionths: u32,
    /// Blocks between the incoming and the outgoing expiry.
    pub cltv_expiry_delta: u16,
    /// The least amount.
    pub htlc_minimum_msat: u64,
    /// The greatest amount.
    pub htlc_maximum_msat: u64,
}

impl Policy {
    /// The fee for forwarding `amount_msat`.
    #[must_use]
    pub fn fee_msat(&self, amount_msat: u64) -> u64 {
        let millionths = u128::from(self.fee_proportional_millionths);
        let proportional = u128::from(amount_msat) * millionths / 1_000_000;
        u64::from(self.fee_base_msat).saturating_add(proportional.min(u128::from(u64::MAX)) as u64)
    }

    /// Whether it takes an HTLC of that amount.
    #[must_use]
    pub fn takes(&self, amount_msat: u64) -> bool {
        (self.htlc_minimum_msat..=self.htlc_maximum_msat).contains(&amount_msat)
    }
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The two nodes.
    pub ends: [Node; 2],
    /// What both sides have together.
    pub capacity_msat: u64,
    /// Of each direction; none: it forwards nothing that way.
    pub policies: [Option<Policy>; 2],
}

/// A network that does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    channels: Vec<Channel>,
    /// Where the edges of a node begin in `edges`, and where the last one's end.
    first: Vec<u32>,
    edges: Vec<Edge>,
}

impl Network {
    /// `nodes` nodes with these channels.
    ///
    /// # Panics
    /// If an end is no node, or there are 2^30 channels or more.
    #[must_use]
    pub fn new(nodes: usize, channels: Vec<Channel>) -> Self {
        assert!(channels.len() < 1 << 30, "too many channels");
        let mut first = vec![0_u32; nodes + 1];
        for end in channels.iter().flat_map(|channel| channel.ends) {
            first[end as usize + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut edges = vec![0; 2 * channels.len()];
        for (position, channel) in channels.iter().enumerate() {
            for (side, end) in channel.ends.into_iter().enumerate() {
                let place = &mut next[end as usize];
                edges[*place as usize] = (2 * position + side) as Edge;
                *place += 1;
            }
        }
        Self { channels, first, edges }
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.first.len() - 1
    }

    /// All channels.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// How many edges there are.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// The edges that leave a node.
    #[must_use]
    pub fn leaving(&self, node: Node) -> &[Edge] {
        let node = node as usize;
        &self.edges[self.first[node] as usize..self.first[node + 1] as usize]
    }

    /// Where an edge begins.
    #[must_use]
    pub fn source(&self, edge: Edge) -> Node {
        self.channels[edge as usize / 2].ends[edge as usize % 2]
    }

    /// Where an edge ends.
    #[must_use]
    pub fn target(&self, edge: Edge) -> Node {
        self.source(edge ^ 1)
    }

    /// The capacity of an edge's channel.
    #[must_use]
    pub fn capacity_msat(&self, edge: Edge) -> u64 {
        self.channels[edge as usize / 2].capacity_msat
    }

    /// What is asked for forwarding over an edge.
    #[must_use]
    pub fn policy(&self, edge: Edge) -> Option<&Policy> {
        self.channels[edge as usize / 2].policies[edge as usize % 2].as_ref()
    }
}

/// What changes: balances and HTLC slots, edge by edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    free_msat: Vec<u64>,
    slots: Vec<u16>,
    slots_max: u16,
}

/// Why an edge takes an HTLC no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The sender's side has not enough.
    Balance,
    /// All its HTLC slots are taken.
    Slots,
}

impl State {
    /// Balances as they are, and no HTLC anywhere.
    #[must_use]
    pub const fn new(free_msat: Vec<u64>, slots: Vec<u16>, slots_max: u16) -> Self {
        Self { free_msat, slots, slots_max }
    }

    /// What an edge could forward now.
    #[must_use]
    pub fn free_msat(&self) -> &[u64] {
        &self.free_msat
    }

    /// Slots taken of an edge.
    #[must_use]
    pub fn slots(&self, edge: Edge) -> u16 {
        self.slots[edge as usize]
    }

    /// Adds an HTLC.
    ///
    /// # Errors
    /// [`Full`] if the edge cannot take it.
    pub fn lock(&mut self, edge: Edge, amount_msat: u64) -> Result<(), Full> {
        let edge = edge as usize;
        if self.slots[edge] >= self.slots_max {
            return Err(Full::Slots);
        }
        self.free_msat[edge] =
            self.free_msat[edge].checked_sub(amount_msat).ok_or(Full::Balance)?;
        self.slots[edge] += 1;
        Ok(())
    }

    /// Removes an HTLC: its amount goes to the other side if it is settled, back if it fails.
    pub fn release(&mut self, edge: Edge, amount_msat: u64, is_settled: bool) {
        self.slots[edge as usize] -= 1;
        self.free_msat[(edge ^ u32::from(is_settled)) as usize] += amount_msat;
    }
}

/// A line of channels between nodes 0, 1, 2 …, free of fees.
#[cfg(test)]
pub(super) fn line(capacities_msat: &[u64]) -> Network {
    let channel = |(from, capacity_msat): (usize, &u64)| Channel {
        ends: [from as Node, from as Node + 1],
        capacity_msat: *capacity_msat,
        policies: [Some(free_of_fees(*capacity_msat)); 2],
    };
    let channels = capacities_msat.iter().enumerate().map(channel).collect();
    Network::new(capacities_msat.len() + 1, channels)
}

#[cfg(test)]
pub(super) const fn free_of_fees(capacity_msat: u64) -> Policy {
    Policy {
        fee_base_msat: 0,
        fee_proportional_millionths: 0,
        cltv_expiry_delta: 40,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: capacity_msat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lead_from_their_node_and_back() {
        let network = line(&[5, 7]);
        assert_eq!((network.nodes(), network.edges()), (3, 4));
        assert_eq!(network.leaving(1), [1, 2]);
        for node in 0..3 {
            for edge in network.leaving(node) {
                assert_eq!(network.source(*edge), node);
                assert_eq!(network.target(*edge ^ 1), node);
            }
        }
        assert_eq!(network.capacity_msat(3), 7);
    }

    #[test]
    fn an_htlc_takes_a_slot_and_its_amount_moves_only_when_it_settles() {
        let mut state = State::new(vec![10, 0], vec![0, 0], 1);
        assert_eq!(state.lock(0, 11), Err(Full::Balance));
        assert_eq!(state.lock(0, 4), Ok(()));
        assert_eq!(state.lock(0, 1), Err(Full::Slots));
        let mut failed = state.clone();
        failed.release(0, 4, false);
        assert_eq!(failed.free_msat(), [10, 0]);
        state.release(0, 4, true);
        assert_eq!((state.free_msat(), state.slots(0)), (&[6, 4][..], 0));
    }

    #[test]
    fn fees_do_not_overflow() {
        let policy = Policy {
            fee_base_msat: u32::MAX,
            fee_proportional_millionths: u32::MAX,
            ..free_of_fees(1)
        };
        assert_eq!(policy.fee_msat(u64::MAX), u64::MAX);
        let usual = Policy { fee_base_msat: 1000, fee_proportional_millionths: 100, ..policy };
        assert_eq!(usual.fee_msat(1_000_000), 1100);
    }
}
