//! HTLCs that arrive, settle and are gone again.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use ammeter_amp::{
    receiver::{Effect, Event, Htlc, Output, Receiver},
    service::{self, Histogram, Latency},
    store::{RedbStore, StoreError, codec::Entry},
};

use crate::receive::{
    raw::{RawStore, encoded},
    traffic::{Traffic, batches, policy},
};

/// How fast they pass.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// HTLCs that arrived and settled.
    pub htlcs: u64,
    /// In which time.
    pub time: Duration,
    /// Of one event in memory; of one transaction where it is durable.
    pub latency: Latency,
}

impl Flow {
    /// HTLCs a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.htlcs as f64 / self.time.as_secs_f64()
    }
}

/// What follows the arrival of settled HTLCs: they are gone.
fn resolutions(effects: &[Effect]) -> Vec<Event> {
    let settled = effects.iter().filter(|effect| matches!(effect, Effect::Settle { .. }));
    settled.map(|effect| Event::Resolved(effect.key())).collect()
}

/// HTLCs of whole sets through the pure core, one event at a time, and the resolutions of those that
/// settle, which are not counted as HTLCs but are part of the time.
///
/// # Panics
/// If an honest HTLC does not settle.
#[must_use]
pub fn in_memory(seed: u64, htlcs: usize, set_size: u32) -> Flow {
    let arrivals = Traffic::new(seed).whole_sets(htlcs, set_size);
    pass(Receiver::new(policy()).expect("a kernel"), arrivals)
}

/// Lets them pass through a receiver that may hold others.
pub(super) fn pass(mut receiver: Receiver, arrivals: Vec<Htlc>) -> Flow {
    let count = arrivals.len() as u64;
    let (mut output, mut latency, mut settled) = (Output::default(), Histogram::default(), 0);
    let start = Instant::now();
    let mut last = start;
    for htlc in arrivals {
        receiver.step(Event::Arrived(htlc), &mut output);
        let gone = resolutions(output.committed());
        settled += gone.len() as u64;
        for event in gone {
            receiver.step(event, &mut output);
        }
        let now = Instant::now();
        latency.record(now - last);
        last = now;
    }
    assert_eq!(settled, count, "every honest HTLC settles");
    Flow { htlcs: count, time: last - start, latency: latency.summary() }
}

/// A durable flow beside redb alone, which puts the same records in the same batches.
#[derive(Clone, Copy, Debug)]
pub struct Durable {
    /// The receiver and its store.
    pub flow: Flow,
    /// redb alone.
    pub raw_time: Duration,
}

impl Durable {
    /// The receiver's rate as a part of redb's.
    #[must_use]
    pub fn of_raw(&self) -> f64 {
        self.raw_time.as_secs_f64() / self.flow.time.as_secs_f64()
    }
}

/// What one batch puts, found out by a receiver in memory.
struct Batch {
    events: Vec<Event>,
    entries: Vec<Entry>,
}

fn rehearse(arrivals: &[Htlc], batch: usize) -> Vec<Batch> {
    let mut receiver = Receiver::new(policy()).expect("a kernel");
    let mut output = Output::default();
    let mut gone = Vec::new();
    let mut play = |mut events: Vec<Event>, gone: &mut Vec<Event>| {
        events.append(gone);
        events.iter().for_each(|event| receiver.step(event.clone(), &mut output));
        let entries = encoded(output.changes());
        gone.extend(resolutions(output.committed()));
        Batch { events, entries }
    };
    let mut all: Vec<_> = batches(arrivals, batch).map(|events| play(events, &mut gone)).collect();
    all.push(play(Vec::new(), &mut gone));
    all
}

/// HTLCs of whole sets, `batch` arrivals a transaction together with the resolutions that follow from the
/// one before. The receiver and redb alone take turns, in files of the same folder, so that the
/// disk's mood meets both.
///
/// # Errors
/// The store's.
///
/// # Panics
/// If an honest HTLC does not settle.
pub fn durable(
    folder: &Path,
    seed: u64,
    htlcs: usize,
    set_size: u32,
    batch: usize,
) -> Result<Durable, StoreError> {
    let arrivals = Traffic::new(seed).whole_sets(htlcs, set_size);
    let count = arrivals.len() as u64;
    let batches = rehearse(&arrivals, batch);
    let store = RedbStore::open(&folder.join("receiver.redb"))?;
    let mut receiver = service::Durable::open(policy(), store).expect("an empty store");
    let raw = RawStore::open(&folder.join("raw.redb")).expect("a file of our own");
    let (mut settled, mut latency) = (0, Histogram::default());
    let (mut time, mut raw_time) = (Duration::ZERO, Duration::ZERO);
    for (number, Batch { events, entries }) in batches.into_iter().enumerate() {
        let mut ours = |events: Vec<Event>| {
            let start = Instant::now();
            let effects = receiver.take(events)?;
            let elapsed = start.elapsed();
            settled += resolutions(effects).len() as u64;
            latency.record(elapsed);
            time += elapsed;
            Ok::<_, StoreError>(())
        };
        let mut theirs = || {
            let start = Instant::now();
            raw.put(&entries).expect("a file of our own");
            raw_time += start.elapsed();
        };
        if number % 2 == 0 {
            ours(events)?;
            theirs();
        } else {
            theirs();
            ours(events)?;
        }
    }
    assert_eq!(settled, count, "every honest HTLC settles");
    let flow = Flow { htlcs: count, time, latency: latency.summary() };
    Ok(Durable { flow, raw_time })
}
