//! Completion of a set, and the checks that follow.

use ammeter_amp::receiver::{IncomingHtlc, Invoice, Part, Reason, SetId, Version};
use ammeter_core::{HtlcKey, Preimage};

use crate::{
    sim::hash::{digest, xor},
    specimens::{
        Flaw,
        baseline::{Baseline, Htlc, State, arrive::weight, journal::Note},
    },
};

impl Baseline {
    /// Decides on a set if it is complete, and returns whether it did.
    pub(super) fn complete(&mut self, id: &SetId) -> bool {
        if self.has(Flaw::NotAtomic) && self.claim_alone(id) {
            return true;
        }
        if self.memory.sets[id].state != State::Collecting {
            return false;
        }
        let mut root = [0; 32];
        self.parts(id).for_each(|part| xor(&mut root, &part.share.0));
        if !self.is_whole(id, &root) {
            return false;
        }
        if let Version::Mpp { .. } = self.memory.sets[id].version {
            root = self.preimage_asked(id).unwrap_or(root);
        }
        let mpp = matches!(id, SetId::Mpp { .. });
        let matches = self.matches(id, &root);
        let is_tree = matches!(self.memory.sets[id].version, Version::Tree { .. });
        let early = self.has(Flaw::ThresholdShares) && self.is_short(id);
        if !matches && (is_tree || early || self.has(Flaw::MismatchWaits)) {
            return false;
        }
        let verdict = match matches {
            true if mpp && self.has(Flaw::MppClaimsParts) => None,
            true => self.unpaid(id),
            false => Some(Reason::HashMismatch),
        };
        match verdict {
            Some(reason) => {
                self.close_if(id, self.has(Flaw::BadSetClosesInvoice));
                self.decide(id, State::Failed(reason));
            }
            None => self.settle(id, root),
        }
        true
    }

    fn settle(&mut self, id: &SetId, root: [u8; 32]) {
        let spent = matches!(id, SetId::Mpp { .. }) && !self.has(Flaw::MppReusable);
        let invoice = self.invoice_of(id).filter(|invoice| spent || !invoice.reusable);
        self.decide(id, State::Settled(root));
        if self.has(Flaw::SettleCancelsOthers) {
            let collecting =
                self.memory.sets.iter().filter(|(_, set)| set.state == State::Collecting);
            let others: Vec<SetId> = collecting.map(|(other, _)| *other).collect();
            others.iter().for_each(|id| self.decide(id, State::Failed(Reason::SetFailed)));
        }
        if let Some(invoice) = invoice {
            self.memory.invoices.remove(&invoice.name);
            if !self.has(Flaw::ClosedInvoiceReopens) {
                self.notes.push(Note::Invoice(invoice.name, None));
            }
            if !self.has(Flaw::InvoicePaidTwice) {
                self.fail_sets_of(&invoice.name, Reason::NoInvoice);
            }
        }
    }

    fn close_if(&mut self, id: &SetId, closes: bool) {
        if let Some(invoice) = self.invoice_of(id).filter(|_| closes) {
            self.memory.invoices.remove(&invoice.name);
            self.notes.push(Note::Invoice(invoice.name, None));
        }
    }

    /// The parts of a set's HTLCs.
    fn parts<'a>(&'a self, id: &'a SetId) -> impl Iterator<Item = &'a Part> {
        let members = self.members(id).into_iter();
        members.filter_map(|key| self.memory.htlcs[&key].part.as_ref().ok())
    }

    /// The sum of weights, or the number of parts.
    fn held(&self, id: &SetId) -> u64 {
        let counts = !self.has(Flaw::IgnoresWeight);
        let weights = self.parts(id).map(|part| if counts { weight(part) } else { 1 });
        let held = weights.map(u64::from).sum::<u64>() + u64::from(self.memory.sets[id].extra);
        if self.has(Flaw::FourBitCounts) { held % 16 } else { held }
    }

