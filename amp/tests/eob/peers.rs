//! Promise: what other projects' code writes is read as they meant it, and what their code refuses
//! is refused.
//!
//! lnd is the peer for records and payloads, lightning-onion for the blob of its pull request 31.
//! One verdict differs, on purpose: lnd's parser reads AMP without payment_data and leaves the
//! refusal to its invoice registry; ours refuses it.

use crate::load::{self, array, bytes, entries, int32, unhex};
use ammeter_amp::eob::{
    Error, Fault, Field, Message,
    check::check_value,
    pr31::{Blob, BlobType, DATA_BYTES_MAX, FRAME_DATA_BYTES, PIVOT_DATA_BYTES, Pivot},
    tlv::{Amp, Forward, Known, Payload, PaymentData},
    writer::Writer,
};
use ammeter_core::{Msat, PaymentId, PaymentSecret, Share};
use serde_json::Value;

/// What `write` writes.
fn written(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; 1300];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer);
    writer.finish().expect("shorter than an onion").to_vec()
}

/// The value of the only record in `tlv`, whose type and length are one byte each.
fn value_of(tlv: &[u8], record: Known) -> &[u8] {
    assert_eq!((u64::from(tlv[0]), usize::from(tlv[1])), (record.kind(), tlv.len() - 2));
    &tlv[2..]
}

/// What is left of a verdict `OK name=value`; `None` if the peer refused.
fn accepted<'a>(verdict: &'a Value, name: &str) -> Option<&'a str> {
    verdict.as_str().expect("a verdict").strip_prefix("OK ")?.strip_prefix(name)
}

/// The promises below go through whole sections; here is how much that is. (The derivations and
/// the splits of trees have tests of their own.)
#[test]
fn the_sections_are_all_there() {
    let peers = load::peers();
    let count = |section: &Value, list: &str| entries(&section[list]).len();
    assert_eq!((count(&peers["amp_tlv"], "encode"), count(&peers["amp_tlv"], "decode")), (11, 11));
    assert_eq!((count(&peers["mpp_tlv"], "encode"), count(&peers["mpp_tlv"], "decode")), (8, 8));
    assert_eq!(count(&peers["eob_pr31"], "packs"), 7);
    assert_eq!((count(&peers, "lnd_payloads"), count(&peers, "lnd_fuzz_inputs")), (4, 4));
    assert_eq!((count(&peers, "lnd_derivation"), count(&peers, "lnd_negative_sets")), (18, 6));
    assert_eq!(count(&peers["tree_splits"], "splits"), 11);
    assert_eq!(peers.as_object().expect("sections").len(), 9, "with its \"about\"");
}

#[test]
fn the_draft_has_our_sizes_and_types() {
    let constants = &load::peers()["eob_pr31"]["constants"];
    assert_eq!(constants["pivot_bytes"], PIVOT_DATA_BYTES);
    assert_eq!(constants["full_hop_bytes"], FRAME_DATA_BYTES);
    assert_eq!(constants["MaxExtraOnionBlob"], DATA_BYTES_MAX);
    let types = constants["types"].as_object().expect("by number");
    assert_eq!(types.len(), BlobType::ALL.len());
    for blob_type in BlobType::ALL {
        assert_eq!(types[&(blob_type as u8).to_string()], blob_type.name());
    }
}

#[test]
fn amp_records_are_lnds() {
    let vectors = &load::peers()["amp_tlv"];
    for vector in entries(&vectors["encode"]) {
        let (share, set_id) = (Share(array(&vector["share"])), PaymentId(array(&vector["setid"])));
        let amp = Amp::new(&share, &set_id, int32(&vector["index"])).expect("a set id");
        let tlv = bytes(&vector["tlv"]);
        let value = value_of(&tlv, Known::Amp);
        assert_eq!(written(|writer| amp.write(writer)), value);
        assert_eq!(Amp::decode(value), Ok(amp));
    }
    for vector in entries(&vectors["decode"]) {
        let value = bytes(&vector["value"]);
        let read = Amp::decode(&value);
        match accepted(&vector["lnd"], "child_index=") {
            Some(index) => {
                let amp = read.expect("lnd accepts it");
                assert_eq!(amp.child_index().to_string(), index);
                assert_eq!(written(|writer| amp.write(writer)), value);
            }
            None => assert!(read.is_err(), "lnd refuses it"),
        }
    }
}

#[test]
fn payment_data_records_are_lnds() {
    let vectors = &load::peers()["mpp_tlv"];
    for vector in entries(&vectors["encode"]) {
        let secret = PaymentSecret(array(&vector["addr"]));
        let total = vector["total"].as_str().expect("digits").parse().expect("an amount");
        let payment_data = PaymentData { payment_secret: &secret, total_msat: Msat(total) };
        let tlv = bytes(&vector["tlv"]);
        let value = value_of(&tlv, Known::PaymentData);
        assert_eq!(written(|writer| payment_data.write(writer)), value);
        assert_eq!(PaymentData::decode(value), Ok(payment_data));
    }
    for vector in entries(&vectors["decode"]) {
        let value = bytes(&vector["value"]);
        let read = PaymentData::decode(&value);
        match accepted(&vector["lnd"], "total=") {
            Some(total) => {
                let payment_data = read.expect("lnd accepts it");
                assert_eq!(payment_data.total_msat.0.to_string(), total);
                assert_eq!(written(|writer| payment_data.write(writer)), value);
            }
            None => assert!(read.is_err(), "lnd refuses it"),
        }
    }
}

