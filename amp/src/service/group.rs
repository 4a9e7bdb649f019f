//! A receiver and its store, in step.

use std::{fmt, mem, panic::resume_unwind, sync::mpsc, thread};

use crate::{
    receiver::{Effect, Event, Output, Policy, Receiver, Record},
    service::OpenError,
    store::{Records, Store, StoreError},
};

/// A receiver whose records are in a store.
pub struct Durable<S> {
    receiver: Receiver,
    store: S,
    output: Output,
    is_new_life: bool,
    stopped: bool,
}

/// Without what waits to be stored: that may be secret.
impl<S: fmt::Debug> fmt::Debug for Durable<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { receiver, store, stopped, .. } = self;
        f.debug_struct("Durable")
            .field("receiver", receiver)
            .field("store", store)
            .field("stopped", stopped)
            .finish_non_exhaustive()
    }
}

impl<S: Store> Durable<S> {
    /// Restores the receiver from its store. Decisions that were made and not carried out leave
    /// with the first [`take`](Self::take).
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(policy: Policy, store: S) -> Result<Self, OpenError> {
        let receiver = restore(policy, &store)?;
        let output = Output::default();
        Ok(Self { receiver, store, output, is_new_life: true, stopped: false })
    }

    /// Takes `events` in their order and gives back what follows from them, once all of it is
    /// durable.
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
        if mem::take(&mut self.is_new_life) {
            self.receiver.step(Event::Restarted, &mut self.output);
        }
        self.receiver.step_all(events, &mut self.output);
        if !self.output.changes().is_empty() {
            // Until it is known to be durable: an error, or a panic inside, leaves it so.
            self.stopped = true;
            self.store.commit(self.output.changes())?;
            self.stopped = false;
        }
        Ok(self.output.committed())
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

/// Records that are handed over together.
const CHUNK: usize = 1024;

/// Chunks that may wait: what is read is at most so far ahead.
const CHUNKS_MAX: usize = 4;

/// Reads and checks records on one thread and restores from them on another: each takes about as
/// long as the other, and a node waits for both. A few records are not worth a thread.
fn restore(policy: Policy, store: &impl Store) -> Result<Receiver, OpenError> {
    let mut records = store.records()?;
    let first = next_chunk(&mut records)?;
    if first.len() < CHUNK {
        return Receiver::restore(policy, first).map_err(OpenError::Restore);
    }
    let (sender, chunks) = mpsc::sync_channel(CHUNKS_MAX);
    thread::scope(|scope| {
        let restoring =
            scope.spawn(move || Receiver::restore(policy, chunks.into_iter().flatten()));
        let read = send_all(first, records, sender);
        let receiver = restoring.join().unwrap_or_else(|panic| resume_unwind(panic));
        // A store that cannot be read explains records that do not fit, not the other way round.
        read?;
        receiver.map_err(OpenError::Restore)
    })
}

fn next_chunk(records: &mut Records<'_>) -> Result<Vec<Record>, StoreError> {
    records.take(CHUNK).collect()
}

/// Sends `chunk` and the chunks that follow, and hangs up.
fn send_all(
    mut chunk: Vec<Record>,
    mut records: Records<'_>,
    sender: mpsc::SyncSender<Vec<Record>>,
) -> Result<(), StoreError> {
    // Who does not listen any more has failed, and says why.
    while !chunk.is_empty() && sender.send(chunk).is_ok() {
        chunk = next_chunk(&mut records)?;
    }
    Ok(())
}
