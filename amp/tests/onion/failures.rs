//! Failures come back to whoever can read them.

use ammeter_amp::onion::{
    Attributed, Error, FAILURE_BYTES, KeyType, SharedSecret, Told, attribute, fail, wrap,
};
use hmac::{Hmac, KeyInit as _, Mac as _};

use crate::support::{frame, onion, two_frames};

fn secrets() -> Vec<SharedSecret> {
    let frames: Vec<_> = (0..18).map(frame).chain([two_frames()]).collect();
    let told: Vec<_> = frames.iter().map(|told| Told::Frames(told)).collect();
    onion(&told).secrets
}

#[test]
fn from_every_hop_and_of_every_length() {
    let secrets = secrets();
    for hop in 0..secrets.len() {
        let message = vec![hop as u8; [2, 0, 34, 256][hop % 4]];
        let mut reason = fail(&secrets[hop], &message).expect("short enough");
        assert_eq!(reason.len(), FAILURE_BYTES);
        secrets[..hop].iter().rev().for_each(|secret| wrap(secret, &mut reason));
        assert_eq!(attribute(&secrets, &reason), Ok(Attributed { hop, message }));
        // Another route, and a route that ends before the hop.
        assert_eq!(attribute(&secrets[..hop], &reason), Err(Error::Unattributed));
        reason[FAILURE_BYTES - 1] ^= 1;
        assert_eq!(attribute(&secrets, &reason), Err(Error::Unattributed));
    }
}

/// A hop may pad to more, as newer nodes do; what has wrong lengths is still that hop's.
#[test]
fn a_hop_that_pads_otherwise() {
    let secret = &secrets()[0];
    let sealed = |body: &[u8]| {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(&*secret.key(KeyType::Um)).expect("a key");
        let mut reason = mac.chain_update(body).finalize().into_bytes().to_vec();
        reason.extend_from_slice(body);
        wrap(secret, &mut reason);
        attribute(core::slice::from_ref(secret), &reason)
    };
    let long = [&[0, 2, 0x20, 2], &[4, 0][..], &[0; 1024]].concat();
    assert_eq!(sealed(&long), Ok(Attributed { hop: 0, message: vec![0x20, 2] }));
    for body in [&[][..], &[0], &[0, 2, 1], &[0, 0], &[0, 0, 0, 1], &[0, 0, 0, 0, 0]] {
        assert_eq!(sealed(body), Err(Error::FailureShape { hop: 0 }), "{body:?}");
    }
}
