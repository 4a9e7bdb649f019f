//! A history that found a violation.

use crate::sim::{history::History, invariants::Violation};

/// A history that found a violation.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed that gave it.
    pub seed: u64,
    /// The history, not shrunk.
    pub history: History,
    /// What the receiver did wrong.
    pub violation: Violation,
}

/// Keeps of two failures the one with the lower seed.
pub(super) fn keep_first(kept: &mut Option<Box<Failure>>, other: Box<Failure>) {
    if kept.as_ref().is_none_or(|kept| other.seed < kept.seed) {
        *kept = Some(other);
    }
}
