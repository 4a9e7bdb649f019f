//! Promise: a file that is foreign, newer, damaged or in use is refused with an error that says so,
//! and keeps its bytes; no wrong record is ever read.

#[path = "support/random.rs"]
mod random;
#[path = "support/records.rs"]
mod records;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use ammeter_amp::{
    receiver::{Change, Record},
    store::{MemoryStore, RedbStore, Store, StoreError, Table, codec::put, redb::FORMAT},
};
use random::Random;
use tempfile::TempDir;

fn change(record: Record) -> Change {
    match record {
        Record::Htlc(record) => Change::PutHtlc(record),
        Record::Set(record) => Change::PutSet(record),
        Record::Invoice(record) => Change::PutInvoice(record),
        Record::Clocks(record) => Change::PutClocks(record),
        Record::ClosedUntil(height) => Change::PutClosedUntil(height),
        Record::Policy(policy) => Change::PutPolicy(policy),
    }
}

type Written = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

fn written(store: &impl Store) -> Result<Written, StoreError> {
    let records = store.records()?.map(|record| {
        let entry = put(&record?);
        Ok(((entry.table, entry.key.to_vec()), entry.value.expect("a put").to_vec()))
    });
    records.collect()
}

/// A store of some hundred records, closed.
fn filled(folder: &TempDir) -> (PathBuf, Written) {
    let path = folder.path().join("store");
    let mut store = RedbStore::open(&path).unwrap();
    let mut random = Random::new(5);
    for _ in 0..10 {
        let changes: Vec<_> = (0..40).map(|_| change(records::record(&mut random))).collect();
        store.commit(&changes).unwrap();
    }
    let written = written(&store).unwrap();
    (path, written)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The error of opening `path`, which keeps its bytes.
fn refusal(path: &Path) -> StoreError {
    let before = fs::read(path).unwrap();
    let error = RedbStore::open(path).expect_err("not to be opened");
    assert!(fs::read(path).unwrap() == before, "{error}: the file was written to");
    error
}

#[test]
fn a_file_and_memory_hold_the_same_records() {
    let folder = folder();
    let path = folder.path().join("store");
    let (mut file, mut memory) = (RedbStore::open(&path).unwrap(), MemoryStore::new());
    let mut random = Random::new(6);
    let mut puts = Vec::new();
    for _ in 0..30 {
        let changes: Vec<_> = (0..random.next() % 50)
            .map(|_| match random.next() % 3 {
                0 if !puts.is_empty() => delete(&puts[random.next() as usize % puts.len()]),
                _ => {
                    puts.push(records::record(&mut random));
                    change(puts[puts.len() - 1].clone())
                }
            })
            .collect();
        file.commit(&changes).unwrap();
        memory.commit(&changes).unwrap();
        assert_eq!(written(&file).unwrap(), written(&memory).unwrap());
        if random.one_in(5) {
            drop(file);
            file = RedbStore::open(&path).unwrap();
        }
    }
    let bytes = written(&memory).unwrap();
    assert!(bytes.len() > 100, "{} records", bytes.len());
    let bytes = bytes.iter().map(|((_, key), value)| key.len() + value.len()).sum::<usize>();
    assert_eq!(memory.bytes().unwrap(), bytes as u64);
    assert_eq!(file.bytes().unwrap(), fs::metadata(&path).unwrap().len());
}

fn delete(record: &Record) -> Change {
    match record {
        Record::Htlc(record) => Change::DeleteHtlc(record.incoming.key),
        Record::Set(record) => Change::DeleteSet(record.id),
        Record::Invoice(record) => Change::DeleteInvoice(record.name),
        Record::Clocks(record) => Change::PutClocks(*record),
        Record::ClosedUntil(height) => Change::PutClosedUntil(*height),
        Record::Policy(policy) => Change::PutPolicy(*policy),
    }
}

#[test]
fn a_store_that_is_only_read_keeps_its_bytes() {
    let folder = folder();
    let (path, expected) = filled(&folder);
    let before = fs::read(&path).unwrap();
    let store = RedbStore::open(&path).unwrap();
    assert_eq!(written(&store).unwrap(), expected);
    drop(store);
    assert!(fs::read(&path).unwrap() == before, "the file was written to");
}

#[test]
fn a_foreign_file_is_refused() {
    let folder = folder();
    let path = folder.path().join("file");
    for (bytes, found) in [
        (&b""[..], "an empty file"),
        (b"A text that somebody wrote.\n", "not a redb file"),
        (&[0; 5000], "not a redb file"),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = refusal(&path);
        assert!(matches!(&error, StoreError::NotAStore { found: f } if f == found), "{error}");
    }
    assert_eq!(names(&folder), ["file"]);
    let error = RedbStore::open(folder.path()).expect_err("a folder");
    assert!(matches!(error, StoreError::Io(_) | StoreError::NotAStore { .. }), "{error}");
}

#[test]
fn a_redb_file_of_somebody_else_is_refused() {
    let folder = folder();
    let path = folder.path().join("file");
    let theirs: redb::TableDefinition<'_, u64, u64> = redb::TableDefinition::new("theirs");
    let database = redb::Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(theirs).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = refusal(&path);
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
}

#[test]
fn a_newer_format_is_refused() {
    let folder = folder();
    let (path, _) = filled(&folder);
    let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("ammeter-receiver");
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(meta).unwrap().insert("format", FORMAT + 1).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = refusal(&path);
    assert!(matches!(error, StoreError::Newer { found, known: FORMAT } if found == FORMAT + 1));
    assert_eq!(error.to_string(), "the store has format 3, and this release knows formats up to 2");
}

fn format_of(path: &Path, change: Option<u64>) -> u64 {
    use redb::ReadableTable as _;

    let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("ammeter-receiver");
    let database = redb::Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut table = transaction.open_table(meta).unwrap();
    let found = table.get("format").unwrap().unwrap().value();
    table.insert("format", change.unwrap_or(found)).unwrap();
    drop(table);
    transaction.commit().unwrap();
    found
}

#[test]
fn an_older_format_is_opened_and_left_with_the_first_commit() {
    let folder = folder();
    let (path, expected) = filled(&folder);
    assert_eq!(format_of(&path, Some(1)), FORMAT);
    assert_eq!(written(&RedbStore::open(&path).unwrap()).unwrap(), expected);
    assert_eq!(format_of(&path, None), 1, "only read");
    RedbStore::open(&path).unwrap().commit(&[Change::PutClosedUntil(7)]).unwrap();
    assert_eq!(format_of(&path, None), FORMAT);
    format_of(&path, Some(0));
    assert!(matches!(refusal(&path), StoreError::NotAStore { .. }));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let (path, _) = filled(&folder);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn stores_print_no_records() {
    let folder = folder();
    let change = Change::DeleteInvoice([0xab; 32]);
    let put = Change::PutInvoice(ammeter_amp::receiver::Invoice {
        name: [0xab; 32],
        amount_msat: ammeter_core::Msat(1),
        reusable: false,
        preimage: None,
    });
    let mut memory = MemoryStore::new();
    memory.commit(std::slice::from_ref(&put)).unwrap();
    let mut file = RedbStore::open(&folder.path().join("store")).unwrap();
    file.commit(std::slice::from_ref(&put)).unwrap();
    for text in [format!("{memory:?}"), format!("{file:?}"), format!("{put:?} {change:?}")] {
        let text = text.to_lowercase();
        assert!(!text.contains("abab") && !text.contains("171, 171"), "{text}");
    }
}

#[test]
fn an_open_store_is_not_opened_again() {
    let folder = folder();
    let (path, _) = filled(&folder);
    let store = RedbStore::open(&path).unwrap();
    let error = RedbStore::open(&path).expect_err("open");
    assert!(matches!(error, StoreError::InUse), "{error}");
    drop(store);
    RedbStore::open(&path).unwrap();
}

#[test]
fn a_creation_that_was_cut_short_is_begun_anew() {
    let folder = folder();
    let path = folder.path().join("store");
    let unfinished = folder.path().join("store.unfinished");
    fs::write(&unfinished, [7; 4096]).unwrap();
    let other = fs::File::open(&unfinished).unwrap();
    other.lock().unwrap();
    let error = RedbStore::open(&path).expect_err("somebody creates it");
    assert!(matches!(error, StoreError::InUse), "{error}");
    assert_eq!(fs::read(&unfinished).unwrap(), [7; 4096]);
    drop(other);
    drop(RedbStore::open(&path).unwrap());
    assert_eq!(names(&folder), ["store"]);
}

#[test]
fn nothing_is_created_where_nothing_can_be() {
    let folder = folder();
    let error = RedbStore::open(&folder.path().join("missing/store")).expect_err("no folder");
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    assert!(names(&folder).is_empty());
}

/// A byte of a record behind redb's back, which does not look at its pages' checksums when it
/// reads.
#[test]
fn a_damaged_record_is_named() {
    let folder = folder();
    let (path, expected) = filled(&folder);
    let mut bytes = fs::read(&path).unwrap();
    let ((table, key), value) = expected.iter().next_back().unwrap();
    let places: Vec<_> =
        (0..bytes.len() - value.len()).filter(|start| bytes[*start..].starts_with(value)).collect();
    assert!(!places.is_empty(), "the record is in the file");
    for place in places {
        bytes[place + 5] ^= 1;
    }
    fs::write(&path, &bytes).unwrap();
    let store = RedbStore::open(&path).unwrap();
    let error = written(&store).expect_err("a damaged record");
    let StoreError::Record { table: named, key: name, .. } = &error else { panic!("{error}") };
    assert_eq!((*named, *table), (Table::Htlcs, Table::Htlcs));
    let channel = u64::from_be_bytes(key[..8].try_into().unwrap());
    assert!(name.to_string().starts_with(&format!("channel {channel}, htlc ")), "{name}");
    drop(store);
    assert!(fs::read(&path).unwrap() == bytes, "the file was written to");
}

#[test]
fn a_damaged_file_is_refused_or_read_as_it_was() {
    let folder = folder();
    let (path, expected) = filled(&folder);
    let whole = fs::read(&path).unwrap();
    let mut random = Random::new(7);
    let (mut refused, mut read) = (0, 0);
    // redb asserts; what it says of that belongs to the error, not to this test's output.
    std::panic::set_hook(Box::new(|_| {}));
    for round in 0..600 {
        let mut bytes = whole.clone();
        match round {
            0..300 => {
                let place = random.next() as usize % if round < 100 { 512 } else { bytes.len() };
                bytes[place] ^= 1 << (random.next() % 8);
            }
            300..450 => bytes.truncate(random.next() as usize % bytes.len()),
            _ => {
                let page = random.next() as usize % (bytes.len() / 4096) * 4096;
                bytes[page..page + 4096].fill(random.next() as u8);
            }
        }
        fs::write(&path, &bytes).unwrap();
        match RedbStore::open(&path).and_then(|store| written(&store)) {
            Ok(found) => {
                assert!(found == expected, "round {round}: other records");
                read += 1;
            }
            Err(_) => refused += 1,
        }
        assert!(fs::read(&path).unwrap() == bytes, "round {round}: the file was written to");
    }
    let _ = std::panic::take_hook();
    println!("damaged files: {refused} refused, {read} read as they were");
    assert!(refused > 100 && read > 0);
}
