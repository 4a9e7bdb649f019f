//! The rules for an HTLC that arrives.

use std::collections::BTreeMap;

use ammeter_amp::receiver::{
    Deviation, IncomingHtlc, Invoice, Part, Realms, Reason, SetId, Version,
};
use ammeter_core::Preimage;

use crate::sim::{
    hash::digest,
    model::{Fate, Member, Model, Phase, Set},
    profile::Rule,
};

/// 21 million bitcoin, in millisatoshi.
const SUPPLY: u64 = 2_100_000_000_000_000_000;

/// What an HTLC's arrival does.
enum Ruling {
    /// It joins its set.
    Join,
    /// It fails; its set does not change.
    Refuse(Reason),
    /// It fails, and its set fails.
    Spoil(Reason),
}

impl Model {
    pub(super) fn arrive(&mut self, incoming: IncomingHtlc, part: Option<Part>) {
        match self.fates.get(&incoming.key) {
            Some(Fate::Refused(_)) if self.profile.replaces(Rule::RefusalsForgotten) => {}
            Some(Fate::Refused(_) | Fate::Member(_)) => return,
            Some(Fate::Unkept(_)) | None => {}
        }
        if let Some(part) = &part {
            self.open_gift(&incoming, part);
        }
        let ruling = match (self.no_room(&incoming), &part) {
            (Some(limit), _) => Ruling::Refuse(limit),
            (None, None) => Ruling::Refuse(Reason::Unreadable),
            (None, Some(part)) => self.rule(&incoming, part),
        };
        match (ruling, part) {
            (Ruling::Join, Some(part)) => {
                if let SetId::Amp { payment_secret, set_id } = part.set_id {
                    self.set_ids.entry(set_id.0).or_insert(payment_secret);
                }
                let id = self.join(incoming, part);
                self.complete(&id);
            }
            (Ruling::Spoil(reason), Some(part)) => {
                self.refuse(&incoming, reason);
                self.decide(&part.set_id, Phase::Failed(reason));
            }
            (Ruling::Refuse(reason) | Ruling::Spoil(reason), _) => {
                self.refuse(&incoming, reason);
            }
            (Ruling::Join, None) => unreachable!("what cannot be read is refused"),
        }
    }

    /// Remembered while there is room; after that, all that expires no later fails as well. A receiver
    /// that forgets refusals needs no room for them.
    pub(super) fn refuse(&mut self, incoming: &IncomingHtlc, reason: Reason) {
        let has_room = self.refusals() < self.policy.limits.refusals_max as usize;
        if has_room || self.profile.replaces(Rule::RefusalsForgotten) {
            self.fates.insert(incoming.key, Fate::Refused(reason));
        } else {
            self.fates.insert(incoming.key, Fate::Unkept(reason));
            self.closed_until = self.closed_until.max(incoming.cltv_expiry);
        }
    }

    fn refusals(&self) -> usize {
        self.fates.values().filter(|fate| matches!(fate, Fate::Refused(_))).count()
    }

    fn join(&mut self, incoming: IncomingHtlc, part: Part) -> SetId {
        let id = part.set_id;
        let (opened_ms, joined_ms) = (self.now_ms, self.now_ms);
        let set = self.sets.entry(id).or_insert_with(|| {
            Box::new(Set {
                version: part.version,
                realm: part.realm,
                opened_ms,
                phase: Phase::Collecting,
                decided_at: 0,
                since_ms: None,
                members: BTreeMap::new(),
            })
        });
        if let (Version::Adaptive { part_count: known @ 0 }, Version::Adaptive { part_count }) =
            (&mut set.version, part.version)
        {
            *known = part_count;
        }
        let member = Member { incoming, part, preimage: Preimage::ZERO, gone: false, joined_ms };
        set.members.insert(incoming.key, Box::new(member));
        // Its members may all have been gone, where a lost one counts on.
        set.since_ms = None;
        self.fates.insert(incoming.key, Fate::Member(id));
        id
    }

    fn rule(&self, incoming: &IncomingHtlc, part: &Part) -> Ruling {
        use Ruling::Refuse;
        if is_zero(&part.set_id) {
            return Refuse(Reason::ZeroId);
        }
        let n_max = self.policy.limits.part_count_max;
        match part.version {
            Version::Basic { part_count, .. } | Version::Adaptive { part_count }
                if part_count > n_max =>
            {
                return Refuse(Reason::TooManyParts);
            }
            _ => {}
        }
        if incoming.amount_msat < part.amount_msat {
            return Refuse(Reason::AmountBelowOnion);
        }
        if incoming.cltv_expiry < part.cltv_expiry {
            return Refuse(Reason::ExpiryBelowOnion);
        }
        if self.expires_soon(incoming.cltv_expiry) {
            return Refuse(Reason::ExpiresSoon);
        }
        if let Some(reason) = self.rule_of_profile(incoming, part) {
            return Refuse(reason);
        }
        match self.sets.get(&part.set_id) {
            None if self.is_unasked(incoming, part) => Refuse(Reason::NoInvoice),
            None => self.rule_first(part),
            Some(set) => match set.phase {
                Phase::Settled => Refuse(Reason::SetSettled),
                Phase::Failed(_) => Refuse(Reason::SetFailed),
                Phase::Collecting if self.is_unasked(incoming, part) => Refuse(Reason::NoInvoice),
                Phase::Collecting => self.rule_next(set, incoming, part),
            },
        }
    }

