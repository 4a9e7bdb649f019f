//! Promise: every record is read as it was written, and any other bytes are an error that says
//! what is wrong, or are written as exactly those bytes.

#[path = "support/random.rs"]
mod random;
#[path = "support/records.rs"]
mod records;

use ammeter_amp::{
    receiver::Record,
    store::{
        RecordError, Table,
        codec::{Entry, decode, put},
    },
};
use random::Random;

fn written(random: &mut Random) -> (Record, Entry) {
    let record = records::record(random);
    let entry = put(&record);
    (record, entry)
}

/// A record whose checksum is right, whatever its bytes are.
fn resealed(table: Table, key: &[u8], body: &[u8]) -> Vec<u8> {
    let sealed = [&[table as u8][..], key, body].concat();
    [body, &crc32c::crc32c(&sealed).to_be_bytes()].concat()
}

#[test]
fn what_is_written_is_read() {
    let mut random = Random::new(1);
    let mut seen = [0; 4];
    for _ in 0..20_000 {
        let (record, Entry { table, key, value }) = written(&mut random);
        let value = value.expect("a put");
        assert_eq!(decode(table, &key, &value), Ok(record));
        seen[table as usize - 1] += 1;
    }
    assert!(seen.iter().all(|count| *count > 1000), "{seen:?}");
}

#[test]
fn one_changed_bit_anywhere_is_found() {
    let mut random = Random::new(2);
    for _ in 0..200 {
        let (_, Entry { table, key, value }) = written(&mut random);
        let value = value.expect("a put");
        for bit in 0..8 * (key.len() + value.len()) {
            let mut bytes = [&*key, &*value].concat();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (key, value) = bytes.split_at(key.len());
            let read = decode(table, key, value);
            assert!(matches!(read, Err(RecordError::Checksum { .. })), "bit {bit}: {read:?}");
        }
    }
}

#[test]
fn a_record_of_another_key_or_table_is_found() {
    let mut random = Random::new(3);
    let (_, one) = written(&mut random);
    let value = one.value.expect("a put");
    for table in Table::ALL {
        if table != one.table {
            let read = decode(table, &one.key, &value);
            assert!(matches!(read, Err(RecordError::Checksum { .. })), "{table}: {read:?}");
        }
    }
}

#[test]
fn behind_a_right_checksum_any_bytes_are_a_record_or_an_error() {
    let mut random = Random::new(4);
    let (mut records, mut errors) = (0, 0);
    for _ in 0..200_000 {
        let (_, Entry { table, key, value }) = written(&mut random);
        let (mut key, mut body) = (key.to_vec(), value.expect("a put").to_vec());
        body.truncate(body.len() - 4);
        mutate(if random.one_in(4) { &mut key } else { &mut body }, &mut random);
        let sealed = resealed(table, &key, &body);
        match decode(table, &key, &sealed) {
            Ok(record) => {
                let Entry { table: again, key: its_key, value } = put(&record);
                let value = value.expect("a put");
                assert_eq!((again, &*its_key, &*value), (table, &*key, &*sealed));
                records += 1;
            }
            Err(damage) => {
                assert!(!matches!(damage, RecordError::Checksum { .. }), "{damage}");
                errors += 1;
            }
        }
    }
    assert!(records > 10_000 && errors > 10_000, "{records} records, {errors} errors");
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let place = random.next() as usize % (bytes.len() + 1);
    match random.next() % 4 {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, random.next() as u8),
        2 => bytes.push(random.next() as u8),
        _ => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = random.edgy(u64::MAX) as u8;
            }
        }
    }
}

#[test]
fn damage_is_named() {
    let damage = |table, key: &[u8], body: &[u8]| decode(table, key, &resealed(table, key, body));
    assert_eq!(decode(Table::Clocks, &[], &[1, 2, 3]), Err(RecordError::Short { bytes: 3 }));
    assert_eq!(damage(Table::Clocks, &[], &[]), Err(RecordError::Cut("version")));
    assert_eq!(damage(Table::Clocks, &[], &[2]), Err(RecordError::Version(2)));
    assert_eq!(damage(Table::Clocks, &[], &[1, 0]), Err(RecordError::Cut("height")));
    assert_eq!(damage(Table::Clocks, &[0], &[1]), Err(RecordError::Key));
    assert_eq!(damage(Table::Htlcs, &[0; 15], &[1]), Err(RecordError::Key));
    let mut clocks = [1; 14];
    assert_eq!(damage(Table::Clocks, &[], &clocks), Err(RecordError::Trailing { bytes: 1 }));
    clocks[13] = 7;
    let invoice = damage(Table::Invoices, &[0; 32], &[&clocks[..9], &[7]].concat());
    assert_eq!(invoice, Err(RecordError::Unknown { field: "reusable", code: 7 }));
}
