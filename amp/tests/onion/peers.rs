//! `fiber-sphinx`, over libsecp256k1: it peels what we build, and builds what we peel. It knows no
//! frame behind an hmac, so that it finds the second frame of two in what is left.

use ammeter_amp::onion::{Framing, Packet, Told, attribute, peel};
use fiber_sphinx::{OnionErrorPacket, OnionPacket};
use secp256k1::{PublicKey, Secp256k1, SecretKey};

use crate::support::{PAYMENT_HASH, frame, key, nodes, onion, payload, two_frames};

fn their_key(position: usize) -> SecretKey {
    SecretKey::from_slice(&[0x41 + position as u8; 32]).expect("a key")
}

fn theirs(packet: &Packet) -> OnionPacket {
    OnionPacket::from_bytes_with_packet_data_len(packet.as_bytes().to_vec(), 1300).expect("theirs")
}

/// Length of what a hop is told, without the hmac.
fn length(clear: &[u8]) -> Option<usize> {
    Some(match clear[0] {
        0 => 33,
        0xfd => 3 + usize::from(u16::from_be_bytes([clear[1], clear[2]])),
        length => 1 + usize::from(length),
    })
}

#[test]
fn it_peels_what_we_build() {
    let (frames, last): (Vec<_>, _) = ((0..18).map(frame).collect(), two_frames());
    let mut told: Vec<_> = frames.iter().map(|told| Told::Frames(told)).collect();
    let long = payload(&[5; 300]);
    told.splice(3..9, [Told::Tlv(&long)]);
    told.push(Told::Frames(&last));
    let onion = onion(&told);
    let (secp, mut packet) = (Secp256k1::new(), theirs(&onion.packet));
    for (position, told) in told.iter().enumerate() {
        let peeled = packet.peel(&their_key(position), Some(&PAYMENT_HASH), &secp, length);
        let (found, next) = peeled.expect("it is right");
        assert_eq!(found, told.bytes()[..found.len()], "hop {position}");
        packet = next;
    }
    assert_eq!((packet.hmac, &packet.packet_data[..65]), ([0; 32], &last[65..]));
}

#[test]
fn we_peel_what_it_builds() {
    let mut told: Vec<_> = (0..12).map(|position| frame(position)[..33].to_vec()).collect();
    for records in [&[5; 300][..], &[6; 17]] {
        let payload = payload(records);
        told.push(payload[..payload.len() - 32].to_vec());
    }
    let path = nodes(told.len());
    let path = path.iter().map(|node| PublicKey::from_slice(node.as_bytes()).expect("a key"));
    let session = their_key(40);
    let hash = Some(PAYMENT_HASH.to_vec());
    let secp = Secp256k1::new();
    let packet =
        OnionPacket::create(session, path.clone().collect(), told.clone(), hash, 1300, &secp);
    let mut packet = Packet::from_bytes(&packet.expect("possible").into_bytes()).expect("1366");
    let (mut secrets, last) = (Vec::new(), told.len() - 1);
    for (position, told) in told.iter().enumerate() {
        let peeled = peel(&packet, &key(position), &PAYMENT_HASH, Framing::Either).expect("right");
        assert_eq!(peeled.told().bytes()[..told.len()], told[..], "hop {position}");
        assert_eq!(peeled.is_final(), position == last);
        secrets.push(peeled.secret().clone());
        packet = peeled.next().unwrap_or(packet);
    }
    // And a failure on its way back, built and wrapped by it.
    let body = [&[0, 2, 0x40, 0x0f, 0, 254][..], &[0; 254]].concat();
    let mut reason = OnionErrorPacket::create(secrets[9].expose(), body);
    for secret in secrets[..9].iter().rev() {
        reason = reason.xor_cipher_stream(secret.expose());
    }
    let failed = attribute(&secrets, &reason.clone().into_bytes()).expect("hop 9's");
    assert_eq!((failed.hop, failed.message), (9, vec![0x40, 0x0f]));
    let read = reason.parse(path.collect(), session, |body| Some(body.to_vec()));
    assert_eq!(read.map(|(_, hop)| hop), Some(9));
}
