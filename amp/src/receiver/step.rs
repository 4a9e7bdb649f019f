//! One event after the other: what each changes, and what is to be done.

use crate::receiver::{
    accounts::Metrics,
    decide::Progress,
    effect::{Effect, Reason},
    event::{Event, Htlc, IncomingHtlc, Version},
    list::Kind,
    policy::Policy,
    record::{Change, Clocks, HtlcRecord, Standing},
    rules::{Case, Objection, judge, no_room},
    set::{Fate, Held, Phase, Set},
    state::State,
    verify::Verifier,
};
use ammeter_core::{dispatch::KernelError, types::HtlcKey};

/// What an event led to. [`Receiver::step`] appends; the caller clears, and so can take several
/// events together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// For the store, all of one event together.
    pub changes: Vec<Change>,
    /// For the node, once the changes are durable.
    pub effects: Vec<Effect>,
}

impl Output {
    /// Empties both, and keeps their room.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.effects.clear();
    }
}

/// The receiver: everything that it holds, and nothing that it talks to.
///
/// The same events give the same output in every process, whatever was restored in between.
pub struct Receiver {
    pub(super) state: State,
    pub(super) verifier: Verifier,
    /// Slots of sets that one event touches, kept for their room.
    pub(super) sets: Vec<u32>,
    due: Vec<(u32, Reason)>,
}

impl core::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Receiver").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

impl Receiver {
    /// A receiver that holds nothing.
    ///
    /// # Errors
    /// Those of [`Kernel::chosen`](ammeter_core::Kernel::chosen).
    pub fn new(policy: Policy) -> Result<Self, KernelError> {
        Ok(Self {
            state: State::new(policy),
            verifier: Verifier::new(policy.hash)?,
            sets: Vec::new(),
            due: Vec::new(),
        })
    }

