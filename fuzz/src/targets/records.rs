//! Promise: a receiver's records make the same receiver again. Changed records make a sound
//! receiver, or an error that says what is wrong.

use std::fmt;

use ammeter_amp::{
    receiver::{Effect, Event, HtlcRecord, Invoice, Output, Receiver, Record, RestoreError},
    store::{
        RecordError, Table,
        codec::{Entry, decode, put},
    },
};
use ammeter_core::{Msat, Preimage};
use arbitrary::{Result, Unstructured};

use crate::{
    adapter::{
        Kept,
        builtin::{Records, kept},
    },
    sim::{
        generate::{self, Settings},
        hash,
        history::{HEIGHT, History, NOW_MS, Operation},
        input::Input,
        material::{Material, invoice_name, invoice_preimage},
        profile::Profile,
    },
};

/// The most changes of one input.
const CHANGES_MAX: usize = 16;
const CHECKSUM_BYTES: usize = 4;
/// Counts below this are of seeds that know no `mpp`.
const COUNT_OF_OLD: u8 = 128;

pub(crate) fn run(input: &[u8]) {
    if let Some(Err(wrong)) = restored(input) {
        assert!(!wrong.to_string().is_empty());
    }
}

/// Whether the changed records make a receiver; `None` if the input does not say which records.
fn restored(input: &[u8]) -> Option<std::result::Result<(), Wrong>> {
    let mut bytes = Unstructured::new(input);
    let (seed, count): (u64, u8) = bytes.arbitrary().ok()?;
    let settings = Settings { crashes: false, ..Settings::default() };
    // Older seeds, whose count is lower, were written when there was no `mpp`.
    let (profile, count) = match count.checked_sub(COUNT_OF_OLD) {
        None => (Profile::undeclared(), count),
        Some(count) => (Profile::default(), count),
    };
    let history = generate::fitting(seed, settings, &profile);
    let (receiver, records) = lived(&history, count.into());
    let restore = |records| Receiver::restore(history.policy, records);
    restore(records.all().collect()).expect("what was written together").assert_same(&receiver);

    let mut rows: Vec<_> = records.all().map(|record| Row::of(&record)).collect();
    for _ in 0..CHANGES_MAX {
        if rows.is_empty() || bytes.is_empty() || change(&mut rows, &mut bytes).is_err() {
            break;
        }
    }
    let read: std::result::Result<Vec<_>, _> = rows.iter().map(Row::read).collect();
    Some(read.map_err(Wrong::Damage).and_then(|records| {
        let receiver = restore(records.clone()).map_err(Wrong::Contradiction)?;
        go_on(receiver, &records, &history);
        Ok(())
    }))
}

/// The error of changed records.
#[derive(Debug)]
enum Wrong {
    Damage(RecordError),
    Contradiction(RestoreError),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damage(damage) => damage.fmt(f),
            Self::Contradiction(error) => error.fmt(f),
        }
    }
}

/// A receiver that took the first operations of a history, but for what a node says of its HTLCs,
/// and what it wrote.
fn lived(history: &History, count: usize) -> (Receiver, Records) {
    let material = Material::new(history.policy.hash, &history.payments);
    let mut receiver = Receiver::new(history.policy).expect("a kernel runs here");
    let (mut records, mut output) = (Records::default(), Output::default());
    let mut take = |input: &Input<'_>| {
        receiver.step(input.event(), &mut output);
        records.change(output.changes());
        output.discard();
    };
    take(&Input::Block { height: HEIGHT });
    take(&Input::Clock { now_ms: NOW_MS });
    let mut onion = Vec::new();
    for operation in history.operations.iter().take(count) {
        match operation {
            Operation::Htlc(arrival) => {
                if let Some((incoming, encoding)) = material.arrive(arrival, &mut onion) {
                    take(&Input::Htlc { incoming, onion: encoding.onion(&onion) });
                }
                onion.clear();
            }
            Operation::Invoice { number, amount_msat, reusable } => {
                let (name, amount_msat) = (invoice_name(*number), Msat(*amount_msat));
                let (reusable, preimage) = (*reusable, Some(Preimage(invoice_preimage(*number))));
                take(&Input::InvoiceAdded(Invoice { name, amount_msat, reusable, preimage }));
            }
            Operation::Cancel { number } => {
                take(&Input::InvoiceCancelled { name: invoice_name(*number) });
            }
            Operation::Gone(key) => take(&Input::Resolved(*key)),
            Operation::Block { height } => take(&Input::Block { height: *height }),
            Operation::Clock { now_ms } => take(&Input::Clock { now_ms: *now_ms }),
            _ => {}
        }
    }
    (receiver, records)
}

