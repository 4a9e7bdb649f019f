//! The HTLCs of everybody else: they come as a Poisson process, hold balances and slots for a time,
//! and settle or fail. The plan is made once for each network; nothing that a sender does changes
//! when they come, only whether there is room for them.

use super::{
    belief::Belief,
    network::{Edge, Network, Node, State},
    random::{exponential, log_uniform, of, unit},
    route::{Ask, Route, cheapest},
};

/// How long an HTLC is held on average, exponentially distributed.
pub const HOLD_MEAN_MS: f64 = 10_000.0;

/// Payments in flight at any time, for each hundred channels.
pub const IN_FLIGHT_PER_CENT: usize = 10;

/// Time after which nobody else begins: a payment under test is decided by then.
pub const HORIZON_MS: u64 = 130_000;

/// Amounts, log-uniform.
const AMOUNT_MSAT: [f64; 2] = [1e6, 1e9];

/// Routes over which the parts of one payment are spread.
const ROUTES: u64 = 3;

/// So many of a hundred settle.
const SETTLED_PER_CENT: f64 = 0.7;

/// Somebody else's payment.
#[derive(Clone, Debug)]
struct Other {
    start_ms: u64,
    end_ms: u64,
    amount_msat: u64,
    is_settled: bool,
    routes: Vec<Vec<Edge>>,
}

/// All payments of everybody else, in the order in which they begin.
#[derive(Clone, Debug)]
pub struct Others(Vec<Other>);

impl Others {
    /// Nobody.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Those in flight at time 0, whose remaining time is distributed as any other's, and those
    /// that come until the [horizon](HORIZON_MS).
    #[must_use]
    pub fn new(network: &Network, seed: u64) -> Self {
        let mut words = of(seed, 3);
        let in_flight = (network.channels().len() * IN_FLIGHT_PER_CENT).div_ceil(100);
        let pause = HOLD_MEAN_MS / in_flight as f64;
        let mut starts = vec![0; in_flight];
        let mut time = 0.0;
        loop {
            time += -(1.0 - unit(&mut words)).ln() * pause;
            if time >= HORIZON_MS as f64 {
                break;
            }
            starts.push(time as u64);
        }
        let belief = Belief::new(network);
        let other = |start_ms| {
            let amount_msat = log_uniform(&mut words, AMOUNT_MSAT[0], AMOUNT_MSAT[1]) as u64;
            let [source, target] = [0; 2].map(|_| words.below(network.nodes()) as Node);
            let routes = match source == target {
                true => Vec::new(),
                false => {
                    let mixed = [(); ROUTES as usize].map(|()| words.next());
                    routes(network, &belief, Ask { source, target, amount_msat }, &mixed)
                }
            };
            Other {
                start_ms,
                end_ms: start_ms + 1 + exponential(&mut words, HOLD_MEAN_MS),
                amount_msat,
                is_settled: unit(&mut words) < SETTLED_PER_CENT,
                routes,
            }
        };
        Self(starts.into_iter().map(other).collect())
    }
}

/// Different ones where there are some: each goes without an eighth of the edges.
fn routes(network: &Network, belief: &Belief, ask: Ask, mixed: &[u64]) -> Vec<Vec<Edge>> {
    let find = |mix: &u64| {
        let avoid = |edge: Edge| {
            let ends = [network.source(edge), network.target(edge)];
            let is_end = ends.iter().any(|end| [ask.source, ask.target].contains(end));
            !is_end && (mix ^ u64::from(edge)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61 == 0
        };
        cheapest(network, belief, ask, &avoid).map(|route| route.edges)
    };
    mixed.iter().filter_map(find).collect()
}

/// An HTLC of somebody else begins or ends.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// When.
    pub time_ms: u64,
    htlc: u32,
    is_end: bool,
}

#[derive(Clone, Copy, Debug)]
struct Htlc {
    route: u32,
    is_settled: bool,
}

/// A network at time 0, and what everybody else does from then on.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The network.
    pub network: &'a Network,
    /// At time 0, with the HTLCs of everybody else in it.
    pub state: State,
    routes: Vec<Route>,
    htlcs: Vec<Htlc>,
    /// Which of them are in `state`.
    is_held: Vec<bool>,
    timeline: Vec<Change>,
}

impl<'a> World<'a> {
    /// Everybody else splits in `parts`; an edge has `slots_max` slots.
    #[must_use]
    pub fn new(
        network: &'a Network,
        free_msat: Vec<u64>,
        others: &Others,
        parts: u32,
        slots_max: u16,
    ) -> Self {
        let mut world = Self {
            network,
            state: State::new(free_msat, vec![0; network.edges()], slots_max),
            routes: Vec::new(),
            htlcs: Vec::new(),
            is_held: Vec::new(),
            timeline: Vec::new(),
        };
        for other in &others.0 {
            world.add(other, parts);
        }
        // Stable: what ends at a time ends in the order in which it began.
        world.timeline.sort_by_key(|change| change.time_ms);
        world.is_held = vec![false; world.htlcs.len()];
        let now = world.timeline.partition_point(|change| change.time_ms == 0);
        let initial: Vec<Change> = world.timeline.drain(..now).collect();
        let mut running = world.begin();
        initial.iter().for_each(|change| running.apply(change));
        let Running { state, is_held, .. } = running;
        (world.state, world.is_held) = (state, is_held);
        world
    }

