//! Completion of a set, and the checks that follow.

use ammeter_amp::receiver::{IncomingHtlc, Invoice, Part, Reason, SetId, Version};
use ammeter_core::Preimage;

use crate::sim::{
    hash::{digest, xor},
    model::{Model, Phase, Set},
    profile::Rule,
};

/// The children that are looked for: more than a payment of a history has, which is 255 parts and as
/// many folded shares. A policy without a bound must not make the model derive 2^32 of them.
const CHILDREN_MAX: u32 = 512;

impl Model {
    /// Decides on a set that collects, if it is complete.
    pub(super) fn complete(&mut self, id: &SetId) {
        let set = &self.sets[id];
        if set.phase != Phase::Collecting {
            return;
        }
        let mut root = [0; 32];
        set.members.values().for_each(|member| xor(&mut root, &member.part.share.0));
        if !self.is_whole(set, &root) {
            return;
        }
        // The receiver of an `mpp` set knows its preimage before anything arrives.
        if let Version::Mpp { .. } = set.version {
            let invoice = self.invoice_of(id).and_then(|invoice| invoice.preimage);
            root = invoice.map_or(root, |preimage| preimage.0);
        }
        let Some(preimages) = self.claims(set, &root) else {
            // A tree is complete when its hashes match: until then it waits.
            if !matches!(set.version, Version::Tree { .. }) {
                self.decide(id, Phase::Failed(Reason::HashMismatch));
            }
            return;
        };
        if let Some(reason) = self.unpaid(id, set) {
            return self.decide(id, Phase::Failed(reason));
        }
        let set = self.sets.get_mut(id).expect("just read");
        for (member, preimage) in set.members.values_mut().zip(preimages) {
            member.preimage = preimage;
        }
        self.decide(id, Phase::Settled);
        let spent = matches!(self.sets[id].version, Version::Mpp { .. });
        let closes = |invoice: &Invoice| spent || !invoice.reusable;
        if let Some(invoice) = self.invoice_of(id).filter(closes) {
            self.invoices.remove(&invoice.name);
            self.fail_sets_of(&invoice.name, Reason::NoInvoice);
        }
    }

    fn is_whole(&self, set: &Set, root: &[u8; 32]) -> bool {
        let held = set.members.len() as u64;
        match set.version {
            Version::Basic { part_count, .. } => {
                let weight = |version| match version {
                    Version::Basic { weight, .. } => u64::from(weight),
                    _ => 0,
                };
                set.members.values().map(|member| weight(member.part.version)).sum::<u64>()
                    == u64::from(part_count)
            }
            Version::Adaptive { part_count } => part_count != 0 && held == u64::from(part_count),
            Version::Committed { commitment } => digest(self.policy.hash, &[root]) == commitment.0,
            Version::Tree { .. } => true,
            Version::Amp { total_msat, .. } | Version::Mpp { total_msat } => {
                self.amount(set) >= total_msat.0
            }
        }
    }

    /// The preimage of each member, in their order; `None` if a member has the hash of no child.
    fn claims(&self, set: &Set, root: &[u8; 32]) -> Option<Vec<Preimage>> {
        let hash = self.policy.hash;
        let child = |index: u32, share: Option<&[u8; 32]>| match share {
            Some(share) => digest(hash, &[root, share, &index.to_be_bytes()]),
            None => digest(hash, &[root, &index.to_be_bytes()]),
        };
        // Preimages and hashes of the children 1..=last, where a part does not carry its index.
        let last = match set.version {
            Version::Basic { part_count, .. } => part_count,
            Version::Adaptive { .. } | Version::Committed { .. } => set.members.len() as u32,
            Version::Tree { .. } | Version::Amp { .. } | Version::Mpp { .. } => 0,
        };
        let counted = (1..=last.min(CHILDREN_MAX)).map(|index| {
            let preimage = child(index, None);
            (preimage, digest(hash, &[&preimage]))
        });
        let counted: Vec<([u8; 32], [u8; 32])> = counted.collect();
        let claim = |member: &super::Member| {
            let wanted = member.incoming.payment_hash.0;
            let own = match member.part.version {
                Version::Tree { index } => Some(child(index.into(), None)),
                Version::Amp { child_index, .. } => {
                    Some(child(child_index, Some(&member.part.share.0)))
                }
                Version::Mpp { .. } => Some(*root),
                _ => None,
            };
            match own {
                Some(preimage) => (digest(hash, &[&preimage]) == wanted).then_some(preimage),
                None => counted.iter().find(|(_, hash)| *hash == wanted).map(|(r, _)| *r),
            }
        };
        // No two members have the same hash, so no two have the same child; but for `mpp`, where all
        // have one.
        set.members.values().map(|member| claim(member).map(Preimage)).collect()
    }

    /// Why a complete set is not accepted for its invoice.
    fn unpaid(&self, id: &SetId, set: &Set) -> Option<Reason> {
        let Some(invoice) = self.invoice_of(id) else {
            return (!self.policy.spontaneous).then_some(Reason::NoInvoice);
        };
        let (paid, due) = (self.amount(set), invoice.amount_msat.0);
        let most = u128::from(due) * u128::from(self.policy.overpayment_factor_max.max(1));
        if paid < due {
            Some(Reason::Underpaid)
        } else if due > 0 && u128::from(paid) > most && !self.profile.replaces(Rule::AnyOverpayment)
        {
            Some(Reason::Overpaid)
        } else {
            None
        }
    }

    fn amount(&self, set: &Set) -> u64 {
        set.members.values().map(|member| self.counted(&member.incoming, &member.part)).sum()
    }

    /// What of an HTLC counts.
    pub(super) fn counted(&self, incoming: &IncomingHtlc, part: &Part) -> u64 {
        if self.profile.replaces(Rule::WireAmounts) {
            incoming.amount_msat.0
        } else {
            part.amount_msat.0
        }
    }
}
