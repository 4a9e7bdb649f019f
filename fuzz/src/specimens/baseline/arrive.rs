//! The rules for an HTLC that arrives.

use ammeter_amp::receiver::{
    Deviation, Effect, IncomingHtlc, Invoice, Onion, Part, Realms, Reason, SetId, Version,
};
use ammeter_core::{HtlcKey, PaymentId};

use crate::{
    sim::hash::digest,
    specimens::{
        Flaw,
        baseline::{Baseline, HTLC_BYTES, Htlc, SET_BYTES, Set, State, journal::Note, read},
    },
};

/// Why an HTLC does not join its set.
enum No {
    Refused(Reason),
    /// Its set fails with it.
    SetFails(Reason),
}

use No::{Refused, SetFails};

impl Baseline {
    pub(super) fn arrive(&mut self, incoming: IncomingHtlc, onion: Onion<'_>) {
        if let Some(known) = self.known(incoming.key) {
            return self.again(known);
        }
        let mut part = read::part(onion, self.flaw);
        if let Some(part) = part.as_mut().filter(|_| self.has(Flaw::MppSecretIgnored)) {
            self.find_by_hash(part, &incoming);
        }
        match self.judge(&incoming, part.as_ref()) {
            Err(Refused(reason)) => self.refuse(incoming, reason),
            Err(SetFails(reason)) => {
                self.refuse(incoming, reason);
                if let Some(part) = &part {
                    let id = self.set_id(part);
                    self.fail(&id, reason);
                }
            }
            Ok(()) => self.join(incoming, part.expect("judged")),
        }
    }

    /// Gives an `mpp` part the secret of the open invoice that has its hash.
    fn find_by_hash(&self, part: &mut Part, incoming: &IncomingHtlc) {
        let SetId::Mpp { payment_secret } = &mut part.set_id else { return };
        let asks = |invoice: &&Invoice| self.asks(invoice, incoming);
        if let Some(invoice) = self.memory.invoices.values().find(asks) {
            *payment_secret = invoice.name;
        }
    }

    /// Whether an invoice has the hash of this HTLC.
    fn asks(&self, invoice: &Invoice, incoming: &IncomingHtlc) -> bool {
        let hash = invoice.preimage.map(|preimage| digest(self.policy.hash, &[&preimage.0]));
        hash == Some(incoming.payment_hash.0)
    }

    /// Whether an `mpp` part is not for the hash of an open invoice.
    fn is_unasked(&self, incoming: &IncomingHtlc, part: &Part) -> bool {
        let asked = |invoice: &Invoice| {
            self.asks(invoice, incoming)
                || self.has(Flaw::MppHashIgnored) && invoice.preimage.is_some()
        };
        let mpp = matches!(part.version, Version::Mpp { .. });
        mpp && !self.invoice_of(&part.set_id).is_some_and(|invoice| asked(&invoice))
    }

    /// The HTLC that is filed under this key.
    fn known(&self, key: HtlcKey) -> Option<HtlcKey> {
        let htlcs = &self.memory.htlcs;
        let filed: fn(HtlcKey) -> (u64, u64) = match self.flaw {
            Some(Flaw::ChannelIdsCut) => |key| (key.channel_id & 0xff, key.htlc_id),
            Some(Flaw::HtlcIdsCut) => |key| (key.channel_id, key.htlc_id & 3),
            Some(Flaw::IdsAreDoubles) => {
                |key| (key.channel_id as f64 as u64, key.htlc_id as f64 as u64)
            }
            _ => return htlcs.contains_key(&key).then_some(key),
        };
        htlcs.keys().copied().find(|other| filed(*other) == filed(key))
    }

    /// Repeats the verdict on an HTLC that is shown again.
    fn again(&mut self, key: HtlcKey) {
        self.say(key);
        let Ok(part) = self.memory.htlcs[&key].part.clone() else { return };
        let held = matches!(self.effects.last(), Some(Effect::Hold(_)));
        let silent = self.has(Flaw::SaysNothingAgain) || self.has(Flaw::SilentWhenShownAgain);
        if silent && !held {
            self.effects.pop();
        }
        if self.has(Flaw::ReplayCountsTwice) && held {
            let id = self.set_id(&part);
            if let Some(set) = self.memory.sets.get_mut(&id) {
                set.extra += weight(&part);
            }
            self.complete(&id);
        }
        if self.has(Flaw::OneRootForAll)
            && let Some(first) = self.first_preimage(&part)
            && let Some(Effect::Settle { preimage, .. }) = self.effects.last_mut()
        {
            *preimage = first;
        }
    }

