//! A history that was played once on a disk that logs, and every moment at which it can be cut.

use ammeter_amp::{
    service::Durable,
    store::{RedbStore, Store},
};

use crate::{
    disk::{Disk, Operation, Survival, apply},
    history::{History, policy},
    node::Node,
    random::Random,
};

pub(crate) type Receiver = Durable<RedbStore>;

/// Opens the receiver on a disk.
pub(crate) fn open(disk: &Disk) -> Receiver {
    let store = RedbStore::with_backend(disk.clone()).expect("a store");
    Durable::open(policy(), store).expect("a receiver")
}

/// A disk with an empty store on it.
pub(crate) fn created() -> Vec<u8> {
    let disk = Disk::default();
    drop(open(&disk));
    disk.bytes()
}

/// What the disk was asked, and what the node knew in the meantime.
pub(crate) struct Recording {
    start: Vec<u8>,
    pub(crate) log: Vec<Operation>,
    /// The node, from the operation of this number on.
    marks: Vec<(usize, Node)>,
}

/// A moment at which the power fails.
pub(crate) struct Moment<'a> {
    /// Changes that had been asked for.
    pub(crate) operation: usize,
    pub(crate) durable: &'a [u8],
    pub(crate) pending: &'a [Operation],
    pub(crate) node: &'a Node,
}

impl Recording {
    /// Plays `run` on a disk that starts with these bytes, and the close of the receiver, whose
    /// store is what `wrap` makes of the disk's.
    pub(crate) fn of<S: Store>(
        start: Vec<u8>,
        wrap: impl FnOnce(RedbStore) -> S,
        run: impl FnOnce(&mut Durable<S>, &mut dyn FnMut(&Node)),
    ) -> Self {
        let disk = Disk::holding(start.clone());
        let store = RedbStore::with_backend(disk.clone()).expect("a store");
        let mut receiver = Durable::open(policy(), wrap(store)).expect("a receiver");
        let mut marks = Vec::new();
        run(&mut receiver, &mut |node| marks.push((disk.operations(), node.clone())));
        drop(receiver);
        Self { start, log: disk.log(), marks }
    }

    /// The whole history, without a crash.
    pub(crate) fn of_history(history: &History) -> Self {
        Self::of_history_through(history, |store| store)
    }

    /// The whole history, through another store.
    pub(crate) fn of_history_through<S: Store>(
        history: &History,
        wrap: impl FnOnce(RedbStore) -> S,
    ) -> Self {
        Self::of(created(), wrap, |receiver, mark| {
            let mut node = Node::default();
            node.play(history, receiver, mark).expect("a disk without faults");
            node.check(history, receiver);
        })
    }

    /// As if growth had no sync of its own.
    #[allow(dead_code)] // not every promise is about power
    pub(crate) fn without_growth_syncs(mut self) -> Self {
        let (mut log, mut removed) = (Vec::new(), Vec::new());
        for (place, operation) in self.log.into_iter().enumerate() {
            match (&operation, log.last()) {
                (Operation::Sync, Some(Operation::SetLen(_))) => removed.push(place),
                _ => log.push(operation),
            }
        }
        for (start, _) in &mut self.marks {
            *start -= removed.iter().filter(|place| **place < *start).count();
        }
        Self { log, ..self }
    }

    /// Visits every moment: before each change and after the last.
    pub(crate) fn moments(&self, mut visit: impl FnMut(Moment<'_>)) {
        let mut durable = self.start.clone();
        let (mut synced, mut mark) = (0, 0);
        for operation in 0..=self.log.len() {
            if operation > 0 && matches!(self.log[operation - 1], Operation::Sync) {
                self.log[synced..operation].iter().for_each(|one| apply(&mut durable, one));
                synced = operation;
            }
            while self.marks.get(mark + 1).is_some_and(|(start, _)| *start <= operation) {
                mark += 1;
            }
            let pending = &self.log[synced..operation];
            let node = &self.marks[mark].1;
            visit(Moment { operation, durable: &durable, pending, node });
        }
    }
}

impl Moment<'_> {
    #[allow(dead_code)] // not every promise is about power
    pub(crate) fn samples(&self, random: usize) -> Vec<Survival> {
        Survival::samples(self.pending.len(), self.operation as u64, random)
    }

    pub(crate) fn image(&self, survival: Survival) -> Vec<u8> {
        survival.image(self.durable, self.pending)
    }
}

/// Opens what is left, goes on to the end of the history, and looks at how it ended.
pub(crate) fn recover(image: Vec<u8>, node: &Node, history: &History, seed: u64) {
    let mut receiver = open(&Disk::holding(image));
    let mut node = node.clone();
    let mut random = Random::new(seed);
    node.reconnect(&mut receiver, &mut random, |_| ()).expect("a disk without faults");
    node.finish(history, &mut receiver).expect("a disk without faults");
    node.check(history, &receiver);
}

/// Says where it happened if anything panics.
pub(crate) struct Place(pub(crate) String);

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("crash point: {}", self.0);
        }
    }
}
