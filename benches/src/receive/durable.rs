//! The same HTLCs durable, beside redb alone, which puts the same records in the same batches.

use std::{
    collections::VecDeque,
    path::Path,
    time::{Duration, Instant},
};

use ammeter_amp::{
    receiver::{Event, Htlc, Output, Receiver},
    service::{self, Histogram, Latency},
    store::{RedbStore, StoreError, codec::Entry},
};

use crate::receive::{
    BATCH, SET_SIZE,
    interleave::{Lane, Sample},
    memory::resolutions,
    raw::{RawStore, encoded},
    traffic::{Traffic, policy},
};

/// Sets that are made at a time, their parts mixed.
const SETS: usize = 64;

/// What one transaction gets.
#[derive(Clone)]
struct Batch {
    events: Vec<Event>,
    entries: Vec<Entry>,
    /// How many of its HTLCs settle.
    settled: usize,
}

/// Finds out by a receiver in memory what each batch puts.
struct Rehearsal {
    traffic: Traffic,
    set_size: u32,
    batch: usize,
    arrivals: VecDeque<Htlc>,
    receiver: Receiver,
    /// Resolutions that follow from the last batch.
    gone: Vec<Event>,
}

impl Rehearsal {
    fn new(seed: u64, set_size: u32, batch: usize) -> Self {
        Self {
            traffic: Traffic::new(seed),
            set_size,
            batch,
            arrivals: VecDeque::new(),
            receiver: Receiver::new(policy()).expect("a kernel"),
            gone: Vec::new(),
        }
    }

    /// The next arrivals, and the resolutions that follow from those before.
    fn next(&mut self) -> Batch {
        while self.arrivals.len() < self.batch {
            let htlcs = SETS * self.set_size as usize;
            self.arrivals.extend(self.traffic.whole_sets(htlcs, self.set_size));
        }
        let arrivals = self.arrivals.drain(..self.batch).map(Event::Arrived);
        let events: Vec<Event> = arrivals.chain(self.gone.drain(..)).collect();
        let mut output = Output::default();
        for event in &events {
            self.receiver.step(event.clone(), &mut output);
        }
        let entries = encoded(output.changes());
        self.gone = resolutions(output.committed());
        Batch { events, entries, settled: self.gone.len() }
    }

    fn several(&mut self, count: usize) -> Vec<Batch> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// Seconds an arrival when `each` takes every batch of a slice.
fn timed(
    slice: Vec<Batch>,
    arrivals: usize,
    latency: &mut Histogram,
    mut each: impl FnMut(Batch) -> Result<(), StoreError>,
) -> Result<f64, StoreError> {
    let (mut time, count) = (Duration::ZERO, slice.len());
    for batch in slice {
        let start = Instant::now();
        each(batch)?;
        let elapsed = start.elapsed();
        latency.record(elapsed);
        time += elapsed;
    }
    Ok(time.as_secs_f64() / (count * arrivals) as f64)
}

/// The receiver and its store beside redb alone, in files of one folder: what the disk does meets
/// both.
pub struct Durable {
    rehearsal: Rehearsal,
    receiver: service::Durable<RedbStore>,
    raw: RawStore,
    /// Transactions of one slice.
    transactions: usize,
    latency: Histogram,
}

impl Durable {
    /// Sets of `set_size`, `batch` arrivals a transaction, in an empty folder.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Panics
    /// If the folder is not empty.
    pub fn new(folder: &Path, seed: u64, set_size: u32, batch: usize) -> Result<Self, StoreError> {
        let store = RedbStore::open(&folder.join("receiver.redb"))?;
        let mut durable = Self {
            rehearsal: Rehearsal::new(seed, set_size, batch),
            receiver: service::Durable::open(policy(), store).expect("an empty store"),
            raw: RawStore::open(&folder.join("raw.redb")).expect("a file of our own"),
            transactions: (BATCH / 4).div_ceil(batch).min(8),
            latency: Histogram::default(),
        };
        // Tables are made, and the first resolutions follow.
        durable.sample()?;
        durable.latency = Histogram::default();
        Ok(durable)
    }

    /// Of one transaction.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.latency.summary()
    }
}

impl Lane for Durable {
    /// The first two slices take the same batches, and so do the last two.
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let Self { rehearsal, receiver, raw, transactions, latency } = self;
        let arrivals = rehearsal.batch;
        let [first, second] = [(), ()].map(|()| rehearsal.several(*transactions));
        let mut slices = [first.clone(), first, second.clone(), second].into_iter();
        Sample::abba(|is_row| {
            let slice = slices.next().expect("four slices");
            if !is_row {
                let mut unread = Histogram::default();
                return timed(slice, arrivals, &mut unread, |batch| {
                    raw.put(&batch.entries).expect("a file of our own");
                    Ok(())
                });
            }
            timed(slice, arrivals, latency, |batch| {
                let settled = resolutions(receiver.take(batch.events)?).len();
                assert_eq!(settled, batch.settled, "every honest HTLC settles");
                Ok(())
            })
        })
    }
}

/// redb alone beside itself: A/A.
pub struct RawTwice {
    rehearsal: Rehearsal,
    stores: [RawStore; 2],
}

impl RawTwice {
    /// In an empty folder.
    ///
    /// # Panics
    /// If files cannot be made there.
    #[must_use]
    pub fn new(folder: &Path, seed: u64) -> Self {
        let open = |name| RawStore::open(&folder.join(name)).expect("a file of our own");
        Self {
            rehearsal: Rehearsal::new(seed, SET_SIZE, BATCH),
            stores: ["one.redb", "other.redb"].map(open),
        }
    }
}

impl Lane for RawTwice {
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let [first, second] = [(), ()].map(|()| self.rehearsal.several(1));
        let mut slices = [first.clone(), first, second.clone(), second].into_iter();
        Sample::abba(|is_row| {
            let slice = slices.next().expect("four slices");
            timed(slice, BATCH, &mut Histogram::default(), |batch| {
                self.stores[usize::from(is_row)].put(&batch.entries).expect("a file of our own");
                Ok(())
            })
        })
    }
}
