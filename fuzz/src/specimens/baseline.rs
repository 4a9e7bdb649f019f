//! A small, correct receiver, and the places where a [`Flaw`] makes it incorrect.
//!
//! An input changes memory, collects writes and collects effects. Then the writes become durable as
//! one batch, and then the effects leave.

mod arrive;
mod complete;
mod journal;
mod memory;
mod read;
mod time;

use ammeter_amp::receiver::{Effect, Invoice, Policy, SetId};
use ammeter_core::{Hash, HtlcKey};

use crate::{
    adapter::{Kept, Outcome, UnderTest},
    sim::{history::Fault, input::Input},
    specimens::{
        Flaw,
        baseline::{
            journal::{Journal, Note},
            memory::{HTLC_BYTES, Htlc, Memory, SET_BYTES, Set, State},
        },
    },
};

/// The baseline receiver, with or without a flaw.
#[derive(Debug)]
pub struct Baseline {
    flaw: Option<Flaw>,
    policy: Policy,
    memory: Memory,
    notes: Vec<Note>,
    effects: Vec<Effect>,
    journal: Journal,
    /// Effects that a flaw delays until the next input.
    backlog: Vec<Effect>,
    /// What another thread of a flaw has read before the last input.
    stale: Option<Memory>,
    /// The key of the last input if it was an HTLC, for a flaw.
    last: Option<HtlcKey>,
    /// Resolutions of HTLCs that are gone, for a flaw.
    old: Vec<Effect>,
}

impl Baseline {
    /// The correct receiver, or a specimen.
    #[must_use]
    pub fn new(flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            policy: Policy::new(Hash::Sha256),
            memory: Memory::default(),
            notes: Vec::new(),
            effects: Vec::new(),
            journal: Journal::new(flaw),
            backlog: Vec::new(),
            stale: None,
            last: None,
            old: Vec::new(),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn handle(&mut self, input: &Input<'_>) {
        let before = self.races().then(|| self.memory.clone());
        match *input {
            Input::Htlc { incoming, onion } => self.arrive(incoming, onion),
            Input::Block { height } => {
                self.memory.height = self.memory.height.max(height);
                self.notes.push(Note::Clocks(self.memory.now_ms, self.memory.height));
                self.time_passes();
            }
            Input::Clock { now_ms } => {
                if !self.has(Flaw::ClockGoesBack) {
                    let latest = self.memory.now_ms.max(now_ms);
                    self.check_clock(now_ms);
                    self.memory.now_ms = latest;
                } else {
                    self.memory.now_ms = now_ms;
                }
                self.notes.push(Note::Clocks(self.memory.now_ms, self.memory.height));
                self.time_passes();
            }
            Input::InvoiceAdded(invoice) => self.ask(invoice),
            Input::InvoiceCancelled { name } => self.cancel(&name),
            Input::Resolved(key) => self.resolve(key),
            Input::Restarted => self.resume(),
        }
        self.stale = before;
        self.last = match input {
            Input::Htlc { incoming, .. } => Some(incoming.key),
            _ => None,
        };
    }

    /// Adds an invoice.
    fn ask(&mut self, mut invoice: Invoice) {
        let Memory { htlcs, sets, invoices, .. } = &self.memory;
        let known = invoices.contains_key(&invoice.name);
        let ignored = match self.flaw {
            Some(Flaw::LateInvoiceIgnored) => !(htlcs.is_empty() && sets.is_empty()),
            Some(Flaw::OneInvoiceOnly) => !(known || invoices.is_empty()),
            Some(Flaw::InvoiceNeverChanges) => known,
            _ => false,
        };
        if let Some(open) = invoices.get(&invoice.name) {
            invoice.preimage = open.preimage.or(invoice.preimage);
        }
        if !ignored {
            self.memory.invoices.insert(invoice.name, invoice);
            self.notes.push(Note::Invoice(invoice.name, Some(invoice)));
        }
    }

    /// Whether another thread reads what this one is about to change.
    fn races(&self) -> bool {
        matches!(
            self.flaw,
            Some(Flaw::LostUpdate | Flaw::TimerRacesSettle | Flaw::CancelRacesSettle)
        )
    }

    fn write(&mut self) {
        let notes = core::mem::take(&mut self.notes);
        self.journal.append(notes);
    }

    /// Adds the effect that tells the verdict on an HTLC.
    fn say(&mut self, key: HtlcKey) {
        let Some(htlc) = self.memory.htlcs.get(&key) else { return };
        let effect = match (&htlc.part, htlc.own) {
            (Err(reason), _) => Effect::Fail { key, reason: *reason },
            (Ok(part), own) => {
                let id = self.set_id(part);
                let state = self.memory.sets.get(&id).map(|set| set.state);
                match own.or(state) {
                    Some(State::Settled(root)) => {
                        Effect::Settle { key, preimage: self.preimage_of(&id, &root, htlc) }
                    }
                    Some(State::Failed(reason)) => Effect::Fail { key, reason },
                    Some(State::Collecting) | None => Effect::Hold(key),
                }
            }
        };
        self.effects.push(effect);
    }

    /// Adds the effects that tell the verdicts on all HTLCs of a set.
    fn say_all(&mut self, id: &SetId) {
        for key in self.members(id) {
            self.say(key);
        }
    }

    /// The HTLCs of a set.
    fn members(&self, id: &SetId) -> Vec<HtlcKey> {
        let of_set = |htlc: &Htlc| htlc.part.as_ref().is_ok_and(|part| self.set_id(part) == *id);
        let members = self.memory.htlcs.values().filter(|htlc| of_set(htlc));
        members.map(|htlc| htlc.incoming.key).collect()
    }

    fn note_set(&mut self, id: &SetId) {
        let set = self.memory.sets.get(id).cloned();
        self.notes.push(Note::Set(*id, set));
    }

    /// Decides on a set. The caller has checked that it is undecided.
    fn decide(&mut self, id: &SetId, state: State) {
        if let Some(set) = self.memory.sets.get_mut(id) {
            set.state = state;
        }
        if self.has(Flaw::DecisionPerHtlc) {
            for key in self.members(id) {
                let htlc = self.memory.htlcs.get_mut(&key).expect("a member");
                htlc.own = Some(state);
                self.notes.push(Note::Htlc(key, Some(htlc.clone())));
            }
        } else if !self.has(Flaw::DecisionNotStored) {
            self.note_set(id);
        }
        self.say_all(id);
    }
}

impl UnderTest for Baseline {
    fn begin(&mut self, policy: &Policy) {
        *self = Self { policy: obeyed(*policy, self.flaw), ..Self::new(self.flaw) };
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        self.effects.clear();
        self.notes.clear();
        self.effects.append(&mut self.backlog);
        self.handle(input);
        if self.has(Flaw::ClaimsOneByOne) {
            self.claim_one();
        }
        if self.has(Flaw::ResolvesTwice) {
            self.repeat_resolutions();
        }
        if self.has(Flaw::EffectsFirst) {
            effects.append(&mut self.effects);
        }
        match fault {
            None => self.write(),
            Some(Fault::BeforeCommit) => return Outcome::Down,
            Some(Fault::Torn { writes }) => {
                self.journal.tear(core::mem::take(&mut self.notes), writes.into());
                return Outcome::Down;
            }
            Some(Fault::AfterCommit) => {
                self.write();
                return Outcome::Down;
            }
            Some(Fault::AfterEffects { sent }) => {
                self.write();
                self.effects.truncate(sent.into());
                effects.append(&mut self.effects);
                return Outcome::Down;
            }
            Some(Fault::WriteError | Fault::DiskFull) if self.has(Flaw::WriteErrorIgnored) => {}
            Some(Fault::WriteError | Fault::DiskFull) => return Outcome::Down,
            Some(Fault::SyncLies) => {
                let notes = core::mem::take(&mut self.notes);
                self.journal.append_lost(notes);
            }
        }
        effects.append(&mut self.effects);
        Outcome::Done
    }

