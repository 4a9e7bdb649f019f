//! Promise: when the disk fails or is full, the events at hand are refused, nothing more leaves,
//! and once it is well again the reopened receiver ends as if nothing had happened.

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

use ammeter_amp::{
    service::Durable,
    store::{RedbStore, StoreError},
};
use disk::{Disk, Fault};
use history::{History, policy};
use node::Node;
use recording::{Place, Recording, created, open, recover};

fn history() -> History {
    History::new(2, 12)
}

#[test]
fn at_every_write_and_sync() {
    let history = history();
    let start = created();
    let operations = Recording::of_history(&history).log.len();
    let mut faults = 0;
    for fault in [Fault::Once, Fault::Short, Fault::Full] {
        for operation in 0..operations {
            let _place = Place(format!("{fault:?} at {operation}"));
            let disk = Disk::holding(start.clone());
            let mut receiver = open(&disk);
            disk.fail_at(operation, fault);
            let mut node = Node::default();
            let mut last = Node::default();
            // The close of the store fails where the history is over.
            let played = node.play(&history, &mut receiver, |node| last = node.clone());
            if let Err(error) = played {
                check(&error, fault);
                let again = receiver.take([]).expect_err("a receiver that has stopped");
                assert!(matches!(again, StoreError::Stopped), "{again}");
                faults += 1;
            }
            drop(receiver);
            recover(disk.bytes(), &last, &history, operation as u64);
        }
    }
    println!("faults: {faults} at {operations} writes and syncs");
    assert!(faults > operations * 2);
}

fn check(error: &StoreError, fault: Fault) {
    let StoreError::Io(error) = error else { panic!("{error}") };
    let full = error.kind() == std::io::ErrorKind::StorageFull;
    assert_eq!(full, fault == Fault::Full, "{error}");
}

#[test]
fn at_every_read_of_a_recovery() {
    let history = history();
    let recording = Recording::of_history(&history);
    let (mut faults, mut whole) = (0, 0);
    recording.moments(|moment| {
        if moment.operation % 25 != 0 {
            return;
        }
        for read in 1.. {
            let _place = Place(format!("read {read} at {}", moment.operation));
            let image = moment.image(disk::Survival::All);
            let disk = Disk::holding(image.clone());
            disk.fail_read_at(read);
            let opened = RedbStore::with_backend(disk.clone())
                .map_err(Into::into)
                .and_then(|store| Durable::open(policy(), store));
            if disk.reads() < read {
                opened.expect("no read failed");
                whole += 1;
                break;
            }
            drop(opened);
            assert!(disk.bytes() == image, "a failed read led to a write");
            recover(disk.bytes(), moment.node, &history, read as u64);
            faults += 1;
        }
    });
    println!("failed reads: {faults}, of {whole} recoveries");
    assert!(faults > whole && whole > 0);
}
