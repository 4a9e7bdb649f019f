//! The model: what a receiver must do, written from the table of rules with maps of the standard
//! library. It shares no rule with a receiver's code, keeps everything, and need not be fast.
//!
//! It shares types with `ammeter_amp` ([`Part`], [`SetId`], [`Policy`]), and reads onions with the
//! second parser ([`naive`](crate::messages::naive)).

mod arrive;
mod complete;
mod read;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use ammeter_amp::receiver::{IncomingHtlc, Invoice, Part, Policy, Reason, SetId, Version};
use ammeter_core::{HtlcKey, Preimage};

pub(super) use self::read::part as part_of;
use crate::sim::{
    input::Input,
    profile::{Profile, Rule},
};

/// The verdict on an HTLC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is held until its set is decided.
    Hold,
    /// It is claimed with this preimage.
    Settle(Preimage),
    /// It is failed back.
    Fail(Reason),
}

/// The state of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// HTLCs are missing.
    Collecting,
    /// The set was complete and verified: its HTLCs are claimed.
    Settled,
    /// The set failed: its HTLCs fail.
    Failed(Reason),
}

/// A set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The version fields of its first part, and an adaptive set's n once a part has carried it.
    pub version: Version,
    /// The realm of its first part.
    pub realm: u8,
    /// When its first HTLC joined, in milliseconds.
    pub opened_ms: u64,
    /// Its state.
    pub phase: Phase,
    /// The number of the input that decided on it.
    pub decided_at: u32,
    /// When the last of its HTLCs was gone, in milliseconds.
    pub since_ms: Option<u64>,
    /// Its HTLCs, with those that are gone. Boxed, as sets are: a leaf of eleven would be larger than
    /// what allocators have at hand.
    pub members: BTreeMap<HtlcKey, Box<Member>>,
}

/// An HTLC of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The HTLC on the wire.
    pub incoming: IncomingHtlc,
    /// Its onion.
    pub part: Part,
    /// Its preimage, once the set is settled.
    pub preimage: Preimage,
    /// Whether the node has acknowledged its resolution.
    pub gone: bool,
    /// When it joined.
    pub joined_ms: u64,
}

/// The result of an HTLC's arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It joined this set.
    Member(SetId),
    /// It failed, and belongs to no set.
    Refused(Reason),
    /// The same, when there was no room to remember it. It fails whenever it is shown again, as it
    /// expires no later than `closed_until` says.
    Unkept(Reason),
}

/// The state of a receiver that follows the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub(super) policy: Policy,
    pub(super) profile: Profile,
    pub(super) height: u32,
    pub(super) now_ms: u64,
    pub(super) invoices: BTreeMap<[u8; 32], Invoice>,
    pub(super) sets: BTreeMap<SetId, Box<Set>>,
    /// HTLCs that are not gone.
    pub(super) fates: BTreeMap<HtlcKey, Fate>,
    /// When the last of those expires that there was no room to remember.
    pub(super) closed_until: u32,
    /// How many inputs it has taken.
    pub(super) step: u32,
    /// Names whose invoice was cancelled; gifts that opened an invoice, by their payment hash; and
    /// the name under which each set id was held first. Empty where no rule of the profile asks for
    /// them.
    pub(super) cancelled: BTreeSet<[u8; 32]>,
    pub(super) gifts: BTreeMap<[u8; 32], [u8; 32]>,
    pub(super) set_ids: BTreeMap<[u8; 32], [u8; 32]>,
}

impl Model {
    /// A receiver without invoices, sets and HTLCs.
    #[must_use]
    pub const fn new(policy: Policy, profile: Profile) -> Self {
        Self {
            policy,
            profile,
            height: 0,
            now_ms: 0,
            invoices: BTreeMap::new(),
            sets: BTreeMap::new(),
            fates: BTreeMap::new(),
            closed_until: 0,
            step: 0,
            cancelled: BTreeSet::new(),
            gifts: BTreeMap::new(),
            set_ids: BTreeMap::new(),
        }
    }

    /// Takes one input. Taking it twice is the same as taking it once.
    pub fn take(&mut self, input: &Input<'_>) {
        self.step += 1;
        match *input {
            Input::Htlc { incoming, onion } => {
                let part = part_of(onion).filter(|part| self.profile.reads(part));
                self.arrive(incoming, part);
            }
            Input::Block { height } => {
                self.height = self.height.max(height);
                self.check_deadlines();
            }
            Input::Clock { now_ms } => {
                self.now_ms = self.now_ms.max(now_ms);
                self.check_deadlines();
            }
            Input::InvoiceAdded(invoice) => self.open_invoice(invoice),
            Input::InvoiceCancelled { name } => self.cancel_invoice(name),
            Input::Resolved(key) => self.resolve(key),
            Input::Restarted => {}
        }
    }

    fn open_invoice(&mut self, mut invoice: Invoice) {
        let is_known =
            self.invoices.contains_key(&invoice.name) || self.cancelled.contains(&invoice.name);
        if is_known && self.profile.replaces(Rule::InvoiceAgainIgnored) {
            return;
        }
        if let Some(open) = self.invoices.get(&invoice.name) {
            invoice.preimage = open.preimage.or(invoice.preimage);
        }
        invoice.reusable |= self.profile.replaces(Rule::InvoicesReusable);
        self.invoices.insert(invoice.name, invoice);
    }

    fn cancel_invoice(&mut self, name: [u8; 32]) {
        // A gift's invoice has another name for those who could cancel it.
        if self.gifts.values().any(|gift| *gift == name) {
            return;
        }
        if self.invoices.remove(&name).is_some() {
            self.cancelled.insert(name);
            self.fail_sets_of(&name, Reason::InvoiceCancelled);
        }
    }

