//! What is refused, and as what.

use ammeter_amp::{
    eob::{Fault, Field},
    onion::{
        Error, Framing, Hop, KeyType, PACKET_BYTES, Packet, PublicKey, SecretKey, SharedSecret,
        Told, attribute, build, fail, open, peel,
    },
    receiver::FailureCode,
};
use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use hmac::{Hmac, KeyInit as _, Mac as _};

use crate::support::{PAYMENT_HASH, frame, key, nodes, onion, payload, two_frames};

#[test]
fn every_flipped_bit() {
    let (forward, last) = (frame(0), two_frames());
    let packet = onion(&[Told::Frames(&forward), Told::Frames(&last)]).packet;
    let mut refused = [0; 3];
    for bit in 0..8 * PACKET_BYTES {
        let mut bytes = *packet.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = Packet::from_bytes(&bytes).expect("its length");
        // Beyond the ephemeral key the shared secret stays what it was.
        let peeled = match bit / 8 {
            0..34 => peel(&flipped, &key(0), &PAYMENT_HASH, Framing::Frames),
            _ => open(&flipped, secret(&packet), &PAYMENT_HASH, Framing::Frames),
        };
        match (bit / 8, peeled.expect_err("a flipped bit")) {
            (0, Error::Version { version }) if version == 1 << bit => refused[0] += 1,
            (1..34, Error::PublicKey) => refused[1] += 1,
            (1.., Error::Hmac) => refused[2] += 1,
            (offset, error) => panic!("byte {offset}: {error}"),
        }
    }
    let [versions, keys, hmacs] = refused;
    assert_eq!((versions, versions + keys + hmacs), (8, 8 * PACKET_BYTES));
    assert!(keys > 64, "about half of all x have no point, and 7 of 8 first bytes: {keys}");
    for hash in [&PAYMENT_HASH[1..], &[0x43; 32], &[]] {
        let refused = peel(&packet, &key(0), hash, Framing::Frames).map(drop);
        assert_eq!(refused, Err(Error::Hmac), "another payment hash");
    }
    let refused = peel(&packet, &key(1), &PAYMENT_HASH, Framing::Frames).map(drop);
    assert_eq!(refused, Err(Error::Hmac), "another key");
}

fn secret(packet: &Packet) -> SharedSecret {
    key(0).shared_secret(&packet.ephemeral().expect("a key"))
}

/// An onion that `key(0)` opens, with `clear` in front.
fn sealed(clear: &[u8]) -> (Packet, SharedSecret) {
    let ephemeral = key(7).public_key();
    let secret = key(0).shared_secret(&ephemeral);
    let mut routing = [0; 1300];
    routing[..clear.len()].copy_from_slice(clear);
    let rho = secret.key(KeyType::Rho);
    ChaCha20::new((&*rho).into(), &[0; 12].into()).apply_keystream(&mut routing);
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&*secret.key(KeyType::Mu)).expect("a key");
    let mac = mac.chain_update(routing).chain_update(PAYMENT_HASH).finalize().into_bytes();
    (Packet::new(&ephemeral, &routing, &mac.into()), secret)
}

#[test]
fn lengths_behind_a_right_hmac() {
    let kind = |clear: &[u8], framing| {
        let (packet, secret) = sealed(clear);
        open(&packet, secret, &PAYMENT_HASH, framing).map(drop)
    };
    let past_end = |length, left, size| {
        let fault = Fault::PastEnd { field: Field::PayloadLength, length, left };
        Err(Error::Payload(ammeter_amp::eob::Error { offset: 0, size, fault }))
    };
    for length in [0, 1] {
        assert_eq!(
            kind(&[length], Framing::Tlv),
            Err(Error::ReservedLength { length: length.into() })
        );
        assert_eq!(kind(&[length], Framing::Either), Ok(()), "a realm");
    }
    assert_eq!(kind(&[2], Framing::Either), Ok(()));
    assert_eq!(kind(&[0xfd, 0x04, 0xf1], Framing::Either), Ok(()), "1265 and 3 and 32");
    assert_eq!(kind(&[0xfd, 0x04, 0xf2], Framing::Either), past_end(1266, 1265, 3));
    assert_eq!(kind(&[0xff; 9], Framing::Tlv), past_end(u64::MAX, 1259, 9));
    let not_minimal = kind(&[0xfd, 0, 0xfc], Framing::Tlv).expect_err("252 fits a byte");
    let Error::Payload(error) = &not_minimal else { panic!("{not_minimal}") };
    assert_eq!(error.fault, Fault::NotMinimal { field: Field::PayloadLength });
    assert_eq!(not_minimal.failure(), Some(FailureCode::InvalidOnionPayload));
}