#[test]
fn lnds_test_payloads_get_lnds_verdicts_but_for_amp_alone() {
    let vectors = load::peers();
    let vectors = entries(&vectors["lnd_payloads"]);
    let payload = |position: usize| bytes(&vectors[position]["hex"]);
    let fault = |error: Error| (error.offset, error.fault);

    assert_eq!(vectors[0]["name"], "final hop with amp");
    let verdict = Payload::decode_stream(&payload(0)).map(drop).map_err(fault);
    assert_eq!(verdict, Err((4, Fault::AmpAlone)));

    assert_eq!(vectors[1]["name"], "intermediate hop with amp");
    let verdict = Forward::decode_stream(&payload(1)).map(drop).map_err(fault);
    assert_eq!(verdict, Err((14, Fault::WrongHop { record: Known::Amp })));

    assert_eq!(vectors[2]["name"], "final hop with mpp");
    let stream = payload(2);
    let read = Payload::decode_stream(&stream).expect("lnd accepts it");
    let part = read.part.expect("a part");
    assert_eq!((read.amount_msat, read.cltv_expiry, part.amp), (Msat(0), 0, None));
    assert_eq!(part.payment_data.payment_secret, &PaymentSecret([0x11; 32]));
    assert_eq!(part.payment_data.total_msat, Msat(8));
    assert_eq!(written(|writer| read.write_stream(writer)), stream);

    assert_eq!(vectors[3]["name"], "intermediate hop with mpp");
    let verdict = Forward::decode_stream(&payload(3)).map(drop).map_err(fault);
    assert_eq!(verdict, Err((14, Fault::WrongHop { record: Known::PaymentData })));
    assert_eq!(vectors.len(), 4);
}

/// With the payment_data that lnd's first payload and first fuzz input lack, both are read as lnd
/// does.
#[test]
fn amp_with_payment_data_added_is_read_as_lnd_does() {
    let vectors = load::peers();
    let payment_data = unhex(&format!("0820{}", "77".repeat(32)));
    for (stream, offset, amount, cltv, byte, index) in [
        (bytes(&vectors["lnd_payloads"][0]["hex"]), 4, 0, 0, (0x12, 0x13), 9),
        (
            bytes(&vectors["lnd_fuzz_inputs"][0]["hex"]),
            14,
            52_983_525_027_888,
            808_464_432,
            (0x30, 0x30),
            48,
        ),
    ] {
        let with = [&stream[..offset], &payment_data, &stream[offset..]].concat();
        let read = Payload::decode_stream(&with).expect("lnd accepts it");
        let amp = read.part.expect("a part").amp.expect("atomic");
        assert_eq!((read.amount_msat, read.cltv_expiry), (Msat(amount), cltv));
        assert_eq!(amp.share(), &Share([byte.0; 32]));
        assert_eq!(amp.set_id(), &PaymentId([byte.1; 32]));
        assert_eq!(amp.child_index(), index);
        assert_eq!(written(|writer| read.write_stream(writer)), with);
    }
}

#[test]
fn lnds_fuzz_inputs_are_refused_where_they_are_wrong() {
    let vectors = load::peers();
    let past_end = |length, left| Fault::PastEnd { field: Field::RecordLength, length, left };
    let expected =
        [(14, Fault::AmpAlone), (1, past_end(88, 0)), (1, past_end(65, 0)), (1, past_end(65, 32))];
    let vectors = entries(&vectors["lnd_fuzz_inputs"]);
    assert_eq!(vectors.len(), expected.len());
    for (vector, expected) in vectors.iter().zip(expected) {
        let stream = bytes(&vector["hex"]);
        let error = Payload::decode_stream(&stream).expect_err("wrong for us, if not for lnd");
        assert_eq!((error.offset, error.fault), expected);
    }
}

#[test]
fn blobs_are_packed_as_the_draft_packs_them() {
    let vectors = load::peers();
    for vector in entries(&vectors["eob_pr31"]["packs"]) {
        let data = bytes(&vector["data"]);
        let blob_type = BlobType::ALL[vector["type"].as_u64().expect("a type") as usize];
        // The draft's frames come without their hmacs.
        let frames: Vec<u8> = entries(&vector["frames33"])
            .iter()
            .flat_map(|frame| [bytes(frame), vec![0; 32]].concat())
            .collect();
        let blob = Blob::new(Pivot::default(), blob_type, &data).expect("a possible blob");
        let mut buffer = vec![0; frames.len()];
        assert_eq!(check_value(&blob, &mut buffer), Ok(&frames[..]));

        let mut data_read = vec![0; data.len()];
        assert_eq!(blob.copy_to(&mut data_read).as_deref(), Ok(&data[..]));
    }
}

/// The draft's own code panics on these.
#[test]
fn frame_lengths_that_make_the_draft_panic_are_errors() {
    let data = [0xd5; 42];
    let blob = Blob::new(Pivot::default(), BlobType::InnerTlv, &data).expect("a possible blob");
    let mut frames = [0; 130];
    assert!(blob.encode(&mut frames).is_ok(), "two frames");
    for (length, more) in (33..=127u8).flat_map(|length| [(length, 0), (length, 0x80)]) {
        frames[65 + 21] = more | length;
        let error = Blob::decode(&frames).expect_err("more than a frame can hold");
        let fault = Fault::FragmentTooLong { length, length_max: 32 };
        assert_eq!(error, Error { offset: 86, size: 1, fault });
    }
    for length in 11..=127u8 {
        frames[22] = length;
        let error = Blob::decode(&frames).expect_err("more than the pivot can hold");
        let fault = Fault::FragmentTooLong { length, length_max: 10 };
        assert_eq!(error, Error { offset: 22, size: 1, fault });
    }
}
