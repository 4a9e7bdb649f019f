//! Promise: every fault there is can be met, is found where it is, and says so in a sentence.

use crate::load::unhex;
use ammeter_amp::eob::{
    Error, Fault, FinalHop, Message, Run,
    pr31::Blob,
    tlv::{Forward, Payload},
};

/// The bytes of a message in the making: hexadecimal, and a number of equal bytes.
struct Bytes(Vec<u8>);

impl Bytes {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn hex(mut self, digits: &str) -> Self {
        self.0.extend(unhex(&digits.replace(' ', "")));
        self
    }

    fn fill(mut self, count: usize, byte: u8) -> Self {
        self.0.extend(vec![byte; count]);
        self
    }

    /// In front of these bytes, how many they are; behind them, a zero hmac.
    fn payload(self) -> Vec<u8> {
        [&[self.0.len() as u8], &self.0[..], &[0; 32]].concat()
    }
}

/// A final hop's frame up to the version byte.
fn hop() -> Bytes {
    Bytes::new().fill(21, 0)
}

/// A pivot up to the blob type.
fn pivot() -> Bytes {
    Bytes::new().fill(21, 1)
}

/// A final hop's records 2 and 4.
fn records() -> Bytes {
    Bytes::new().hex("020101 040101")
}

fn final_hop(input: Bytes) -> Error {
    FinalHop::decode(&input.0).expect_err("wrong")
}

fn run(input: Bytes) -> Error {
    Run::decode(&input.0).expect_err("wrong")
}

fn payload(records: Bytes) -> Error {
    Payload::decode(&records.payload()).expect_err("wrong")
}

fn forward(records: Bytes) -> Error {
    Forward::decode_stream(&records.0).expect_err("wrong")
}

fn blob(input: Bytes) -> Error {
    Blob::decode(&input.0).expect_err("wrong")
}

/// Each kind of fault at least once.
fn faults() -> Vec<(Error, &'static str)> {
    let amp = "11".repeat(32) + &"22".repeat(32);
    let payment_data = format!("0820{}", "77".repeat(32));
    vec![
        (
            final_hop(hop().hex("01 00000001 0000")),
            "at offset 28: the weight is cut off, 2 bytes short of its end",
        ),
        (
            payload(records().hex("fd")),
            "at offset 8: the record type is cut off, 2 bytes short of its end",
        ),
        (
            final_hop(Bytes::new().fill(65, 0).fill(3, 9)),
            "at offset 65: the message ends 3 bytes before the input",
        ),
        (
            final_hop(Bytes::new().hex("00 0000000000 07 0000").fill(56, 0)),
            "at offset 6: a byte of the short channel id is 0x07 where zero is due",
        ),
        (
            final_hop(Bytes::new().hex("00 0000 07 00")),
            "at offset 3: a byte of the short channel id is 0x07 where zero is due",
        ),
        (
            blob(pivot().hex("0100 00 07")),
            "at offset 24: a byte of the unused data is 0x07 where zero is due",
        ),
        (
            run(Bytes::new().fill(32, 0).hex("01").fill(32, 1).fill(1235, 0)),
            "at offset 32: a byte of the padding is 0x01 where zero is due",
        ),
        (
            blob(pivot().hex("0101 aa 00bb").fill(39, 0)),
            "at offset 25: a byte of the unused data is 0xbb where zero is due",
        ),
        (final_hop(hop().hex("05").fill(43, 0)), "at offset 21: there is no version 5"),
        (
            final_hop(hop().hex("01").fill(108, 0)),
            "at offset 22: n is zero, but a payment has at least one part",
        ),
        (
            final_hop(hop().hex("01 00000001 00000000").fill(100, 0)),
            "at offset 26: the weight is zero, but a share counts at least once",
        ),
        (
            final_hop(hop().hex("01 00000001 00000100").fill(100, 0)),
            "at offset 26: the weight, 256, is larger than n, 1",
        ),
        (
            run(Bytes::new().fill(1299, 0)),
            "at offset 0: 1299 bytes cannot be a run of frames, which has 1300",
        ),
        (
            run(Bytes(Bytes::new().fill(33, 0).fill(32, 1).0.repeat(20))),
            "at offset 0: none of the 20 frames has the zero hmac of a final hop",
        ),
        (
            payload(Bytes::new().hex("0202 0001 040101")),
            "at offset 3: the amount has more bytes than it needs",
        ),
        (
            payload(records().hex("fd 00 fc 00")),
            "at offset 7: the record type has more bytes than it needs",
        ),
        (
            payload(records().hex("05 ff ffffffff ffffffff 00")),
            "at offset 8: the record length says 18446744073709551615, but what is left is 1 byte",
        ),
        (
            payload(Bytes::new().hex("020101 0405 0102030405")),
            "at offset 6: the outgoing_cltv_value record has a length of 5, not 0..=4",
        ),
        (
            payload(Bytes::new().hex("020101 040101 0100")),
            "at offset 7: a record of type 1 follows one of type 4",
        ),
        (
            payload(records().hex("fd fffe 00")),
            "at offset 7: the record type 65534 is even and so must be known, and is not",
        ),
        (
            payload(Bytes::new().hex("020101")),
            "at offset 4: the payload ends without its outgoing_cltv_value record",
        ),
        (forward(records()), "at offset 6: the payload ends without its short_channel_id record"),
        (
            payload(records().hex("0608 0000000000000001")),
            "at offset 7: the short_channel_id record is not for this kind of hop",
        ),
        (
            payload(records().hex("06ff")),
            "at offset 7: the short_channel_id record is not for this kind of hop",
        ),
        (
            forward(records().hex("0841")),
            "at offset 6: the payment_data record is not for this kind of hop",
        ),
        (
            payload(records().hex("0e40").hex(&amp)),
            "at offset 7: the AMP record comes without payment_data",
        ),
        (
            payload(records().hex(&payment_data).hex("0e40").fill(64, 0)),
            "at offset 75: the set id is zero",
        ),
        (blob(pivot().hex("0300").fill(42, 0)), "at offset 21: there is no blob type 3"),
        (
            blob(pivot().hex("010b").fill(42, 0)),
            "at offset 22: a frame claims 11 bytes of data and has room for 10",
        ),
        (
            blob(pivot().hex("0189").fill(42, 0).fill(65, 0)),
            "at offset 22: more data follows a frame that uses 9 of its 10 bytes",
        ),
        (
            blob(pivot().hex("018a").fill(42, 0).fill(65, 0)),
            "at offset 86: a frame behind the pivot holds no data",
        ),
        (
            blob(pivot().hex("0001").fill(42, 0)),
            "at offset 22: 1 byte of data in a blob of the type for none",
        ),
        (
            blob(Bytes(
                [
                    pivot().hex("018a").fill(42, 3).0,
                    Bytes::new().fill(21, 3).hex("a0").fill(43, 3).0.repeat(18),
                ]
                .concat(),
            )),
            "at offset 1191: more data follows frame 19, which must be the last",
        ),
    ]
}

