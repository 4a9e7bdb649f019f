//! Our own receiver with its real store: redb, on a disk in memory that fails as disks do.
//!
//! Slower by far than the [built-in one](super::builtin) over maps; here the transactions are not
//! taken on trust.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ammeter_amp::{
    receiver::{Effect, Policy},
    service::Durable,
    store::RedbStore,
};
use ammeter_core::Hash;
use redb::StorageBackend;

use crate::{
    adapter::{Kept, Outcome, UnderTest, builtin},
    sim::{history::Fault, input::Input},
};

/// The core, its store and a disk.
#[derive(Debug)]
pub struct OnDisk {
    policy: Policy,
    disk: Disk,
    /// `None` while it is dead.
    receiver: Option<Durable<RedbStore>>,
}

impl OnDisk {
    /// A receiver; [`begin`](UnderTest::begin) gives it its policy.
    #[must_use]
    pub fn new() -> Self {
        let (policy, disk) = (Policy::new(Hash::Sha256), Disk::default());
        Self { policy, disk, receiver: None }
    }

    /// Ends the receiver without a write: redb, when it is dropped, closes its file if it can.
    fn kill(&mut self) {
        self.disk.plan(Some(Fault::WriteError));
        self.receiver = None;
        self.disk.plan(None);
    }
}

impl Default for OnDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl UnderTest for OnDisk {
    /// # Panics
    /// If an empty disk cannot be opened.
    fn begin(&mut self, policy: &Policy) {
        // Nobody reads the last history's file again.
        self.kill();
        (self.policy, self.disk) = (*policy, Disk::default());
        self.restart();
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let Some(receiver) = &mut self.receiver else { return Outcome::Down };
        // The store's first input of a life is the restart, by itself.
        let event = (!matches!(input, Input::Restarted)).then(|| input.event());
        self.disk.plan(fault);
        let taken = receiver.take(event);
        let (sent, down) = match (&taken, fault) {
            (Ok(effects), None | Some(Fault::SyncLies)) => (effects.len(), false),
            (Ok(_), Some(Fault::AfterEffects { sent })) => (sent.into(), true),
            // An input that writes nothing meets no fault of the disk, but is killed all the same.
            (Ok(_), Some(_)) | (Err(_), _) => (0, true),
        };
        effects.extend(taken.unwrap_or_default().iter().take(sent));
        if !down {
            self.disk.plan(None);
            return Outcome::Done;
        }
        self.kill();
        if !matches!(fault, Some(Fault::WriteError | Fault::DiskFull)) {
            self.disk.lose_power();
        }
        Outcome::Down
    }

    /// The file is closed, so that files are opened that were closed and files that were not.
    fn crash(&mut self) {
        self.receiver = None;
        self.disk.lose_power();
    }

    fn restart(&mut self) {
        let store = RedbStore::with_backend(self.disk.clone()).expect("the disk is whole again");
        let receiver = Durable::open(self.policy, store).expect("its records fit together");
        self.receiver = Some(receiver);
    }

    fn kept(&self) -> Option<Kept> {
        self.receiver.as_ref().map(|durable| builtin::kept(&durable.receiver().metrics()))
    }
}

/// A disk; clones are the same one.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What the machine reads.
    bytes: Bytes,
    /// What a loss of power leaves for certain.
    durable: Bytes,
    /// What may or may not survive it.
    pending: Vec<Write>,
    /// So many writes and syncs go well, and no more.
    left: Option<u32>,
    is_full: bool,
    lies: bool,
    /// Whether the last sync was a lie.
    lied: bool,
}

#[derive(Debug)]
enum Write {
    Data { offset: usize, data: Box<[u8]> },
    Length(usize),
}

impl Disk {
    fn state(&self) -> MutexGuard<'_, State> {
        // A receiver that panicked amidst a write has written what it has written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the next writes go.
    fn plan(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.left = match fault {
            Some(Fault::BeforeCommit | Fault::WriteError | Fault::DiskFull) => Some(0),
            Some(Fault::Torn { writes }) => Some(1 + 2 * u32::from(writes)),
            _ => None,
        };
        state.is_full = fault == Some(Fault::DiskFull);
        state.lies = fault == Some(Fault::SyncLies);
    }