    fn add(&mut self, other: &Other, parts: u32) {
        let each = other.amount_msat / u64::from(parts);
        let along = |edges: &Vec<Edge>| Route::along(self.network, edges.clone(), each);
        let routes: Vec<Route> = other.routes.iter().filter_map(along).collect();
        if routes.is_empty() {
            return;
        }
        let first = self.routes.len() as u32;
        let count = routes.len() as u32;
        self.routes.extend(routes);
        for part in 0..parts {
            let htlc = self.htlcs.len() as u32;
            let route = first + part % count;
            self.htlcs.push(Htlc { route, is_settled: other.is_settled });
            let change = |time_ms, is_end| Change { time_ms, htlc, is_end };
            self.timeline.extend([change(other.start_ms, false), change(other.end_ms, true)]);
        }
    }

    /// One future of this world.
    #[must_use]
    pub fn begin(&self) -> Running<'_> {
        Running { world: self, state: self.state.clone(), is_held: self.is_held.clone(), done: 0 }
    }
}

/// A world that runs.
#[derive(Clone, Debug)]
pub struct Running<'a> {
    world: &'a World<'a>,
    /// Balances and slots now.
    pub state: State,
    is_held: Vec<bool>,
    done: usize,
}

impl Running<'_> {
    /// Everybody else does what they do until `time_ms`.
    pub fn advance(&mut self, time_ms: u64) {
        let world = self.world;
        while let Some(change) = world.timeline.get(self.done).filter(|at| at.time_ms <= time_ms) {
            self.apply(change);
            self.done += 1;
        }
    }

    fn apply(&mut self, change: &Change) {
        let htlc = self.world.htlcs[change.htlc as usize];
        let route = &self.world.routes[htlc.route as usize];
        let is_held = &mut self.is_held[change.htlc as usize];
        if change.is_end {
            if std::mem::take(is_held) {
                for (edge, amount) in route.hops() {
                    self.state.release(edge, amount, htlc.is_settled);
                }
            }
            return;
        }
        *is_held = true;
        for (locked, (edge, amount)) in route.hops().enumerate() {
            if self.state.lock(edge, amount).is_err() {
                for (edge, amount) in route.hops().take(locked) {
                    self.state.release(edge, amount, false);
                }
                *is_held = false;
                return;
            }
        }
    }

    /// HTLCs of everybody else that are held now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.is_held.iter().filter(|is_held| **is_held).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{split::generate, workload::Words};

    fn sum(state: &State) -> u64 {
        state.free_msat().iter().sum()
    }

    #[test]
    fn what_begins_ends_and_nothing_is_lost() {
        let mut words = Words::new(1);
        let network = generate::network(300, &mut words);
        let free = generate::balances(&network, &mut words);
        let all: u64 = free.iter().sum();
        let others = Others::new(&network, 1);
        for (parts, slots_max) in [(1, 483), (16, 30)] {
            let world = World::new(&network, free.clone(), &others, parts, slots_max);
            let mut running = world.begin();
            assert!(running.held() > 0 && sum(&running.state) < all);
            running.advance(u64::MAX);
            assert_eq!((running.held(), sum(&running.state)), (0, all));
            let slots = (0..network.edges() as Edge).map(|edge| running.state.slots(edge));
            assert_eq!(slots.max(), Some(0));
            assert_ne!(running.state.free_msat(), free, "some settled");
        }
    }

    #[test]
    fn more_parts_take_more_slots_and_no_more_than_there_are() {
        let mut words = Words::new(2);
        let network = generate::network(300, &mut words);
        let free = generate::balances(&network, &mut words);
        let others = Others::new(&network, 2);
        let busiest = |parts, slots_max| {
            let world = World::new(&network, free.clone(), &others, parts, slots_max);
            (0..network.edges() as Edge).map(|edge| world.state.slots(edge)).max().unwrap()
        };
        assert!(busiest(1, 483) < busiest(16, 483));
        assert_eq!(busiest(64, 30), 30);
    }

    #[test]
    fn the_load_is_stationary() {
        let network = generate::network(1000, &mut Words::new(3));
        let free = network.channels().iter().flat_map(|c| [c.capacity_msat / 2; 2]).collect();
        let world = World::new(&network, free, &Others::new(&network, 3), 1, 483);
        let mut running = world.begin();
        let begin = running.held() as f64;
        running.advance(HORIZON_MS);
        let ratio = running.held() as f64 / begin;
        assert!((0.5..2.0).contains(&ratio), "{ratio}");
    }
}
