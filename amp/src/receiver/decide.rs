//! Decisions on whole sets. Each is one record, so that no crash can split it.

use subtle::ConstantTimeEq;

use crate::receiver::{
    effect::{Effect, Reason},
    event::Version,
    record::Change,
    set::Phase,
    step::{Output, Receiver},
};
use ammeter_core::types::BYTES;

/// How far a set is that one more HTLC has joined.
pub(super) enum Progress {
    /// Shares are missing.
    Collecting,
    /// Whole, and every hash that it holds is derived from its shares.
    Verified,
    /// Whole, and some hash is not.
    Mismatch,
}

impl Receiver {
    /// How far a collecting set is, now that `newcomer` joined it.
    pub(super) fn examine(&mut self, newcomer: u32, set_slot: u32) -> Progress {
        let set = &self.state.sets[set_slot];
        let whole = match set.version {
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                set.weight == part_count
            }
            // The root is secret until it is whole: how close it is must not show in the time that
            // the comparison takes.
            Version::Committed { commitment } => {
                self.verifier.hash().digest(&set.root.0).ct_eq(&commitment.0).into()
            }
            Version::Amp { total, .. } => set.amount >= total,
            // With a share missing, the XOR is not the seed, and no hash matches. The newcomer's
            // alone shows that, except to a sender that fools itself.
            Version::Tree { .. } => {
                let whole = self.verifier.derives(&self.state, set, &self.state.htlcs[newcomer])
                    && self.verifier.verify(&mut self.state, set_slot);
                return if whole { Progress::Verified } else { Progress::Collecting };
            }
        };
        match whole {
            false => Progress::Collecting,
            true if self.verifier.verify(&mut self.state, set_slot) => Progress::Verified,
            true => Progress::Mismatch,
        }
    }

    /// Decides on a set that has every share: all of its HTLCs are claimed, or all fail, and nobody
    /// else's (lnd #11198, lnd c0f934e36). The verifier has just derived what claims them.
    pub(super) fn settle_or_fail(&mut self, set_slot: u32, output: &mut Output) {
        match self.state.check_payment(&self.state.sets[set_slot]) {
            Err(reason) => self.fail_set(set_slot, reason, output),
            Ok(invoice) => {
                let closed =
                    invoice.filter(|invoice| !invoice.reusable).map(|invoice| invoice.name);
                self.state.leave(set_slot, Phase::Settling);
                output.changes.push(Change::PutSet(self.state.sets[set_slot].record()));
                self.claim(output);
                if let Some(name) = closed {
                    self.state.close_invoice(&name);
                    output.changes.push(Change::DeleteInvoice(name));
                    self.fail_unpaid(&name, Reason::NoInvoice, output);
                }
            }
        }
    }

    /// Claims the members that the verifier has derived.
    fn claim(&self, output: &mut Output) {
        output.effects.extend(
            self.verifier
                .claims
                .iter()
                .map(|claim| Effect::Settle { key: claim.key, preimage: claim.preimage }),
        );
    }

    /// Fails the sets that still collect for an invoice which has been closed: they must not be held
    /// until their deadline (lnd #9459), and not become payments that nobody asked for.
    pub(super) fn fail_unpaid(&mut self, name: &[u8; BYTES], reason: Reason, output: &mut Output) {
        let mut sets = core::mem::take(&mut self.sets);
        self.state.collecting_for(name, &mut sets);
        sets.sort_unstable_by_key(|slot| self.state.sets[*slot].id);
        for slot in sets.drain(..) {
            self.fail_set(slot, reason, output);
        }
        self.sets = sets;
    }

    /// Fails a collecting set. Its invoice stays open: one bad set must not close it for the next.
    pub(super) fn fail_set(&mut self, set_slot: u32, reason: Reason, output: &mut Output) {
        self.state.leave(set_slot, Phase::Failing(reason));
        if self.state.sets[set_slot].roster.count == 0 {
            self.state.conclude(set_slot, self.state.clocks.now_ms);
        }
        output.changes.push(Change::PutSet(self.state.sets[set_slot].record()));
        self.emit(set_slot, output);
    }

    /// What a decision says of each HTLC that is left, by their keys.
    pub(super) fn emit(&mut self, set_slot: u32, output: &mut Output) {
        let set = &self.state.sets[set_slot];
        self.verifier.gather(&self.state, set);
        match set.phase {
            Phase::Settling => {
                let derived = self.verifier.derive(&self.state, set);
                assert!(derived, "a settling set has been verified");
                self.claim(output);
            }
            Phase::Failing(reason) => output.effects.extend(
                self.verifier.claims.iter().map(|claim| Effect::Fail { key: claim.key, reason }),
            ),
            Phase::Collecting | Phase::Settled { .. } | Phase::Failed { .. } => {}
        }
    }
}
