//! What events led to, before and after it is durable.

use crate::receiver::{effect::Effect, record::Change};

/// What events led to. [`Receiver::step`](crate::receiver::Receiver::step) appends, so that one
/// transaction can hold several events.
///
/// The effects must not leave before the changes are durable: a preimage that is out, for a set
/// that the store does not know as settling, can cost the whole payment. So they are given out by
/// [`committed`](Self::committed) only.
#[derive(Clone, Default)]
#[must_use = "what an event changes has to be stored, and what follows has to be done"]
pub struct Output {
    changes: Vec<Change>,
    effects: Vec<Effect>,
    /// Effects of changes that are durable.
    committed: Vec<Effect>,
}

impl Output {
    /// For the store, in their order, all of one event together.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Says that the [changes](Self::changes) are durable, and gives what is to be done. Both begin
    /// anew then.
    pub fn committed(&mut self) -> &[Effect] {
        self.changes.clear();
        self.committed.clear();
        core::mem::swap(&mut self.effects, &mut self.committed);
        &self.committed
    }

    /// Forgets everything: the store could not take the changes, or may not have.
    pub fn discard(&mut self) {
        self.changes.clear();
        self.effects.clear();
        self.committed.clear();
    }

    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn effects(&mut self, effects: impl Iterator<Item = Effect>) {
        self.effects.extend(effects);
    }
}

/// The same changes and effects, in the same order, that are not committed yet.
impl PartialEq for Output {
    fn eq(&self, other: &Self) -> bool {
        (&self.changes, &self.effects) == (&other.changes, &other.effects)
    }
}

impl Eq for Output {}

impl core::fmt::Debug for Output {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (changes, effects) = (&self.changes, &self.effects);
        f.debug_struct("Output")
            .field("changes", changes)
            .field("effects", effects)
            .finish_non_exhaustive()
    }
}