    /// Whether an `mpp` part is locked to another hash than that of its invoice.
    fn is_unasked(&self, incoming: &IncomingHtlc, part: &Part) -> bool {
        if !matches!(part.version, Version::Mpp { .. }) {
            return false;
        }
        let preimage = self.invoice_of(&part.set_id).and_then(|invoice| invoice.preimage);
        let hash = preimage.map(|preimage| digest(self.policy.hash, &[&preimage.0]));
        hash != Some(incoming.payment_hash.0)
    }

    /// What a receiver refuses on purpose that the table holds.
    fn rule_of_profile(&self, incoming: &IncomingHtlc, part: &Part) -> Option<Reason> {
        let replaces = |rule| self.profile.replaces(rule);
        if replaces(Rule::AmountsOfSupply) && incoming.amount_msat.0 > SUPPLY {
            return Some(Reason::AmountOverflow);
        }
        if let SetId::Amp { payment_secret: name, set_id } = part.set_id {
            if replaces(Rule::ZeroSecretRefused) && name == [0; 32] {
                return Some(Reason::ZeroId);
            }
            let before = self.set_ids.get(&set_id.0);
            if replaces(Rule::SetIdsGlobal) && before.is_some_and(|one| *one != name) {
                return Some(Reason::Deviates);
            }
        }
        let (Version::Amp { total_msat, .. } | Version::Mpp { total_msat }) = part.version else {
            return None;
        };
        let invoice = self.invoice_of(&part.set_id);
        let due = invoice.map_or(1, |invoice| invoice.amount_msat.0.max(1));
        (replaces(Rule::TotalBelowDue) && total_msat.0 < due).then_some(Reason::Underpaid)
    }

    /// A gift that is well made opens an invoice, even if it is refused then.
    fn open_gift(&mut self, incoming: &IncomingHtlc, part: &Part) {
        let (SetId::Amp { payment_secret: name, .. }, Version::Amp { total_msat, .. }) =
            (part.set_id, part.version)
        else {
            return;
        };
        let is_wanted = self.profile.replaces(Rule::GiftsOpenInvoices) && self.policy.spontaneous;
        let is_known = self.invoices.contains_key(&name)
            || self.cancelled.contains(&name)
            || self.gifts.contains_key(&incoming.payment_hash.0);
        let is_fit = incoming.amount_msat >= part.amount_msat
            && incoming.cltv_expiry >= part.cltv_expiry
            && !self.expires_soon(incoming.cltv_expiry)
            && !(self.profile.replaces(Rule::AmountsOfSupply) && incoming.amount_msat.0 > SUPPLY);
        if !is_wanted || is_known || !is_fit {
            return;
        }
        self.gifts.insert(incoming.payment_hash.0, name);
        if name != [0; 32] {
            let (reusable, preimage) = (true, None);
            let invoice = Invoice { name, amount_msat: total_msat, reusable, preimage };
            self.invoices.insert(name, invoice);
        }
    }

    /// The ruling on the first HTLC of a set.
    fn rule_first(&self, part: &Part) -> Ruling {
        let open = self.invoice_of(&part.set_id).is_some();
        let by_gifts = self.profile.replaces(Rule::GiftsOpenInvoices)
            && matches!(part.set_id, SetId::Amp { .. });
        if !open && (by_gifts || !self.policy.spontaneous || self.is_closed(&part.set_id)) {
            return Ruling::Refuse(Reason::NoInvoice);
        }
        if self.sets.len() >= self.policy.limits.sets_max as usize {
            return Ruling::Refuse(Reason::SetLimit);
        }
        Ruling::Join
    }

