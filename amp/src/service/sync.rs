//! The locks and threads of this room. In the crate's own tests they are shuttle's, which decides
//! who runs next and so tries many interleavings.

#[cfg(test)]
pub(super) use shuttle::{
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
};
#[cfg(not(test))]
pub(super) use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
};
