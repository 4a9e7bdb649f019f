//! A disk in memory: it logs what is asked of it, fails when told to, and gives the images that a
//! loss of power could leave.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use redb::StorageBackend;

use crate::random::Random;

/// What drives write at once, as far as anybody promises.
const SECTOR_BYTES: u64 = 512;

/// One thing that was asked of the disk.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write { offset: u64, data: Box<[u8]> },
    SetLen(u64),
    Sync,
}

/// How the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // not every promise is about faults
pub(crate) enum Fault {
    /// Once, and nothing happens.
    Once,
    /// Once, and half of a write has happened.
    Short,
    /// From now on nothing is written, as on a full disk.
    Full,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    log: Vec<Operation>,
    reads: usize,
    fault: Option<(usize, Fault)>,
    read_fault: Option<usize>,
}

/// A disk; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    pub(crate) fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { bytes, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Changes that were asked for: writes, new lengths and syncs.
    pub(crate) fn operations(&self) -> usize {
        self.state().log.len()
    }

    pub(crate) fn log(&self) -> Vec<Operation> {
        self.state().log.clone()
    }

    #[allow(dead_code)] // not every promise is about faults
    pub(crate) fn reads(&self) -> usize {
        self.state().reads
    }

    /// The change of this number fails.
    #[allow(dead_code)] // not every promise is about faults
    pub(crate) fn fail_at(&self, operation: usize, fault: Fault) {
        self.state().fault = Some((operation, fault));
    }

    /// The read of this number fails.
    #[allow(dead_code)] // not every promise is about faults
    pub(crate) fn fail_read_at(&self, read: usize) {
        self.state().read_fault = Some(read);
    }

    fn change(&self, operation: Operation) -> io::Result<()> {
        let mut state = self.state();
        let number = state.log.len();
        let failing = state.fault.filter(|(at, fault)| match fault {
            Fault::Full => number >= *at,
            Fault::Once | Fault::Short => number == *at,
        });
        match failing {
            None => apply(&mut state.bytes, &operation),
            Some((_, Fault::Short)) => {
                if let Operation::Write { offset, data } = &operation {
                    let half = data[..data.len() / 2].into();
                    apply(&mut state.bytes, &Operation::Write { offset: *offset, data: half });
                }
            }
            Some((_, Fault::Once | Fault::Full)) => {}
        }
        state.log.push(operation);
        match failing {
            None => Ok(()),
            Some((_, Fault::Full)) => Err(io::ErrorKind::StorageFull.into()),
            Some((_, Fault::Once | Fault::Short)) => Err(io::Error::other("injected")),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        state.reads += 1;
        if state.read_fault == Some(state.reads) {
            return Err(io::Error::other("injected"));
        }
        let end = offset as usize + out.len();
        let bytes = state.bytes.get(offset as usize..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Operation::SetLen(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(Operation::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Operation::Write { offset, data: data.into() })
    }
}

/// Carries one change out.
pub(crate) fn apply(bytes: &mut Vec<u8>, operation: &Operation) {
    match operation {
        Operation::Write { offset, data } => {
            let end = *offset as usize + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset as usize..end].copy_from_slice(data);
        }
        Operation::SetLen(len) => bytes.resize(*len as usize, 0),
        Operation::Sync => {}
    }
}

/// What a loss of power makes of the changes that no sync has covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // not every promise is about power
pub(crate) enum Survival {
    /// None of them.
    None,
    /// All of them.
    All,
    /// This one alone.
    Only(usize),
    /// All but this one.
    Without(usize),
    /// Any, whole or torn: sector by sector, and inside a sector.
    Any { seed: u64 },
}

impl Survival {
    /// What is tried where so many changes are pending.
    #[allow(dead_code)] // not every promise is about power
    pub(crate) fn samples(pending: usize, seed: u64, random: usize) -> Vec<Self> {
        let mut samples = vec![Self::None];
        if pending > 0 {
            samples.push(Self::All);
            samples.extend((0..random as u64).map(|k| Self::Any { seed: seed << 8 | k }));
        }
        if pending > 1 {
            samples.extend((0..pending).map(Self::Only));
        }
        if pending > 2 {
            samples.extend((0..pending).map(Self::Without));
        }
        samples
    }

    /// The disk after it.
    pub(crate) fn image(self, durable: &[u8], pending: &[Operation]) -> Vec<u8> {
        let mut bytes = durable.to_vec();
        match self {
            Self::None => {}
            Self::All => pending.iter().for_each(|one| apply(&mut bytes, one)),
            Self::Only(place) => apply(&mut bytes, &pending[place]),
            Self::Without(place) => {
                let others = pending.iter().enumerate().filter(|(k, _)| *k != place);
                others.for_each(|(_, one)| apply(&mut bytes, one));
            }
            Self::Any { seed } => tear(&mut bytes, pending, &mut Random::new(seed)),
        }
        bytes
    }
}

/// In any order, each of them whole, torn or not at all.
fn tear(bytes: &mut Vec<u8>, pending: &[Operation], random: &mut Random) {
    let mut pending: Vec<_> = pending.iter().collect();
    if random.one_in(2) {
        for last in (1..pending.len()).rev() {
            pending.swap(last, random.next() as usize % (last + 1));
        }
    }
    for operation in pending {
        match (random.next() % 3, operation) {
            (0, _) => {}
            (1, _) => apply(bytes, operation),
            (_, Operation::Write { offset, data }) => {
                for piece in torn(*offset, data, random) {
                    apply(bytes, &piece);
                }
            }
            (_, _) => apply(bytes, operation),
        }
    }
}

/// Some sectors of a write, one of them perhaps up to a byte in its middle.
fn torn(offset: u64, data: &[u8], random: &mut Random) -> Vec<Operation> {
    let mut pieces = Vec::new();
    let (mut start, end) = (offset, offset + data.len() as u64);
    while start < end {
        let mut stop = end.min((start / SECTOR_BYTES + 1) * SECTOR_BYTES);
        let next = stop;
        if random.one_in(8) {
            stop = start + random.next() % (stop - start);
        }
        if random.one_in(2) {
            let data = data[(start - offset) as usize..(stop - offset) as usize].into();
            pieces.push(Operation::Write { offset: start, data });
        }
        start = next;
    }
    pieces
}
