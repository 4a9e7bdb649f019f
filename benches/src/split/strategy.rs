//! The rows: what a sender sends, and when. A strategy sees what its sender believes; the
//! [oracle](Strategy::Oracle) alone sees balances.

use std::fmt;

use super::{
    belief::Belief,
    flow::{Flow, paths, push_relabel},
    min_cost::min_cost,
    network::{Edge, Network, Node, State},
    route::{Ask, Route, cheapest},
};

/// Parts into which a flow is taken apart.
const PATHS_MAX: usize = 64;

/// A part is no smaller than this part of the payment: smaller ones are put together.
const PARTS_MAX: u64 = 128;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Everything over one route; another one after each failure.
    Single,
    /// One part; what fails is sent again in two halves (ZmnSCPxj's recursion).
    Halving,
    /// So many equal parts; what fails is sent again.
    Equal(u32),
    /// Parts grow by a sixteenth of the payment with each that arrives and halve with each that
    /// fails, as a TCP window does; paced, no more than two are on their way unconfirmed.
    Aimd {
        /// Whether the sender waits for confirmation.
        is_paced: bool,
    },
    /// Minimum-cost flow; what failed is solved again.
    MinCost,
    /// Maximum flow by push-relabel; what failed is solved again.
    PushRelabel(Trust),
    /// Maximum flow for the first attempt only; what fails is sent again in two halves.
    PushThenHalving,
    /// Maximum flow by push-relabel over true balances.
    Oracle,
}

/// What a maximum flow takes for an edge's capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// All that is possible.
    Most,
    /// The middle of what is possible, which is there with probability one half; all that is
    /// possible if that is not enough.
    Middle,
}

impl Strategy {
    /// Every row of a comparison; the [baseline](Self::BASELINE) is one of them.
    pub const ALL: [Self; 12] = [
        Self::Single,
        Self::Halving,
        Self::Equal(4),
        Self::Equal(16),
        Self::Equal(64),
        Self::Aimd { is_paced: false },
        Self::Aimd { is_paced: true },
        Self::MinCost,
        Self::PushRelabel(Trust::Most),
        Self::PushRelabel(Trust::Middle),
        Self::PushThenHalving,
        Self::Oracle,
    ];

    /// What others are compared with.
    pub const BASELINE: Self = Self::Halving;

    /// A mind of its own for one payment.
    #[must_use]
    pub fn plan(self) -> Box<dyn Plan> {
        match self {
            Self::Single => Box::new(Again),
            Self::Halving => Box::new(Halves { pending: Vec::new(), first: FirstAttempt::Whole }),
            Self::PushThenHalving => {
                Box::new(Halves { pending: Vec::new(), first: FirstAttempt::Flow })
            }
            Self::Equal(parts) => Box::new(EqualParts { parts, pending: Vec::new() }),
            Self::Aimd { is_paced } => Box::new(Window { size_msat: 0, is_paced }),
            Self::MinCost => Box::new(Rounds(Solver::MinCost)),
            Self::PushRelabel(trust) => Box::new(Rounds(Solver::Push(trust))),
            Self::Oracle => Box::new(Rounds(Solver::Truth)),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Single => "single",
            Self::Halving => "halving",
            Self::Equal(parts) => return f.pad(&format!("equal-{parts}")),
            Self::Aimd { is_paced: false } => "aimd",
            Self::Aimd { is_paced: true } => "aimd-paced",
            Self::MinCost => "min-cost",
            Self::PushRelabel(Trust::Most) => "push-relabel",
            Self::PushRelabel(Trust::Middle) => "push-relabel-half",
            Self::PushThenHalving => "push-relabel-first",
            Self::Oracle => "oracle",
        };
        f.pad(name)
    }
}

/// What a sender heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing: the payment begins.
    Begin,
    /// A part failed, and its amount is open again.
    Failed(u64),
    /// A part has arrived, or is taken to have.
    Confirmed,
}

