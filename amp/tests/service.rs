//! Promise: threads share a receiver whose effects follow durable events, in order, whoever submits
//! and however it ends.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
};

use ammeter_amp::{
    receiver::{Change, Effect, Event, IncomingHtlc, Policy},
    service::{Durable, OpenError, Service, Settings, StoppedError, SubmitError},
    store::{MemoryStore, Records, RedbStore, Store, StoreError},
};
use ammeter_core::{Hash, HtlcKey, Msat, PaymentHash};

fn policy() -> Policy {
    Policy::new(Hash::Sha256)
}

/// An event with one effect: an HTLC whose onion nobody can read.
fn event(channel_id: u64, htlc_id: u64) -> Event {
    let key = HtlcKey { channel_id, htlc_id };
    Event::Unreadable(IncomingHtlc {
        key,
        payment_hash: PaymentHash::ZERO,
        amount_msat: Msat(1),
        cltv_expiry: 9,
    })
}

fn open<S: Store>(store: S) -> Durable<S> {
    Durable::open(policy(), store).expect("a store of its own")
}

/// Of which so many records can be read, and then an error, or all of them again.
struct Spoilt {
    store: MemoryStore,
    readable: usize,
    again: bool,
}

impl Store for Spoilt {
    fn records(&self) -> Result<Records<'_>, StoreError> {
        let read = self.store.records()?.take(self.readable);
        Ok(match self.again {
            true => Box::new(read.chain(self.store.records()?)),
            false => Box::new(read.chain([Err(StoreError::Stopped)])),
        })
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        self.store.commit(changes)
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        self.store.bytes()
    }
}

/// With more records than are restored at a time, one thread reads and another restores: neither
/// waits for one that gave up.
#[test]
fn a_large_store_is_restored_whole_or_its_fault_is_said() {
    let mut durable = open(MemoryStore::new());
    durable.take((0..10_000).map(|htlc| event(htlc % 100, htlc))).unwrap();
    assert_eq!(durable.receiver().metrics().refused, 10_000);
    let store = durable.into_store();
    let again = open(store.clone());
    assert_eq!(again.receiver().metrics().refused, 10_000);
    again.receiver().audit();

    for readable in [0, 1_023, 1_024, 9_000] {
        let spoilt = |again| Spoilt { store: store.clone(), readable, again };
        let read = Durable::open(policy(), spoilt(false)).map(drop);
        assert!(matches!(read, Err(OpenError::Store(StoreError::Stopped))), "{readable}: {read:?}");
        let read = Durable::open(policy(), spoilt(true)).map(drop);
        let twice = matches!(read, Err(OpenError::Restore(_)));
        assert_eq!(twice, readable > 0, "{readable}: {read:?}");
    }
}

#[test]
fn threads_share_a_file() {
    const THREADS: u64 = 4;
    const EVENTS: u64 = 300;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let left = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&left);
    let settings = Settings { batch_max: 64, queue_max: 128 };
    let service = Service::start(open(RedbStore::open(&path).unwrap()), settings, move |batch| {
        sink.lock().unwrap().extend(batch.effects.iter().map(Effect::key));
    });
    let submitters: Vec<_> = (0..THREADS)
        .map(|channel| {
            let handle = service.handle();
            thread::spawn(move || {
                let numbers = (0..EVENTS).map(|htlc| handle.submit(event(channel, htlc)).unwrap());
                let last = numbers.max().unwrap();
                handle.wait(last).unwrap();
            })
        })
        .collect();
    submitters.into_iter().for_each(|submitter| submitter.join().unwrap());

    let metrics = service.handle().metrics();
    assert_eq!((metrics.events, metrics.queued), (THREADS * EVENTS, 0));
    assert_eq!(metrics.receiver.refused, THREADS * EVENTS);
    assert!(metrics.batches < metrics.events, "events were not committed together: {metrics:?}");
    assert_eq!(metrics.commits.count, metrics.batches);
    assert!(
        metrics.commits.p50 <= metrics.commits.p99 && metrics.commits.p99 <= metrics.commits.max
    );
    assert!(metrics.store_bytes > 0);
    service.shut_down().unwrap();

    let left = left.lock().unwrap();
    for channel in 0..THREADS {
        let its = left.iter().filter(|key| key.channel_id == channel).map(|key| key.htlc_id);
        assert!(its.eq(0..EVENTS), "channel {channel}: out of order");
    }
    let mut again = open(RedbStore::open(&path).unwrap());
    assert_eq!(again.take([]).unwrap().len() as u64, THREADS * EVENTS, "decisions leave again");
}

#[test]
fn an_event_that_comes_alone_does_not_wait() {
    let (sender, answers) = mpsc::channel();
    let service = Service::start(open(MemoryStore::new()), Settings::default(), move |batch| {
        sender.send((batch.effects.to_vec(), batch.done)).unwrap();
    });
    assert_eq!(answers.recv().unwrap(), (vec![], 0));
    for number in 1..4 {
        assert_eq!(service.handle().submit(event(0, number)).unwrap(), number);
        let (effects, done) = answers.recv().unwrap();
        assert_eq!((effects.len(), done), (1, number));
    }
}

#[test]
fn a_panic_in_the_sink_wakes_everybody() {
    let service = Service::start(open(MemoryStore::new()), Settings::default(), |batch| {
        assert_eq!(batch.done, 0, "on purpose");
    });
    let handle = service.handle();
    let waited = handle.submit(event(0, 0)).and_then(|number| handle.wait(number));
    assert!(matches!(waited, Err(StoppedError::Panicked)), "{waited:?}");
    let refused = handle.try_submit(event(0, 1));
    assert!(matches!(refused, Err(SubmitError::Stopped(StoppedError::Panicked))), "{refused:?}");
    assert!(matches!(service.shut_down(), Err(StoppedError::Panicked)));
}

#[test]
fn after_a_shutdown_nothing_is_taken() {
    let service = Service::start(open(MemoryStore::new()), Settings::default(), |_| ());
    let handle = service.handle();
    let number = handle.submit(event(0, 0)).unwrap();
    service.shut_down().unwrap();
    handle.wait(number).unwrap();
    assert!(matches!(handle.wait(number + 1), Err(StoppedError::Closed)));
    assert!(matches!(handle.submit(event(0, 1)), Err(StoppedError::Closed)));
}

#[test]
fn records_that_contradict_one_another_are_no_receiver() {
    let mut store = MemoryStore::new();
    let mut receiver = open(MemoryStore::new());
    let invoices = [1, 2].map(|name| ammeter_amp::receiver::Invoice {
        // Version 3 carries the first eleven bytes only: two such invoices are one.
        name: std::array::from_fn(|k| if k == 31 { name } else { 7 }),
        amount_msat: Msat(1),
        reusable: false,
        preimage: None,
    });
    receiver.take(invoices.map(Event::InvoiceAdded)).unwrap();
    let changes = invoices.map(Change::PutInvoice);
    store.commit(&changes).unwrap();
    let error = Durable::open(policy(), store).expect_err("two invoices of one name");
    assert!(matches!(error, OpenError::Restore(_)), "{error}");
}
