//! Messages made of records.

use ammeter_amp::eob::writer::Writer;
use arbitrary::{Result, Unstructured};

use crate::messages::mutate::{edge, offset};

/// Length of the hmac behind a payload, in bytes.
const HMAC: usize = 32;

/// A record that may be wrong: type, length and value are independent.
#[derive(Clone, Debug)]
struct Record {
    kind: Number,
    /// The length that is written; the value may be longer or shorter.
    length: Number,
    value: Vec<u8>,
}

/// A BigSize, which may be longer than it needs to be.
#[derive(Clone, Copy, Debug)]
struct Number {
    value: u64,
    /// 1, 3, 5 or 9 bytes; the value's own size if that is more.
    size: usize,
}

impl Number {
    const fn shortest(value: u64) -> Self {
        Self { value, size: 0 }
    }

    fn read(input: &[u8]) -> Option<(Self, &[u8])> {
        let (marker, rest) = input.split_first()?;
        let size = match marker {
            0xfd => 2,
            0xfe => 4,
            0xff => 8,
            _ => return Some((Self { value: (*marker).into(), size: 1 }, rest)),
        };
        let (bytes, rest) = rest.split_at_checked(size)?;
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Some((Self { value, size: 1 + size }, rest))
    }

    fn write(self, target: &mut Vec<u8>) {
        let mut shortest = [0; 9];
        let mut writer = Writer::new(&mut shortest);
        writer.bigsize(self.value);
        let least = writer.written();
        let bytes = self.value.to_be_bytes();
        match self.size {
            3 if least < 3 => target.extend([&[0xfd], &bytes[6..]].concat()),
            5 if least < 5 => target.extend([&[0xfe], &bytes[4..]].concat()),
            9 if least < 9 => target.extend([&[0xff], &bytes[..]].concat()),
            _ => target.extend(&shortest[..least]),
        }
    }

    /// Changes the number, or the way in which it is written.
    fn mutate(&mut self, edges: &[u64], choices: &mut Unstructured<'_>) -> Result<()> {
        match choices.arbitrary::<u8>()? % 8 {
            0 => self.value = self.value.wrapping_add(1),
            1 => self.value = self.value.wrapping_sub(1),
            2 => self.value = edge(choices)?,
            3..5 => self.size = *choices.choose(&[3, 5, 9])?,
            _ => self.value = *choices.choose(edges)?,
        }
        Ok(())
    }
}

/// Makes one change of a payload: of its records, its length or its hmac.
pub(super) fn mutate_payload(message: &mut Vec<u8>, choices: &mut Unstructured<'_>) -> Result<()> {
    let Some((mut length, rest)) = Number::read(message) else {
        message.push(choices.arbitrary()?);
        return Ok(());
    };
    let size = usize::try_from(length.value).unwrap_or(usize::MAX);
    let (stream, hmac) = rest.split_at_checked(size).unwrap_or((rest, &[]));
    let (mut stream, mut hmac) = (stream.to_vec(), hmac.to_vec());
    match choices.arbitrary::<u8>()? % 16 {
        0 => length.mutate(&[0, 32, stream.len() as u64 + HMAC as u64], choices)?,
        1 => {
            let place = offset(choices, hmac.len())?;
            if let Some(byte) = hmac.get_mut(place) {
                *byte = choices.arbitrary()?;
            }
        }
        2 => hmac.truncate(offset(choices, hmac.len())?),
        3 => hmac.push(choices.arbitrary()?),
        _ => {
            mutate_stream(&mut stream, choices)?;
            length = Number::shortest(stream.len() as u64);
        }
    }
    message.clear();
    length.write(message);
    message.extend(stream);
    message.extend(hmac);
    Ok(())
}

