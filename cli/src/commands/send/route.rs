//! The onion of a part over `--route`.

use ammeter_amp::{
    eob::{
        size::{FRAME_BYTES, HMAC_BYTES},
        tlv::{Extra, Forward},
        writer::Writer,
    },
    onion::{Hop, Onion, PublicKey, SecretKey, Told, build},
    sender::{Leg, Part},
};
use ammeter_core::reference;

use crate::console::Refusal;

/// Blocks between the expiries of two HTLCs of one part.
const CLTV_DELTA: u32 = 40;

/// Builds the onion of the part numbered `position`, whose receiver is told `told`. Hop k forwards
/// over channel k and takes no fee.
pub(super) fn onion(
    route: &[PublicKey],
    (part, leg, position): (&Part, Leg, usize),
    told: Told<'_>,
    seed: &[u8; 32],
) -> Result<Onion, Refusal> {
    let forwards: Vec<_> = (1..route.len())
        .map(|hop| {
            let later = (route.len() - 1 - hop) as u32;
            let leg =
                Leg { cltv_expiry: leg.cltv_expiry.saturating_add(CLTV_DELTA * later), ..leg };
            match told {
                Told::Frames(_) => frame(part, leg, hop as u64),
                Told::Tlv(_) => payload(part, leg, hop as u64),
            }
        })
        .collect();
    let told_forward = |bytes| match told {
        Told::Frames(_) => Told::Frames(bytes),
        Told::Tlv(_) => Told::Tlv(bytes),
    };
    let all_told = forwards.iter().map(|bytes| told_forward(bytes)).chain([told]);
    let hops: Vec<_> = route.iter().zip(all_told).map(|(node, told)| Hop { node, told }).collect();
    let refused = |error| Refusal::of("--route", error);
    let session = session(seed, position).map_err(refused)?;
    build(&hops, &session, &part.payment_hash().0).map_err(refused)
}

/// A session key of its own for each part, and the same for the same seed.
fn session(seed: &[u8; 32], position: usize) -> Result<SecretKey, ammeter_amp::onion::Error> {
    let input = [&b"ammeter onion"[..], seed, &(position as u64).to_be_bytes()].concat();
    SecretKey::from_bytes(&reference::sha256(&input))
}

/// A forwarding hop's legacy frame, with room for the hmac.
fn frame(part: &Part, leg: Leg, channel: u64) -> Vec<u8> {
    let mut bytes = vec![0; FRAME_BYTES];
    let mut writer = Writer::new(&mut bytes);
    writer.u8(leg.realm);
    writer.u64(channel);
    writer.u64(part.amount_msat.0);
    writer.u32(leg.cltv_expiry);
    bytes
}

/// A forwarding hop's TLV payload, with room for the hmac.
fn payload(part: &Part, leg: Leg, channel: u64) -> Vec<u8> {
    let forward = Forward {
        amount_msat: part.amount_msat,
        cltv_expiry: leg.cltv_expiry,
        short_channel_id: channel,
        extra: Extra::NONE,
    };
    let mut counter = Writer::counter();
    forward.write_stream(&mut counter);
    let length = counter.written();
    // The records of a hop are shorter than a length of two bytes.
    let mut bytes = vec![0; 1 + length + HMAC_BYTES];
    let mut writer = Writer::new(&mut bytes);
    writer.bigsize(length as u64);
    forward.write_stream(&mut writer);
    bytes
}