/// It says all again, claims with what the hashes are of, and lets everything go in time.
fn go_on(mut receiver: Receiver, records: &[Record], history: &History) {
    let policy = &history.policy;
    receiver.audit();
    // This test is not about times near the end of their range.
    if receiver.clocks().now_ms > u64::MAX / 2 {
        return;
    }
    let mut output = Output::default();
    receiver.step(Event::Restarted, &mut output);
    let now_ms = receiver.clocks().now_ms + policy.hold_ms + 1;
    receiver.step(Event::Clock { now_ms }, &mut output);
    let effects = output.committed().to_vec();
    for record in records {
        let Record::Htlc(HtlcRecord { incoming, .. }) = record else { continue };
        let said = effects.iter().rev().find(|effect| effect.key() == incoming.key);
        match said.unwrap_or_else(|| panic!("nothing is said of {:?}", incoming.key)) {
            Effect::Hold(key) => panic!("{key:?} is held when its time is over"),
            Effect::Settle { preimage, .. } => {
                assert_eq!(hash::digest(policy.hash, &[&preimage.0]), incoming.payment_hash.0);
            }
            Effect::Fail { .. } => {}
        }
        receiver.step(Event::Resolved(incoming.key), &mut output);
    }
    receiver.audit();
    receiver.step(Event::Clock { now_ms: now_ms + policy.retention_ms + 1 }, &mut output);
    receiver.audit();
    let Kept { sets, htlcs, refused, .. } = kept(&receiver.metrics());
    assert_eq!((sets, htlcs, refused), (0, 0, 0), "kept at the end");
}

/// One record in its table.
#[derive(Clone)]
struct Row {
    table: Table,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Row {
    fn of(record: &Record) -> Self {
        let Entry { table, key, value } = put(record);
        Self { table, key: key.to_vec(), value: value.expect("a put").to_vec() }
    }

    /// The record's value; checks that it is written as it was read.
    fn read(&self) -> std::result::Result<Record, RecordError> {
        let record = decode(self.table, &self.key, &self.value)?;
        let again = Self::of(&record);
        assert!((&again.key, &again.value) == (&self.key, &self.value), "{record:?}");
        Ok(record)
    }

    /// Replaces the checksum by the right one.
    fn seal(&mut self) {
        self.value.truncate(self.value.len().saturating_sub(CHECKSUM_BYTES));
        let sealed = [&[self.table as u8], &self.key[..], &self.value[..]].concat();
        self.value.extend(crc32c::crc32c(&sealed).to_be_bytes());
    }
}

/// One change; an error if there are no bytes left to say which.
fn change(rows: &mut Vec<Row>, bytes: &mut Unstructured<'_>) -> Result<()> {
    // A number never changes its meaning, so that old seeds keep theirs.
    let kind = bytes.int_in_range(0..=15)?;
    let (place, other) = (bytes.choose_index(rows.len())?, bytes.choose_index(rows.len())?);
    let row = &mut rows[place];
    match kind {
        // A record is dropped, doubled, moved, or gets the value of another.
        0 => drop(rows.remove(place)),
        1 => rows.push(rows[place].clone()),
        2 => rows.swap(place, other),
        3 => rows[place].value = rows[other].value.clone(),
        4 => {
            rows[place].value = rows[other].value.clone();
            rows[place].seal();
        }
        // A byte is another.
        5 | 6 if !row.key.is_empty() => {
            let at = bytes.choose_index(row.key.len())?;
            row.key[at] = bytes.arbitrary()?;
            if kind == 6 {
                row.seal();
            }
        }
        7..=10 if !row.value.is_empty() => {
            let at = bytes.choose_index(row.value.len())?;
            row.value[at] = bytes.arbitrary()?;
            if kind > 7 {
                row.seal();
            }
        }
        // The value ends sooner, or goes on.
        11 | 12 => {
            let end = row.value.len().saturating_sub(bytes.int_in_range(1..=16)?);
            row.value.truncate(end);
            if kind == 12 {
                row.seal();
            }
        }
        13 => {
            row.value.push(bytes.arbitrary()?);
            row.seal();
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// A new kind of damage does not compile until it is named here; a new contradiction panics.
    fn name(wrong: &Wrong) -> &'static str {
        match wrong {
            Wrong::Damage(damage) => match damage {
                RecordError::Key => "key",
                RecordError::Short { .. } => "short",
                RecordError::Checksum { .. } => "checksum",
                RecordError::Version(_) => "version",
                RecordError::Cut(_) => "cut",
                RecordError::Unknown { .. } => "unknown",
                RecordError::Trailing { .. } => "trailing",
            },
            Wrong::Contradiction(error) => match error {
                RestoreError::Kernel(_) => "kernel",
                RestoreError::HtlcTwice(_) => "htlc-twice",
                RestoreError::SetTwice(_) => "set-twice",
                RestoreError::InvoiceTwice => "invoice-twice",
                RestoreError::ClocksTwice => "clocks-twice",
                RestoreError::ClosedUntilTwice => "closed-until-twice",
                RestoreError::NoSet(_) => "no-set",
                RestoreError::Misplaced(_) => "misplaced",
                RestoreError::WrongMembers(_) => "wrong-members",
                RestoreError::HashMismatch(_) => "hash-mismatch",
                RestoreError::AheadOfClock(_) => "ahead-of-clock",
                RestoreError::OtherHash { .. } => "other-hash",
                RestoreError::PolicyTwice => "policy-twice",
                _ => panic!("an error without a name here"),
            },
        }
    }

    /// But for a machine without kernels, and for the policy: what a receiver writes does not hold
    /// it.
    #[test]
    fn every_error_is_met() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/records");
        let mut met = BTreeSet::new();
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let seed = fs::read(entry.expect("it is readable").path()).expect("it is readable");
            let outcome = restored(&seed).expect("it says which records");
            met.insert(outcome.as_ref().map_or_else(name, |()| "restored"));
        }
        assert_eq!(met.len(), 7 + 10 + 1, "{met:?}");
    }
}
