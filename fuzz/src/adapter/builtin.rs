//! Our own receiver: the pure core, over records in maps that survive a crash.

use std::collections::BTreeMap;

use ammeter_amp::receiver::{
    Change, Clocks, Effect, HtlcRecord, Invoice, Metrics, Output, Policy, Receiver, Record,
    SetCounts, SetId, SetRecord,
};
use ammeter_core::{Hash, HtlcKey};

use crate::{
    adapter::{Kept, Outcome, UnderTest},
    sim::{history::Fault, input::Input},
};

/// The core and its records.
#[derive(Debug)]
pub struct Builtin {
    policy: Policy,
    receiver: Receiver,
    records: Records,
    /// What is on the disk while the disk lies.
    truth: Option<Records>,
    output: Output,
    /// Whether the core counts everything again whenever it rests.
    audits: bool,
}

/// What was made durable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    // Boxed: leaves of eleven would be larger than what allocators have at hand.
    htlcs: BTreeMap<HtlcKey, Box<HtlcRecord>>,
    sets: BTreeMap<SetId, Box<SetRecord>>,
    invoices: BTreeMap<[u8; 32], Invoice>,
    clocks: Clocks,
    closed_until: Option<u32>,
    policy: Option<Policy>,
}

impl Records {
    pub(crate) fn change(&mut self, changes: &[Change]) {
        for change in changes {
            match change.clone() {
                Change::PutHtlc(record) => {
                    self.htlcs.insert(record.incoming.key, Box::new(record));
                }
                Change::DeleteHtlc(key) => {
                    self.htlcs.remove(&key);
                }
                Change::PutSet(record) => {
                    self.sets.insert(record.id, Box::new(record));
                }
                Change::DeleteSet(id) => {
                    self.sets.remove(&id);
                }
                Change::PutInvoice(invoice) => {
                    self.invoices.insert(invoice.name, invoice);
                }
                Change::DeleteInvoice(name) => {
                    self.invoices.remove(&name);
                }
                Change::PutClocks(clocks) => self.clocks = clocks,
                Change::PutPolicy(policy) => self.policy = Some(policy),
                Change::PutClosedUntil(height) => self.closed_until = Some(height),
            }
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Record> {
        let htlcs = self.htlcs.values().map(|record| Record::Htlc((**record).clone()));
        let sets = self.sets.values().map(|record| Record::Set((**record).clone()));
        let invoices = self.invoices.values().copied().map(Record::Invoice);
        let closed_until = self.closed_until.map(Record::ClosedUntil);
        let clocks = [Record::Clocks(self.clocks)];
        let policy = self.policy.map(Record::Policy);
        htlcs.chain(sets).chain(invoices).chain(clocks).chain(closed_until).chain(policy)
    }
}

impl Builtin {
    /// A receiver; [`begin`](UnderTest::begin) gives it its policy.
    ///
    /// # Panics
    /// If no kernel runs on this machine.
    #[must_use]
    pub fn new() -> Self {
        let policy = Policy::new(Hash::Sha256);
        Self {
            policy,
            receiver: Receiver::new(policy).expect("a kernel runs here"),
            records: Records::default(),
            truth: None,
            output: Output::default(),
            audits: false,
        }
    }

    /// The same, which counts all that it keeps twice again whenever it rests, and dies of a
    /// difference.
    #[must_use]
    pub fn audited() -> Self {
        Self { audits: true, ..Self::new() }
    }

    fn commit(&mut self) {
        self.truth = None;
        self.records.change(self.output.changes());
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new()
    }
}

impl UnderTest for Builtin {
    fn begin(&mut self, policy: &Policy) {
        *self = Self {
            policy: *policy,
            receiver: Receiver::new(*policy).expect("a kernel runs here"),
            records: Records::default(),
            truth: None,
            output: core::mem::take(&mut self.output),
            audits: self.audits,
        };
    }

    fn take(
        &mut self,
        input: &Input<'_>,
        fault: Option<Fault>,
        effects: &mut Vec<Effect>,
    ) -> Outcome {
        let event = input.event();
        if self.audits {
            // One event gains nothing by it; whatever it reads, it must change nothing.
            self.receiver.prefetch(core::slice::from_ref(&event));
        }
        self.receiver.step_all([event], &mut self.output);
        match fault {
            // The changes of one input are one transaction: torn is as good as none.
            Some(
                Fault::BeforeCommit | Fault::Torn { .. } | Fault::WriteError | Fault::DiskFull,
            ) => {
                self.output.discard();
                return Outcome::Down;
            }
            Some(Fault::AfterCommit) => {
                self.commit();
                self.output.discard();
                return Outcome::Down;
            }
            Some(Fault::AfterEffects { sent }) => {
                self.commit();
                effects.extend(self.output.committed().iter().take(sent.into()));
                return Outcome::Down;
            }
            Some(Fault::SyncLies) => {
                let before = self.truth.take().unwrap_or_else(|| self.records.clone());
                self.commit();
                self.truth = Some(before);
            }
            None => self.commit(),
        }
        effects.extend(self.output.committed());
        Outcome::Done
    }

    fn crash(&mut self) {}

    fn restart(&mut self) {
        if let Some(truth) = self.truth.take() {
            self.records = truth;
        }
        self.receiver = Receiver::restore(self.policy, self.records.all())
            .expect("records that were written together fit together");
    }

    fn kept(&self) -> Option<Kept> {
        if self.audits {
            self.receiver.audit();
        }
        Some(kept(&self.receiver.metrics()))
    }
}

/// What the core says that it keeps.
pub(crate) fn kept(metrics: &Metrics) -> Kept {
    let SetCounts { collecting, settling, failing, settled, failed } = metrics.sets;
    Kept {
        sets: collecting + settling + failing + settled + failed,
        htlcs: metrics.members,
        refused: metrics.refused,
        bytes: metrics.bytes,
    }
}
