//! Promise: base multi-path payments that another implementation made are read field by field,
//! written again byte by byte, and settled when their total is there.

use ammeter_amp::{
    eob::writer::Writer,
    receiver::{
        Effect, Event, IncomingHtlc, Invoice, Onion, Output, Part, Policy, Receiver, SetId, Version,
    },
    sender::{Leg, MultiPath, Payment, Plan, Purpose, Seed},
};
use ammeter_core::{Engine, Hash, HtlcKey, Msat, PaymentHash, Preimage, hex};
use serde_json::Value;

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("{field} of {object}"))
}

fn number(object: &Value, field: &str) -> u64 {
    text(object, field).parse().unwrap_or_else(|_| panic!("{field} of {object}"))
}

fn bytes32(object: &Value, field: &str) -> [u8; 32] {
    hex::decode32(text(object, field).as_bytes()).expect("32 bytes")
}

fn bytes(object: &Value, field: &str) -> Vec<u8> {
    let digits = text(object, field).as_bytes();
    let mut bytes = vec![0; digits.len() / 2];
    hex::decode(digits, &mut bytes).expect("bytes");
    bytes
}

/// What the sender's plan writes of the same part; a plan has no part over nothing.
fn written(set: &Value, amount_msat: u64, is_last: bool) -> Option<Vec<u8>> {
    let total_msat = Msat(number(set, "total_msat"));
    let engine = Engine::new(Hash::Sha256).expect("a kernel");
    let purpose = Purpose::Invoice(bytes32(set, "payment_secret"));
    let payment = Payment::new(total_msat, purpose, engine, Seed::from_bytes([0; 32]).rng());
    let mut plan = MultiPath::new(payment, PaymentHash(bytes32(set, "payment_hash")));
    let alone = is_last && Msat(amount_msat) == total_msat;
    let part = if alone { plan.last_part() } else { plan.part(Msat(amount_msat)) }.ok()?;
    let cltv_expiry = set["cltv"].as_u64().expect("a height") as u32;
    let mut buffer = [0; 128];
    let mut writer = Writer::new(&mut buffer);
    plan.write(&part, Leg { realm: 0, cltv_expiry }, &mut writer);
    Some(writer.finish().expect("room").to_vec())
}

#[test]
fn sets_of_another_implementation() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/mpp.json");
    let vectors = std::fs::read_to_string(file).expect("the vectors");
    let vectors: Value = serde_json::from_str(&vectors).expect("JSON");
    let sets = vectors["sets"].as_array().expect("sets");
    let (mut compared, mut settled) = (0, 0);
    for set in sets {
        let (name, payment_secret) = (text(set, "name"), bytes32(set, "payment_secret"));
        let preimage = Preimage(bytes32(set, "preimage"));
        let policy = Policy::new(Hash::Sha256).with_expiry_margin_blocks(0);
        let mut receiver = Receiver::new(policy).expect("a kernel");
        let mut output = Output::default();
        let invoice = Invoice {
            name: payment_secret,
            amount_msat: Msat(0),
            reusable: false,
            preimage: Some(preimage),
        };
        receiver.step(Event::InvoiceAdded(invoice), &mut output);
        let parts = set["parts"].as_array().expect("parts");
        let mut claimed = 0;
        for (part, htlc_id) in parts.iter().zip(0..) {
            let (payload, amount_msat) = (bytes(part, "payload"), number(part, "amount_msat"));
            let read = Part::read(Onion::Payload(&payload)).expect(name);
            assert_eq!(read.set_id, SetId::Mpp { payment_secret }, "{name}");
            let total_msat = Msat(number(set, "total_msat"));
            assert_eq!(read.version, Version::Mpp { total_msat }, "{name}");
            assert_eq!(read.amount_msat, Msat(amount_msat), "{name}");
            assert_eq!(Some(u64::from(read.cltv_expiry)), set["cltv"].as_u64(), "{name}");
            if let Some(written) = written(set, amount_msat, parts.len() == 1) {
                assert_eq!(written, payload, "{name}");
                compared += 1;
            }
            let incoming = IncomingHtlc {
                key: HtlcKey { channel_id: 1, htlc_id },
                payment_hash: PaymentHash(bytes32(set, "payment_hash")),
                amount_msat: Msat(amount_msat),
                cltv_expiry: u32::MAX,
            };
            receiver.step(Event::arrived(incoming, Onion::Payload(&payload)), &mut output);
            let is_claimed = |effect: &&Effect| matches!(effect, Effect::Settle { preimage: claims, .. } if *claims == preimage);
            claimed = output.committed().iter().filter(is_claimed).count();
        }
        let complete = set["is_complete"].as_bool().expect("a flag");
        assert_eq!(claimed, if complete { parts.len() } else { 0 }, "{name}");
        settled += usize::from(complete);
    }
    assert_eq!((sets.len(), compared, settled), (10, 21, 9));
}
