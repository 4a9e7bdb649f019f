//! A million onions that somebody changed, and not one panic. Half have flipped bytes; the other
//! half were decrypted, changed, encrypted and authenticated again, so that the change gets past
//! the hmac. What opens is read by every parser, and forwarded now and then.
//!
//! Run with `cargo run --release -p ammeter-amp --features onion --example mutated_onions [COUNT]`.

use std::collections::BTreeMap;

use ammeter_amp::{
    eob::{FinalHop, Message as _, Run, tlv::Payload},
    onion::{Error, Framing, KeyType, Packet, PublicKey, SecretKey, SharedSecret, open, peel},
};
use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use hmac::{Hmac, KeyInit as _, Mac as _};

const HASH: [u8; 32] = [0x42; 32];

/// SplitMix64: the same onions in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Encrypts and authenticates what a hop will find.
fn seal(ephemeral: &PublicKey, secret: &SharedSecret, clear: &[u8; 1300]) -> Packet {
    let mut routing = *clear;
    let rho = secret.key(KeyType::Rho);
    ChaCha20::new((&*rho).into(), &[0; 12].into()).apply_keystream(&mut routing);
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&*secret.key(KeyType::Mu)).expect("a key");
    let hmac = mac.chain_update(routing).chain_update(HASH).finalize().into_bytes();
    Packet::new(ephemeral, &routing, &hmac.into())
}

/// A frame, two frames or a payload in front of noise, with some bytes changed.
fn changed(random: &mut Random) -> [u8; 1300] {
    let mut clear = [0; 1300];
    let start = [65, 130, 300][random.below(3)];
    clear[start..].fill_with(|| random.next() as u8);
    match random.below(3) {
        0 => clear[21] = random.below(6) as u8,
        1 => clear[0] = 2 + random.below(254) as u8,
        _ => clear[..3].copy_from_slice(&[0xfd, random.below(8) as u8, random.next() as u8]),
    }
    for _ in 0..random.below(6) {
        clear[random.below(140)] = random.next() as u8;
    }
    clear
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Version { .. } => "another version",
        Error::PublicKey => "no point",
        Error::Hmac => "wrong hmac",
        Error::ReservedLength { .. } => "reserved length",
        Error::Payload(_) => "payload past the end",
        other => panic!("peeling gave {other}"),
    }
}

fn main() {
    let count = std::env::args().nth(1).map_or(1_000_000, |count| count.parse().expect("a count"));
    let (node, session) = (SecretKey::from_bytes(&[1; 32]), SecretKey::from_bytes(&[2; 32]));
    let (node, session) = (node.expect("a key"), session.expect("a key"));
    let ephemeral = session.public_key();
    let secret = node.shared_secret(&ephemeral);
    let framings = [Framing::Either, Framing::Frames, Framing::Tlv];
    let (mut random, mut outcomes) = (Random(16), BTreeMap::<_, u64>::new());
    for number in 0..count {
        let sealed = seal(&ephemeral, &secret, &changed(&mut random));
        let mut packet = sealed.clone();
        let is_flipped = number % 2 == 0;
        if is_flipped {
            let mut bytes = *packet.as_bytes();
            for _ in 0..=random.below(3) {
                let range = if random.below(16) == 0 { 34 } else { bytes.len() };
                bytes[random.below(range)] ^= 1 << random.below(8);
            }
            packet = Packet::from_bytes(&bytes).expect("its length");
        }
        let framing = framings[random.below(3)];
        // The curve's products cost more than all else, and are the same while the key is.
        let new_key = packet.as_bytes()[..34] != sealed.as_bytes()[..34];
        let peeled = match new_key || number % 16 == 0 {
            true => peel(&packet, &node, &HASH, framing),
            false => open(&packet, secret.clone(), &HASH, framing),
        };
        let outcome = match &peeled {
            Err(error) => kind(error),
            Ok(peeled) => {
                let told = peeled.told().bytes();
                let read = FinalHop::decode(told).is_ok() | Payload::decode(told).is_ok();
                let _ = Run::decode(told);
                if number % 16 == 1 {
                    let _ = peeled.next();
                }
                if read { "opened, and read" } else { "opened" }
            }
        };
        // Flips may undo each other.
        assert!(packet == sealed || peeled.is_err(), "{packet:?}");
        *outcomes.entry(outcome).or_default() += 1;
    }
    for (outcome, count) in &outcomes {
        println!("{count:9}  {outcome}");
    }
    println!("{:9}  onions, no panic", outcomes.values().sum::<u64>());
}