    fn refuse(&mut self, incoming: IncomingHtlc, reason: Reason) {
        self.effects.push(Effect::Fail { key: incoming.key, reason });
        if reason.is_limit() && self.has(Flaw::LimitForgotten) {
            return;
        }
        let refusals = self.memory.htlcs.values().filter(|htlc| htlc.part.is_err()).count();
        if refusals >= self.policy.limits.refusals_max as usize {
            let closed_until = self.memory.closed_until.max(incoming.cltv_expiry);
            self.memory.closed_until = closed_until;
            if !self.has(Flaw::OpensAfterCrash) {
                self.notes.push(Note::ClosedUntil(closed_until));
            }
            return;
        }
        let htlc = Htlc { incoming, part: Err(reason), own: None };
        if !self.has(Flaw::RefusalForgotten) {
            self.notes.push(Note::Htlc(incoming.key, Some(htlc.clone())));
        }
        self.memory.htlcs.insert(incoming.key, htlc);
    }

    /// Fails a set that collects.
    fn fail(&mut self, id: &SetId, reason: Reason) {
        if self.has(Flaw::BadSetClosesInvoice)
            && let Some(invoice) = self.invoice_of(id)
        {
            self.memory.invoices.remove(&invoice.name);
            self.notes.push(Note::Invoice(invoice.name, None));
        }
        self.decide(id, State::Failed(reason));
    }

    /// The set that a part belongs to.
    pub(super) fn set_id(&self, part: &Part) -> SetId {
        match part.set_id {
            SetId::Payment(PaymentId(id)) if self.has(Flaw::IdsTruncated) => {
                SetId::Committed(*id.first_chunk().expect("32 bytes"))
            }
            SetId::Amp { set_id, .. } if self.has(Flaw::SecretIgnored) => {
                SetId::Amp { payment_secret: [0; 32], set_id }
            }
            id => id,
        }
    }

    /// Applies the rules, first to last.
    fn judge(&mut self, incoming: &IncomingHtlc, part: Option<&Part>) -> Result<(), No> {
        if incoming.cltv_expiry <= self.memory.closed_until {
            return Err(Refused(Reason::RefusalLimit));
        }
        self.room(incoming.key)?;
        let part = part.ok_or(Refused(Reason::Unreadable))?;
        self.judge_alone(incoming, part)?;
        let id = self.set_id(part);
        match self.memory.sets.get(&id).map(|set| set.state) {
            None | Some(State::Collecting) if self.is_unasked(incoming, part) => {
                Err(Refused(Reason::NoInvoice))
            }
            None => self.judge_first(&id, part),
            Some(State::Settled(root)) => {
                let late = self.has(Flaw::MppLatePart) && matches!(id, SetId::Mpp { .. });
                let spare = self.has(Flaw::SparePart) && self.is_child(&root, incoming, part);
                let public = self.has(Flaw::OneSharedHash) && self.holds_hash(&id, incoming);
                if spare || public || late && self.is_child(&root, incoming, part) {
                    Ok(())
                } else {
                    Err(Refused(Reason::SetSettled))
                }
            }
            Some(State::Failed(_)) => Err(Refused(Reason::SetFailed)),
            Some(State::Collecting) => self.judge_next(&id, incoming, part),
        }
    }

    /// Whether there is room for one more HTLC, whatever its onion says.
    fn room(&self, key: HtlcKey) -> Result<(), No> {
        let limits = &self.policy.limits;
        let held = || self.memory.htlcs.iter().filter(|(_, htlc)| htlc.part.is_ok());
        let of_channel = held().filter(|(other, _)| other.channel_id == key.channel_id).count();
        if held().count() >= limits.htlcs_max as usize && !self.has(Flaw::NoHtlcLimit) {
            Err(Refused(Reason::HtlcLimit))
        } else if of_channel >= limits.channel_htlcs_max as usize && !self.has(Flaw::NoChannelLimit)
        {
            Err(Refused(Reason::ChannelLimit))
        } else if self.memory.bytes() + HTLC_BYTES > limits.bytes_max {
            Err(Refused(Reason::ByteLimit))
        } else {
            Ok(())
        }
    }

    /// Checks an HTLC without looking at its set.
    fn judge_alone(&mut self, incoming: &IncomingHtlc, part: &Part) -> Result<(), No> {
        let zero = match part.set_id {
            SetId::Payment(id) | SetId::Amp { set_id: id, .. } => id == PaymentId::ZERO,
            SetId::Committed(id) => id == [0; 11],
            SetId::Mpp { payment_secret } => payment_secret == [0; 32],
        };
        if zero && !self.has(Flaw::ZeroIdShared) {
            return Err(Refused(Reason::ZeroId));
        }
        if let Version::Basic { part_count, .. } | Version::Adaptive { part_count } = part.version {
            if self.has(Flaw::AllocatesByCount) {
                self.memory.bytes = self.memory.bytes.max(u64::from(part_count) * 64);
            }
            if self.has(Flaw::CountUnderflows) && matches!(part.version, Version::Basic { .. }) {
                let _last = part_count.checked_sub(1).expect("some parts");
            }
            if part_count > self.policy.limits.part_count_max {
                return Err(Refused(Reason::TooManyParts));
            }
        }
        if incoming.amount_msat < part.amount_msat && !self.has(Flaw::WireBelowOnion) {
            return Err(Refused(Reason::AmountBelowOnion));
        }
        if incoming.cltv_expiry < part.cltv_expiry {
            return Err(Refused(Reason::ExpiryBelowOnion));
        }
        let margin = self.policy.expiry_margin_blocks;
        if self.memory.height.saturating_add(margin) >= incoming.cltv_expiry {
            return Err(Refused(Reason::ExpiresSoon));
        }
        Ok(())
    }

