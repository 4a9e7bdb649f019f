//! Deadlines, cancelled invoices, HTLCs that are gone, and restarts.

use ammeter_amp::receiver::{Effect, Reason, SetId};
use ammeter_core::HtlcKey;

use crate::specimens::{
    Flaw,
    baseline::{Baseline, Memory, Set, State, journal::Note},
};

impl Baseline {
    /// Panics of a clock that goes back, with the flaw that subtracts times.
    pub(super) fn check_clock(&self, now_ms: u64) {
        if self.has(Flaw::ClockUnderflows) {
            for set in self.memory.sets.values() {
                let _age_ms = now_ms.checked_sub(set.opened_ms).expect("time goes on");
            }
        }
    }

    /// Fails sets whose deadline has passed, and forgets sets whose retention time has passed.
    pub(super) fn time_passes(&mut self) {
        let late: Vec<(SetId, Reason)> = {
            // The timer of a flaw looks at an older state.
            let seen = match &self.stale {
                Some(stale) if self.has(Flaw::TimerRacesSettle) => stale,
                _ => &self.memory,
            };
            let collecting = seen.sets.iter().filter(|(_, set)| set.state == State::Collecting);
            collecting.filter_map(|(id, set)| Some((*id, self.too_late(id, set)?))).collect()
        };
        for (id, reason) in late {
            self.decide(&id, State::Failed(reason));
            if self.has(Flaw::TimedOutSetReopens) {
                self.detach(&id, reason);
            }
        }
        let (now_ms, retention_ms) = (self.memory.now_ms, self.policy.retention_ms);
        let over = |set: &Set| set.since_ms.is_some_and(|since| now_ms >= since + retention_ms);
        let sets = self.memory.sets.iter().filter(|(_, set)| over(set));
        let old: Vec<SetId> = sets.map(|(id, _)| *id).collect();
        if !self.has(Flaw::RemembersForEver) {
            old.iter().for_each(|id| self.forget(id));
        }
    }

    /// Forgets a set at once. Its HTLCs keep their verdict.
    fn detach(&mut self, id: &SetId, reason: Reason) {
        for key in self.members(id) {
            let htlc = self.memory.htlcs.get_mut(&key).expect("a member");
            htlc.part = Err(reason);
            self.notes.push(Note::Htlc(key, Some(htlc.clone())));
        }
        self.forget(id);
    }

    fn forget(&mut self, id: &SetId) {
        self.memory.sets.remove(id);
        self.note_set(id);
    }

    fn too_late(&self, id: &SetId, set: &Set) -> Option<Reason> {
        let Memory { now_ms, height, htlcs, .. } = &self.memory;
        let mut held_ms = now_ms.saturating_sub(set.opened_ms);
        if self.has(Flaw::HoldWraps) {
            held_ms = held_ms * 1_000 % (1 << 32) / 1_000;
        }
        if held_ms >= self.policy.hold_ms && !self.has(Flaw::NeverTimesOut) {
            return Some(Reason::HeldTooLong);
        }
        let members = self.members(id);
        let earliest = members.iter().map(|key| htlcs[key].incoming.cltv_expiry).min()?;
        let expiry = if self.has(Flaw::FirstExpiryOnly) { set.cltv_expiry } else { earliest };
        let margin =
            if self.has(Flaw::MarginForgotten) { 0 } else { self.policy.expiry_margin_blocks };
        let soon = height.saturating_add(margin) >= expiry && !self.has(Flaw::ExpiryIgnored);
        soon.then_some(Reason::ExpiresSoon)
    }

    pub(super) fn cancel(&mut self, name: &[u8; 32]) {
        if self.memory.invoices.remove(name).is_none() {
            return;
        }
        self.notes.push(Note::Invoice(*name, None));
        if !self.has(Flaw::CancelKeepsHeld) {
            self.fail_sets_of(name, Reason::InvoiceCancelled);
        }
    }

    /// Fails the sets that collect for an invoice.
    pub(super) fn fail_sets_of(&mut self, name: &[u8; 32], reason: Reason) {
        let seen = match &self.stale {
            Some(stale) if self.has(Flaw::CancelRacesSettle) => stale,
            _ => &self.memory,
        };
        let collecting = seen.sets.iter().filter(|(_, set)| set.state == State::Collecting);
        let ids: Vec<SetId> =
            collecting.filter(|(id, _)| names(id, name)).map(|(id, _)| *id).collect();
        for id in ids {
            self.decide(&id, State::Failed(reason));
        }
    }

    pub(super) fn resolve(&mut self, key: HtlcKey) {
        if self.has(Flaw::KeepsResolved) {
            return;
        }
        if self.has(Flaw::RepeatsResolved) {
            self.say(key);
            self.old.extend(self.effects.pop());
        }
        let Some(htlc) = self.memory.htlcs.remove(&key) else { return };
        self.notes.push(Note::Htlc(key, None));
        let Ok(part) = htlc.part else { return };
        let id = self.set_id(&part);
        let Some(set) = self.memory.sets.get(&id) else { return };
        let (state, now_ms) = (set.state, self.memory.now_ms);
        let last = self.members(&id).is_empty();
        let fails = last || !self.has(Flaw::LostMemberIgnored);
        if state == State::Collecting && fails {
            self.decide(&id, State::Failed(Reason::MemberLost));
        }
        if !last {
            return;
        }
        // The payer of an `mpp` set has no other id to try again under.
        let again = matches!(id, SetId::Mpp { .. }) && !matches!(state, State::Settled(_));
        let settled = self.has(Flaw::ForgetsSettled) && matches!(state, State::Settled(_));
        if settled || again && !self.has(Flaw::MppNeverAgain) {
            return self.forget(&id);
        }
        if let Some(set) = self.memory.sets.get_mut(&id) {
            set.since_ms = Some(now_ms);
        }
        self.note_set(&id);
    }

    /// Repeats the resolutions of HTLCs that are not gone.
    pub(super) fn resume(&mut self) {
        if self.has(Flaw::SaysNothingAgain) {
            return;
        }
        let keys: Vec<HtlcKey> = self.memory.htlcs.keys().copied().collect();
        for key in keys {
            self.say(key);
        }
        self.effects.extend(&self.old);
        self.effects.retain(|effect| !matches!(effect, Effect::Hold(_)));
    }

    /// Doubles each resolution among the effects.
    pub(super) fn repeat_resolutions(&mut self) {
        for effect in core::mem::take(&mut self.effects) {
            if !matches!(effect, Effect::Hold(_)) {
                self.effects.push(effect);
            }
            self.effects.push(effect);
        }
    }

    /// Keeps one claim among the effects, and delays the others until the next input.
    pub(super) fn claim_one(&mut self) {
        let mut claims = 0;
        let (now, later) = core::mem::take(&mut self.effects).into_iter().partition(|effect| {
            claims += usize::from(matches!(effect, Effect::Settle { .. }));
            claims <= 1 || !matches!(effect, Effect::Settle { .. })
        });
        (self.effects, self.backlog) = (now, later);
    }
}

/// Whether a set pays an invoice.
fn names(id: &SetId, name: &[u8; 32]) -> bool {
    match id {
        SetId::Payment(id) => id.0 == *name,
        SetId::Committed(id) => name.starts_with(id),
        SetId::Amp { payment_secret, .. } | SetId::Mpp { payment_secret } => payment_secret == name,
    }
}
