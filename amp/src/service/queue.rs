//! A bounded queue from many submitters to one worker: a lock and three conditions.

use std::{collections::VecDeque, fmt, sync::PoisonError};

use crate::{
    receiver::Event,
    service::{
        StoppedError, SubmitError,
        sync::{Condvar, Mutex, MutexGuard},
    },
};

/// Events that wait, and how far the worker is.
pub(super) struct Queue {
    state: Mutex<State>,
    /// The worker waits for events.
    filled: Condvar,
    /// Submitters wait for room.
    drained: Condvar,
    /// Waiters wait for events to be durable.
    advanced: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    submitted: u64,
    done: u64,
    stopped: Option<StoppedError>,
}

/// Without the events: they hold secrets.
impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State::default()),
            filled: Condvar::new(),
            drained: Condvar::new(),
            advanced: Condvar::new(),
            capacity,
        }
    }

    // Nothing in this room panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends an event, when there is room, and gives its number.
    pub(super) fn push(&self, event: Event) -> Result<u64, StoppedError> {
        let mut state = self.lock();
        while state.stopped.is_none() && state.events.len() >= self.capacity {
            state = self.drained.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match &state.stopped {
            Some(stopped) => Err(stopped.clone()),
            None => Ok(self.append(&mut state, event)),
        }
    }

    /// Appends an event if there is room now.
    pub(super) fn try_push(&self, event: Event) -> Result<u64, SubmitError> {
        let mut state = self.lock();
        match &state.stopped {
            Some(stopped) => Err(SubmitError::Stopped(stopped.clone())),
            None if state.events.len() >= self.capacity => Err(SubmitError::Full(event.into())),
            None => Ok(self.append(&mut state, event)),
        }
    }

    fn append(&self, state: &mut State, event: Event) -> u64 {
        state.events.push_back(event);
        state.submitted += 1;
        // The worker only sleeps while there is nothing.
        if state.events.len() == 1 {
            self.filled.notify_one();
        }
        state.submitted
    }

    /// Moves up to `most` events to `batch`, when there are any; `false` when there will be none.
    pub(super) fn pull(&self, batch: &mut Vec<Event>, most: usize) -> bool {
        let mut state = self.lock();
        while state.events.is_empty() && state.stopped.is_none() {
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.events.len().min(most);
        batch.extend(state.events.drain(..count));
        self.drained.notify_all();
        count > 0
    }

    /// So many more events are durable and their effects have left.
    pub(super) fn advance(&self, count: u64) {
        self.lock().done += count;
        self.advanced.notify_all();
    }

    /// Waits until the event with this number is durable and its effects have left.
    pub(super) fn wait(&self, number: u64) -> Result<(), StoppedError> {
        let mut state = self.lock();
        loop {
            match &state.stopped {
                _ if state.done >= number => return Ok(()),
                // What was submitted before is still taken.
                Some(StoppedError::Closed) if state.submitted >= number => {}
                Some(stopped) => return Err(stopped.clone()),
                None => {}
            }
            state = self.advanced.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more events. Those that wait are still pulled if it is closed, and forgotten if it
    /// failed.
    pub(super) fn stop(&self, reason: StoppedError) {
        let mut state = self.lock();
        match (&state.stopped, &reason) {
            (
                None | Some(StoppedError::Closed),
                StoppedError::Store(_) | StoppedError::Panicked,
            ) => {
                state.events.clear();
                state.stopped = Some(reason);
            }
            (None, StoppedError::Closed) => state.stopped = Some(reason),
            (Some(_), _) => {}
        }
        drop(state);
        self.filled.notify_all();
        self.drained.notify_all();
        self.advanced.notify_all();
    }

    /// Why it stopped, if it did, and how many events wait.
    pub(super) fn status(&self) -> (Option<StoppedError>, usize) {
        let state = self.lock();
        (state.stopped.clone(), state.events.len())
    }
}