    /// Checks the first HTLC of a set.
    fn judge_first(&mut self, id: &SetId, part: &Part) -> Result<(), No> {
        let asked = self.invoice_of(&part.set_id).is_some();
        if !asked && (!self.policy.spontaneous || self.is_closed(&part.set_id)) {
            return Err(Refused(Reason::NoInvoice));
        }
        if self.memory.sets.len() < self.policy.limits.sets_max as usize
            || self.has(Flaw::NoSetLimit)
        {
            return self.room_for_set();
        }
        let oldest = self.memory.sets.iter().filter(|(_, set)| set.state == State::Collecting);
        let oldest = oldest.min_by_key(|(_, set)| set.opened_ms).map(|(oldest, _)| *oldest);
        match oldest.filter(|oldest| self.has(Flaw::EvictsOldest) && oldest != id) {
            Some(oldest) => {
                self.decide(&oldest, State::Failed(Reason::SetLimit));
                Ok(())
            }
            None => Err(Refused(Reason::SetLimit)),
        }
    }

    /// Whether there are bytes for one more set and its first HTLC.
    fn room_for_set(&self) -> Result<(), No> {
        let limits = &self.policy.limits;
        if self.memory.bytes() + HTLC_BYTES + SET_BYTES > limits.bytes_max {
            return Err(Refused(Reason::ByteLimit));
        }
        Ok(())
    }

    /// Whether a remembered set of the same name was paid, or lost its invoice.
    fn is_closed(&self, id: &SetId) -> bool {
        let name = |id: &SetId| match *id {
            SetId::Payment(PaymentId(name))
            | SetId::Amp { payment_secret: name, .. }
            | SetId::Mpp { payment_secret: name } => (name, 32),
            SetId::Committed(short) => {
                let mut name = [0; 32];
                name[..11].copy_from_slice(&short);
                (name, 11)
            }
        };
        let (ours, size) = name(id);
        self.memory.sets.iter().any(|(other, set)| {
            let closes = match set.state {
                State::Collecting => false,
                State::Settled(_) => true,
                State::Failed(reason) => {
                    matches!(reason, Reason::InvoiceCancelled | Reason::NoInvoice)
                }
            };
            let (theirs, their_size) = name(other);
            let size = size.min(their_size);
            closes && ours[..size] == theirs[..size]
        })
    }

    /// Checks an HTLC of a set that collects.
    fn judge_next(&mut self, id: &SetId, incoming: &IncomingHtlc, part: &Part) -> Result<(), No> {
        let set = &self.memory.sets[id];
        if self.deviates(set, id, part) {
            let gentle = self.policy.deviation == Deviation::RejectNewcomer
                && !self.has(Flaw::DeviantFailsSet);
            let reason = Reason::Deviates;
            return Err(if gentle { Refused(reason) } else { SetFails(reason) });
        }
        let members: Vec<&Htlc> =
            self.members(id).iter().map(|key| &self.memory.htlcs[key]).collect();
        let hash = incoming.payment_hash;
        let everybody = self.memory.htlcs.values().filter(|htlc| htlc.part.is_ok());
        let duplicate = if matches!(part.version, Version::Mpp { .. }) {
            // Parts of `mpp` are known by their keys alone.
            false
        } else if self.has(Flaw::HashesAreGlobal) {
            everybody.clone().any(|htlc| htlc.incoming.payment_hash == hash)
        } else if self.has(Flaw::DuplicateHashJoins) || self.has(Flaw::OneSharedHash) {
            false
        } else if self.has(Flaw::SharesAreKeys) {
            members.iter().any(|htlc| htlc.part.as_ref().is_ok_and(|own| own.share == part.share))
        } else {
            self.holds_hash(id, incoming)
        };
        if duplicate {
            if self.has(Flaw::CountsRefused) {
                let set = self.memory.sets.get_mut(id).expect("just read");
                set.extra += weight(part);
                self.complete(id);
            }
            return Err(Refused(Reason::DuplicateHash));
        }
        let parts = || members.iter().filter_map(|htlc| htlc.part.as_ref().ok());
        let held: u64 = parts().map(|part| u64::from(weight(part))).sum();
        let n_max = self.policy.limits.part_count_max;
        let (most, reason) = match set.version {
            Version::Adaptive { part_count: 0 } | Version::Committed { .. } => {
                (n_max, Reason::TooManyParts)
            }
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => {
                (part_count, Reason::WeightOverflow)
            }
            _ => (u32::MAX, Reason::WeightOverflow),
        };
        if held + u64::from(weight(part)) > most.into() && !self.has(Flaw::WeightPastCount) {
            return Err(Refused(reason));
        }
        let sum = parts().try_fold(part.amount_msat, |sum, part| sum.checked_add(part.amount_msat));
        let unchecked = self.has(Flaw::SumWraps) || self.has(Flaw::SumSaturates);
        if sum.is_none() && !unchecked {
            return Err(SetFails(Reason::AmountOverflow));
        }
        if members.len() >= self.policy.limits.set_htlcs_max as usize {
            return Err(Refused(Reason::SetHtlcLimit));
        }
        Ok(())
    }

