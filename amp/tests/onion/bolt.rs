//! The vectors of lightning/bolts, CC BY 4.0: `vectors/bolt04/README.md`.

use ammeter_amp::onion::{
    Framing, Hop, KeyType, Packet, PublicKey, SecretKey, Told, attribute, build, fail, peel, wrap,
};
use serde_json::Value;

use crate::support::bytes;

fn file(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn field(value: &Value, name: &str) -> Vec<u8> {
    bytes(value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}")))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the right length")
}

fn secret_key(bytes: &[u8]) -> SecretKey {
    SecretKey::from_bytes(&array(bytes)).expect("a key")
}

/// Builds the file's onion, and peels it with the file's keys. Gives back the hmac in each packet.
fn check(file: &Value, told: &[Vec<u8>], framing: Framing) -> Vec<Vec<u8>> {
    let generate = &file["generate"];
    let hops = generate["hops"].as_array().expect("hops");
    let nodes: Vec<_> = hops
        .iter()
        .map(|hop| PublicKey::from_bytes(&array(&field(hop, "pubkey"))).expect("a key"))
        .collect();
    let told_as = |bytes| match framing {
        Framing::Tlv => Told::Tlv(bytes),
        _ => Told::Frames(bytes),
    };
    let route: Vec<_> =
        nodes.iter().zip(told).map(|(node, told)| Hop { node, told: told_as(told) }).collect();
    let associated = field(generate, "associated_data");
    let session = secret_key(&field(generate, "session_key"));
    let onion = build(&route, &session, &associated).expect("a possible onion");
    assert_eq!(onion.packet.as_bytes()[..], field(file, "onion"));

    let keys = file["decode"].as_array().expect("keys").iter();
    let mut packet = Some(Packet::from_bytes(&field(file, "onion")).expect("its length"));
    let mut hmacs = Vec::new();
    for (((key, node), told), hop) in keys.zip(&nodes).zip(told).zip(hops) {
        let key = secret_key(&bytes(key.as_str().expect("digits")));
        assert_eq!(key.public_key(), *node);
        let at = packet.expect("it goes on");
        hmacs.push(at.hmac().to_vec());
        let peeled = peel(&at, &key, &associated, framing).expect("it is right");
        let without_hmac = told.len() - 32;
        assert_eq!(peeled.told().bytes()[..without_hmac], told[..without_hmac]);
        for (name, key_type) in [("rhokey", KeyType::Rho), ("mukey", KeyType::Mu)] {
            if hop.get(name).is_some() {
                assert_eq!(peeled.secret().key(key_type)[..], field(hop, name), "{name}");
            }
        }
        if hop.get("hop_shared_secret").is_some() {
            assert_eq!(peeled.secret().expose()[..], field(hop, "hop_shared_secret"));
        }
        packet = peeled.next();
        if packet.is_some() {
            continue;
        }
        assert_eq!(at, onion.last);
    }
    assert!(packet.is_none() && hmacs.len() == hops.len());
    hmacs
}

#[test]
fn legacy_frames() {
    let file = file(include_str!("../../../vectors/bolt04/onion-test-v0.json"));
    let hops = file["generate"]["hops"].as_array().expect("hops");
    let told: Vec<_> = hops
        .iter()
        .map(|hop| {
            let realm = hop["realm"].as_u64().expect("a realm") as u8;
            [&[realm], &field(hop, "payload")[..], &[0; 32]].concat()
        })
        .collect();
    for framing in [Framing::Frames, Framing::Either] {
        let hmacs = check(&file, &told, framing);
        let expected: Vec<_> = hops.iter().map(|hop| field(hop, "hmac")).collect();
        assert_eq!(hmacs, expected);
    }
}

#[test]
fn payloads_of_today() {
    let file = file(include_str!("../../../vectors/bolt04/onion-test.json"));
    let hops = file["generate"]["hops"].as_array().expect("hops");
    // They have their length in front already.
    let told: Vec<_> =
        hops.iter().map(|hop| [&field(hop, "payload")[..], &[0; 32]].concat()).collect();
    check(&file, &told, Framing::Tlv);
}

#[test]
fn a_failure_from_the_last_hop() {
    let file = file(include_str!("../../../vectors/bolt04/onion-error-test.json"));
    let hops = file["generate"]["hops"].as_array().expect("hops");
    let secrets: Vec<_> = hops
        .iter()
        .map(|hop| array(&field(hop, "hop_shared_secret")))
        .map(ammeter_amp::onion::SharedSecret::new)
        .collect();
    for (secret, hop) in secrets.iter().zip(hops) {
        assert_eq!(secret.key(KeyType::Ammag)[..], field(hop, "ammag_key"));
    }
    assert_eq!(secrets[4].key(KeyType::Um)[..], field(&hops[4], "um_key"));

    let message = field(&file["generate"], "failure_message");
    let mut reason = fail(&secrets[4], &message).expect("a short message");
    let mut clear = reason.clone();
    wrap(&secrets[4], &mut clear);
    assert_eq!(clear[32..], field(&hops[4], "payload"));
    secrets[..4].iter().rev().for_each(|secret| wrap(secret, &mut reason));
    assert_eq!(reason, field(&file, "errorpacket"));
    let failed = attribute(&secrets, &reason).expect("hop 4's");
    assert_eq!((failed.hop, failed.message), (4, message));
}