    /// Every other pending write reaches the disk, the last of them by half; none if the disk has
    /// lied, for no file survives a lie *and* a tear.
    fn lose_power(&self) {
        let state = &mut *self.state();
        if core::mem::take(&mut state.lied) {
            state.pending.clear();
        }
        let last = state.pending.len().saturating_sub(1);
        for (k, write) in state.pending.drain(..).enumerate().filter(|(k, _)| k % 2 == last % 2) {
            match write {
                Write::Data { offset, data } if k == last => {
                    let half = data[..data.len() / 2].into();
                    state.durable.apply(&Write::Data { offset, data: half });
                }
                write => state.durable.apply(&write),
            }
        }
        state.bytes.clone_from(&state.durable);
    }

    fn write(&self, write: Write) -> io::Result<()> {
        let state = &mut *self.state();
        state.count()?;
        state.bytes.apply(&write);
        state.pending.push(write);
        Ok(())
    }
}

impl State {
    fn count(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) if self.is_full => Err(io::ErrorKind::StorageFull.into()),
            Some(0) => Err(io::Error::other("injected")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Bytes of a page.
const PAGE: usize = 4096;

/// A file of which few pages were ever written. The others are zero, and take nothing; a clone
/// shares what both have.
#[derive(Clone, Debug, Default)]
struct Bytes {
    pages: Vec<Option<Arc<[u8; PAGE]>>>,
    len: usize,
}

impl Bytes {
    fn apply(&mut self, write: &Write) {
        match write {
            Write::Length(length) => self.resize(*length),
            Write::Data { offset, data } => {
                let end = offset + data.len();
                if self.len < end {
                    self.resize(end);
                }
                self.fill(*offset, data);
            }
        }
    }

    /// What is cut off reads as zero when the file grows again.
    fn resize(&mut self, len: usize) {
        if len < self.len && !len.is_multiple_of(PAGE) {
            let rest = &[0; PAGE][len % PAGE..];
            self.fill(len, &rest[..rest.len().min(self.len - len)]);
        }
        self.pages.resize(len.div_ceil(PAGE), None);
        self.len = len;
    }

    fn fill(&mut self, mut offset: usize, mut data: &[u8]) {
        while !data.is_empty() {
            let (now, later) = data.split_at(data.len().min(PAGE - offset % PAGE));
            let page = self.pages[offset / PAGE].get_or_insert_with(|| Arc::new([0; PAGE]));
            Arc::make_mut(page)[offset % PAGE..][..now.len()].copy_from_slice(now);
            (offset, data) = (offset + now.len(), later);
        }
    }

    fn read(&self, mut offset: usize, mut out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() > self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while !out.is_empty() {
            let (now, later) = out.split_at_mut(out.len().min(PAGE - offset % PAGE));
            match &self.pages[offset / PAGE] {
                Some(page) => now.copy_from_slice(&page[offset % PAGE..][..now.len()]),
                None => now.fill(0),
            }
            (offset, out) = (offset + now.len(), later);
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.state().bytes.read(offset as usize, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.write(Write::Length(length as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let state = &mut *self.state();
        state.count()?;
        state.lied = state.lies;
        if !state.lies {
            let State { durable, pending, .. } = state;
            pending.drain(..).for_each(|write| durable.apply(&write));
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        Self::write(self, Write::Data { offset: offset as usize, data: data.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Random;

    /// Against a vector: writes and lengths anywhere, and a clone that stays as it was.
    #[test]
    fn pages_are_bytes() {
        let (mut random, mut bytes, mut model) = (Random::new(1), Bytes::default(), Vec::new());
        let mut below = |end: usize| random.word() as usize % end;
        for step in 0..2_000 {
            let before = (bytes.clone(), model.clone());
            let offset = below(4 * PAGE);
            if below(4) == 0 {
                bytes.apply(&Write::Length(offset));
                model.resize(offset, 0);
            } else {
                let data = vec![step as u8 | 1; below(2 * PAGE)];
                model.resize(model.len().max(offset + data.len()), 0);
                model[offset..][..data.len()].copy_from_slice(&data);
                bytes.apply(&Write::Data { offset, data: data.into() });
            }
            for (bytes, model) in [before, (bytes.clone(), model.clone())] {
                let mut read = vec![7; model.len()];
                bytes.read(0, &mut read).unwrap();
                assert!(read == model, "step {step}");
                assert!(bytes.read(1, &mut read).is_err());
            }
        }
    }
}