    /// The ruling on an HTLC of a set that collects.
    fn rule_next(&self, set: &Set, incoming: &IncomingHtlc, part: &Part) -> Ruling {
        use Ruling::{Join, Refuse, Spoil};
        if self.deviates(set, part) {
            return match self.policy.deviation {
                Deviation::FailSet => Spoil(Reason::Deviates),
                Deviation::RejectNewcomer => Refuse(Reason::Deviates),
            };
        }
        let same = |member: &Member| member.incoming.payment_hash == incoming.payment_hash;
        let one_hash = matches!(set.version, Version::Mpp { .. });
        if !one_hash
            && set.members.values().any(|member| same(member))
            && !self.profile.replaces(Rule::DuplicateHashJoins)
        {
            return Refuse(Reason::DuplicateHash);
        }
        if let Some(reason) = self.weight_overflow(set, part) {
            return Refuse(reason);
        }
        let counted =
            |incoming: &IncomingHtlc, part: &Part| u128::from(self.counted(incoming, part));
        let held = set.members.values().map(|member| counted(&member.incoming, &member.part));
        if held.sum::<u128>() + counted(incoming, part) > u128::from(u64::MAX) {
            return Spoil(Reason::AmountOverflow);
        }
        if set.members.len() >= self.policy.limits.set_htlcs_max as usize {
            return Refuse(Reason::SetHtlcLimit);
        }
        Join
    }

    /// Why there is no room for an HTLC, whatever its onion says.
    fn no_room(&self, incoming: &IncomingHtlc) -> Option<Reason> {
        let limits = &self.policy.limits;
        if incoming.cltv_expiry <= self.closed_until {
            return Some(Reason::RefusalLimit);
        }
        let kept = |fate: &Fate| matches!(fate, Fate::Member(_));
        let here = || self.fates.iter().filter(|(_, fate)| kept(fate));
        let of_channel = || here().filter(|(key, _)| key.channel_id == incoming.key.channel_id);
        if here().count() >= limits.htlcs_max as usize {
            Some(Reason::HtlcLimit)
        } else if of_channel().count() >= limits.channel_htlcs_max as usize {
            Some(Reason::ChannelLimit)
        } else {
            None
        }
    }

    /// Whether a remembered set of the same name was paid, or lost its invoice.
    fn is_closed(&self, id: &SetId) -> bool {
        let closes = |set: &Set| match set.phase {
            Phase::Collecting => false,
            Phase::Settled => true,
            Phase::Failed(reason) => {
                matches!(reason, Reason::InvoiceCancelled | Reason::NoInvoice)
            }
        };
        self.sets.iter().any(|(other, set)| closes(set) && same_name(id, other))
    }

    /// Whether the weights, or the number of parts, would sum past n.
    fn weight_overflow(&self, set: &Set, part: &Part) -> Option<Reason> {
        let weight = |part: &Part| match part.version {
            Version::Basic { weight, .. } => u64::from(weight),
            _ => 1,
        };
        let unknown = (self.policy.limits.part_count_max, Reason::TooManyParts);
        let (most, reason) = match set.version {
            Version::Adaptive { part_count: 0 } | Version::Committed { .. } => unknown,
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                (part_count, Reason::WeightOverflow)
            }
            _ => return None,
        };
        let held = set.members.values().map(|member| weight(&member.part)).sum::<u64>();
        (held + weight(part) > most.into()).then_some(reason)
    }

    fn deviates(&self, set: &Set, part: &Part) -> bool {
        if self.policy.realms == Realms::One && set.realm != part.realm {
            return true;
        }
        match (set.version, part.version) {
            (Version::Basic { part_count: first, .. }, Version::Basic { part_count: this, .. }) => {
                first != this
            }
            // An n of 0 is not known yet.
            (Version::Adaptive { part_count: known }, Version::Adaptive { part_count: this }) => {
                let told = known == 0 && this != 0;
                (known != 0 && this != 0 && known != this)
                    // Its n is smaller than the number of HTLCs, itself included.
                    || (told && set.members.len() >= this as usize)
            }
            (Version::Committed { commitment: first }, Version::Committed { commitment: this }) => {
                first != this
            }
            (Version::Tree { .. }, Version::Tree { .. }) => false,
            (Version::Amp { total_msat: first, .. }, Version::Amp { total_msat: this, .. }) => {
                first != this
            }
            (Version::Mpp { total_msat: first }, Version::Mpp { total_msat: this }) => {
                first != this
            }
            _ => true,
        }
    }
}

fn is_zero(id: &SetId) -> bool {
    match id {
        SetId::Payment(id) => id.0 == [0; 32],
        SetId::Committed(id) => *id == [0; 11],
        SetId::Amp { set_id, .. } => set_id.0 == [0; 32],
        SetId::Mpp { payment_secret } => *payment_secret == [0; 32],
    }
}

/// Whether two sets have the same name. A committed set carries 11 bytes of it.
fn same_name(one: &SetId, other: &SetId) -> bool {
    let full = |id: &SetId| match *id {
        SetId::Payment(id) => Some(id.0),
        SetId::Amp { payment_secret, .. } | SetId::Mpp { payment_secret } => Some(payment_secret),
        SetId::Committed(_) => None,
    };
    match (one, other) {
        (SetId::Committed(short), long) | (long, SetId::Committed(short)) => {
            full(long).is_some_and(|name| name.starts_with(short))
        }
        _ => full(one) == full(other),
    }
}
