//! Keys, and what hops are told.

use ammeter_amp::onion::{Hop, Onion, PublicKey, SecretKey, Told, build};

pub(crate) const PAYMENT_HASH: [u8; 32] = [0x42; 32];

pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    let mut bytes = vec![0; digits.len() / 2];
    ammeter_core::hex::decode(digits.as_bytes(), &mut bytes).expect("digits");
    bytes
}

/// The secret key of the hop at `position`, as BOLT 4's vectors have them.
pub(crate) fn key(position: usize) -> SecretKey {
    SecretKey::from_bytes(&[0x41 + position as u8; 32]).expect("a key")
}

/// A frame that names its hop; the hmac's room is zero.
pub(crate) fn frame(position: usize) -> Vec<u8> {
    let mut frame = vec![0; 65];
    frame[1..9].fill(position as u8);
    frame
}

/// Two frames: version 1, n = 2, weight 1; id, share, an unused byte.
pub(crate) fn two_frames() -> Vec<u8> {
    let mut frames = vec![0; 130];
    (frames[16], frames[21], frames[25], frames[29]) = (1, 1, 2, 1);
    frames[65..129].fill(0x5a);
    frames
}

/// A length, so many bytes, and room for the hmac.
pub(crate) fn payload(records: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(records.len()) {
        Ok(length) if length < 0xfd => vec![length],
        _ => [&[0xfd], &(records.len() as u16).to_be_bytes()[..]].concat(),
    };
    [&length, records, &[0; 32]].concat()
}

pub(crate) fn nodes(count: usize) -> Vec<PublicKey> {
    (0..count).map(|position| key(position).public_key()).collect()
}

/// An onion over `told.len()` hops.
pub(crate) fn onion(told: &[Told<'_>]) -> Onion {
    let nodes = nodes(told.len());
    let hops: Vec<_> =
        nodes.iter().zip(told).map(|(node, told)| Hop { node, told: *told }).collect();
    build(&hops, &SecretKey::from_bytes(&[0x11; 32]).expect("a key"), &PAYMENT_HASH)
        .expect("a possible onion")
}
