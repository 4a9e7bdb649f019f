//! One payment, event by event: parts hop from node to node, fail and return, are held, settle.
//!
//! ```text
//! sender ── hop ──► hop ──► receiver: held until the set is complete, or 60 s after its first part
//!    ▲ failure ◄── hop │        │
//!    └───── confirmation ◄──────┘ (with an acknowledgement channel; else after 5 s it is presumed)
//! ```
//!
//! A hop takes a tenth of a second and more; one in two thousand holds an HTLC for minutes and fails
//! it then. Every HTLC takes a slot and its amount from the edge until it is settled or failed. A
//! failure does not say whether it was the balance or the slots, as in BOLT 4.

use std::collections::BTreeMap;

use ammeter_amp::receiver::Policy;
use ammeter_core::Hash;

use super::{
    belief::Belief,
    load::{Running, World},
    network::{Edge, Full, Node},
    random::{exponential, of, unit},
    route::{Ask, Route, cheapest},
    strategy::{News, Plan, Sender, Strategy},
};
use crate::workload::Words;

/// Parts of one payment, failed ones too.
pub const ATTEMPTS_MAX: usize = 256;

/// After this time without failure a part is presumed to have arrived, or with an acknowledgement
/// channel to be stuck.
pub const PATIENCE_MS: u64 = 5_000;

/// A hop's commitment dance, at least and beyond that on average.
const HOP_MS: (u64, f64) = (100, 200.0);

/// A hop of an acknowledgement, which waits for no commitment.
const ACKNOWLEDGED_HOP_MS: u64 = 50;

/// How often a hop holds what it should forward, and how long on average.
const STUCK: (f64, f64) = (0.0005, 300_000.0);

/// As often as this, a share whose part is stuck is sent again on another route.
const COPIES_MAX: u32 = 3;

/// What is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// From whom and to whom.
    pub ends: (Node, Node),
    /// How much arrives.
    pub amount_msat: u64,
    /// Seeds delays.
    pub seed: u64,
}

/// How a payment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// The receiver tells the sender which parts have arrived; a share whose part is missing is
    /// sent again, and the receiver refuses the second of its copies.
    pub is_acknowledged: bool,
    /// The receiver settles all parts or none (AMP); otherwise each as it arrives.
    pub is_atomic: bool,
}

/// What became of a payment, until its last HTLC was gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether all of it arrived in time.
    pub is_paid: bool,
    /// Parts sent, failed ones too.
    pub attempts: u64,
    /// Times at which parts were sent.
    pub rounds: u64,
    /// Parts that arrived.
    pub arrived: u64,
    /// Fees of the settled parts.
    pub fee_msat: u64,
    /// What was settled.
    pub settled_msat: u64,
    /// Time of every HTLC on every hop.
    pub htlc_ms: u128,
    /// The same, each with its amount.
    pub msat_ms: u128,
    /// The most slots that were taken at one time.
    pub slots: u64,
    /// Parts that failed for lack of balance.
    pub short_of_balance: u64,
    /// Parts that failed for lack of a slot.
    pub short_of_slots: u64,
    /// When the set was complete, or failed.
    pub decided_ms: u64,
}

/// How long a receiver waits after the first part: ours by default.
#[must_use]
pub const fn hold_ms() -> u64 {
    Policy::new(Hash::Sha256).hold_ms
}

