//! Promise: every reference vector is read field by field and written as it was; every one that
//! must be refused is, at the offset of its fault.

use crate::load::{self, array, bytes, entries, int32};
use ammeter_amp::eob::{
    Eob, Fault, Field, FinalHop, Message,
    adaptive::Adaptive,
    basic::{Basic, Folded},
    check::check_exact,
    committed::Committed,
    tlv::{Amp, Extra, Known, Part, Payload, PaymentData},
    tree::Tree,
};
use ammeter_core::{Commitment, Msat, PaymentId, PaymentSecret, Share};
use serde_json::Value;

/// The promises below go through whole sections; here is how much that is.
#[test]
fn the_sections_are_all_there() {
    let reference = load::reference();
    let counts = ["eob", "tlv", "reject"].map(|section| entries(&reference[section]).len());
    assert_eq!(counts, [48, 12, 123]);
    let with_offset = |vector: &&Value| vector["offset"].is_u64();
    assert_eq!(entries(&reference["reject"]).iter().filter(with_offset).count(), 96);
}

#[test]
fn frames_are_read_as_they_were_made() {
    for vector in entries(&load::reference()["eob"]) {
        let share = Share(array(&vector["share"]));
        let is_committed = vector["version"] == "committed";
        let id = PaymentId(if is_committed { [0; 32] } else { array(&vector["id"]) });
        let short_id = if is_committed { array(&vector["id"]) } else { [0; 11] };
        let commitment = match vector.get("commitment") {
            Some(commitment) => Commitment(array(commitment)),
            None => Commitment::ZERO,
        };
        let eob = match vector["version"].as_str().expect("a name") {
            "basic" => {
                let folded =
                    Folded { part_count: int32(&vector["n"]), weight: int32(&vector["weight"]) };
                Eob::Basic(Basic::new(folded, &id, &share).expect("a possible weight"))
            }
            "adaptive" => {
                Eob::Adaptive(Adaptive { part_count: int32(&vector["n"]), id: &id, share: &share })
            }
            "committed" => {
                Eob::Committed(Committed { id: &short_id, commitment: &commitment, share: &share })
            }
            "tree" => Eob::Tree(Tree {
                index: int32(&vector["index"]).try_into().expect("one byte"),
                id: &id,
                share: &share,
            }),
            version => panic!("version {version}"),
        };
        assert_eq!(vector["version"], eob.name());
        let expected = FinalHop {
            realm: int32(&vector["realm"]).try_into().expect("one byte"),
            amount_msat: Msat(vector["amount_msat"].as_u64().expect("an amount")),
            cltv_expiry: int32(&vector["cltv"]),
            eob,
        };
        check(&bytes(&vector["hex"]), &expected);
    }
}

#[test]
fn payloads_are_read_as_they_were_made() {
    for vector in entries(&load::reference()["tlv"]) {
        let share = Share(array(&vector["share"]));
        let set_id = PaymentId(array(&vector["set_id"]));
        let secret = PaymentSecret(array(&vector["payment_secret"]));
        let amp = Amp::new(&share, &set_id, int32(&vector["child_index"])).expect("a set id");
        let total_msat = Msat(vector["total_msat"].as_u64().expect("an amount"));
        let expected = Payload {
            amount_msat: Msat(vector["amount_msat"].as_u64().expect("an amount")),
            cltv_expiry: int32(&vector["cltv"]),
            part: Some(Part {
                payment_data: PaymentData { payment_secret: &secret, total_msat },
                amp: Some(amp),
            }),
            extra: Extra::NONE,
        };
        check(&bytes(&vector["hex"]), &expected);
    }
}

/// `expected` is what is read from `input`, and `input` is what `expected` is written as.
fn check<'a, T>(input: &'a [u8], expected: &T)
where
    T: Message<'a> + PartialEq + core::fmt::Debug,
{
    let mut buffer = vec![0; input.len()];
    assert_eq!(T::decode(input).as_ref(), Ok(expected));
    assert_eq!(expected.encode(&mut buffer).as_deref(), Ok(input));
}

#[test]
fn what_must_be_refused_is_refused_where_it_is_wrong() {
    for vector in entries(&load::reference()["reject"]) {
        let input = bytes(&vector["hex"]);
        let (mut first, mut second) = (input.clone(), input.clone());
        let verdict = match vector["format"].as_str().expect("a name") {
            "eob" => check_exact::<FinalHop<'_>>(&input, &mut first).map(Result::err),
            "tlv" => check_exact::<Payload<'_>>(&input, &mut second).map(Result::err),
            format => panic!("format {format}"),
        };
        let error = verdict.expect("no promise is broken").expect("not accepted");
        let why = vector["why"].as_str().expect("a reason");
        assert!(is_why(&error.fault, why), "{why}: {error}");
        match vector["offset"].as_u64() {
            Some(offset) => assert_eq!(error.offset as u64, offset, "{why}: {error}"),
            None if why == "truncated" => assert_eq!(error.offset, input.len()),
            None => assert!(error.offset <= input.len()),
        }
    }
}

/// Whether the fault is what the vector says.
fn is_why(fault: &Fault, why: &str) -> bool {
    let not_zero = |expected| matches!(fault, Fault::NotZero { field, .. } if *field == expected);
    let not_minimal = |expected| *fault == Fault::NotMinimal { field: expected };
    let missing = |expected| *fault == Fault::Missing { record: expected };
    match why {
        "short channel id not zero" => not_zero(Field::ShortChannelId),
        "reserved padding" => not_zero(Field::Padding),
        "hmac not zero" => not_zero(Field::Hmac),
        "unused byte not zero" => not_zero(Field::UnusedByte),
        "unknown version" => matches!(fault, Fault::UnknownVersion { version: 5.. }),
        "truncated" => matches!(fault, Fault::Truncated { .. }),
        "weight above n" => *fault == Fault::WeightAboveParts { weight: 4, part_count: 3 },
        "n is zero" => *fault == Fault::NoParts,
        "AMP without payment_data" => *fault == Fault::AmpAlone,
        "child index not minimal" => not_minimal(Field::ChildIndex),
        "AMP record too short" => is_amp_length(fault, 63),
        "AMP record too long" => is_amp_length(fault, 69),
        "types not increasing" => *fault == Fault::TypeOrder { previous: 14, found: 8 },
        "duplicate type" => *fault == Fault::TypeOrder { previous: 2, found: 2 },
        "unknown even type" => *fault == Fault::UnknownEven { kind: 20 },
        "set id zero" => *fault == Fault::ZeroSetId,
        "amount not minimal" => not_minimal(Field::Amount),
        "total not minimal" => not_minimal(Field::TotalAmount),
        "BigSize not minimal" => not_minimal(Field::RecordType),
        "length far past the end" => {
            matches!(fault, Fault::PastEnd { field: Field::RecordLength, length: u64::MAX, .. })
        }
        "amount missing" => missing(Known::Amount),
        "cltv missing" => missing(Known::Cltv),
        _ => false,
    }
}

fn is_amp_length(fault: &Fault, expected: u64) -> bool {
    matches!(
        fault,
        Fault::RecordLength { record: Known::Amp, length, .. } if *length == expected
    )
}
