//! Failures come back to whoever can read them.

use ammeter_amp::{
    onion::{
        Attributed, Details, Error, FAILURE_BYTES, FailureMessage, FieldValue, KeyType,
        SharedSecret, Told, attribute, fail, wrap,
    },
    receiver::{FailureCode, FailureField},
};
use hmac::{Hmac, KeyInit as _, Mac as _};

use crate::support::{bytes, frame, onion, two_frames};

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

/// Every failure says its fields, wherever it is cut off, and whatever follows them.
#[test]
fn messages_are_read_as_they_were_written() {
    let details = Details {
        amount_msat: 0x0102_0304_0506_0708,
        cltv_expiry: 0x1112_1314,
        height: 0x2122_2324,
        record_type: 0x3132,
        offset: 0x4142,
        sha256_of_onion: [0x51; 32],
        channel_update: &[0x61; 130],
    };
    let expected = |field: &FailureField| match field {
        FailureField::HtlcMsat | FailureField::IncomingHtlcAmt => {
            FieldValue::Number(details.amount_msat)
        }
        FailureField::CltvExpiry => FieldValue::Number(details.cltv_expiry.into()),
        FailureField::Height => FieldValue::Number(details.height.into()),
        FailureField::DisabledFlags => FieldValue::Number(0),
        FailureField::Type => FieldValue::Number(details.record_type),
        FailureField::Offset => FieldValue::Number(details.offset.into()),
        FailureField::Sha256OfOnion => FieldValue::Bytes(vec![0x51; 32]),
        FailureField::ChannelUpdate => FieldValue::Bytes(vec![0x61; 130]),
    };
    assert!(FailureMessage::read(&[]).is_none() && FailureMessage::read(&[0x40]).is_none());
    for failure in FailureCode::ALL.iter().copied() {
        assert_eq!(FailureCode::from_code(failure.code()), Some(failure));
        let message = details.message(failure);
        let fields: Vec<_> =
            failure.fields().iter().map(|field| (*field, expected(field))).collect();
        for length in 2..=message.len() {
            let read = FailureMessage::read(&message[..length]).expect("a code");
            assert_eq!((read.code, read.failure()), (failure.code(), Some(failure)));
            assert_eq!(read.fields, fields[..read.fields.len()], "{failure}");
            let is_whole = length == message.len();
            assert_eq!(read.fields.len() == fields.len() && read.rest.is_empty(), is_whole);
        }
        let read = FailureMessage::read(&[&message[..], &[7; 9]].concat()).expect("a code");
        assert_eq!((read.fields, &read.rest[..]), (fields, &[7; 9][..]), "{failure}");
    }
    let unknown = FailureMessage::read(&[0x40, 99, 1, 2]).expect("a code");
    assert_eq!((unknown.failure(), unknown.fields.len()), (None, 0));
    assert_eq!((unknown.code, &unknown.rest[..]), (0x4063, &[1, 2][..]));
}

/// The numbers and the layout are BOLT 4's.
#[test]
fn messages_of_a_final_node() {
    let details = Details {
        amount_msat: 100,
        height: 800_000,
        record_type: 0xfd,
        offset: 7,
        ..Details::default()
    };
    for (failure, message) in [
        (FailureCode::MppTimeout, "0017"),
        (FailureCode::TemporaryNodeFailure, "2002"),
        // lightning/bolts has this message, with these numbers, in its vectors.
        (FailureCode::IncorrectOrUnknownPaymentDetails, "400f0000000000000064000c3500"),
        (FailureCode::InvalidOnionPayload, "4016fd00fd0007"),
        (FailureCode::FinalIncorrectHtlcAmount, "00130000000000000064"),
        (FailureCode::FinalIncorrectCltvExpiry, "001200000000"),
    ] {
        assert_eq!(details.message(failure), bytes(message), "{failure}");
    }
}
