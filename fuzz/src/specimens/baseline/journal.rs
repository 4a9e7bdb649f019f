//! A simulated disk: an append-only log of writes in batches.

use ammeter_amp::receiver::{Invoice, SetId};
use ammeter_core::HtlcKey;

use crate::specimens::{
    Flaw,
    baseline::memory::{Htlc, Memory, Set},
};

/// One write.
#[derive(Clone, Debug)]
pub(super) enum Note {
    Htlc(HtlcKey, Option<Htlc>),
    Set(SetId, Option<Set>),
    Invoice([u8; 32], Option<Invoice>),
    /// Time and height.
    Clocks(u64, u32),
    ClosedUntil(u32),
}

/// What is on the disk.
#[derive(Debug)]
pub(super) struct Journal {
    /// The writes of complete batches.
    whole: Vec<Note>,
    /// Where the first batch begins whose sync was reported and not made.
    lie: Option<usize>,
    keeps_torn: bool,
}

impl Journal {
    pub(super) fn new(flaw: Option<Flaw>) -> Self {
        let keeps_torn = matches!(flaw, Some(Flaw::TornBatchApplied | Flaw::DecisionPerHtlc));
        Self { whole: Vec::new(), lie: None, keeps_torn }
    }

    pub(super) fn append(&mut self, notes: Vec<Note>) {
        // A sync that is made writes earlier batches as well.
        self.lie = None;
        self.whole.extend(notes);
    }

    /// Only the first writes of a batch reach the disk. A reader ignores them, because the batch is
    /// not complete.
    pub(super) fn tear(&mut self, notes: Vec<Note>, writes: usize) {
        if self.keeps_torn {
            self.whole.extend(notes.into_iter().take(writes));
        }
    }

    /// The disk reports a sync that it did not make.
    pub(super) fn append_lost(&mut self, notes: Vec<Note>) {
        self.lie = self.lie.or(Some(self.whole.len()));
        self.whole.extend(notes);
    }

    pub(super) fn read(&mut self) -> Memory {
        if let Some(length) = self.lie.take() {
            self.whole.truncate(length);
        }
        let mut memory = Memory::default();
        for note in &self.whole {
            match note.clone() {
                Note::Htlc(key, htlc) => put(&mut memory.htlcs, key, htlc),
                Note::Set(id, set) => put(&mut memory.sets, id, set),
                Note::Invoice(name, invoice) => put(&mut memory.invoices, name, invoice),
                Note::Clocks(now_ms, height) => (memory.now_ms, memory.height) = (now_ms, height),
                Note::ClosedUntil(height) => memory.closed_until = height,
            }
        }
        memory
    }
}

fn put<K: Ord, V>(map: &mut std::collections::BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}