    /// The same receiver if it did not take the input before a crash.
    #[must_use]
    pub fn missed(mut self) -> Self {
        self.step += 1;
        self
    }

    /// The same receiver if it refused this HTLC, which it has not judged before, because its bytes
    /// are used up; `None` if it would have refused it anyway and nothing else happened. How many
    /// bytes an HTLC takes is the receiver's own business.
    #[must_use]
    pub fn without_bytes(before: &Self, after: &Self, input: &Input<'_>) -> Option<Self> {
        let Input::Htlc { incoming, .. } = *input else { return None };
        let judged = |fate: &Fate| match fate {
            Fate::Refused(_) => !before.profile.replaces(Rule::RefusalsForgotten),
            Fate::Unkept(_) => false,
            Fate::Member(_) => true,
        };
        if before.fates.get(&incoming.key).is_some_and(judged) {
            return None;
        }
        let alone = !matches!(after.fates.get(&incoming.key), Some(Fate::Member(_)));
        if alone && !after.decided_now() {
            return None;
        }
        let mut full = before.clone().missed();
        full.refuse(&incoming, Reason::ByteLimit);
        Some(full)
    }

    /// The sets that are not forgotten.
    pub fn sets(&self) -> impl Iterator<Item = &Set> {
        self.sets.values().map(Box::as_ref)
    }

    /// The verdict on an HTLC that is not gone.
    #[must_use]
    pub fn verdict(&self, key: HtlcKey) -> Option<Verdict> {
        Some(match *self.fates.get(&key)? {
            Fate::Refused(reason) | Fate::Unkept(reason) => Verdict::Fail(reason),
            Fate::Member(id) => {
                let set = &self.sets[&id];
                match set.phase {
                    Phase::Collecting => Verdict::Hold,
                    Phase::Settled => Verdict::Settle(set.members[&key].preimage),
                    Phase::Failed(Reason::HeldTooLong) if self.may_wait(&set.members[&key]) => {
                        Verdict::Hold
                    }
                    Phase::Failed(reason) => Verdict::Fail(reason),
                }
            }
        })
    }

    /// Whether an HTLC of a set that is too late is not too late itself, and that matters.
    fn may_wait(&self, member: &Member) -> bool {
        self.profile.replaces(Rule::DeadlineOfEach)
            && self.now_ms < member.joined_ms.saturating_add(self.policy.hold_ms)
    }

    /// Whether a receiver remembers an HTLC: it is not gone, nor was it refused for want of room to
    /// remember it.
    #[must_use]
    pub fn keeps(&self, key: HtlcKey) -> bool {
        matches!(self.fates.get(&key), Some(Fate::Member(_) | Fate::Refused(_)))
    }

    /// The set of an HTLC that is not gone, if it is a member of one.
    #[must_use]
    pub fn set_of(&self, key: HtlcKey) -> Option<SetId> {
        match self.fates.get(&key)? {
            Fate::Member(id) => Some(*id),
            Fate::Refused(_) | Fate::Unkept(_) => None,
        }
    }

    /// A set that is not forgotten.
    #[must_use]
    pub fn set(&self, id: &SetId) -> Option<&Set> {
        self.sets.get(id).map(Box::as_ref)
    }

    /// The invoice that a set pays, if it is open.
    #[must_use]
    pub fn invoice_of(&self, id: &SetId) -> Option<Invoice> {
        match id {
            SetId::Payment(name) => self.invoices.get(&name.0),
            SetId::Amp { payment_secret, .. } | SetId::Mpp { payment_secret } => {
                self.invoices.get(payment_secret)
            }
            SetId::Committed(short) => {
                self.invoices.values().find(|invoice| invoice.name.starts_with(short))
            }
        }
        .copied()
    }

    /// Whether the last input decided on any set.
    pub(super) fn decided_now(&self) -> bool {
        self.sets.values().any(|set| set.decided_at == self.step)
    }

    /// Forgets by which inputs sets were decided, so that models are equal which decided them at
    /// others.
    pub(super) fn forget_steps(&mut self) {
        self.sets.values_mut().for_each(|set| set.decided_at = 0);
    }

    fn decide(&mut self, id: &SetId, phase: Phase) {
        let step = self.step;
        let set = self.sets.get_mut(id).expect("decided sets exist");
        set.phase = phase;
        set.decided_at = step;
    }

    /// Fails the sets that collect for an invoice.
    fn fail_sets_of(&mut self, name: &[u8; 32], reason: Reason) {
        let collecting = |set: &Set| set.phase == Phase::Collecting;
        let ids: Vec<SetId> = self
            .sets
            .iter()
            .filter(|(id, set)| pays(id, name) && collecting(set))
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.decide(&id, Phase::Failed(reason));
        }
    }
}

/// Whether an HTLC was refused for want of room, by the model's own list.
pub(super) const fn is_for_room(reason: Reason) -> bool {
    use Reason::{ByteLimit, ChannelLimit, HtlcLimit, RefusalLimit, SetHtlcLimit, SetLimit};
    matches!(reason, ByteLimit | ChannelLimit | HtlcLimit | RefusalLimit | SetHtlcLimit | SetLimit)
}

/// Whether a set pays an invoice.
pub(super) fn pays(id: &SetId, name: &[u8; 32]) -> bool {
    match id {
        SetId::Payment(payment) => payment.0 == *name,
        SetId::Amp { payment_secret, .. } | SetId::Mpp { payment_secret } => payment_secret == name,
        SetId::Committed(short) => name.starts_with(short),
    }
}
