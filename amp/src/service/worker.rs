//! One worker, many handles.

use std::{sync::PoisonError, time::Instant};

use crate::{
    receiver::{self, Effect, Event},
    service::{
        Durable, Histogram, Latency, StoppedError, SubmitError,
        queue::Queue,
        sync::{Arc, JoinHandle, Mutex, thread},
    },
    store::{Store, StoreError},
};

/// How much a service does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Events of one transaction.
    pub batch_max: usize,
    /// Events that wait; then submitters do.
    pub queue_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { batch_max: 256, queue_max: 4096 }
    }
}

/// What follows from the events of one transaction, which is durable.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// In the order of the events.
    pub effects: &'a [Effect],
    /// How many events are done since the service started, with these. The first batch has none: it
    /// is what an earlier life had decided.
    pub done: u64,
}

/// A receiver at work on a thread of its own. Dropping it shuts it down.
#[derive(Debug)]
pub struct Service {
    handle: Handle,
    worker: Option<JoinHandle<()>>,
}

/// What threads share to give a service its events.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Queue,
    counters: Mutex<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    receiver: receiver::Metrics,
    store_bytes: u64,
    batches: u64,
    events: u64,
    commits: Histogram,
}

/// What a service holds and has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metrics {
    /// Sets by state, HTLCs, bytes.
    pub receiver: receiver::Metrics,
    /// What the store takes.
    pub store_bytes: u64,
    /// Events that wait.
    pub queued: usize,
    /// Events that are durable.
    pub events: u64,
    /// Transactions.
    pub batches: u64,
    /// How long a batch took, from its first step to its sync.
    pub commits: Latency,
}

impl Service {
    /// Starts the thread. `sink` is called on it with what follows from each transaction, as soon
    /// as that is durable; the next one waits for it. A sink that submits or waits itself waits for
    /// its own thread, for ever: it hands on what it has to another.
    ///
    /// # Panics
    /// If a setting is 0: nothing would ever be taken.
    pub fn start<S: Store + 'static>(
        durable: Durable<S>,
        settings: Settings,
        sink: impl FnMut(Batch<'_>) + Send + 'static,
    ) -> Self {
        let Settings { batch_max, queue_max } = settings;
        assert!(batch_max > 0 && queue_max > 0, "{settings:?}");
        let queue = Queue::new(queue_max);
        let shared = Arc::new(Shared { queue, counters: Mutex::default() });
        let handle = Handle { shared: Arc::clone(&shared) };
        let worker = thread::spawn(move || {
            // Dropped last, and by a panic too.
            let guard = StopOnPanic(&shared.queue);
            if let Err(error) = work(durable, &shared, batch_max, sink) {
                shared.queue.stop(error.into());
            }
            std::mem::forget(guard);
        });
        Self { handle, worker: Some(worker) }
    }

    /// A handle, to be cloned at will.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Takes no more events, finishes those that were submitted, and ends the thread.
    ///
    /// # Errors
    /// Why it had stopped before.
    pub fn shut_down(mut self) -> Result<(), StoppedError> {
        self.close();
        match self.handle.shared.queue.status() {
            (None | Some(StoppedError::Closed), _) => Ok(()),
            (Some(stopped), _) => Err(stopped),
        }
    }

    fn close(&mut self) {
        self.handle.shared.queue.stop(StoppedError::Closed);
        if let Some(worker) = self.worker.take() {
            // A panic was noted by its guard.
            let _ = worker.join();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.close();
    }
}

/// A panic of the worker must wake everybody who waits for it.
struct StopOnPanic<'a>(&'a Queue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        self.0.stop(StoppedError::Panicked);
    }
}

fn work<S: Store>(
    mut durable: Durable<S>,
    shared: &Shared,
    batch_max: usize,
    mut sink: impl FnMut(Batch<'_>),
) -> Result<(), StoreError> {
    let mut events = Vec::with_capacity(batch_max);
    let mut done = 0;
    loop {
        let count = events.len() as u64;
        let start = Instant::now();
        let effects = durable.take(events.drain(..))?;
        let taken = start.elapsed();
        done += count;
        sink(Batch { effects, done });
        {
            let mut counters = lock(&shared.counters);
            counters.receiver = durable.receiver().metrics();
            // All of the batch is durable and out: that nobody can say how large it is stops nothing.
            if let Ok(bytes) = durable.store().bytes() {
                counters.store_bytes = bytes;
            }
            counters.batches += 1;
            counters.events = done;
            counters.commits.record(taken);
        }
        shared.queue.advance(count);
        if !shared.queue.pull(&mut events, batch_max) {
            return Ok(());
        }
    }
}

fn lock(counters: &Mutex<Counters>) -> super::sync::MutexGuard<'_, Counters> {
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    /// Gives the service an event, waiting while its queue is full. Returns the event's number: how
    /// many were submitted before it, and it.
    ///
    /// # Errors
    /// [`StoppedError`]; the event was not taken.
    pub fn submit(&self, event: Event) -> Result<u64, StoppedError> {
        self.shared.queue.push(event)
    }

    /// Gives the service an event if there is room for it now.
    ///
    /// # Errors
    /// [`SubmitError`]; the event was not taken.
    pub fn try_submit(&self, event: Event) -> Result<u64, SubmitError> {
        self.shared.queue.try_push(event)
    }

    /// Waits until the event of this number is durable and the sink has its effects.
    ///
    /// # Errors
    /// [`StoppedError`] if that will not be.
    pub fn wait(&self, number: u64) -> Result<(), StoppedError> {
        self.shared.queue.wait(number)
    }

    /// What it holds and has done, as of the last transaction.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let (_, queued) = self.shared.queue.status();
        let counters = lock(&self.shared.counters);
        Metrics {
            receiver: counters.receiver,
            store_bytes: counters.store_bytes,
            queued,
            events: counters.events,
            batches: counters.batches,
            commits: counters.commits.summary(),
        }
    }
}
