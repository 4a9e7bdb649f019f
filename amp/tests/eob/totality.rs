//! Promise: whatever the bytes, every parser gives a value or an error inside them, and what it
//! accepts is written as exactly those bytes.

use crate::load::{self, bytes, entries};
use ammeter_amp::eob::{
    Error, FinalHop, Message, Run,
    check::check_exact,
    pr31::{Blob, BlobType, ENCODED_BYTES_MAX, Pivot},
    size::RUN_BYTES,
    tlv::{Amp, Extra, Forward, Payload, PaymentData},
    writer::Writer,
};

/// A parser and the checks around it, without the type.
type Check = for<'a> fn(&'a [u8], &'a mut [u8]) -> Result<(), Error>;

struct Format {
    name: &'static str,
    check: Check,
    /// Whether no message is the beginning of another, but for a run's filler.
    prefix_free: bool,
}

const fn message(name: &'static str, check: Check) -> Format {
    Format { name, check, prefix_free: true }
}

/// A stream of records, which may end behind any of them, or the value of a record.
const fn piece(name: &'static str, check: Check) -> Format {
    Format { name, check, prefix_free: false }
}

/// Every parser that there is.
const FORMATS: [Format; 9] = [
    message("final hop", |input, buffer| checked::<FinalHop<'_>>(input, buffer)),
    message("run", |input, buffer| checked::<Run<'_>>(input, buffer)),
    message("payload", |input, buffer| checked::<Payload<'_>>(input, buffer)),
    message("blob", |input, buffer| checked::<Blob<'_>>(input, buffer)),
    piece("payload stream", |input, buffer| {
        written(input, buffer, Payload::decode_stream(input), Payload::write_stream)
    }),
    piece("forward", |input, buffer| {
        written(input, buffer, Forward::decode_stream(input), Forward::write_stream)
    }),
    piece("AMP record", |input, buffer| written(input, buffer, Amp::decode(input), Amp::write)),
    piece("payment_data", |input, buffer| {
        written(input, buffer, PaymentData::decode(input), PaymentData::write)
    }),
    piece("extra records", |input, _| kept(input)),
];

fn format(name: &str) -> &'static Format {
    FORMATS.iter().find(|format| format.name == name).expect("a format")
}

fn checked<'a, T: Message<'a> + PartialEq>(
    input: &'a [u8],
    buffer: &'a mut [u8],
) -> Result<(), Error> {
    match check_exact::<T>(input, buffer) {
        Ok(read) => read.map(drop),
        Err(broken) => panic!("{broken}: {input:02x?}"),
    }
}

/// An error inside `input`, or a value that is written as `input`.
fn written<T>(
    input: &[u8],
    buffer: &mut [u8],
    read: Result<T, Error>,
    write: impl Fn(&T, &mut Writer<'_>),
) -> Result<(), Error> {
    let value = read.inspect_err(|error| assert_inside(error, input))?;
    let mut writer = Writer::new(buffer);
    write(&value, &mut writer);
    assert!(writer.finish().expect("room") == input, "written differently: {input:02x?}");
    Ok(())
}

/// An error inside `input`, or records of rising types whose values are in it.
fn kept(input: &[u8]) -> Result<(), Error> {
    let extra = Extra::new(input).inspect_err(|error| assert_inside(error, input))?;
    let mut last = None;
    for record in extra.iter() {
        assert!(last < Some(record.kind), "types do not rise: {input:02x?}");
        last = Some(record.kind);
        let within = input.as_ptr_range();
        let value = record.value.as_ptr_range();
        assert!(record.value.is_empty() || within.start <= value.start && value.end <= within.end);
    }
    Ok(())
}

fn assert_inside(error: &Error, input: &[u8]) {
    assert!(error.offset + error.size <= input.len(), "{error} lies outside: {input:02x?}");
}

/// Each valid message with its format's name.
fn valid() -> Vec<(&'static str, Vec<u8>)> {
    let reference = load::reference();
    let peers = load::peers();
    let frames = entries(&reference["eob"]).iter().map(|vector| bytes(&vector["hex"]));
    let mut valid: Vec<_> = frames.map(|bytes| ("final hop", bytes)).collect();
    valid.push(("final hop", vec![0; 65]));
    valid.push(("run", run(&valid[0].1)));
    valid.push(("run", run(&valid[valid.len() - 2].1)));
    let payloads = entries(&reference["tlv"]).iter().map(|vector| bytes(&vector["hex"]));
    for payload in payloads.chain([with_extra_records()]) {
        let stream = payload[1..payload.len() - 32].to_vec();
        valid.extend([("payload", payload), ("payload stream", stream)]);
    }
    valid.push(("forward", load::unhex("020164040105060800000000000000070902abcd")));
    let (share, set_id) = ("5a".repeat(32), "77".repeat(32));
    valid.push(("AMP record", load::unhex(&format!("{share}{set_id}"))));
    valid.push(("AMP record", load::unhex(&format!("{share}{set_id}01020304"))));
    valid.push(("payment_data", load::unhex(&set_id)));
    valid.push(("payment_data", load::unhex(&format!("{set_id}0102030405060708"))));
    valid.push(("extra records", Vec::new()));
    valid.push(("extra records", load::unhex("0101aa0300fd00ff03010203ff000000010000000001ee")));
    for vector in entries(&peers["eob_pr31"]["packs"]) {
        valid.push(("blob", blob(&bytes(&vector["data"]))));
    }
    valid.push(("blob", blob(&[0xd5; 586])));
    valid
}

/// Two forwarding frames, the final hop's, and filler.
fn run(final_hop: &[u8]) -> Vec<u8> {
    let mut run = vec![0xf1; RUN_BYTES];
    for frame in run[..130].chunks_exact_mut(65) {
        frame[21..33].fill(0);
    }
    run[130..][..final_hop.len()].copy_from_slice(final_hop);
    run
}

fn blob(data: &[u8]) -> Vec<u8> {
    let pivot = Pivot { realm: 1, short_channel_id: 2, ..Pivot::default() };
    let blob = Blob::new(pivot, BlobType::InnerTlv, data).expect("a possible blob");
    let mut frames = [0; ENCODED_BYTES_MAX];
    let mut frames = blob.encode(&mut frames).expect("the longest blob fits").to_vec();
    // Not zero, as they are once the onion has been wrapped.
    frames.chunks_exact_mut(65).for_each(|frame| frame[33..].fill(0xac));
    frames
}

/// Odd and custom records in front of, between and behind ours.
fn with_extra_records() -> Vec<u8> {
    let records = "0101aa 02020100 0300 040164 0502bbcc \
                   0820 7777777777777777777777777777777777777777777777777777777777777777 \
                   fd00ff03010203 fe000100000455555555 ff000000010000000001ee";
    let stream = load::unhex(&records.replace(' ', ""));
    [&[stream.len() as u8], &stream[..], &[0; 32]].concat()
}

#[test]
fn the_valid_messages_are_valid() {
    for Format { name, .. } in FORMATS {
        assert!(valid().iter().any(|(format, _)| *format == name), "no valid {name}");
    }
    for (name, input) in valid() {
        assert_eq!((format(name).check)(&input, &mut vec![0; input.len()]), Ok(()), "{name}");
    }
}

#[test]
fn every_string_of_up_to_three_bytes() {
    for length in 0..=3 {
        for number in 0..1u32 << (8 * length) {
            let input = &number.to_be_bytes()[4 - length..];
            for Format { name, check, prefix_free } in FORMATS {
                let read = check(input, &mut [0; 3]);
                assert!(!prefix_free || read.is_err(), "no {name} is so short");
            }
        }
    }
}

/// All 255 other values of every byte, read as every format.
#[test]
fn every_change_of_one_byte_of_a_valid_message() {
    let mut buffer = [0; RUN_BYTES];
    for (_, mut input) in valid() {
        for offset in 0..input.len() {
            let original = input[offset];
            for change in 1..=255 {
                input[offset] = original ^ change;
                for Format { check, .. } in FORMATS {
                    let _accepted_or_not = check(&input, &mut buffer);
                }
            }
            input[offset] = original;
        }
    }
}

/// A message is no beginning of another; a piece may be, and is then a value again.
#[test]
fn every_beginning_and_every_prolongation_of_a_valid_message() {
    for (name, mut input) in valid() {
        let Format { check, prefix_free, .. } = format(name);
        for length in 0..input.len() {
            let read = check(&input[..length], &mut vec![0; length]);
            assert!(!prefix_free || read.is_err(), "{name}");
        }
        input.push(0);
        let read = check(&input, &mut vec![0; input.len()]);
        assert!(!prefix_free || read.is_err(), "{name}");
    }
}
