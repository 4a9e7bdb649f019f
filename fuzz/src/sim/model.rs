//! The model: what a receiver must do, written straight from the rules, in maps of the standard
//! library. It knows nothing of any receiver's code, keeps everything, and is as slow as it likes.
//!
//! It shares the *nouns* with the core ([`Part`], [`SetId`], [`Policy`]) and the reading of bytes
//! ([`Part::read`]), which other targets attack. What is done with them is said here a second time.

mod arrive;
mod complete;
mod time;

use std::collections::BTreeMap;

use ammeter_amp::receiver::{IncomingHtlc, Invoice, Part, Policy, Reason, SetId, Version};
use ammeter_core::{HtlcKey, Preimage};

use crate::sim::input::Input;

/// What is to become of an HTLC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It waits for others.
    Hold,
    /// It is claimed.
    Settle(Preimage),
    /// It fails.
    Fail(Reason),
}

/// How far a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Shares are missing.
    Collecting,
    /// Whole and verified.
    Settled,
    /// Failed as a whole.
    Failed(Reason),
}

/// A set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// What its first part said; an adaptive set's n once one has said it.
    pub version: Version,
    /// The chain of its first part.
    pub realm: u8,
    /// When its first part came.
    pub opened_ms: u64,
    /// How far it is.
    pub phase: Phase,
    /// The input that decided.
    pub decided_at: u32,
    /// Since when all its HTLCs are gone.
    pub since_ms: Option<u64>,
    /// Its HTLCs, also those that are gone.
    pub members: BTreeMap<HtlcKey, Member>,
}

/// An HTLC of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What the channel said.
    pub incoming: IncomingHtlc,
    /// What the sender said.
    pub part: Part,
    /// What claims it, once the set is whole.
    pub preimage: Preimage,
    /// Whether it is gone.
    pub gone: bool,
}

/// What became of an HTLC when it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It shares the fate of a set.
    Member(SetId),
    /// It failed by itself.
    Refused(Reason),
}

/// The state that a receiver must be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub(super) policy: Policy,
    pub(super) height: u32,
    pub(super) now_ms: u64,
    pub(super) invoices: BTreeMap<[u8; 32], Invoice>,
    pub(super) sets: BTreeMap<SetId, Set>,
    /// HTLCs that are not gone, but for refused ones that there was no room to remember.
    pub(super) fates: BTreeMap<HtlcKey, Fate>,
    /// When the last of those expires.
    pub(super) closed_until: u32,
    /// How many inputs there have been.
    pub(super) step: u32,
}

impl Model {
    /// A receiver that has seen nothing.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            height: 0,
            now_ms: 0,
            invoices: BTreeMap::new(),
            sets: BTreeMap::new(),
            fates: BTreeMap::new(),
            closed_until: 0,
            step: 0,
        }
    }

    /// Takes one input. The same input twice is as good as once.
    pub fn take(&mut self, input: &Input<'_>) {
        self.step += 1;
        match *input {
            Input::Htlc { incoming, onion } => self.arrive(incoming, Part::read(onion).ok()),
            Input::Block { height } => {
                self.height = self.height.max(height);
                self.check_deadlines();
            }
            Input::Clock { now_ms } => {
                self.now_ms = self.now_ms.max(now_ms);
                self.check_deadlines();
            }
            Input::InvoiceAdded(invoice) => {
                self.invoices.insert(invoice.name, invoice);
            }
            Input::InvoiceCancelled { name } => {
                if let Some(invoice) = self.invoices.remove(&name) {
                    self.fail_sets_of(&invoice.name, Reason::InvoiceCancelled);
                }
            }
            Input::Resolved(key) => self.resolve(key),
            Input::Restarted => {}
        }
    }

    /// The same receiver if it never took the input that was under way.
    #[must_use]
    pub fn missed(mut self) -> Self {
        self.step += 1;
        self
    }

    /// The sets that are remembered.
    pub fn sets(&self) -> impl Iterator<Item = &Set> {
        self.sets.values()
    }

    /// What is to become of an HTLC that is not gone.
    #[must_use]
    pub fn verdict(&self, key: HtlcKey) -> Option<Verdict> {
        Some(match *self.fates.get(&key)? {
            Fate::Refused(reason) => Verdict::Fail(reason),
            Fate::Member(id) => {
                let set = &self.sets[&id];
                match set.phase {
                    Phase::Collecting => Verdict::Hold,
                    Phase::Settled => Verdict::Settle(set.members[&key].preimage),
                    Phase::Failed(reason) => Verdict::Fail(reason),
                }
            }
        })
    }

    /// The set of an HTLC that is not gone, if it is a member of one.
    #[must_use]
    pub fn set_of(&self, key: HtlcKey) -> Option<SetId> {
        match self.fates.get(&key)? {
            Fate::Member(id) => Some(*id),
            Fate::Refused(_) => None,
        }
    }

    /// A set that is remembered.
    #[must_use]
    pub fn set(&self, id: &SetId) -> Option<&Set> {
        self.sets.get(id)
    }

    /// The invoice that a set pays, if it is open.
    #[must_use]
    pub fn invoice_of(&self, id: &SetId) -> Option<Invoice> {
        match id {
            SetId::Payment(name) => self.invoices.get(&name.0),
            SetId::Amp { invoice, .. } => self.invoices.get(invoice),
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
        SetId::Amp { invoice, .. } => invoice == name,
        SetId::Committed(short) => name.starts_with(short),
    }
}