/// The number of a kind of fault. A new kind does not compile until it has a number.
const fn number(fault: &Fault) -> usize {
    match fault {
        Fault::Truncated { .. } => 0,
        Fault::Trailing { .. } => 1,
        Fault::NotZero { .. } => 2,
        Fault::UnknownVersion { .. } => 3,
        Fault::NoParts => 4,
        Fault::NoWeight => 5,
        Fault::WeightAboveParts { .. } => 6,
        Fault::RunLength { .. } => 7,
        Fault::NoFinalFrame => 8,
        Fault::NotMinimal { .. } => 9,
        Fault::PastEnd { .. } => 10,
        Fault::RecordLength { .. } => 11,
        Fault::TypeOrder { .. } => 12,
        Fault::UnknownEven { .. } => 13,
        Fault::Missing { .. } => 14,
        Fault::WrongHop { .. } => 15,
        Fault::AmpAlone => 16,
        Fault::ZeroSetId => 17,
        Fault::UnknownBlobType { .. } => 18,
        Fault::FragmentTooLong { .. } => 19,
        Fault::FragmentNotFull { .. } => 20,
        Fault::FragmentEmpty => 21,
        Fault::DataInEmptyBlob { .. } => 22,
        Fault::TooManyFrames { .. } => 23,
    }
}
const NUMBERS: usize = 24;

#[test]
fn every_kind_of_fault_is_met_where_it_is_and_says_so() {
    let mut met = [false; NUMBERS];
    for (error, sentence) in faults() {
        met[number(&error.fault)] = true;
        assert_eq!(error.to_string(), sentence);
        assert!(sentence.contains(&error.fault.to_string()));
    }
    assert_eq!(met, [true; NUMBERS], "these kinds have been met");
}

/// Values that no message can have are refused when they are made, with the parser's words.
#[test]
fn impossible_values_cannot_be_made() {
    use ammeter_amp::eob::{
        basic::{Basic, Folded},
        pr31::{BlobType, Pivot},
        tlv::Amp,
    };
    use ammeter_core::{PaymentId, Share};
    let (id, share) = (PaymentId([1; 32]), Share([2; 32]));
    let basic =
        |part_count, weight| Basic::new(Folded { part_count, weight }, &id, &share).map(drop);
    assert_eq!(basic(0, 0), Err(Fault::NoParts));
    assert_eq!(basic(0, 1), Err(Fault::NoParts));
    assert_eq!(basic(1, 0), Err(Fault::NoWeight));
    assert_eq!(basic(7, 8), Err(Fault::WeightAboveParts { weight: 8, part_count: 7 }));
    assert_eq!(basic(7, 7), Ok(()));
    assert_eq!(Amp::new(&share, &PaymentId::ZERO, 0), Err(Fault::ZeroSetId));
    let blob = Blob::new(Pivot::default(), BlobType::Empty, &[0]);
    assert_eq!(blob, Err(Fault::DataInEmptyBlob { length: 1 }));
}

/// A share, a payment secret: nothing that is secret is in the debugging output of a message.
#[test]
fn messages_print_no_secrets() {
    let frames =
        hop().hex("01 00000001 00000001").fill(35, 0).fill(32, 1).fill(32, 0xab).fill(1, 0);
    let printed = format!("{:?}", FinalHop::decode(&frames.0).expect("valid"));
    assert!(printed.contains("Share(secret)") && !printed.contains("171, 171"), "{printed}");

    let records = records().hex("0820").fill(32, 0xab).hex("0e40").fill(32, 0xab).fill(32, 1);
    let printed = format!("{:?}", Payload::decode(&records.payload()).expect("valid"));
    assert!(printed.contains("PaymentSecret(secret)") && printed.contains("Share(secret)"));
    assert!(!printed.contains("171, 171") && !printed.contains("abab"), "{printed}");
}