/// Makes one change of a stream of records.
pub(super) fn mutate_stream(stream: &mut Vec<u8>, choices: &mut Unstructured<'_>) -> Result<()> {
    let (mut records, rest) = split(stream);
    let mut rest = rest.to_vec();
    let place = offset(choices, records.len())?;
    let other = offset(choices, records.len())?;
    match choices.arbitrary::<u8>()? % 16 {
        0 => records.insert(place, new_record(choices)?),
        1 => {
            records.push(new_record(choices)?);
            records.sort_by_key(|record| record.kind.value);
        }
        2 => rest.push(choices.arbitrary()?),
        3 => rest.truncate(offset(choices, rest.len())?),
        operation if place < records.len() => {
            mutate_record(operation, &mut records, (place, other), choices)?;
        }
        _ => records.push(new_record(choices)?),
    }
    stream.clear();
    for record in records {
        record.kind.write(stream);
        record.length.write(stream);
        stream.extend(record.value);
    }
    stream.extend(rest);
    Ok(())
}

/// The records at the front of `stream` that can be read, and the bytes behind them.
fn split(stream: &[u8]) -> (Vec<Record>, &[u8]) {
    let mut records = Vec::new();
    let mut rest = stream;
    let record = |rest| {
        let (kind, rest) = Number::read(rest)?;
        let (length, rest) = Number::read(rest)?;
        let (value, rest) = rest.split_at_checked(usize::try_from(length.value).ok()?)?;
        Some((Record { kind, length, value: value.to_vec() }, rest))
    };
    while let Some((record, behind)) = record(rest) {
        records.push(record);
        rest = behind;
    }
    (records, rest)
}

fn mutate_record(
    operation: u8,
    records: &mut Vec<Record>,
    (place, other): (usize, usize),
    choices: &mut Unstructured<'_>,
) -> Result<()> {
    let record = &mut records[place];
    match operation {
        4 => records.insert(other, records[place].clone()),
        5 => records.swap(place, other),
        6 => drop(records.remove(place)),
        7 => record.kind.mutate(KINDS, choices)?,
        8 => record.length.mutate(LENGTHS, choices)?,
        9 => {
            record.value.push(choices.arbitrary()?);
            record.length = Number::shortest(record.value.len() as u64);
        }
        10 => {
            record.value.pop();
            record.length = Number::shortest(record.value.len() as u64);
        }
        // Adds a leading zero in front of the value, or of the integer at its end.
        11 => {
            let integer = [0, 32, 64][offset(choices, 3)?].min(record.value.len());
            record.value.insert(integer, 0);
            record.length = Number::shortest(record.value.len() as u64);
        }
        12 => {
            let start = offset(choices, record.value.len())?;
            record.value[start..].iter_mut().take(32).for_each(|byte| *byte = 0);
        }
        13 => {
            let bytes = edge(choices)?.to_be_bytes();
            let skip = usize::from(choices.arbitrary::<u8>()?) % 9;
            record
                .value
                .splice(record.value.len().saturating_sub(8 - skip).., bytes[skip..].to_vec());
            record.length = Number::shortest(record.value.len() as u64);
        }
        _ => {
            let offset = offset(choices, record.value.len())?;
            if let Some(byte) = record.value.get_mut(offset) {
                *byte = choices.arbitrary()?;
            }
        }
    }
    Ok(())
}

/// Types that a reader knows, and types at the edges of ranges that none knows.
const KINDS: &[u64] = &[0, 1, 2, 4, 6, 8, 10, 14, 16, 20, 0xffff, 0x1_0000, 0x1_0001, u64::MAX];

/// Lengths of known records, and one more and one less.
const LENGTHS: &[u64] = &[0, 4, 5, 8, 9, 31, 32, 40, 41, 63, 64, 68, 69, u64::MAX];

/// A record whose type, length and value fit.
fn new_record(choices: &mut Unstructured<'_>) -> Result<Record> {
    let kind = *choices.choose(KINDS)?;
    let size = match kind {
        2 => offset(choices, 9)?,
        4 => offset(choices, 5)?,
        6 => 8,
        8 => 32 + offset(choices, 9)?,
        14 => 64 + offset(choices, 5)?,
        _ => offset(choices, 300)?,
    };
    let mut value = vec![1; size];
    choices.fill_buffer(&mut value)?;
    Ok(Record { kind: Number::shortest(kind), length: Number::shortest(size as u64), value })
}
