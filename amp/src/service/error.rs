//! Why nothing more is taken.

use core::fmt;
use std::sync::Arc;

use crate::{
    receiver::{Event, RestoreError},
    store::StoreError,
};

/// Why a receiver cannot be opened from its store.
#[derive(Debug)]
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
pub enum Stopped {
    /// It was shut down.
    Closed,
    /// A commit failed. Nothing that followed from that batch, or came later, has left.
    Store(Arc<StoreError>),
    /// The worker panicked: in the sink, or by a mistake of ours.
    Panicked,
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the receiver was shut down"),
            Self::Store(error) => write!(f, "the receiver stopped: {error}"),
            Self::Panicked => f.write_str("the receiver stopped: its thread panicked"),
        }
    }
}

impl std::error::Error for Stopped {}

/// An event that was not taken, and is given back.
#[derive(Clone, Debug)]
pub enum Refused {
    /// The queue is full.
    Full(Box<Event>),
    /// No event is taken any more.
    Stopped(Stopped),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the queue is full"),
            Self::Stopped(stopped) => stopped.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}