    fn crash(&mut self) {}

    fn restart(&mut self) {
        self.memory = self.journal.read();
        self.backlog.clear();
        self.stale = None;
        self.last = None;
        if self.has(Flaw::HoldRestarts) {
            let now_ms = self.memory.now_ms;
            self.memory.sets.values_mut().for_each(|set| set.opened_ms = now_ms);
        }
    }

    fn kept(&self) -> Option<Kept> {
        let Memory { htlcs, sets, bytes, .. } = &self.memory;
        let bytes = self.memory.bytes().max(*bytes);
        let members = self.memory.members();
        let refused = htlcs.len() as u64 - members;
        Some(Kept { sets: sets.len() as u64, htlcs: members, refused, bytes })
    }
}

/// The policy that the receiver follows: a flaw may replace one number.
fn obeyed(mut policy: Policy, flaw: Option<Flaw>) -> Policy {
    match flaw {
        Some(Flaw::OverpaymentFixed) => policy.overpayment_factor_max = 2,
        Some(Flaw::HoldFixed) => policy.hold_ms = 60_000,
        Some(Flaw::MarginFixed) => policy.expiry_margin_blocks = 10,
        Some(Flaw::RetentionFixed) => policy.retention_ms = 100_000,
        Some(Flaw::PartCountFixed) => policy.limits.part_count_max = 16,
        Some(Flaw::NoSetHtlcLimit) => policy.limits.set_htlcs_max = u32::MAX,
        Some(Flaw::NoByteLimit) => policy.limits.bytes_max = u64::MAX,
        _ => {}
    }
    policy
}
