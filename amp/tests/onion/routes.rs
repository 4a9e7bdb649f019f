//! Routes of every length.

use ammeter_amp::{
    eob::{Eob, FinalHop, Message as _},
    onion::{Framing, Told, peel},
};

use crate::support::{PAYMENT_HASH, frame, key, onion, payload, two_frames};

/// Peels at every hop; each finds what it was told, the hmac aside.
fn travel(told: &[Told<'_>], framing: Framing) {
    let onion = onion(told);
    let mut packet = onion.packet;
    for (position, expected) in told.iter().enumerate() {
        let peeled = peel(&packet, &key(position), &PAYMENT_HASH, framing).expect("ours");
        let is_last = position + 1 == told.len();
        assert_eq!(peeled.is_final(), is_last, "hop {position}");
        let (found, expected) = (peeled.told().bytes(), expected.bytes());
        assert_eq!(found.len(), expected.len(), "hop {position}");
        let compared = if is_last { expected.len() } else { expected.len() - 32 };
        assert_eq!(found[..compared], expected[..compared], "hop {position}");
        assert_eq!(peeled.secret().expose(), onion.secrets[position].expose());
        match peeled.next() {
            Some(next) => packet = next,
            None => assert_eq!(packet, onion.last),
        }
    }
}

#[test]
fn up_to_eighteen_hops_in_front_of_two_frames() {
    let (forwards, last): (Vec<_>, _) = ((0..18).map(frame).collect(), two_frames());
    for count in 0..=18 {
        let mut told: Vec<_> = forwards[..count].iter().map(|told| Told::Frames(told)).collect();
        told.push(Told::Frames(&last));
        travel(&told, Framing::Frames);
        travel(&told, Framing::Either);
    }
}

#[test]
fn up_to_nineteen_hops_in_front_of_one_frame() {
    let frames: Vec<_> = (0..19).map(frame).chain([vec![0; 65]]).collect();
    let told: Vec<_> = frames.iter().map(|told| Told::Frames(told)).collect();
    travel(&told, Framing::Frames);
    travel(&told[19..], Framing::Frames);
}

/// A frame that is not the last hop's is one frame, even if its padding has a version.
#[test]
fn a_version_in_front_of_the_last_hop_is_padding() {
    let (mut forward, last) = (frame(1), two_frames());
    forward[21] = 1;
    travel(&[Told::Frames(&forward), Told::Frames(&last)], Framing::Frames);
}

#[test]
fn payloads_of_every_length_and_mixed_with_frames() {
    for size in [2, 18, 252, 253, 600, 1300 - 32 - 3 - 65 - 40] {
        let (first, second) = (payload(&vec![7; size]), frame(3));
        let (third, last) = (payload(&[9; 7]), two_frames());
        let told = [Told::Tlv(&first), Told::Frames(&second), Told::Tlv(&third)];
        travel(&told, Framing::Either);
        if size < 600 {
            travel(&[told[0], told[1], told[2], Told::Frames(&last)], Framing::Either);
        }
        travel(&[told[0], told[2]], Framing::Tlv);
    }
    let whole = payload(&[3; 1300 - 32 - 3]);
    travel(&[Told::Tlv(&whole)], Framing::Tlv);
}

#[test]
fn the_receiver_reads_an_eob_out_of_it() {
    let frames = two_frames();
    let onion = onion(&[Told::Frames(&frame(0)), Told::Frames(&frames)]);
    let peeled = peel(&onion.last, &key(1), &PAYMENT_HASH, Framing::Frames).expect("ours");
    let hop = FinalHop::decode(peeled.told().bytes()).expect("a final hop's frames");
    let Eob::Basic(basic) = hop.eob else { panic!("{hop:?}") };
    assert_eq!((basic.part_count(), basic.share().0), (2, [0x5a; 32]));
}
