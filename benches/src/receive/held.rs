//! HTLCs that stay: what they take, what the next one costs, and how soon they are back.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use ammeter_amp::{
    receiver::Receiver,
    service,
    store::{RedbStore, Store as _, StoreError},
};

use crate::receive::{
    flow::{Flow, pass},
    raw::RawStore,
    traffic::{Traffic, batches, policy},
};

/// HTLCs that are put in one transaction while the store is filled.
const FILL_BATCH: usize = 8_192;

/// HTLCs of whole sets that pass while the others are held.
const PASSING: usize = 32_768;

/// What so many held HTLCs cost.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// How many.
    pub htlcs: u64,
    /// HTLCs of sets of 16 that settle in the meantime, in memory.
    pub passing: Flow,
    /// As the receiver counts them.
    pub memory_bytes: u64,
    /// The store's file.
    pub disk_bytes: u64,
    /// Opening the store after it was closed, and restoring the receiver.
    pub reopen: Duration,
    /// The same after a crash: redb first looks for what is damaged.
    pub reopen_crashed: Duration,
    /// redb alone, opening the closed file and reading the same records.
    pub raw_read: Duration,
}

/// Fills a receiver and its store with sets that miss a part, and measures.
///
/// # Errors
/// The store's.
///
/// # Panics
/// If a reopened receiver does not hold what it held.
pub fn held(folder: &Path, seed: u64, htlcs: usize) -> Result<Held, StoreError> {
    let mut traffic = Traffic::new(seed);
    let path = folder.join("held.redb");
    let crashed = folder.join("crashed.redb");
    let mut receiver =
        service::Durable::open(policy(), RedbStore::open(&path)?).expect("an empty store");
    for events in batches(&traffic.incomplete_sets(htlcs), FILL_BATCH) {
        receiver.take(events)?;
    }
    let metrics = receiver.receiver().metrics();
    assert_eq!(metrics.members, htlcs as u64);
    // What a crash leaves: the file as it is while it is open.
    fs::copy(&path, &crashed)?;
    drop(receiver);
    let disk_bytes = fs::metadata(&path)?.len();

    let reopened = |path: &Path| {
        let start = Instant::now();
        let receiver = service::Durable::open(policy(), RedbStore::open(path)?)
            .expect("the records that were written");
        let time = start.elapsed();
        assert_eq!(receiver.receiver().metrics(), metrics, "what is reopened is what was closed");
        Ok::<_, StoreError>((receiver, time))
    };
    let (_, reopen_crashed) = reopened(&crashed)?;
    let mut reads = Vec::new();
    let mut reopens = Vec::new();
    for _ in 0..3 {
        reads.push(raw_read(&path));
        reopens.push(reopened(&path)?.1);
    }
    let records = RedbStore::open(&path)?;
    let records = records.records()?.map(|record| record.expect("read before"));
    let receiver = Receiver::restore(policy(), records).expect("restored before");
    let passing = pass(receiver, traffic.whole_sets(PASSING, 16));
    let (reopen, raw_read) = (median(reopens), median(reads));
    for file in [&path, &crashed] {
        fs::remove_file(file)?;
    }
    Ok(Held {
        htlcs: htlcs as u64,
        passing,
        memory_bytes: metrics.bytes,
        disk_bytes,
        reopen,
        reopen_crashed,
        raw_read,
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn raw_read(path: &Path) -> Duration {
    let start = Instant::now();
    let raw = RawStore::open(path).expect("a closed store");
    let (count, sum) = raw.read().expect("a closed store");
    let time = start.elapsed();
    assert!(count > 0 && sum > 0);
    time
}
