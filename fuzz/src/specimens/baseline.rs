//! A small, correct receiver, and the places where a [`Flaw`] makes it incorrect.
//!
//! An input changes memory, notes what has to be written, and lists effects; then the notes are
//! written as one batch, and then the effects leave.

mod arrive;
mod complete;
mod journal;
mod read;
mod time;

use std::collections::BTreeMap;

use ammeter_amp::receiver::{Effect, IncomingHtlc, Invoice, Part, Policy, Reason, SetId, Version};
use ammeter_core::{Hash, HtlcKey};

use crate::{
    adapter::{Kept, Outcome, UnderTest},
    sim::{history::Fault, input::Input},
    specimens::{
        Flaw,
        baseline::journal::{Journal, Note},
    },
};

/// An HTLC.
#[derive(Clone, Debug)]
struct Htlc {
    incoming: IncomingHtlc,
    /// `Err` if it was refused by itself.
    part: Result<Part, Reason>,
    /// What it was told, where decisions are kept with HTLCs.
    own: Option<State>,
}

/// How far a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Collecting,
    Settled([u8; 32]),
    Failed(Reason),
}

/// A set.
#[derive(Clone, Debug)]
struct Set {
    version: Version,
    realm: u8,
    opened_ms: u64,
    /// Expiry of the first part.
    expiry: u32,
    state: State,
    /// Since when all HTLCs are gone.
    since_ms: Option<u64>,
    /// What is counted beside the HTLCs held: nothing, without a flaw.
    extra: u32,
}

/// What the receiver knows.
#[derive(Clone, Debug, Default)]
struct Memory {
    htlcs: BTreeMap<HtlcKey, Htlc>,
    sets: BTreeMap<SetId, Set>,
    invoices: BTreeMap<[u8; 32], Invoice>,
    now_ms: u64,
    height: u32,
    /// The latest expiry of what was refused and not remembered.
    closed_until: u32,
    /// The most bytes at any time, roughly.
    bytes: u64,
}

/// The receiver.
#[derive(Debug)]
pub struct Baseline {
    flaw: Option<Flaw>,
    policy: Policy,
    memory: Memory,
    notes: Vec<Note>,
    effects: Vec<Effect>,
    journal: Journal,
    /// Effects that wait for the next input (a flaw's).
    backlog: Vec<Effect>,
    /// What another thread has read and not yet used (a flaw's).
    stale: Option<Memory>,
    /// The key of the last input, if it was an HTLC (a flaw's).
    last: Option<HtlcKey>,
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
            Input::InvoiceAdded(invoice) => {
                self.memory.invoices.insert(invoice.name, invoice);
                self.notes.push(Note::Invoice(invoice.name, Some(invoice)));
            }
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

    /// What is to become of an HTLC, said to the node.
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

    /// Says what is to become of all HTLCs of a set.
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

    /// Decides on a set, whatever was decided before: callers look first.
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
        *self = Self { policy: *policy, ..Self::new(self.flaw) };
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
        Some(Kept { sets: sets.len() as u64, htlcs: htlcs.len() as u64, bytes: *bytes })
    }
}
