//! Promise: whatever the bytes, every parser gives a value or an error inside them, and what it
//! accepts is written as exactly those bytes.

#[path = "support/load.rs"]
mod load;

use ammeter_amp::eob::{
    Error, FinalHop, Message, Run,
    check::check_exact,
    pr31::{Blob, BlobType, ENCODED_BYTES_MAX, Pivot},
    size::RUN_BYTES,
    tlv::Payload,
};
use load::{bytes, entries};

/// A parser and the checks around it, without the type.
type Check = for<'a> fn(&'a [u8], &'a mut [u8]) -> Result<(), Error>;

const FORMATS: [(&str, Check); 4] = [
    ("final hop", |input, buffer| checked::<FinalHop<'_>>(input, buffer)),
    ("run", |input, buffer| checked::<Run<'_>>(input, buffer)),
    ("payload", |input, buffer| checked::<Payload<'_>>(input, buffer)),
    ("blob", |input, buffer| checked::<Blob<'_>>(input, buffer)),
];

fn checked<'a, T: Message<'a> + PartialEq>(
    input: &'a [u8],
    buffer: &'a mut [u8],
) -> Result<(), Error> {
    match check_exact::<T>(input, buffer) {
        Ok(read) => read.map(drop),
        Err(broken) => panic!("{broken}: {input:02x?}"),
    }
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
    valid.extend(payloads.map(|bytes| ("payload", bytes)));
    valid.push(("payload", with_extra_records()));
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
    for (format, input) in valid() {
        let (_, check) = FORMATS.iter().find(|(name, _)| *name == format).expect("a format");
        assert_eq!(check(&input, &mut vec![0; input.len()]), Ok(()), "{format}");
    }
}

#[test]
fn every_string_of_up_to_three_bytes() {
    for length in 0..=3 {
        for number in 0..1u32 << (8 * length) {
            let input = &number.to_be_bytes()[4 - length..];
            for (_, check) in FORMATS {
                assert!(check(input, &mut [0; 3]).is_err(), "no message is so short");
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
                for (_, check) in FORMATS {
                    let _accepted_or_not = check(&input, &mut buffer);
                }
            }
            input[offset] = original;
        }
    }
}

/// No message is the beginning of another, but for a run's filler.
#[test]
fn every_beginning_and_every_prolongation_of_a_valid_message() {
    for (format, mut input) in valid() {
        let (_, check) = FORMATS.iter().find(|(name, _)| *name == format).expect("a format");
        for length in 0..input.len() {
            assert!(check(&input[..length], &mut vec![0; length]).is_err(), "{format}");
        }
        input.push(0);
        assert!(check(&input, &mut vec![0; input.len()]).is_err(), "{format}");
    }
}
