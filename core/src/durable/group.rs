//! A receiver and its store, in step.

use crate::{
    durable::OpenError,
    receiver::{Effect, Event, Output, Policy, Receiver},
    store::{Store, StoreError},
};

/// A receiver whose records are in a store.
#[derive(Debug)]
pub struct Durable<S> {
    receiver: Receiver,
    store: S,
    output: Output,
    is_new_life: bool,
    stopped: bool,
}

impl<S: Store> Durable<S> {
    /// Restores the receiver from its store. Decisions that were made and not carried out leave with
    /// the first [`take`](Self::take).
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(policy: Policy, store: S) -> Result<Self, OpenError> {
        let mut damaged = None;
        let records = store.records()?;
        let records = records.map_while(|record| record.map_err(|e| damaged = Some(e)).ok());
        let receiver = Receiver::restore(policy, records);
        if let Some(error) = damaged {
            return Err(error.into());
        }
        let receiver = receiver.map_err(OpenError::Restore)?;
        let output = Output::default();
        Ok(Self { receiver, store, output, is_new_life: true, stopped: false })
    }

    /// Takes `events` in their order and gives back what follows from them, once all of it is durable.
    ///
    /// # Errors
    /// The store's; then no effect leaves, now or later. What was made durable is known when the
    /// store is opened again.
    pub fn take(
        &mut self,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<&[Effect], StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        self.output.effects.clear();
        self.output.changes.clear();
        if std::mem::take(&mut self.is_new_life) {
            self.receiver.step(Event::Restarted, &mut self.output);
        }
        for event in events {
            self.receiver.step(event, &mut self.output);
        }
        if !self.output.changes.is_empty() {
            // Until it is known to be durable: an error, or a panic inside, leaves it so.
            self.stopped = true;
            self.store.commit(&self.output.changes)?;
            self.stopped = false;
        }
        Ok(&self.output.effects)
    }

    /// The receiver, to be asked what it holds.
    #[must_use]
    pub const fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// The store, to be asked how large it is.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Lets the receiver go. What was not committed is lost, as in a crash.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }
}
