//! A backend that holds writes back until it is opened.
//!
//! redb writes as soon as it opens a file: it marks it as open, and recovers it. Those writes are
//! kept here until the first commit, so that a file which turns out to be foreign, newer or
//! damaged is not touched.

use std::{
    fmt, io,
    ops::Range,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use ::redb::StorageBackend;

/// What was to be done, in its order.
#[derive(Debug)]
enum Operation {
    Write { offset: u64, data: Box<[u8]> },
    SetLen(u64),
    Sync,
}

#[derive(Debug)]
enum State {
    /// Nothing of this has reached the backend.
    Closed(Vec<Operation>),
    Open,
    /// Some of what was held back has reached the backend, and then came an error.
    Broken,
}

struct Inner {
    backend: Box<dyn StorageBackend>,
    state: RwLock<State>,
}

/// See the room's documentation. Clones share the backend.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.0.backend).finish()
    }
}

impl Gate {
    pub(super) fn closed(backend: Box<dyn StorageBackend>) -> Self {
        Self(Arc::new(Inner { backend, state: RwLock::new(State::Closed(Vec::new())) }))
    }

    /// Lets everything through: first what was held back.
    pub(super) fn open(&self) -> io::Result<()> {
        if matches!(*self.read_state(), State::Open) {
            return Ok(());
        }
        let mut state = self.write_state();
        match std::mem::replace(&mut *state, State::Broken) {
            State::Closed(held) => held.iter().try_for_each(|one| self.carry_out(one))?,
            State::Open => {}
            State::Broken => return Err(broken()),
        }
        *state = State::Open;
        Ok(())
    }

    fn carry_out(&self, operation: &Operation) -> io::Result<()> {
        match operation {
            Operation::Write { offset, data } => self.0.backend.write(*offset, data),
            Operation::SetLen(len) => self.0.backend.set_len(*len),
            Operation::Sync => self.0.backend.sync_data(),
        }
    }

    fn change(&self, operation: Operation) -> io::Result<()> {
        if matches!(*self.read_state(), State::Open) {
            return self.carry_out(&operation);
        }
        match &mut *self.write_state() {
            State::Closed(held) => {
                held.push(operation);
                Ok(())
            }
            State::Open => self.carry_out(&operation),
            State::Broken => Err(broken()),
        }
    }

    // A panic elsewhere leaves the state valid: it is replaced, never half written.
    fn read_state(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_state(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `out` would hold had everything been written.
    fn read_through(&self, held: &[Operation], offset: u64, out: &mut [u8]) -> io::Result<()> {
        let end = offset + out.len() as u64;
        if end > len(&*self.0.backend, held)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let there = self.0.backend.len()?.clamp(offset, end) - offset;
        let (there, beyond) = out.split_at_mut(there as usize);
        self.0.backend.read(offset, there)?;
        beyond.fill(0);
        for operation in held {
            match operation {
                Operation::Write { offset: start, data } => {
                    let both = offset.max(*start)..end.min(start + data.len() as u64);
                    if !both.is_empty() {
                        out[within(&both, offset)].copy_from_slice(&data[within(&both, *start)]);
                    }
                }
                // What is cut off reads as zero when the file grows again.
                Operation::SetLen(len) => {
                    out[(len.clamp(&offset, &end) - offset) as usize..].fill(0);
                }
                Operation::Sync => {}
            }
        }
        Ok(())
    }
}

fn within(range: &Range<u64>, start: u64) -> Range<usize> {
    (range.start - start) as usize..(range.end - start) as usize
}

fn len(backend: &dyn StorageBackend, held: &[Operation]) -> io::Result<u64> {
    held.iter().try_fold(backend.len()?, |len, operation| {
        Ok(match operation {
            Operation::Write { offset, data } => len.max(offset + data.len() as u64),
            Operation::SetLen(len) => *len,
            Operation::Sync => len,
        })
    })
}

fn broken() -> io::Error {
    io::Error::other("an earlier write failed")
}

impl StorageBackend for Gate {
    fn len(&self) -> io::Result<u64> {
        match &*self.read_state() {
            State::Closed(held) => len(&*self.0.backend, held),
            State::Open | State::Broken => self.0.backend.len(),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match &*self.read_state() {
            State::Closed(held) => self.read_through(held, offset, out),
            State::Open | State::Broken => self.0.backend.read(offset, out),
        }
    }

    /// redb grows the file, and one sync later its header names the new length. Were that sync cut
    /// short between the two, it could not open the file again: so growth has a sync of its own.
    fn set_len(&self, len: u64) -> io::Result<()> {
        let grows = len > self.len()?;
        self.change(Operation::SetLen(len))?;
        if grows { self.sync_data() } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(Operation::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match &*self.read_state() {
            // The way of every commit: no copy.
            State::Open => return self.0.backend.write(offset, data),
            State::Closed(_) | State::Broken => {}
        }
        self.change(Operation::Write { offset, data: data.into() })
    }

    fn close(&self) -> io::Result<()> {
        self.0.backend.close()
    }
}
