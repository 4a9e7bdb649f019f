//! What histories have reached.

use std::collections::BTreeSet;

use ammeter_amp::receiver::{Effect, Onion, Part, PartError, Reason};

use crate::sim::{
    history::Fault,
    model::{Model, Phase},
};

/// States are told apart by a hash of this many bits.
const STATE_BITS: usize = 16;

/// What histories have reached.
#[derive(Clone, Debug)]
pub struct Coverage {
    reasons: [bool; 256],
    /// Faults by kind, whether they struck.
    faults: [bool; 7],
    /// Names of the faults that onions had.
    unreadable: BTreeSet<String>,
    states: Vec<u64>,
    inputs: u64,
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            reasons: [false; 256],
            faults: [false; 7],
            unreadable: BTreeSet::new(),
            states: vec![0; (1 << STATE_BITS) / 64],
            inputs: 0,
        }
    }
}

impl Coverage {
    /// The reasons that the receiver gave.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        let said = |reason: &Reason| self.reasons[usize::from(reason.code())];
        Reason::ALL.iter().copied().filter(said).collect()
    }

    /// The faults of onions that arrived, by name.
    #[must_use]
    pub const fn unreadable(&self) -> &BTreeSet<String> {
        &self.unreadable
    }

    /// How many kinds of fault struck.
    #[must_use]
    pub fn fault_count(&self) -> usize {
        self.faults.iter().filter(|struck| **struck).count()
    }

    /// How many different states the model was in, as far as it is told which set is how far with how
    /// many HTLCs. Two states in a hundred thousand may be counted as one.
    #[must_use]
    pub fn state_count(&self) -> u32 {
        self.states.iter().map(|word| word.count_ones()).sum()
    }

    /// How many inputs receivers took.
    #[must_use]
    pub const fn input_count(&self) -> u64 {
        self.inputs
    }

    /// Adds what other histories reached.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.reasons.iter_mut().zip(other.reasons) {
            *ours |= theirs;
        }
        for (ours, theirs) in self.faults.iter_mut().zip(other.faults) {
            *ours |= theirs;
        }
        for (ours, theirs) in self.states.iter_mut().zip(&other.states) {
            *ours |= theirs;
        }
        self.unreadable.extend(other.unreadable.iter().cloned());
        self.inputs += other.inputs;
    }

    /// An onion arrived.
    pub(super) fn onion(&mut self, onion: Onion<'_>) {
        let Err(PartError::Malformed(error)) = Part::read(onion) else { return };
        let said = format!("{:?}", error.fault);
        let name = said.split([' ', '(', '{']).next().unwrap_or_default();
        if !self.unreadable.contains(name) {
            self.unreadable.insert(name.to_owned());
        }
    }

    /// An input was taken.
    pub(super) fn took(&mut self, fault: Option<Fault>, effects: &[Effect]) {
        self.inputs += 1;
        if let Some(fault) = fault {
            self.faults[match fault {
                Fault::BeforeCommit => 0,
                Fault::Torn { .. } => 1,
                Fault::AfterCommit => 2,
                Fault::AfterEffects { .. } => 3,
                Fault::WriteError => 4,
                Fault::DiskFull => 5,
                Fault::SyncLies => 6,
            }] = true;
        }
        for effect in effects {
            if let Effect::Fail { reason, .. } = effect {
                self.reasons[usize::from(reason.code())] = true;
            }
        }
    }

    /// The world rests in a state.
    pub(super) fn rested(&mut self, model: &Model) {
        let mut state = model.invoices.len() as u64;
        for set in model.sets.values() {
            let phase = match set.phase {
                Phase::Collecting => 0,
                Phase::Settled => 1,
                Phase::Failed(reason) => 2 + u64::from(reason.code()),
            };
            let gone = set.members.values().filter(|member| member.gone).count() as u64;
            let set = phase << 16 | (set.members.len() as u64) << 8 | gone;
            // A sum: the order of ids is no part of a state.
            state =
                state.wrapping_add((set + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23));
        }
        let hash = state.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> (64 - STATE_BITS);
        self.states[hash as usize / 64] |= 1 << (hash % 64);
    }
}
