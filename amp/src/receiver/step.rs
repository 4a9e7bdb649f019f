//! One event after the other: what each changes, and what is to be done.
//!
//! A decision on a set is one record, so that no crash can split it.

use subtle::ConstantTimeEq;

use crate::receiver::{
    effect::{Effect, Reason},
    event::{Event, Htlc, IncomingHtlc, Version},
    htlcs::Fate,
    output::Output,
    policy::Policy,
    record::{Change, Clocks, HtlcRecord, Standing},
    rules::{Case, Objection, judge, no_room},
    sets::Phase,
    state::{Metrics, State},
    verify::Verifier,
};
use ammeter_core::{
    dispatch::KernelError,
    types::{BYTES, BasePreimage, HtlcKey},
};

/// The receiver: everything that it holds, and nothing that it talks to.
///
/// The same events give the same output in every process, whatever was restored in between.
pub struct Receiver {
    pub(super) state: State,
    pub(super) verifier: Verifier,
}

impl core::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Receiver").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

/// How far a set is that one more HTLC has joined.
enum Progress {
    /// Shares are missing.
    Collecting,
    /// Whole, and every hash that it holds is derived from its shares.
    Verified,
    /// Whole, and some hash is not.
    Mismatch,
}

impl Receiver {
    /// A receiver that holds nothing.
    ///
    /// # Errors
    /// Those of [`Kernel::chosen`](ammeter_core::Kernel::chosen).
    pub fn new(policy: Policy) -> Result<Self, KernelError> {
        Ok(Self { state: State::new(policy), verifier: Verifier::new(policy.hash)? })
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

    /// Counts every list, table and counter again and compares. For tests and for doubts: it looks
    /// at all that the receiver holds. Sums are counted again by [`restore`](Self::restore), and
    /// compared by [`assert_same`](Self::assert_same).
    ///
    /// # Panics
    /// If anything differs; the message says what.
    pub fn audit(&self) {
        self.state.audit();
    }

    /// Compares two receivers set by set, with all sums: one that has lived, and one that was
    /// restored from its records.
    ///
    /// # Panics
    /// If they hold different sets.
    pub fn assert_same(&self, other: &Self) {
        self.state.assert_same(&other.state);
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
                let hash = self.state.policy.hash;
                if let Some(invoice) = self.state.invoices.open(invoice, hash) {
                    output.change(Change::PutInvoice(invoice));
                }
            }
            Event::InvoiceCancelled { name } => {
                if self.state.invoices.close(&name) {
                    output.change(Change::DeleteInvoice(name));
                    self.fail_unpaid(&name, Reason::InvoiceCancelled, output);
                }
            }
            Event::Resolved(key) => self.resolved(key, output),
            Event::Restarted => self.restarted(output),
        }
    }

    fn arrived(&mut self, htlc: Htlc, output: &mut Output) {
        let incoming = htlc.incoming;
        if let Some(slot) = self.state.htlcs.find(incoming.key) {
            return output.effect(self.verdict(slot));
        }
        let set_slot = self.state.sets.find(&htlc.part.set_id);
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
        match self.state.htlcs.find(incoming.key) {
            Some(slot) => output.effect(self.verdict(slot)),
            None => {
                let no_room = no_room(&self.state, &incoming);
                self.refuse(incoming, no_room.unwrap_or(Reason::Unreadable), output);
            }
        }
    }

    /// The verdict on an HTLC that was shown before. What it says this time does not matter:
    /// counted again, its share would cancel itself.
    fn verdict(&mut self, slot: u32) -> Effect {
        let htlc = &self.state.htlcs[slot];
        let key = htlc.key();
        let set_slot = match htlc.fate() {
            Fate::Refused(reason) => return Effect::Fail { key, reason },
            Fate::Member(set_slot) => set_slot,
        };
        let set = &self.state.sets[set_slot];
        match set.phase() {
            Phase::Collecting => Effect::Hold(key),
            Phase::Settling | Phase::Settled { .. } => {
                let preimage = self.verifier.preimage(&self.state.htlcs, set, htlc);
                Effect::Settle { key, preimage }
            }
            Phase::Failing(reason) | Phase::Failed { reason, .. } => Effect::Fail { key, reason },
        }
    }

    /// The newcomer fails by itself. That is remembered until it is gone, so that it cannot settle
    /// when it is shown again.
    fn refuse(&mut self, incoming: IncomingHtlc, reason: Reason, output: &mut Output) {
        if let Some(change) = self.state.refuse(incoming, reason) {
            output.change(change);
        }
        output.effect(Effect::Fail { key: incoming.key, reason });
    }

    /// The newcomer joins its set, or opens it; and the set may be whole now.
    fn admit(&mut self, htlc: Htlc, set_slot: Option<u32>, output: &mut Output) {
        let sets = &mut self.state.sets;
        let is_new = set_slot.is_none();
        let set_slot = set_slot.unwrap_or_else(|| sets.open(&htlc.part, self.state.clocks.now_ms));
        let is_changed = sets.learn(set_slot, htlc.part.version) || is_new;
        let slot = self.state.insert_member(&htlc, set_slot);
        let slot = slot.expect("the rules checked the sums");
        let Htlc { incoming, part } = htlc;
        let standing = Standing::Member(part);
        output.change(Change::PutHtlc(HtlcRecord { incoming, standing }));
        match self.examine(slot, set_slot) {
            Progress::Verified => self.settle_or_fail(set_slot, output),
            Progress::Mismatch => self.fail_set(set_slot, Reason::HashMismatch, output),
            Progress::Collecting => {
                if is_changed {
                    self.put_set(set_slot, output);
                }
                output.effect(Effect::Hold(incoming.key));
            }
        }
    }

    /// How far a collecting set is, now that `newcomer` joined it.
    fn examine(&mut self, newcomer: u32, set_slot: u32) -> Progress {
        let State { htlcs, sets, invoices, .. } = &mut self.state;
        let set = &sets[set_slot];
        let whole = match set.version() {
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                set.weight() == part_count
            }
            // The root is secret until it is whole: how close it is must not show in the time that
            // the comparison takes.
            Version::Committed { commitment } => {
                self.verifier.hash().digest(&set.root().0).ct_eq(&commitment.0).into()
            }
            Version::Amp { total_msat, .. } => set.amount() >= total_msat,
            Version::Mpp { total_msat } => {
                let whole = set.amount() >= total_msat;
                let invoice = invoices.of(set.id()).filter(|_| whole);
                if let Some(preimage) = invoice.and_then(|invoice| invoice.preimage) {
                    sets.put_root(set_slot, BasePreimage(preimage.0));
                }
                whole
            }
            // With a share missing, the XOR is not the seed, and no hash matches. The newcomer's
            // alone shows that, except to a sender that fools itself.
            Version::Tree { .. } => {
                let whole = self.verifier.derives(htlcs, set, &htlcs[newcomer])
                    && self.verifier.verify(htlcs, sets, set_slot);
                return if whole { Progress::Verified } else { Progress::Collecting };
            }
        };
        match whole {
            false => Progress::Collecting,
            true if self.verifier.verify(htlcs, sets, set_slot) => Progress::Verified,
            true => Progress::Mismatch,
        }
    }

    /// Decides on a set that has every share: all of its HTLCs are claimed, or all fail, and nobody
    /// else's (lnd #11198, lnd c0f934e36). The verifier has just derived what claims them.
    fn settle_or_fail(&mut self, set_slot: u32, output: &mut Output) {
        match self.state.check_payment(&self.state.sets[set_slot]) {
            Err(reason) => self.fail_set(set_slot, reason, output),
            Ok(invoice) => {
                // A preimage that is public asks nobody any more.
                let public = self.state.sets[set_slot].scheme().is_none();
                let closed = invoice
                    .filter(|invoice| public || !invoice.reusable)
                    .map(|invoice| invoice.name);
                self.state.sets.settle(set_slot);
                self.put_set(set_slot, output);
                self.claim(output);
                if let Some(name) = closed {
                    self.state.invoices.close(&name);
                    output.change(Change::DeleteInvoice(name));
                    self.fail_unpaid(&name, Reason::NoInvoice, output);
                }
            }
        }
    }

    /// Claims the members that the verifier has derived.
    fn claim(&self, output: &mut Output) {
        let claims = self.verifier.claims.iter();
        output.effects(
            claims.map(|claim| Effect::Settle { key: claim.key, preimage: claim.preimage }),
        );
    }

    /// Fails the sets that still collect for an invoice which has been closed: they must not be
    /// held until their deadline (lnd #9459), and not become payments that nobody asked for.
    fn fail_unpaid(&mut self, name: &[u8; BYTES], reason: Reason, output: &mut Output) {
        for slot in self.state.sets.collecting_for(name) {
            self.fail_set(slot, reason, output);
        }
    }

    /// Fails a collecting set. Its invoice stays open: one bad set must not close it for the next.
    fn fail_set(&mut self, set_slot: u32, reason: Reason, output: &mut Output) {
        self.state.fail_set(set_slot, reason);
        self.emit(set_slot, output);
        self.keep_or_forget(set_slot, output);
    }

    /// What the store keeps of a set that was decided on, or whose last HTLC is gone.
    fn keep_or_forget(&mut self, set_slot: u32, output: &mut Output) {
        if self.state.sets.may_come_again(set_slot) {
            output.change(Change::DeleteSet(self.state.sets.forget(set_slot)));
        } else {
            self.put_set(set_slot, output);
        }
    }

    fn put_set(&self, set_slot: u32, output: &mut Output) {
        output.change(Change::PutSet(self.state.sets[set_slot].record()));
    }

    /// What a decision says of each HTLC that is left, by their keys.
    fn emit(&mut self, set_slot: u32, output: &mut Output) {
        let State { htlcs, sets, .. } = &self.state;
        let set = &sets[set_slot];
        self.verifier.gather(htlcs, sets, set_slot);
        match set.phase() {
            Phase::Settling => {
                let derived = self.verifier.derive(htlcs, set);
                assert!(derived, "a settling set has been verified");
                self.claim(output);
            }
            Phase::Failing(reason) => {
                let claims = self.verifier.claims.iter();
                output.effects(claims.map(|claim| Effect::Fail { key: claim.key, reason }));
            }
            Phase::Collecting | Phase::Settled { .. } | Phase::Failed { .. } => {}
        }
    }

    fn advance(&mut self, clocks: Clocks, output: &mut Output) {
        if self.state.advance(clocks) {
            output.change(Change::PutClocks(self.state.clocks));
        }
        self.fail_due(output);
        let State { sets, policy, clocks, .. } = &mut self.state;
        for slot in sets.over(clocks.now_ms, policy.retention_ms) {
            output.change(Change::DeleteSet(sets.forget(slot)));
        }
    }

    fn fail_due(&mut self, output: &mut Output) {
        for (slot, reason) in self.state.due() {
            self.fail_set(slot, reason, output);
        }
    }

    /// An HTLC is gone. If its set was still collecting, the set can never be whole: the share of
    /// that HTLC is counted, and its hash would be claimed by nobody.
    fn resolved(&mut self, key: HtlcKey, output: &mut Output) {
        let Some(fate) = self.state.remove_htlc(key) else { return };
        output.change(Change::DeleteHtlc(key));
        let Fate::Member(set_slot) = fate else { return };
        let set = &self.state.sets[set_slot];
        if set.phase() == Phase::Collecting {
            self.fail_set(set_slot, Reason::MemberLost, output);
        } else if set.members() == 0 {
            self.state.sets.conclude(set_slot, self.state.clocks.now_ms);
            self.keep_or_forget(set_slot, output);
        }
    }

    /// Decisions that were made and not carried out leave again, in the order in which their sets
    /// were opened; then the HTLCs that failed by themselves. What still collects waits to be shown
    /// again, unless the policy it is opened with is shorter of patience.
    fn restarted(&mut self, output: &mut Output) {
        let policy = self.state.policy;
        if self.state.stored_policy.replace(policy) != Some(policy) {
            output.change(Change::PutPolicy(policy));
        }
        for slot in self.state.sets.leaving() {
            self.emit(slot, output);
        }
        let refused = self.state.htlcs.refusals().into_iter();
        output.effects(refused.map(|(key, reason)| Effect::Fail { key, reason }));
        self.fail_due(output);
    }
}
