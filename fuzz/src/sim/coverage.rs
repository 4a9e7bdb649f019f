//! What histories have reached.

mod distinct;

use std::collections::BTreeSet;

use ammeter_amp::receiver::{Effect, Onion, Part, PartError, Reason};

pub use self::distinct::Distinct;
use self::distinct::mix;
use crate::{
    messages::naive,
    sim::{
        history::Fault,
        model::{Model, Phase},
    },
};

/// Kinds of faults, in the order in which they are kept.
const FAULTS: [&str; 7] = [
    "before-commit",
    "torn",
    "after-commit",
    "after-effects",
    "write-error",
    "disk-full",
    "sync-lies",
];

/// What histories have reached.
#[derive(Clone, Debug)]
pub struct Coverage {
    reasons: [bool; 256],
    /// For each kind of fault, whether it struck.
    faults: [bool; 7],
    /// Names of the parser's faults in onions that arrived.
    unreadable: BTreeSet<&'static str>,
    states: Distinct,
    inputs: u64,
    preimages_alone: u64,
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            reasons: [false; 256],
            faults: [false; 7],
            unreadable: BTreeSet::new(),
            states: Distinct::default(),
            inputs: 0,
            preimages_alone: 0,
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

    /// Names of the parser's faults in onions that arrived.
    #[must_use]
    pub const fn unreadable(&self) -> &BTreeSet<&'static str> {
        &self.unreadable
    }

    /// The names of the kinds of fault that struck, of seven.
    #[must_use]
    pub fn faults(&self) -> Vec<&'static str> {
        let struck = FAULTS.into_iter().zip(self.faults);
        struck.filter_map(|(name, struck)| struck.then_some(name)).collect()
    }

    /// What the [count of states](Self::state_count) is estimated from.
    #[must_use]
    pub const fn states(&self) -> &Distinct {
        &self.states
    }

    /// How many of the seven kinds of fault struck.
    #[must_use]
    pub fn fault_count(&self) -> usize {
        self.faults.iter().filter(|struck| **struck).count()
    }

    /// About how many different states the model was in: an estimate without a ceiling, whose
    /// standard error is 0.8 %. A state is how many invoices are open and, for each set, its
    /// verdict, the number of its HTLCs and how many of them are gone.
    #[must_use]
    pub fn state_count(&self) -> u64 {
        self.states.count()
    }

    /// How many inputs the receiver took.
    #[must_use]
    pub const fn input_count(&self) -> u64 {
        self.inputs
    }

    /// How many histories were judged by preimages alone from some point on: their disk lied, or
    /// there were too many states that the receiver might be in.
    #[must_use]
    pub const fn preimages_alone(&self) -> u64 {
        self.preimages_alone
    }

    /// Adds the coverage of other histories.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.reasons.iter_mut().zip(other.reasons) {
            *ours |= theirs;
        }
        for (ours, theirs) in self.faults.iter_mut().zip(other.faults) {
            *ours |= theirs;
        }
        self.states.merge(&other.states);
        self.unreadable.extend(&other.unreadable);
        self.inputs += other.inputs;
        self.preimages_alone += other.preimages_alone;
    }

    /// Notes that the oracle stopped trusting the disk, or its models, in a history.
    pub(super) const fn judged_by_preimages_alone(&mut self) {
        self.preimages_alone += 1;
    }

    /// Notes the fault of an onion that arrives, if it has one.
    pub(super) fn onion(&mut self, onion: Onion<'_>) {
        let Err(PartError::Malformed(error)) = Part::read(onion) else { return };
        self.unreadable.insert(naive::name(&error.fault));
    }

    /// Notes an input, its fault and its effects.
    pub(super) fn took<'a>(
        &mut self,
        fault: Option<Fault>,
        effects: impl Iterator<Item = (&'a Effect, Option<&'a str>)>,
    ) {
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
        for (effect, other_words) in effects {
            if let (Effect::Fail { reason, .. }, None) = (effect, other_words) {
                self.reasons[usize::from(reason.code())] = true;
            }
        }
    }

    /// Notes the model's state.
    pub(super) fn rested(&mut self, model: &Model) {
        let mut state = model.invoices.len() as u64;
        for set in model.sets.values() {
            let phase = match set.phase {
                Phase::Collecting => 0,
                Phase::Settled => 1,
                Phase::Failed(reason) => 2 + u64::from(reason.code()),
            };
            let gone = set.members.values().filter(|member| member.gone).count() as u64;
            // A sum, because the order of ids is no part of a state.
            let set = phase << 32 | (set.members.len() as u64) << 16 | gone;
            state = state.wrapping_add(mix(set.wrapping_add(0x9e37_79b9_7f4a_7c15)));
        }
        self.states.insert(mix(state));
    }
}