#[test]
fn keys_that_are_none() {
    let order = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36,
        0x41, 0x41,
    ];
    for bytes in [[0; 32], order, [0xff; 32]] {
        assert_eq!(SecretKey::from_bytes(&bytes).map(drop), Err(Error::SecretKey));
    }
    let good = *key(0).public_key().as_bytes();
    assert!(PublicKey::from_bytes(&good).is_ok());
    // Infinity, SEC 1's uncompressed, hybrid and compact forms.
    for tag in [0, 1, 4, 5, 6, 7, 0xff] {
        let mut bytes = good;
        bytes[0] = tag;
        assert_eq!(PublicKey::from_bytes(&bytes), Err(Error::PublicKey), "{tag}");
    }
    let mut past_field = [0xff; 33];
    past_field[0] = 2;
    assert_eq!(PublicKey::from_bytes(&past_field), Err(Error::PublicKey));
    assert_eq!(
        format!("{:?} {:?}", key(0), secret(&sealed(&[]).0)),
        "SecretKey(…) SharedSecret(…)"
    );
}

#[test]
fn what_cannot_be_built() {
    let session = key(9);
    let nodes = nodes(20);
    let kind = |told: &[Told<'_>]| {
        let hops: Vec<_> =
            nodes.iter().zip(told).map(|(node, told)| Hop { node, told: *told }).collect();
        build(&hops, &session, &PAYMENT_HASH).map(drop)
    };
    let (one, two, mut plain) = (frame(1), two_frames(), vec![0; 65]);
    assert_eq!(kind(&[]), Err(Error::NoHops));
    let both = [Told::Frames(&two), Told::Frames(&two)];
    assert_eq!(kind(&both), Err(Error::Told { hop: 0, length: 130 }), "not the last");
    assert_eq!(kind(&[Told::Frames(&two[..65])]), Err(Error::Told { hop: 0, length: 65 }));
    assert_eq!(kind(&[Told::Frames(&one[..64])]), Err(Error::Told { hop: 0, length: 64 }));
    let unsaid = [&plain[..], &plain].concat();
    assert_eq!(kind(&[Told::Frames(&unsaid)]), Err(Error::Told { hop: 0, length: 130 }));
    plain[64] = 1;
    assert_eq!(kind(&[Told::Frames(&plain)]), Err(Error::HmacRoom { hop: 0 }));
    let whole = payload(&[3; 1300 - 32 - 3]);
    assert_eq!(kind(&[Told::Tlv(&whole[1..])]), Err(Error::Told { hop: 0, length: 1299 }));
    assert_eq!(kind(&[Told::Tlv(&payload(&[1]))]), Err(Error::Told { hop: 0, length: 34 }));
    assert_eq!(kind(&[Told::Tlv(&one), Told::Tlv(&whole)]), Err(Error::TooLong { length: 1365 }));
    let mut nineteen = vec![Told::Frames(&one); 19];
    nineteen.push(Told::Frames(&two));
    assert_eq!(kind(&nineteen), Err(Error::TooLong { length: 1365 }));
    assert_eq!(kind(&nineteen[1..]), Ok(()));
}

#[test]
fn every_error_says_its_kind() {
    let errors = [
        (Packet::from_bytes(&[0; 1365]).map(drop), "an onion has 1366 bytes, this has 1365"),
        (
            fail(&secret(&sealed(&[]).0), &[0; 257]).map(drop),
            "a failure of 257 bytes, 256 are the most",
        ),
        (attribute(&[], &[0; 292]).map(drop), "no hop of this route has authenticated the failure"),
        (attribute(&[], &[]).map(drop), "no hop of this route has authenticated the failure"),
    ];
    for (result, said) in errors {
        assert_eq!(result.expect_err(said).to_string(), said);
    }
    for (error, code) in [
        (Error::Version { version: 1 }, 0xc004),
        (Error::Hmac, 0xc005),
        (Error::PublicKey, 0xc006),
        (Error::ReservedLength { length: 1 }, 0x4016),
    ] {
        assert_eq!(error.failure().map(FailureCode::code), Some(code), "{error}");
    }
    assert_eq!(Error::NoHops.failure(), None);
}