    /// Whether the set holds an HTLC with this hash.
    fn holds_hash(&self, id: &SetId, incoming: &IncomingHtlc) -> bool {
        let members = self.members(id);
        members
            .iter()
            .any(|key| self.memory.htlcs[key].incoming.payment_hash == incoming.payment_hash)
    }

    fn deviates(&self, set: &Set, id: &SetId, part: &Part) -> bool {
        let realms = self.policy.realms == Realms::Any || self.has(Flaw::RealmIgnored);
        if set.realm != part.realm && !realms {
            return true;
        }
        match (set.version, part.version) {
            (Version::Amp { .. }, Version::Amp { .. })
            | (Version::Mpp { .. }, Version::Mpp { .. })
                if self.has(Flaw::FirstTotalStands) =>
            {
                false
            }
            (Version::Basic { part_count: ours, .. }, Version::Basic { part_count, .. }) => {
                ours != part_count && !self.has(Flaw::DeviationIgnored)
            }
            (Version::Adaptive { part_count: 0 }, Version::Adaptive { part_count }) => {
                part_count > 0 && part_count as usize <= self.members(id).len()
            }
            (Version::Adaptive { part_count: ours }, Version::Adaptive { part_count }) => {
                part_count > 0 && ours != part_count && !self.has(Flaw::DeviationIgnored)
            }
            (Version::Committed { commitment: ours }, Version::Committed { commitment }) => {
                ours != commitment && !self.has(Flaw::DeviationIgnored)
            }
            (Version::Amp { total_msat: ours, .. }, Version::Amp { total_msat, .. }) => {
                ours != total_msat && !self.has(Flaw::DeviationIgnored)
            }
            (Version::Mpp { total_msat: ours }, Version::Mpp { total_msat }) => {
                ours != total_msat && !self.has(Flaw::DeviationIgnored)
            }
            (Version::Tree { .. }, Version::Tree { .. }) => false,
            _ => true,
        }
    }

    fn join(&mut self, incoming: IncomingHtlc, part: Part) {
        let (id, now_ms) = (self.set_id(&part), self.memory.now_ms);
        if self.has(Flaw::LostUpdate) {
            self.lose_update(&id, incoming.key);
        }
        let restarts = self.has(Flaw::HoldRestartsWithParts);
        let set = self.memory.sets.entry(id).or_insert(Set {
            version: part.version,
            realm: part.realm,
            opened_ms: now_ms,
            cltv_expiry: incoming.cltv_expiry,
            state: State::Collecting,
            since_ms: None,
            extra: 0,
        });
        if restarts {
            set.opened_ms = now_ms;
        }
        if let Version::Adaptive { part_count: 0 } = set.version {
            set.version = part.version;
        }
        let htlc = Htlc { incoming, part: Ok(part), own: None };
        self.notes.push(Note::Htlc(incoming.key, Some(htlc.clone())));
        self.memory.htlcs.insert(incoming.key, htlc);
        self.note_set(&id);
        if !self.complete(&id) {
            self.say(incoming.key);
        }
    }

    /// Loses the HTLC that the last input put into the set, as if this input had read the set
    /// before.
    fn lose_update(&mut self, id: &SetId, key: HtlcKey) {
        let Some(last) = self.last.filter(|last| last.channel_id != key.channel_id) else { return };
        if self.members(id).contains(&last) {
            let htlc = self.memory.htlcs.get_mut(&last).expect("a member");
            htlc.part = Err(Reason::MemberLost);
            self.notes.push(Note::Htlc(last, Some(htlc.clone())));
        }
    }
}

/// How many shares a part carries.
pub(super) const fn weight(part: &Part) -> u32 {
    match part.version {
        Version::Basic { weight, .. } => weight,
        _ => 1,
    }
}