    /// What the operator decided.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.state.policy
    }

    /// The highest block and the latest time that it has seen.
    #[must_use]
    pub const fn clocks(&self) -> Clocks {
        self.state.clocks
    }

    /// What it holds, in numbers.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.state.metrics()
    }

    /// Takes one event.
    ///
    /// # Panics
    /// Never, whatever a stranger sends; if the operator's limits allow more than 2^32 − 1 HTLCs or
    /// sets to be held, when they are.
    pub fn step(&mut self, event: Event, output: &mut Output) {
        let Clocks { height, now_ms } = self.state.clocks;
        match event {
            Event::Arrived(htlc) => self.arrived(htlc, output),
            Event::Unreadable(incoming) => self.unreadable(incoming, output),
            Event::Block { height } => self.advance(Clocks { height, now_ms }, output),
            Event::Clock { now_ms } => self.advance(Clocks { height, now_ms }, output),
            Event::InvoiceAdded(invoice) => {
                if self.state.open_invoice(invoice) {
                    output.changes.push(Change::PutInvoice(invoice));
                }
            }
            Event::InvoiceCancelled { name } => {
                if self.state.close_invoice(&name) {
                    output.changes.push(Change::DeleteInvoice(name));
                    self.fail_unpaid(&name, Reason::InvoiceCancelled, output);
                }
            }
            Event::Resolved(key) => self.resolved(key, output),
            Event::Restarted => self.restarted(output),
        }
    }

    fn arrived(&mut self, htlc: Htlc, output: &mut Output) {
        let incoming = htlc.incoming;
        if let Some(slot) = self.state.find_htlc(incoming.key) {
            return output.effects.push(self.verdict(slot));
        }
        let set_slot = self.state.find_set(&htlc.part.set);
        let set = set_slot.map(|slot| &self.state.sets[slot]);
        match judge(&Case { state: &self.state, htlc: &htlc, set }) {
            None => self.admit(htlc, set_slot, output),
            Some(Objection::Newcomer(reason)) => self.refuse(incoming, reason, output),
            Some(Objection::Set(reason)) => {
                self.refuse(incoming, reason, output);
                let set_slot = set_slot.expect("rules fail sets that there are");
                self.fail_set(set_slot, reason, output);
            }
        }
    }

    fn unreadable(&mut self, incoming: IncomingHtlc, output: &mut Output) {
        match self.state.find_htlc(incoming.key) {
            Some(slot) => output.effects.push(self.verdict(slot)),
            None => {
                let no_room = no_room(&self.state, &incoming);
                self.refuse(incoming, no_room.unwrap_or(Reason::Unreadable), output);
            }
        }
    }

    /// The verdict on an HTLC that was shown before. What it says this time does not matter: counted
    /// again, its share would cancel itself.
    fn verdict(&mut self, slot: u32) -> Effect {
        let held = &self.state.htlcs[slot];
        let key = held.key;
        let set_slot = match held.fate {
            Fate::Refused(reason) => return Effect::Fail { key, reason },
            Fate::Member(set_slot) => set_slot,
        };
        let set = &self.state.sets[set_slot];
        match set.phase {
            Phase::Collecting => Effect::Hold(key),
            Phase::Settling | Phase::Settled { .. } => {
                Effect::Settle { key, preimage: self.verifier.preimage(&self.state, set, held) }
            }
            Phase::Failing(reason) | Phase::Failed { reason, .. } => Effect::Fail { key, reason },
        }
    }

    /// The newcomer fails by itself. That is remembered until it is gone, so that it cannot settle
    /// when it is shown again; where there is no room for one more, by its expiry.
    fn refuse(&mut self, incoming: IncomingHtlc, reason: Reason, output: &mut Output) {
        if self.state.refused < self.state.policy.limits.refusals_max.into() {
            self.state.insert_refused(&incoming, reason);
            let standing = Standing::Refused(reason);
            output.changes.push(Change::PutHtlc(HtlcRecord { incoming, standing }));
        } else if self.state.closed_until < incoming.expiry {
            self.state.closed_until = incoming.expiry;
            output.changes.push(Change::PutClosedUntil(incoming.expiry));
        }
        output.effects.push(Effect::Fail { key: incoming.key, reason });
    }

    /// The newcomer joins its set, or opens it; and the set may be whole now.
    fn admit(&mut self, htlc: Htlc, set_slot: Option<u32>, output: &mut Output) {
        let (part, now_ms) = (&htlc.part, self.state.clocks.now_ms);
        let mut changed = set_slot.is_none();
        let set_slot = set_slot.unwrap_or_else(|| self.state.insert_set(Set::open(part, now_ms)));
        let version = &mut self.state.sets[set_slot].version;
        if *version == (Version::Adaptive { part_count: 0 }) && *version != part.version {
            *version = part.version;
            changed = true;
        }
        let slot = self.state.insert_member(&htlc, set_slot);
        self.state.count_part(&htlc, set_slot).expect("the rules checked the sums");
        let Htlc { incoming, part } = htlc;
        let standing = Standing::Member(part);
        output.changes.push(Change::PutHtlc(HtlcRecord { incoming, standing }));
        match self.examine(slot, set_slot) {
            Progress::Verified => self.settle_or_fail(set_slot, output),
            Progress::Mismatch => self.fail_set(set_slot, Reason::HashMismatch, output),
            Progress::Collecting => {
                if changed {
                    output.changes.push(Change::PutSet(self.state.sets[set_slot].record()));
                }
                output.effects.push(Effect::Hold(incoming.key));
            }
        }
    }

    fn advance(&mut self, clocks: Clocks, output: &mut Output) {
        if self.state.advance(clocks) {
            output.changes.push(Change::PutClocks(self.state.clocks));
        }
        self.fail_due(output);
        let mut sets = core::mem::take(&mut self.sets);
        self.state.forgotten(&mut sets);
        for slot in sets.drain(..) {
            output.changes.push(Change::DeleteSet(self.state.remove_set(slot).id));
        }
        self.sets = sets;
    }

    fn fail_due(&mut self, output: &mut Output) {
        let mut due = core::mem::take(&mut self.due);
        self.state.due(&mut due);
        for (slot, reason) in due.drain(..) {
            self.fail_set(slot, reason, output);
        }
        self.due = due;
    }

    /// An HTLC is gone. If its set was still collecting, the set can never be whole: the share of
    /// that HTLC is counted, and its hash would be claimed by nobody.
    fn resolved(&mut self, key: HtlcKey, output: &mut Output) {
        let Some(slot) = self.state.find_htlc(key) else { return };
        let held = self.state.remove_htlc(slot);
        output.changes.push(Change::DeleteHtlc(key));
        let Fate::Member(set_slot) = held.fate else { return };
        let set = &self.state.sets[set_slot];
        if set.phase == Phase::Collecting {
            self.fail_set(set_slot, Reason::MemberLost, output);
        } else if set.roster.count == 0 {
            self.state.conclude(set_slot, self.state.clocks.now_ms);
            output.changes.push(Change::PutSet(self.state.sets[set_slot].record()));
        }
    }

    /// Decisions that were made and not carried out leave again, in the order in which their sets
    /// were opened; then the HTLCs that failed by themselves. What still collects waits to be shown
    /// again, unless the policy it is opened with is shorter of patience.
    fn restarted(&mut self, output: &mut Output) {
        let state = &self.state;
        let mut sets: Vec<_> = state.leaving.iter(&state.sets, Kind::Phase).collect();
        sets.sort_unstable_by_key(|slot| (state.sets[*slot].opened_ms, state.sets[*slot].id));
        for slot in sets {
            self.emit(slot, output);
        }
        let refused = |(_, held): (u32, &Held)| match held.fate {
            Fate::Refused(reason) => Some((held.key, reason)),
            Fate::Member(_) => None,
        };
        let mut refused: Vec<_> = self.state.htlcs.iter().filter_map(refused).collect();
        refused.sort_unstable();
        output
            .effects
            .extend(refused.into_iter().map(|(key, reason)| Effect::Fail { key, reason }));
        self.fail_due(output);
    }
}