/// How a strategy acts: it sends what it wants to.
pub trait Plan {
    /// Acts on news.
    fn next(&mut self, sender: &mut Sender<'_>, news: News);
}

/// A sender with one payment.
#[derive(Debug)]
pub struct Sender<'a> {
    /// The network as gossip has it.
    pub network: &'a Network,
    /// What it knows of balances.
    pub belief: &'a mut Belief,
    /// What there is: for the oracle.
    pub truth: &'a State,
    /// From whom and to whom.
    pub ends: (Node, Node),
    /// The whole payment.
    pub total_msat: u64,
    /// What is not on its way and has not arrived.
    pub open_msat: u64,
    /// Parts on their way of which nothing was heard.
    pub unconfirmed: usize,
    /// Routes to send over, now.
    pub outbox: Vec<Route>,
}

impl Sender<'_> {
    /// Sends over a route.
    ///
    /// # Panics
    /// If it delivers more than is open.
    pub fn send(&mut self, route: Route) {
        self.open_msat -= route.delivered_msat;
        self.unconfirmed += 1;
        for (edge, amount) in route.hops() {
            self.belief.send(edge, amount);
        }
        self.outbox.push(route);
    }

    /// Sends an amount over the cheapest route; false if there is none.
    pub fn try_send(&mut self, amount_msat: u64) -> bool {
        let (source, target) = self.ends;
        let ask = Ask { source, target, amount_msat };
        let route = cheapest(self.network, self.belief, ask, &|_| false);
        route.map(|route| self.send(route)).is_some()
    }

    /// The least part that is worth an HTLC.
    const fn least_msat(&self) -> u64 {
        let part = self.total_msat / PARTS_MAX;
        if part > 1000 { part } else { 1000 }
    }

    /// Sends a flow along its paths. What is too small, too expensive or too long for a route goes
    /// over the cheapest one together; what has none stays open.
    fn follow(&mut self, flow: &Flow) {
        for (edges, amount) in paths(self.network, flow, self.ends, PATHS_MAX) {
            let amount = amount.min(self.open_msat);
            let is_worth_it = amount >= self.least_msat();
            let route = is_worth_it.then(|| Route::along(self.network, edges, amount)).flatten();
            if let Some(route) = route {
                self.send(route);
            }
        }
        if self.open_msat > 0 {
            self.try_send(self.open_msat);
        }
    }

    fn solve(&self, solver: Solver) -> Option<Flow> {
        let wanted = self.open_msat;
        let pushed = |capacity: &dyn Fn(Edge) -> u64| {
            let edges = 0..self.network.edges() as Edge;
            let capacity: Vec<u64> =
                edges.map(|edge| with_room_for_fees(self, edge, capacity(edge))).collect();
            let flow = push_relabel(self.network, &capacity, self.ends, wanted);
            (flow.value_msat == wanted).then_some(flow)
        };
        let most = |edge| self.belief.usable_msat(edge)[1];
        let middle = |edge| {
            let [low, high] = self.belief.usable_msat(edge);
            low + (high - low) / 2
        };
        match solver {
            Solver::MinCost => {
                let (source, target) = self.ends;
                min_cost(self.network, self.belief, Ask { source, target, amount_msat: wanted })
            }
            Solver::Push(Trust::Most) => pushed(&most),
            Solver::Push(Trust::Middle) => pushed(&middle).or_else(|| pushed(&most)),
            Solver::Truth => pushed(&|edge| self.truth.free_msat()[edge as usize]),
        }
    }
}

/// What of an edge's capacity a flow may use: fees of later hops flow over earlier edges too, and
/// an edge that forwards nothing has none.
fn with_room_for_fees(sender: &Sender<'_>, edge: Edge, msat: u64) -> u64 {
    let most = sender.network.policy(edge).map_or(0, |policy| policy.htlc_maximum_msat);
    let is_last = sender.network.target(edge) == sender.ends.1;
    let room = if is_last { msat } else { msat - msat / 64 };
    room.min(most)
}

