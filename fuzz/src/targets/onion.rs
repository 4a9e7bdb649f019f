//! Promise: what is encrypted and authenticated is found as it was, whatever it is; a changed
//! packet is refused; and the next onion is what a second, plain way of peeling gives.

use std::sync::LazyLock;

use ammeter_amp::{
    eob::{FinalHop, Message as _, tlv::Payload},
    onion::{
        Error, Framing, KeyType, Packet, PublicKey, SecretKey, SharedSecret, Told, open, peel,
    },
    receiver::FailureCode,
};
use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use hmac::{Hmac, KeyInit as _, Mac as _};

const HASH: [u8; 32] = [0x42; 32];
const ROUTING: usize = 1300;
/// Every so many inputs the curve's work is done too, which costs more than all else.
const CURVE_EVERY: u8 = 32;

/// The curve's work, once.
static NODE: LazyLock<Node> = LazyLock::new(|| {
    let key = SecretKey::from_bytes(&[1; 32]).expect("a key");
    let ephemeral = SecretKey::from_bytes(&[2; 32]).expect("a key").public_key();
    Node { secret: key.shared_secret(&ephemeral), key, ephemeral }
});

struct Node {
    key: SecretKey,
    ephemeral: PublicKey,
    secret: SharedSecret,
}

/// Byte 0: how the node reads, and how often the curve's work is done; bytes 1 and 2: which bit is
/// flipped; the rest is what the hops are told, and zeros.
pub(crate) fn run(input: &[u8]) {
    let Some(([options, place @ ..], told)) = input.split_first_chunk::<3>() else { return };
    let told = &told[..told.len().min(ROUTING)];
    let mut clear = [0; ROUTING];
    clear[..told.len()].copy_from_slice(told);
    let framing = [Framing::Either, Framing::Frames, Framing::Tlv][usize::from(options % 3)];

    let packet = seal(&clear);
    opened(&packet, &clear, framing, options % CURVE_EVERY == 0);
    refused(&packet, u16::from_be_bytes(*place).into());
}

fn keystream(bytes: &mut [u8]) {
    let rho = NODE.secret.key(KeyType::Rho);
    ChaCha20::new((&*rho).into(), &[0; 12].into()).apply_keystream(bytes);
}

/// Encrypts and authenticates, so that what was changed gets past the hmac.
fn seal(clear: &[u8; ROUTING]) -> Packet {
    let mut routing = *clear;
    keystream(&mut routing);
    let mu = NODE.secret.key(KeyType::Mu);
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&*mu).expect("every length");
    let mac = mac.chain_update(routing).chain_update(HASH).finalize().into_bytes();
    Packet::new(&NODE.ephemeral, &routing, &mac.into())
}

/// Where the hop's bytes end and where the hmac begins: `amp/docs/onion.md`, without our scanner.
fn span(clear: &[u8; ROUTING], framing: Framing) -> Option<(usize, usize)> {
    let first = clear[0];
    if framing == Framing::Frames || framing == Framing::Either && first < 2 {
        let two = clear[33..65].iter().all(|byte| *byte == 0) && clear[21] > 0;
        return Some((if two { 130 } else { 65 }, 33));
    }
    let (prefix, length) = match first {
        0 | 1 | 0xfe | 0xff => return None,
        0xfd => (3, usize::from(clear[1]) * 256 + usize::from(clear[2])),
        length => (1, usize::from(length)),
    };
    let minimal = prefix == 1 || length >= 0xfd;
    let end = prefix + length + 32;
    (minimal && end <= ROUTING).then_some((end, end - 32))
}

fn opened(packet: &Packet, clear: &[u8; ROUTING], framing: Framing, with_curve: bool) {
    let result = match with_curve {
        true => peel(packet, &NODE.key, &HASH, framing),
        false => open(packet, NODE.secret.clone(), &HASH, framing),
    };
    let Some((end, hmac)) = span(clear, framing) else {
        let error = result.expect_err("no hop could find the end");
        assert!(matches!(error, Error::Payload(_) | Error::ReservedLength { .. }), "{error}");
        assert_eq!(error.failure(), Some(FailureCode::InvalidOnionPayload));
        return;
    };
    let peeled = result.expect("it is authentic, and has an end");
    assert_eq!(peeled.told().bytes(), &clear[..end]);
    assert_eq!(peeled.is_final(), clear[hmac..hmac + 32] == [0; 32]);
    match peeled.told() {
        Told::Frames(told) => drop(FinalHop::decode(told)),
        Told::Tlv(told) => drop(Payload::decode(told)),
    }
    if !with_curve {
        return;
    }
    let next = peeled.next();
    assert_eq!(next.is_none(), peeled.is_final());
    let Some(next) = next else { return };
    let mut longer = [&packet.as_bytes()[34..34 + ROUTING], &[0; ROUTING]].concat();
    keystream(&mut longer);
    assert_eq!(next.routing()[..], longer[end..end + ROUTING]);
    assert_eq!(next.hmac()[..], clear[hmac..hmac + 32]);
    assert_ne!(next.ephemeral().expect("a point"), NODE.ephemeral);
}

/// A bit behind the ephemeral key, which would cost the curve's work.
fn refused(packet: &Packet, bit: usize) {
    let mut bytes = *packet.as_bytes();
    let bit = bit % (8 * (bytes.len() - 34));
    bytes[34 + bit / 8] ^= 1 << (bit % 8);
    let flipped = Packet::from_bytes(&bytes).expect("its length");
    let result = open(&flipped, NODE.secret.clone(), &HASH, Framing::Either);
    assert_eq!(result.map(drop), Err(Error::Hmac));
}