/// Makes a payment in a future of its own.
#[must_use]
pub fn simulate(
    world: &World<'_>,
    strategy: Strategy,
    payment: Payment,
    conditions: Conditions,
) -> Outcome {
    let mut belief = Belief::new(world.network);
    for edge in world.network.leaving(payment.ends.0) {
        belief.know(*edge, world.state.free_msat()[*edge as usize]);
    }
    let mut run = Run {
        world: world.begin(),
        network: world.network,
        payment,
        conditions,
        plan: strategy.plan(),
        belief,
        words: of(payment.seed, 7),
        events: BTreeMap::new(),
        sequence: 0,
        parts: Vec::new(),
        shares: Vec::new(),
        open_msat: payment.amount_msat,
        set: Set::Collecting { held: Vec::new() },
        slots: 0,
        outcome: Outcome::default(),
    };
    run.act(0, News::Begin);
    while let Some(((now, _), event)) = run.events.pop_first() {
        run.world.advance(now);
        run.handle(now, event);
    }
    debug_assert_eq!(run.slots, 0, "every HTLC is gone");
    debug_assert!((0..world.network.edges() as Edge).all(|edge| run.belief.in_flight(edge) == 0));
    run.outcome
}

#[derive(Clone, Copy, Debug)]
enum Event {
    /// A part is offered to an edge, or after its last one to the receiver.
    Offer { part: usize, hop: usize },
    /// An edge's HTLC goes, and then the one before it; `edge` is the one that refused.
    Release { part: usize, hop: usize, fate: Fate },
    /// The sender hears.
    Heard { part: usize, fate: Fate },
    /// The sender hears that a part has arrived, or presumes it.
    Confirmed { part: usize },
    /// The sender with an acknowledgement channel looks whether a part has arrived.
    Missing { part: usize },
    /// The receiver's patience ends.
    Timeout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Settled,
    /// At this hop; past the last one, by the receiver.
    Failed {
        at: usize,
    },
}

/// The receiver's.
enum Set {
    Collecting { held: Vec<usize> },
    Decided,
}

struct Part {
    route: Route,
    share: usize,
    locked_ms: Vec<u64>,
    /// Nothing was heard of it.
    is_unconfirmed: bool,
    is_confirmed: bool,
    is_gone: bool,
}

/// What the sender sends once or, on other routes, again.
#[derive(Clone, Copy)]
struct Share {
    /// Parts that carry it and have not failed.
    live: u32,
    copies: u32,
    has_arrived: bool,
}

struct Run<'a> {
    world: Running<'a>,
    network: &'a super::network::Network,
    payment: Payment,
    conditions: Conditions,
    plan: Box<dyn Plan>,
    belief: Belief,
    words: Words,
    events: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    parts: Vec<Part>,
    shares: Vec<Share>,
    open_msat: u64,
    set: Set,
    slots: u64,
    outcome: Outcome,
}