/// One route after the other.
struct Again;

impl Plan for Again {
    fn next(&mut self, sender: &mut Sender<'_>, _: News) {
        if sender.open_msat > 0 {
            sender.try_send(sender.open_msat);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstAttempt {
    Whole,
    Flow,
}

/// Amounts that wait for a route.
struct Halves {
    pending: Vec<u64>,
    first: FirstAttempt,
}

impl Plan for Halves {
    fn next(&mut self, sender: &mut Sender<'_>, news: News) {
        let least = sender.least_msat();
        match news {
            News::Begin if self.first == FirstAttempt::Flow => {
                if let Some(flow) = sender.solve(Solver::Push(Trust::Middle)) {
                    sender.follow(&flow);
                }
                self.pending.extend((sender.open_msat > 0).then_some(sender.open_msat));
            }
            News::Begin => self.pending.push(sender.open_msat),
            News::Failed(amount) => self.pending.extend(halves(amount, least)),
            News::Confirmed => {}
        }
        let mut waiting = std::mem::take(&mut self.pending);
        while let Some(amount) = waiting.pop() {
            match sender.try_send(amount) {
                true => {}
                false if amount >= 2 * least => waiting.extend(halves(amount, least)),
                false => self.pending.push(amount),
            }
        }
    }
}

/// Two halves, or the amount where halves were too small.
fn halves(amount: u64, least: u64) -> impl Iterator<Item = u64> {
    let half = if amount >= 2 * least { amount / 2 } else { 0 };
    [half, amount - half].into_iter().filter(|part| *part > 0)
}

/// Amounts that wait for a route.
struct EqualParts {
    parts: u32,
    pending: Vec<u64>,
}

impl Plan for EqualParts {
    fn next(&mut self, sender: &mut Sender<'_>, news: News) {
        match news {
            News::Begin => self.pending = equal(sender.open_msat, self.parts).collect(),
            News::Failed(amount) => self.pending.push(amount),
            News::Confirmed => {}
        }
        self.pending.retain(|amount| !sender.try_send(*amount));
    }
}

/// Parts that differ by one millisatoshi at most.
fn equal(amount: u64, parts: u32) -> impl Iterator<Item = u64> {
    let parts = u64::from(parts);
    (0..parts).map(move |part| amount / parts + u64::from(part < amount % parts))
}

/// Additive increase, multiplicative decrease.
struct Window {
    size_msat: u64,
    is_paced: bool,
}

impl Window {
    /// On their way at once when paced.
    const UNCONFIRMED_MAX: usize = 2;
}

impl Plan for Window {
    fn next(&mut self, sender: &mut Sender<'_>, news: News) {
        let step = (sender.total_msat / 16).max(1);
        match news {
            News::Begin => self.size_msat = sender.total_msat / 4,
            News::Failed(_) => self.size_msat /= 2,
            News::Confirmed => self.size_msat += step,
        }
        self.size_msat = self.size_msat.max(sender.least_msat());
        let has_room =
            |sender: &Sender<'_>| !self.is_paced || sender.unconfirmed < Self::UNCONFIRMED_MAX;
        while sender.open_msat > 0 && has_room(sender) {
            // The last one takes a rest that is too small for a part of its own.
            let rest = sender.open_msat.saturating_sub(self.size_msat);
            let amount = match rest < sender.least_msat() {
                true => sender.open_msat,
                false => self.size_msat,
            };
            if sender.try_send(amount) {
                continue;
            }
            if amount < 2 * sender.least_msat() {
                break;
            }
            self.size_msat = (amount / 2).max(sender.least_msat());
        }
    }
}

#[derive(Clone, Copy)]
enum Solver {
    MinCost,
    Push(Trust),
    Truth,
}

/// All that is open is solved anew after each failure.
struct Rounds(Solver);

impl Plan for Rounds {
    fn next(&mut self, sender: &mut Sender<'_>, news: News) {
        if sender.open_msat > 0
            && news != News::Confirmed
            && let Some(flow) = sender.solve(self.0)
        {
            sender.follow(&flow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::network::{Channel, free_of_fees};

    /// Two channels between two nodes, and what each strategy sends first.
    fn first(strategy: Strategy, capacities: [u64; 2], total_msat: u64) -> Vec<u64> {
        let channel = |capacity_msat| Channel {
            ends: [0, 1],
            capacity_msat,
            policies: [Some(free_of_fees(capacity_msat)); 2],
        };
        let network = Network::new(2, capacities.map(channel).to_vec());
        let [one, two] = capacities;
        let truth = State::new(vec![one, 0, two, 0], vec![0; 4], 483);
        let mut belief = Belief::new(&network);
        let mut sender = Sender {
            network: &network,
            belief: &mut belief,
            truth: &truth,
            ends: (0, 1),
            total_msat,
            open_msat: total_msat,
            unconfirmed: 0,
            outbox: Vec::new(),
        };
        strategy.plan().next(&mut sender, News::Begin);
        assert_eq!(sender.unconfirmed, sender.outbox.len());
        let mut sent: Vec<u64> = sender.outbox.iter().map(|route| route.delivered_msat).collect();
        assert_eq!(sent.iter().sum::<u64>() + sender.open_msat, total_msat, "{strategy}");
        sent.sort_unstable();
        sent
    }

    #[test]
    fn each_strategy_sends_what_it_is_named_for() {
        let sent = |strategy| first(strategy, [1_000_000, 2_000_000], 1_600_000);
        assert_eq!(sent(Strategy::Single), [1_600_000]);
        assert_eq!(sent(Strategy::Halving), [1_600_000]);
        assert_eq!(sent(Strategy::Equal(4)), [400_000; 4]);
        assert_eq!(sent(Strategy::Aimd { is_paced: false }), [400_000; 4]);
        assert_eq!(sent(Strategy::Aimd { is_paced: true }), [400_000; 2]);
        for flow in [Strategy::MinCost, Strategy::PushRelabel(Trust::Most), Strategy::Oracle] {
            assert_eq!(sent(flow).iter().sum::<u64>(), 1_600_000, "{flow}");
        }
        assert_eq!(
            sent(Strategy::PushRelabel(Trust::Middle)).len(),
            2,
            "half of each is not enough of one"
        );
    }

    #[test]
    fn what_no_single_channel_can_is_split_or_left() {
        let sent = |strategy| first(strategy, [1_000_000; 2], 1_600_000);
        assert_eq!(sent(Strategy::Single), [0; 0]);
        assert_eq!(sent(Strategy::Halving), [800_000; 2]);
        assert_eq!(sent(Strategy::PushRelabel(Trust::Most)).len(), 2);
        for strategy in Strategy::ALL {
            assert_eq!(
                first(strategy, [1_000_000; 2], 2_100_000),
                match strategy {
                    Strategy::Single
                    | Strategy::MinCost
                    | Strategy::PushRelabel(_)
                    | Strategy::Oracle => vec![],
                    _ => first(strategy, [1_000_000; 2], 2_100_000),
                },
                "{strategy}: flows are all or nothing"
            );
        }
    }

    #[test]
    fn a_window_ends_where_no_route_takes_a_rest_that_is_too_small_to_halve() {
        let most = first(Strategy::Aimd { is_paced: false }, [1_000_000; 2], 2_001_500);
        assert!(most.iter().sum::<u64>() <= 2_000_000);
    }

    #[test]
    fn names_differ() {
        let names: std::collections::BTreeSet<String> =
            Strategy::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), Strategy::ALL.len());
        assert!(Strategy::ALL.contains(&Strategy::BASELINE));
    }

    #[test]
    fn parts_are_equal_and_whole() {
        assert_eq!(equal(10, 3).collect::<Vec<_>>(), [4, 3, 3]);
        assert_eq!(halves(9, 2).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(halves(3, 2).collect::<Vec<_>>(), [3]);
    }
}
