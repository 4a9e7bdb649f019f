//! HTLCs that stay: what they take, what the next one costs, and how soon they are back.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use ammeter_amp::{
    receiver::{Metrics, Receiver},
    service::{self, Histogram, Latency},
    store::{RedbStore, Store as _, StoreError},
};

use crate::receive::{
    BATCH, SET_SIZE,
    interleave::{Lane, Sample, twice_each},
    memory::pass,
    raw::RawStore,
    traffic::{Traffic, batches, policy},
};

/// HTLCs that are put in one transaction while the store is filled.
const FILL_BATCH: usize = 8_192;

/// HTLCs of whole sets that pass in one slice while the others are held.
const PASSING: usize = 2_048;

/// A store that holds HTLCs of sets that miss a part, closed; and what a crash would have left of
/// it.
pub struct Holding {
    htlcs: usize,
    traffic: Traffic,
    closed: PathBuf,
    crashed: PathBuf,
    metrics: Metrics,
    disk_bytes: u64,
}

impl Holding {
    /// Fills one in an empty folder.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Panics
    /// If the folder is not empty.
    pub fn fill(folder: &Path, seed: u64, htlcs: usize) -> Result<Self, StoreError> {
        let mut traffic = Traffic::new(seed);
        let (closed, crashed) = (folder.join("held.redb"), folder.join("crashed.redb"));
        let store = RedbStore::open(&closed)?;
        let mut receiver = service::Durable::open(policy(), store).expect("an empty store");
        for events in batches(&traffic.incomplete_sets(htlcs), FILL_BATCH) {
            receiver.take(events)?;
        }
        let metrics = receiver.receiver().metrics();
        assert_eq!(metrics.members, htlcs as u64);
        // What a crash leaves: the file as it is while it is open.
        fs::copy(&closed, &crashed)?;
        drop(receiver);
        let disk_bytes = fs::metadata(&closed)?.len();
        Ok(Self { htlcs, traffic, closed, crashed, metrics, disk_bytes })
    }

    /// How many are held.
    #[must_use]
    pub const fn htlcs(&self) -> usize {
        self.htlcs
    }

    /// What they take in memory, as the receiver counts.
    #[must_use]
    pub const fn memory_bytes(&self) -> u64 {
        self.metrics.bytes
    }

    /// The size of the store's file.
    #[must_use]
    pub const fn disk_bytes(&self) -> u64 {
        self.disk_bytes
    }

    /// Others that pass in the meantime.
    ///
    /// # Errors
    /// The store's.
    ///
    /// # Panics
    /// If the store has other records than were written.
    pub fn passing(&mut self) -> Result<Passing<'_>, StoreError> {
        let store = RedbStore::open(&self.closed)?;
        let records = store.records()?.map(|record| record.expect("what was written"));
        let holding = Receiver::restore(policy(), records).expect("what was written");
        Ok(Passing::beside_nothing(&mut self.traffic, holding))
    }

    /// Opening the closed store and restoring the receiver.
    #[must_use]
    pub fn reopening(&self) -> Reopening<'_> {
        Reopening { holding: self, opens: Opens::Closed }
    }

    /// The same after a crash: redb first looks for what is damaged.
    #[must_use]
    pub fn reopening_crashed(&self) -> Reopening<'_> {
        Reopening { holding: self, opens: Opens::Crashed }
    }

    /// redb alone beside itself: A/A of the other two.
    #[must_use]
    pub fn reading_twice(&self) -> Reopening<'_> {
        Reopening { holding: self, opens: Opens::Raw }
    }

    /// Seconds that opening `path` and restoring takes.
    fn reopen(&self, path: &Path) -> Result<f64, StoreError> {
        let start = Instant::now();
        let receiver = service::Durable::open(policy(), RedbStore::open(path)?);
        let receiver = receiver.expect("the records that were written");
        let time = start.elapsed();
        let metrics = receiver.receiver().metrics();
        assert_eq!(metrics, self.metrics, "what is reopened is what was closed");
        Ok(time.as_secs_f64())
    }

    /// Seconds that redb alone takes to open the closed file and read the same records.
    fn raw_read(&self) -> f64 {
        let start = Instant::now();
        let raw = RawStore::open(&self.closed).expect("a closed store");
        let (count, sum) = raw.read().expect("a closed store");
        let time = start.elapsed();
        assert!(count > 0 && sum > 0);
        time.as_secs_f64()
    }
}

/// HTLCs of sets of [`SET_SIZE`] that settle in memory, [`BATCH`] at a time, while others are held;
/// beside a receiver that holds nothing.
pub struct Passing<'a> {
    traffic: &'a mut Traffic,
    holding: Receiver,
    empty: Receiver,
    latency: Histogram,
}

impl<'a> Passing<'a> {
    fn beside_nothing(traffic: &'a mut Traffic, holding: Receiver) -> Self {
        let empty = Receiver::new(policy()).expect("a kernel");
        Self { traffic, holding, empty, latency: Histogram::default() }
    }

    /// A receiver that holds nothing beside another: A/A.
    ///
    /// # Panics
    /// If no kernel can derive.
    #[must_use]
    pub fn twice(traffic: &'a mut Traffic) -> Self {
        Self::beside_nothing(traffic, Receiver::new(policy()).expect("a kernel"))
    }

    /// Of one batch, with the resolutions that it leads to.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.latency.summary()
    }
}

impl Lane for Passing<'_> {
    /// Each two slices take the same HTLCs.
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let Self { traffic, holding, empty, latency } = self;
        let mut slices = twice_each(|| traffic.whole_sets(PASSING, SET_SIZE));
        Sample::abba_baab(|is_row| {
            let slice = slices.next().expect("ten slices");
            let mut unread = Histogram::default();
            Ok(match is_row {
                true => pass(holding, slice, BATCH, latency),
                false => pass(empty, slice, BATCH, &mut unread),
            })
        })
    }
}

#[derive(Clone, Copy)]
enum Opens {
    Closed,
    Crashed,
    Raw,
}

/// Opening a store, beside redb alone reading the same records after a close.
pub struct Reopening<'a> {
    holding: &'a Holding,
    opens: Opens,
}

impl Lane for Reopening<'_> {
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let Self { holding, opens } = *self;
        Sample::abba(|is_row| match opens {
            Opens::Closed if is_row => holding.reopen(&holding.closed),
            Opens::Crashed if is_row => {
                // Opening repairs the file.
                let copy = holding.crashed.with_extension("copy");
                fs::copy(&holding.crashed, &copy)?;
                holding.reopen(&copy)
            }
            _ => Ok(holding.raw_read()),
        })
    }
}
