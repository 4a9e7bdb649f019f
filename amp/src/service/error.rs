//! Why nothing more is taken.

use core::fmt;
use std::sync::Arc;

use crate::{
    receiver::{Event, RestoreError},
    store::StoreError,
};

/// Why a receiver cannot be opened from its store.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The store cannot be read.
    Store(StoreError),
    /// Its records contradict one another.
    Restore(RestoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Restore(error) => write!(f, "the store's records do not fit: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Restore(error) => Some(error),
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The service takes no more events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StoppedError {
    /// It was shut down.
    Closed,
    /// A commit failed. Nothing that followed from that batch, or came later, has left.
    Store(Arc<StoreError>),
    /// The worker panicked: in the sink, or by a mistake of ours.
    Panicked,
}

impl From<StoreError> for StoppedError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl fmt::Display for StoppedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the receiver was shut down"),
            Self::Store(error) => write!(f, "the receiver stopped: {error}"),
            Self::Panicked => f.write_str("the receiver stopped: its thread panicked"),
        }
    }
}

impl std::error::Error for StoppedError {}

/// An event that was not taken, and is given back.
#[derive(Clone, Debug)]
pub enum SubmitError {
    /// The queue is full.
    Full(Box<Event>),
    /// No event is taken any more.
    Stopped(StoppedError),
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the queue is full"),
            Self::Stopped(stopped) => stopped.fmt(f),
        }
    }
}

impl std::error::Error for SubmitError {}
