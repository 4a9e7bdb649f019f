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
    interleave::{Lane, Sample, twice_each},
    memory::resolutions,
    raw::{RawStore, encoded},
    traffic::{MIXED_SETS, Traffic, policy},
};

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
    arrivals: VecDeque<Htlc>,
    receiver: Receiver,
    /// Resolutions that follow from the batches before.
    gone: VecDeque<Event>,
}

impl Rehearsal {
    fn new(seed: u64, set_size: u32) -> Self {
        Self {
            traffic: Traffic::new(seed),
            set_size,
            arrivals: VecDeque::new(),
            receiver: Receiver::new(policy()).expect("a kernel"),
            gone: VecDeque::new(),
        }
    }

    /// The next `count` arrivals, and of the resolutions that follow from those before no more: a
    /// service leaves what is over to the next transaction.
    fn next(&mut self, count: usize) -> Batch {
        while self.arrivals.len() < count {
            self.arrivals.extend(self.traffic.next(self.set_size));
        }
        let gone = self.gone.drain(..count.min(self.gone.len()));
        let arrivals = self.arrivals.drain(..count).map(Event::Arrived);
        let events: Vec<Event> = arrivals.chain(gone).collect();
        let mut output = Output::default();
        for event in &events {
            self.receiver.step(event.clone(), &mut output);
        }
        let entries = encoded(output.changes());
        let gone = resolutions(output.committed());
        let settled = gone.len();
        self.gone.extend(gone);
        Batch { events, entries, settled }
    }

    fn several(&mut self, batches: usize, count: usize) -> Vec<Batch> {
        (0..batches).map(|_| self.next(count)).collect()
    }

    /// What comes before sets are whole: until then no two batches are alike.
    fn beginning(&mut self) -> Vec<Batch> {
        let htlcs = MIXED_SETS * self.set_size as usize;
        self.several(htlcs.div_ceil(BATCH), BATCH)
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
    /// Arrivals of one transaction.
    batch: usize,
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
            rehearsal: Rehearsal::new(seed, set_size),
            receiver: service::Durable::open(policy(), store).expect("an empty store"),
            raw: RawStore::open(&folder.join("raw.redb")).expect("a file of our own"),
            batch,
            transactions: (BATCH / 4).div_ceil(batch).min(8),
            latency: Histogram::default(),
        };
        for batch in durable.rehearsal.beginning() {
            durable.raw.put(&batch.entries).expect("a file of our own");
            durable.receiver.take(batch.events)?;
        }
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
    /// Each two slices take the same batches.
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let Self { rehearsal, receiver, raw, batch, transactions, latency } = self;
        let arrivals = *batch;
        let mut slices = twice_each(|| rehearsal.several(*transactions, arrivals));
        Sample::abba_baab(|is_row| {
            let slice = slices.next().expect("ten slices");
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
            rehearsal: Rehearsal::new(seed, SET_SIZE),
            stores: ["one.redb", "other.redb"].map(open),
        }
    }
}

impl Lane for RawTwice {
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let mut slices = twice_each(|| self.rehearsal.several(1, BATCH));
        Sample::abba_baab(|is_row| {
            let slice = slices.next().expect("ten slices");
            timed(slice, BATCH, &mut Histogram::default(), |batch| {
                self.stores[usize::from(is_row)].put(&batch.entries).expect("a file of our own");
                Ok(())
            })
        })
    }
}
