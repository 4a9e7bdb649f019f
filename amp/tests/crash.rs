//! Promise: whenever the power fails, and whatever of the last writes survives, the reopened
//! receiver contradicts nothing that has left it and ends as if nothing had happened.

#[path = "support/disk.rs"]
mod disk;
#[path = "support/history.rs"]
mod history;
#[path = "support/node.rs"]
mod node;
#[path = "support/random.rs"]
mod random;
#[path = "support/recording.rs"]
mod recording;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ammeter_amp::{
    receiver::{Change, Event, Invoice},
    store::{Records, RedbStore, Store, StoreError},
};
use ammeter_core::Msat;
use disk::{Operation, Survival};
use history::History;
use random::Random;
use recording::{Moment, Place, Recording, open, recover};

/// What a run of all tests must have tried.
const CRASH_POINTS_MIN: usize = 10_000;

/// Random survivals of each moment.
const RANDOM_SAMPLES: usize = 16;

/// Steps of a thousand invoices, which the first megabyte of the file cannot hold.
const GROWING_STEPS: usize = 12;

/// One moment in so many has its recovery cut short as well.
const TWICE_EVERY: usize = 40;

#[test]
fn at_every_write_and_sync() {
    let history = History::new(1, 2);
    let recording = Recording::of_history(&history);
    let (mut points, mut twice) = (0, 0);
    recording.moments(|moment| {
        for survival in moment.samples(RANDOM_SAMPLES) {
            let seed = points as u64;
            let _place = Place(format!("{} {survival:?}", moment.operation));
            recover(moment.image(survival), moment.node, &history, seed);
            points += 1;
            if points % TWICE_EVERY == 0 {
                twice += recovery_cut_short(&moment, survival, &history, seed);
            }
        }
    });
    let operations = recording.log.len();
    println!("crash points: {points} of {operations} writes and syncs, {twice} during recovery");
    assert!(points + twice >= CRASH_POINTS_MIN, "{points} + {twice}");
    assert!(points > 0 && twice > 0);
}

/// Crashes again at every write and sync of a recovery.
fn recovery_cut_short(
    moment: &Moment<'_>,
    survival: Survival,
    history: &History,
    seed: u64,
) -> usize {
    let recording = Recording::of(
        moment.image(survival),
        |store| store,
        |receiver, mark| {
            let mut node = moment.node.clone();
            let mut random = Random::new(seed);
            node.reconnect(receiver, &mut random, mark).expect("a disk without faults");
        },
    );
    let mut points = 0;
    recording.moments(|again| {
        for survival in again.samples(1).into_iter().take(3) {
            let _place = Place(format!("again: {} {survival:?}", again.operation));
            recover(again.image(survival), again.node, history, seed);
            points += 1;
        }
    });
    points
}

/// A history in which the file outgrows its first megabyte.
fn growing() -> History {
    let mut history = History::new(3, 12);
    let mut random = Random::new(3);
    let place = history.steps.len() / 2;
    for _ in 0..GROWING_STEPS {
        let invoice = |_| Invoice {
            name: random.array(),
            amount_msat: Msat(1),
            reusable: false,
            preimage: Some(ammeter_core::Preimage([1; 32])),
        };
        let step = (0..1000).map(invoice).map(Event::InvoiceAdded).collect();
        history.steps.insert(place, step);
    }
    history
}

/// Where in a moment's unsynced changes the file grows.
fn growth(moment: &Moment<'_>) -> Option<usize> {
    moment.pending.iter().position(|operation| matches!(operation, Operation::SetLen(_)))
}

#[test]
fn while_the_file_grows() {
    let history = growing();
    let recording = Recording::of_history(&history);
    let (mut points, mut growing) = (0, 0);
    recording.moments(|moment| {
        let samples = match (growth(&moment), moment.operation % 101) {
            (Some(place), _) => [Survival::Without(place), Survival::Only(place)],
            (None, 0) => [Survival::None, Survival::All],
            (None, _) => return,
        };
        for survival in samples {
            let _place = Place(format!("{} {survival:?}", moment.operation));
            recover(moment.image(survival), moment.node, &history, points);
            points += 1;
        }
        growing += usize::from(growth(&moment).is_some());
    });
    println!("crash points: {points}, the file growing at {growing} moments");
    assert!(points > 20 && growing > 0);
}

/// Why growth has a sync of its own: redb's header may survive without the length that it names.
#[test]
fn growth_without_a_sync_is_caught() {
    let history = growing();
    let recording = Recording::of_history(&history).without_growth_syncs();
    let (mut points, mut caught) = (0, 0);
    recording.moments(|moment| {
        let Some(place) = growth(&moment) else { return };
        let recovery = AssertUnwindSafe(|| {
            recover(moment.image(Survival::Without(place)), moment.node, &history, points);
        });
        caught += u64::from(catch_unwind(recovery).is_err());
        points += 1;
    });
    println!("growth without a sync: caught at {caught} of {points} crash points");
    assert!(caught > 0, "of {points}");
}

/// Commits what it was given one transaction later, as if effects left before their commit.
struct Late {
    store: RedbStore,
    changes: Vec<Change>,
}

impl Store for Late {
    fn records(&self) -> Result<Records<'_>, StoreError> {
        self.store.records()
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let due = std::mem::replace(&mut self.changes, changes.to_vec());
        self.store.commit(&due)
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        self.store.bytes()
    }
}

/// These tests can fail: they catch a store that commits late, mostly by two verdicts on one HTLC.
#[test]
fn a_store_that_commits_late_is_caught() {
    let history = History::new(1, 2);
    let late = |store| Late { store, changes: Vec::new() };
    let recording = Recording::of_history_through(&history, late);
    let (mut points, mut caught) = (0, 0);
    recording.moments(|moment| {
        let recovery = AssertUnwindSafe(|| {
            recover(moment.image(Survival::All), moment.node, &history, points);
        });
        caught += u64::from(catch_unwind(recovery).is_err());
        points += 1;
    });
    println!("a late store: caught at {caught} of {points} crash points");
    assert!(caught * 10 > points, "{caught} of {points}");
}

/// What must be assumed of a disk: a sync that returns has happened. This one lies, and forgets
/// everything since an earlier one.
#[test]
fn a_sync_that_lies_loses_decisions() {
    let history = History::new(1, 4);
    let recording = Recording::of_history(&history);
    let mut images = Vec::new();
    recording.moments(|moment| {
        if moment.pending.is_empty() {
            images.push((moment.durable.to_vec(), moment.node.clone()));
        }
    });
    let (earlier, (_, node)) = (&images[images.len() / 2].0, &images[images.len() * 3 / 4]);
    let mut receiver = open(&disk::Disk::holding(earlier.clone()));
    let contradicted = catch_unwind(AssertUnwindSafe(|| {
        let mut node = node.clone();
        node.reconnect(&mut receiver, &mut Random::new(1), |_| ()).unwrap();
        node.finish(&history, &mut receiver).unwrap();
        node.check(&history, &receiver);
    }));
    let contradiction = contradicted.expect_err("what was lost cannot be known");
    let contradiction = contradiction.downcast_ref::<String>().expect("an assertion");
    println!("what a disk that lies leads to: {contradiction}");
}