    fn is_whole(&self, id: &SetId, root: &[u8; 32]) -> bool {
        match self.memory.sets[id].version {
            Version::Adaptive { part_count: 0 } => self.has(Flaw::UnknownCountIsZero),
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                let (held, n) = (self.held(id), u64::from(part_count));
                match self.flaw {
                    Some(Flaw::WeightPastCount) => held >= n,
                    Some(Flaw::ThresholdShares) => held + 1 >= n,
                    _ => held == n,
                }
            }
            Version::Committed { commitment } => digest(self.policy.hash, &[root]) == commitment.0,
            Version::Tree { .. } => true,
            Version::Mpp { .. } if self.has(Flaw::MppDueIsTotal) => {
                let due = self.invoice_of(id).map_or(0, |invoice| invoice.amount_msat.0);
                self.paid(id) >= due
            }
            Version::Mpp { .. } if self.has(Flaw::MppClaimsParts) => true,
            Version::Amp { total_msat, .. } | Version::Mpp { total_msat } => {
                self.paid(id) >= total_msat.0
            }
        }
    }

    /// Whether fewer shares than n are there, for the flaw of thresholds.
    fn is_short(&self, id: &SetId) -> bool {
        match self.memory.sets[id].version {
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                self.held(id) < part_count.into()
            }
            _ => false,
        }
    }

    /// Whether each HTLC is locked to a child of the root.
    fn matches(&self, id: &SetId, root: &[u8; 32]) -> bool {
        let members = self.members(id);
        let all = members.iter().map(|key| &self.memory.htlcs[key]);
        all.clone().all(|htlc| {
            let part = htlc.part.as_ref().expect("members have parts");
            self.child(root, htlc.incoming.payment_hash.0, part, members.len() as u32).is_some()
        })
    }

    /// The preimage of the HTLC with this hash, if it is a child of the root.
    fn child(
        &self,
        root: &[u8; 32],
        wanted: [u8; 32],
        part: &Part,
        parts: u32,
    ) -> Option<[u8; 32]> {
        let hash = self.policy.hash;
        if let Version::Mpp { .. } = part.version {
            let claims = digest(hash, &[root]) == wanted || self.has(Flaw::MppHashIgnored);
            return claims.then_some(*root);
        }
        let lnd = [root, part.share.0.as_slice()];
        let (roots, first, last) = match part.version {
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                (&lnd[..1], 1, part_count.max(parts))
            }
            Version::Committed { .. } => (&lnd[..1], 1, parts),
            Version::Tree { index } => (&lnd[..1], index.into(), index.into()),
            Version::Amp { child_index, .. } => (&lnd[..], child_index, child_index),
            Version::Mpp { .. } => unreachable!("claimed with the root"),
        };
        (first..=last).find_map(|index| {
            let index = index.to_be_bytes();
            let preimage = match roots {
                [root, share] => digest(hash, &[root, share, &index]),
                _ => digest(hash, &[root, &index]),
            };
            (digest(hash, &[&preimage]) == wanted).then_some(preimage)
        })
    }

    /// The preimage of an HTLC of a settled set.
    pub(super) fn preimage_of(&self, id: &SetId, root: &[u8; 32], htlc: &Htlc) -> Preimage {
        // How many HTLCs there were is not kept, but the policy bounds it.
        let most = self.policy.limits.part_count_max.min(64);
        let claim = |htlc: &Htlc| {
            let part = htlc.part.as_ref().ok()?;
            self.child(root, htlc.incoming.payment_hash.0, part, most)
        };
        let same_number = |other: &HtlcKey| other.htlc_id == htlc.incoming.key.htlc_id;
        let own = if self.has(Flaw::KeyWithoutChannel) {
            // The HTLC that was filed last under this id.
            let filed = self.members(id).into_iter().rfind(same_number);
            filed.and_then(|key| claim(&self.memory.htlcs[&key]))
        } else {
            claim(htlc)
        };
        Preimage(own.unwrap_or_default())
    }

    /// The preimage of the first HTLC of a part's set.
    pub(super) fn first_preimage(&self, part: &Part) -> Option<Preimage> {
        let id = self.set_id(part);
        let State::Settled(root) = self.memory.sets.get(&id)?.state else { return None };
        let first = *self.members(&id).first()?;
        Some(self.preimage_of(&id, &root, &self.memory.htlcs[&first]))
    }

    /// Whether a late HTLC could be claimed.
    pub(super) fn is_child(&self, root: &[u8; 32], incoming: &IncomingHtlc, part: &Part) -> bool {
        self.child(root, incoming.payment_hash.0, part, 64).is_some()
    }

    /// Claims the newest HTLC if its own share is enough, whatever the others are.
    fn claim_alone(&mut self, id: &SetId) -> bool {
        let alone = self.members(id).into_iter().find_map(|key| {
            let htlc = &self.memory.htlcs[&key];
            let part = htlc.part.as_ref().ok().filter(|_| htlc.own.is_none())?;
            let hash = htlc.incoming.payment_hash.0;
            self.child(&part.share.0, hash, part, 64).map(|_| (key, part.share.0))
        });
        let Some((key, root)) = alone else { return false };
        let htlc = self.memory.htlcs.get_mut(&key).expect("just found");
        htlc.own = Some(State::Settled(root));
        self.notes.push(Note::Htlc(key, Some(htlc.clone())));
        self.say(key);
        true
    }

    fn paid(&self, id: &SetId) -> u64 {
        let wire = self.has(Flaw::WireAmountCounts);
        let members = self.members(id);
        let htlcs = members.iter().map(|key| &self.memory.htlcs[key]);
        let amounts = htlcs.filter_map(|htlc| {
            let part = htlc.part.as_ref().ok()?;
            Some(if wire { htlc.incoming.amount_msat.0 } else { part.amount_msat.0 })
        });
        let saturates = self.has(Flaw::SumSaturates);
        amounts.fold(0, if saturates { u64::saturating_add } else { u64::wrapping_add })
    }

    /// The preimage of the open invoice that an `mpp` set pays.
    pub(super) fn preimage_asked(&self, id: &SetId) -> Option<[u8; 32]> {
        self.invoice_of(id)?.preimage.map(|preimage| preimage.0)
    }

    /// The open invoice that a set pays.
    pub(super) fn invoice_of(&self, id: &SetId) -> Option<Invoice> {
        let invoices = &self.memory.invoices;
        match id {
            SetId::Payment(id) => invoices.get(&id.0),
            SetId::Amp { payment_secret, .. } | SetId::Mpp { payment_secret } => {
                invoices.get(payment_secret)
            }
            SetId::Committed(id) => {
                invoices.iter().find(|(name, _)| name.starts_with(id)).map(|(_, invoice)| invoice)
            }
        }
        .copied()
    }

    /// Why a complete set is not accepted for its invoice.
    fn unpaid(&self, id: &SetId) -> Option<Reason> {
        if self.has(Flaw::DueIgnored) {
            return None;
        }
        let Some(invoice) = self.invoice_of(id) else {
            let asked = self.policy.spontaneous || self.has(Flaw::InvoicePaidTwice);
            return (!asked).then_some(Reason::NoInvoice);
        };
        let (paid, due) = (self.paid(id), invoice.amount_msat.0);
        let factor = match self.flaw {
            Some(Flaw::ExactlyOnly) => 1,
            Some(Flaw::AnyOverpayment) => u32::MAX,
            _ => self.policy.overpayment_factor_max.max(1),
        };
        let bound = if self.has(Flaw::BoundWraps) {
            due.wrapping_mul(factor.into())
        } else {
            due.saturating_mul(factor.into())
        };
        let short =
            if self.has(Flaw::AmountsAreDoubles) { (paid as f64) < due as f64 } else { paid < due };
        if short {
            Some(Reason::Underpaid)
        } else if due > 0 && paid > bound {
            Some(Reason::Overpaid)
        } else {
            None
        }
    }
}
