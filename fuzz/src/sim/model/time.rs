//! Deadlines, HTLCs that are gone, and sets that are forgotten.

use ammeter_amp::receiver::{Reason, SetId, Version};
use ammeter_core::HtlcKey;

use crate::sim::{
    model::{Fate, Model, Phase, Set},
    profile::Rule,
};

impl Model {
    /// Fails the sets whose deadline has passed, and forgets the sets whose retention time has
    /// passed.
    pub(super) fn check_deadlines(&mut self) {
        let late: Vec<(SetId, Reason)> = self
            .sets
            .iter()
            .filter(|(_, set)| set.phase == Phase::Collecting)
            .filter_map(|(id, set)| self.too_late(set).map(|reason| (*id, reason)))
            .collect();
        for (id, reason) in late {
            self.decide(&id, Phase::Failed(reason));
        }
        if self.profile.replaces(Rule::RetentionForEver) {
            return;
        }
        let (now_ms, retention_ms) = (self.now_ms, self.policy.retention_ms);
        self.sets.retain(|_, set| {
            set.since_ms.is_none_or(|since| now_ms < since.saturating_add(retention_ms))
        });
    }

    fn too_late(&self, set: &Set) -> Option<Reason> {
        if self.now_ms >= set.opened_ms.saturating_add(self.policy.hold_ms) {
            return Some(Reason::HeldTooLong);
        }
        if self.profile.replaces(Rule::ExpiryOnArrival) {
            return None;
        }
        let earliest = set.members.values().map(|member| member.incoming.cltv_expiry).min()?;
        self.expires_soon(earliest).then_some(Reason::ExpiresSoon)
    }

    /// Whether an HTLC of this expiry must not be held any more, whatever set it is of.
    pub(in crate::sim) fn is_due(&self, expiry: u32) -> bool {
        !self.profile.replaces(Rule::ExpiryOnArrival) && self.expires_soon(expiry)
    }

    pub(super) fn expires_soon(&self, expiry: u32) -> bool {
        let margin = self.policy.expiry_margin_blocks;
        u64::from(self.height) + u64::from(margin) >= u64::from(expiry)
    }

    pub(super) fn resolve(&mut self, key: HtlcKey) {
        let Some(fate) = self.fates.remove(&key) else { return };
        let Fate::Member(id) = fate else { return };
        let (step, now_ms) = (self.step, self.now_ms);
        let set = self.sets.get_mut(&id).expect("members have sets");
        if set.phase == Phase::Collecting && !self.profile.replaces(Rule::LostMemberIgnored) {
            // Its share is lost, so the set fails. The HTLC itself was neither claimed nor failed.
            set.phase = Phase::Failed(Reason::MemberLost);
            set.decided_at = step;
        }
        set.members.get_mut(&key).expect("it is a member").gone = true;
        if set.members.values().all(|member| member.gone) {
            set.since_ms = Some(now_ms);
            // Its payer has no other id to try again under.
            let again = matches!(set.version, Version::Mpp { .. });
            if again && matches!(set.phase, Phase::Failed(_)) {
                self.sets.remove(&id);
            }
        }
    }
}