impl Run<'_> {
    fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.events.insert((time, self.sequence), event);
    }

    fn hop_ms(&mut self) -> u64 {
        HOP_MS.0 + exponential(&mut self.words, HOP_MS.1)
    }

    fn handle(&mut self, now: u64, event: Event) {
        match event {
            Event::Offer { part, hop } if hop < self.parts[part].route.edges.len() => {
                self.offer(now, part, hop);
            }
            Event::Offer { part, .. } => self.arrive(now, part),
            Event::Release { part, hop, fate } => self.release(now, part, hop, fate),
            Event::Heard { part, fate } => self.heard(now, part, fate),
            Event::Confirmed { part } => self.confirmed(now, part),
            Event::Missing { part } => self.missing(now, part),
            Event::Timeout => self.time_out(now),
        }
    }

    /// The sender's turn: what its strategy sends sets out.
    fn act(&mut self, now: u64, news: News) {
        let is_late = now >= hold_ms() || self.parts.len() >= ATTEMPTS_MAX;
        if is_late || matches!(self.set, Set::Decided) {
            return;
        }
        let mut sender = Sender {
            network: self.network,
            belief: &mut self.belief,
            truth: &self.world.state,
            ends: self.payment.ends,
            total_msat: self.payment.amount_msat,
            open_msat: self.open_msat,
            unconfirmed: self.parts.iter().filter(|part| part.is_unconfirmed).count(),
            outbox: Vec::new(),
        };
        self.plan.next(&mut sender, news);
        let (outbox, open_msat) = (sender.outbox, sender.open_msat);
        self.open_msat = open_msat;
        self.outcome.rounds += u64::from(!outbox.is_empty());
        for route in outbox {
            self.shares.push(Share { live: 0, copies: 0, has_arrived: false });
            self.set_out(now, route, self.shares.len() - 1);
        }
    }

    fn set_out(&mut self, now: u64, route: Route, share: usize) {
        let part = self.parts.len();
        self.shares[share].live += 1;
        self.shares[share].copies += 1;
        let hops = route.edges.len();
        self.parts.push(Part {
            route,
            share,
            locked_ms: vec![0; hops],
            is_unconfirmed: true,
            is_confirmed: false,
            is_gone: false,
        });
        self.outcome.attempts += 1;
        self.at(now, Event::Offer { part, hop: 0 });
        let later = match self.conditions.is_acknowledged {
            true => Event::Missing { part },
            false => Event::Confirmed { part },
        };
        self.at(now + PATIENCE_MS, later);
    }

    fn offer(&mut self, now: u64, part: usize, hop: usize) {
        let (edge, amount) =
            (self.parts[part].route.edges[hop], self.parts[part].route.amounts_msat[hop]);
        if let Err(full) = self.world.state.lock(edge, amount) {
            match full {
                Full::Balance => self.outcome.short_of_balance += 1,
                Full::Slots => self.outcome.short_of_slots += 1,
            }
            self.give_back(now, part, hop, Fate::Failed { at: hop });
            return;
        }
        self.parts[part].locked_ms[hop] = now;
        self.slots += 1;
        self.outcome.slots = self.outcome.slots.max(self.slots);
        if unit(&mut self.words) < STUCK.0 {
            let until = now + exponential(&mut self.words, STUCK.1);
            self.at(until, Event::Release { part, hop, fate: Fate::Failed { at: hop } });
            return;
        }
        let next = now + self.hop_ms();
        self.at(next, Event::Offer { part, hop: hop + 1 });
    }

    /// The HTLCs before `hop` go, one after the other, and then the sender hears.
    fn give_back(&mut self, now: u64, part: usize, hop: usize, fate: Fate) {
        match hop.checked_sub(1) {
            None => self.at(now, Event::Heard { part, fate }),
            Some(hop) => {
                let then = now + self.hop_ms();
                self.at(then, Event::Release { part, hop, fate });
            }
        }
    }

    fn release(&mut self, now: u64, part: usize, hop: usize, fate: Fate) {
        let Part { route, locked_ms, .. } = &self.parts[part];
        let (edge, amount) = (route.edges[hop], route.amounts_msat[hop]);
        let time = u128::from(now - locked_ms[hop]);
        self.outcome.htlc_ms += time;
        self.outcome.msat_ms += time * u128::from(amount);
        self.slots -= 1;
        self.world.state.release(edge, amount, fate == Fate::Settled);
        self.give_back(now, part, hop, fate);
    }

    fn arrive(&mut self, now: u64, part: usize) {
        let (share, hops) = (self.parts[part].share, self.parts[part].route.edges.len());
        let refused = Fate::Failed { at: hops };
        let is_first = match &mut self.set {
            Set::Collecting { held } if !self.shares[share].has_arrived => {
                held.push(part);
                held.len() == 1
            }
            _ => {
                self.give_back(now, part, hops, refused);
                return;
            }
        };
        self.outcome.arrived += 1;
        self.shares[share].has_arrived = true;
        if is_first {
            self.at(now + hold_ms(), Event::Timeout);
        }
        if self.conditions.is_acknowledged {
            let heard = now + ACKNOWLEDGED_HOP_MS * hops as u64;
            self.at(heard, Event::Confirmed { part });
        }
        if !self.conditions.is_atomic {
            self.settle(now, part);
        }
        self.decide(now);
    }

    /// Settles the set if it is complete.
    fn decide(&mut self, now: u64) {
        let Set::Collecting { held } = &mut self.set else { return };
        let sum: u64 = held.iter().map(|part| self.parts[*part].route.delivered_msat).sum();
        if sum < self.payment.amount_msat {
            return;
        }
        let held = std::mem::take(held);
        self.set = Set::Decided;
        self.outcome.is_paid = true;
        self.outcome.decided_ms = now;
        if self.conditions.is_atomic {
            held.into_iter().for_each(|part| self.settle(now, part));
        }
    }

    fn settle(&mut self, now: u64, part: usize) {
        let route = &self.parts[part].route;
        self.outcome.settled_msat += route.delivered_msat;
        self.outcome.fee_msat += route.fee_msat();
        let hops = route.edges.len();
        self.give_back(now, part, hops, Fate::Settled);
    }

    /// The set fails; what was settled alone stays settled.
    fn time_out(&mut self, now: u64) {
        let Set::Collecting { held } = &mut self.set else { return };
        let held = std::mem::take(held);
        self.set = Set::Decided;
        self.outcome.decided_ms = now;
        if self.conditions.is_atomic {
            for part in held {
                let hops = self.parts[part].route.edges.len();
                self.give_back(now, part, hops, Fate::Failed { at: hops });
            }
        }
    }

    /// The sender learns of every hop from the failure of one.
    fn heard(&mut self, now: u64, part: usize, fate: Fate) {
        let of = &mut self.parts[part];
        let is_news = std::mem::replace(&mut of.is_unconfirmed, false);
        of.is_gone = true;
        let (share, amount) = (of.share, of.route.delivered_msat);
        for (hop, (edge, amount)) in of.route.hops().enumerate() {
            if of.is_confirmed {
                self.belief.let_go(edge, amount);
            }
            match fate {
                Fate::Settled => self.belief.settled(edge, amount),
                Fate::Failed { at } => {
                    match hop.cmp(&at) {
                        std::cmp::Ordering::Less => self.belief.forwarded(edge, amount),
                        std::cmp::Ordering::Equal => self.belief.refused(edge),
                        std::cmp::Ordering::Greater => {}
                    }
                    self.belief.failed(edge, amount);
                }
            }
        }
        if fate == Fate::Settled {
            if is_news {
                self.act(now, News::Confirmed);
            }
            return;
        }
        self.shares[share].live -= 1;
        if self.shares[share].live == 0 {
            self.open_msat += amount;
            self.act(now, News::Failed(amount));
        }
    }

    fn confirmed(&mut self, now: u64, part: usize) {
        if !std::mem::replace(&mut self.parts[part].is_unconfirmed, false) {
            return;
        }
        self.parts[part].is_confirmed = true;
        for (edge, amount) in self.parts[part].route.hops() {
            self.belief.held(edge, amount);
        }
        self.act(now, News::Confirmed);
    }

    /// Nobody confirmed it: its share sets out again, on a route that shares no inner edge with it.
    fn missing(&mut self, now: u64, part: usize) {
        let Part { share, is_unconfirmed, is_gone, route, .. } = &self.parts[part];
        let share = *share;
        let is_known = !is_unconfirmed || *is_gone || self.shares[share].has_arrived;
        let is_over = matches!(self.set, Set::Decided) || now >= hold_ms();
        let is_too_often =
            self.shares[share].copies >= COPIES_MAX || self.parts.len() >= ATTEMPTS_MAX;
        if is_known || is_over || is_too_often {
            return;
        }
        let inner: Vec<Edge> = route.edges.iter().copied().skip(1).collect();
        let (source, target) = self.payment.ends;
        let ask = Ask { source, target, amount_msat: route.delivered_msat };
        let found = cheapest(self.network, &self.belief, ask, &|edge| inner.contains(&edge));
        if let Some(route) = found {
            for (edge, amount) in route.hops() {
                self.belief.send(edge, amount);
            }
            self.outcome.rounds += 1;
            self.set_out(now, route, share);
        }
    }
}

#[cfg(test)]
mod tests;
