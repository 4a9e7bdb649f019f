//! The queue, the worker and the handles under shuttle, which runs each body again and again with
//! another order of everybody's steps, and reports a deadlock as a failure.

use std::sync::Mutex as StdMutex;

use super::{
    Batch, Durable, Service, Settings, StoppedError, SubmitError,
    sync::{Arc, thread},
};
use crate::{
    receiver::{Change, Effect, Event, IncomingHtlc, Policy},
    store::{Records, Store, StoreError},
};
use ammeter_core::{
    scheme::Hash,
    types::{HtlcKey, Msat, PaymentHash},
};

/// Random orders of each body, and orders with few preemptions, which find other mistakes.
const ORDERS: usize = 2_000;

fn explore(body: impl Fn() + Send + Sync + 'static) {
    let body = Arc::new(body);
    let again = Arc::clone(&body);
    shuttle::check_random(move || body(), ORDERS);
    shuttle::check_pct(move || again(), ORDERS, 3);
}

/// What a run has left behind: plain memory, whose locks are never held across a step of shuttle's.
#[derive(Clone, Default)]
struct Trace(Arc<StdMutex<Seen>>);

#[derive(Default)]
struct Seen {
    committed: Vec<HtlcKey>,
    left: Vec<HtlcKey>,
    done: u64,
}

impl Trace {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap()
    }
}

/// A store that notes which HTLCs are durable, gives others a turn in the middle of a commit, and
/// fails at one of them.
struct Slow {
    trace: Trace,
    commits_left: usize,
}

impl Store for Slow {
    fn records(&self) -> Result<Records<'_>, StoreError> {
        Ok(Box::new(std::iter::empty()))
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        thread::yield_now();
        // What a new store is told first.
        if let [Change::PutPolicy(_)] = changes {
            return Ok(());
        }
        self.commits_left = self.commits_left.checked_sub(1).ok_or(StoreError::Stopped)?;
        for change in changes {
            let Change::PutHtlc(record) = change else { panic!("{change:?}") };
            self.trace.seen().committed.push(record.incoming.key);
        }
        Ok(())
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// An event that one submitter tells from all others; it leads to one record and one effect.
fn event(submitter: u64, number: u64) -> Event {
    let key = HtlcKey { channel_id: submitter, htlc_id: number };
    Event::Unreadable(IncomingHtlc {
        key,
        payment_hash: PaymentHash::ZERO,
        amount_msat: Msat(1),
        cltv_expiry: 1,
    })
}

fn start(trace: &Trace, settings: Settings, commits_max: usize) -> Service {
    let store = Slow { trace: trace.clone(), commits_left: commits_max };
    let durable = Durable::open(Policy::new(Hash::Sha256), store).unwrap();
    let trace = trace.clone();
    Service::start(durable, settings, move |Batch { effects, done }| {
        thread::yield_now();
        let mut seen = trace.seen();
        for key in effects.iter().map(Effect::key) {
            assert!(seen.committed.contains(&key), "{key:?} left before it was durable");
            seen.left.push(key);
        }
        assert!(done >= seen.done);
        seen.done = done;
        assert_eq!(done, seen.left.len() as u64);
    })
}

const SMALL: Settings = Settings { batch_max: 2, queue_max: 2 };

/// The numbers of one submitter's events, in the order in which their effects left.
fn left(trace: &Trace, submitter: u64) -> Vec<u64> {
    let seen = trace.seen();
    let its = seen.left.iter().filter(|key| key.channel_id == submitter);
    its.map(|key| key.htlc_id).collect()
}

#[test]
fn all_events_leave_in_order_after_their_commit() {
    explore(|| {
        let trace = Trace::default();
        let service = start(&trace, SMALL, usize::MAX);
        let submitters = [0, 1].map(|submitter| {
            let handle = service.handle();
            thread::spawn(move || {
                (0..4).for_each(|number| {
                    let _ = handle.submit(event(submitter, number)).unwrap();
                });
            })
        });
        submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
        service.shut_down().unwrap();
        for submitter in [0, 1] {
            assert_eq!(left(&trace, submitter), [0, 1, 2, 3]);
        }
    });
}

#[test]
fn a_waiter_wakes_once_its_event_has_left() {
    explore(|| {
        let trace = Trace::default();
        let service = start(&trace, SMALL, usize::MAX);
        let waiters = [0, 1].map(|submitter| {
            let (handle, trace) = (service.handle(), trace.clone());
            thread::spawn(move || {
                for number in 0..2 {
                    let ticket = handle.submit(event(submitter, number)).unwrap();
                    handle.wait(ticket).unwrap();
                    assert_eq!(left(&trace, submitter).last(), Some(&number));
                }
            })
        });
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn a_shutdown_loses_nothing_that_was_taken() {
    explore(|| {
        let trace = Trace::default();
        let service = start(&trace, SMALL, usize::MAX);
        let taken = Arc::new(super::sync::Mutex::new(0));
        let submitters = [0, 1].map(|submitter| {
            let (handle, taken) = (service.handle(), Arc::clone(&taken));
            thread::spawn(move || {
                for number in 0..3 {
                    match handle.submit(event(submitter, number)) {
                        Ok(_) => *taken.lock().unwrap() += 1,
                        Err(StoppedError::Closed) => break,
                        Err(stopped) => panic!("{stopped}"),
                    }
                }
            })
        });
        drop(service);
        submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
        assert_eq!(trace.seen().left.len(), *taken.lock().unwrap());
    });
}

#[test]
fn a_failing_store_stops_everybody() {
    explore(|| {
        let trace = Trace::default();
        let service = start(&trace, SMALL, 1);
        let submitters = [0, 1].map(|submitter| {
            let handle = service.handle();
            thread::spawn(move || {
                for number in 0.. {
                    let waited =
                        handle.submit(event(submitter, number)).and_then(|k| handle.wait(k));
                    match waited {
                        Ok(()) => assert!(number < 2, "one commit has two events"),
                        Err(StoppedError::Store(_)) => break,
                        Err(stopped) => panic!("{stopped}"),
                    }
                }
                let after = handle.try_submit(event(submitter, 99));
                assert!(
                    matches!(after, Err(SubmitError::Stopped(StoppedError::Store(_)))),
                    "{after:?}"
                );
            })
        });
        submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
        let seen = trace.seen();
        assert_eq!(seen.left, seen.committed);
        drop(seen);
        assert!(matches!(service.shut_down(), Err(StoppedError::Store(_))));
    });
}

#[test]
fn a_full_queue_refuses_and_has_room_again() {
    explore(|| {
        let trace = Trace::default();
        let service = start(&trace, SMALL, usize::MAX);
        let handle = service.handle();
        let mut number = 0;
        while number < 6 {
            match handle.try_submit(event(0, number)) {
                Ok(_) => number += 1,
                Err(SubmitError::Full(given_back)) => {
                    assert_eq!(*given_back, event(0, number));
                    // As long as it is full, something is there to be waited for.
                    handle.wait(number.saturating_sub(1)).unwrap();
                    thread::yield_now();
                }
                Err(SubmitError::Stopped(stopped)) => panic!("{stopped}"),
            }
        }
        service.shut_down().unwrap();
        assert_eq!(left(&trace, 0), [0, 1, 2, 3, 4, 5]);
    });
}
