//! An onion's part, as the second parser reads it: an oracle that read as the receiver does would
//! agree with its mistakes.

use ammeter_amp::receiver::{Onion, Part, SetId, Version};
use ammeter_core::{Commitment, Msat, PaymentId, Share};

use crate::messages::naive::{frame, frame::FinalHop, tlv, tlv::Records};

/// The part of an onion; `None` if it is malformed, or a plain payment.
pub(in crate::sim) fn part(onion: Onion<'_>) -> Option<Part> {
    match onion {
        Onion::Frames(bytes) => of_frames(&frame::final_hop(bytes).ok()?),
        Onion::Payload(bytes) => of_payload(&tlv::payload(bytes).ok()?),
    }
}

fn of_frames(hop: &FinalHop<'_>) -> Option<Part> {
    let payment = || Some(SetId::Payment(PaymentId(array(hop.id)?)));
    let (set_id, version) = match hop.version {
        1 => {
            let FinalHop { part_count, weight, .. } = *hop;
            (payment()?, Version::Basic { part_count, weight })
        }
        2 => (payment()?, Version::Adaptive { part_count: hop.part_count }),
        3 => {
            let commitment = Commitment(array(hop.commitment)?);
            (SetId::Committed(array(hop.id)?), Version::Committed { commitment })
        }
        4 => (payment()?, Version::Tree { index: hop.index }),
        _ => return None,
    };
    Some(Part {
        set_id,
        realm: hop.realm,
        amount_msat: Msat(hop.amount_msat),
        cltv_expiry: hop.cltv_expiry,
        share: Share(array(hop.share)?),
        version,
    })
}

fn of_payload(records: &Records<'_>) -> Option<Part> {
    let data = records.payment_data.as_ref()?;
    let payment_secret = array(data.payment_secret)?;
    let total_msat = Msat(data.total_msat);
    let (set_id, share, version) = match &records.amp {
        None => (SetId::Mpp { payment_secret }, Share::ZERO, Version::Mpp { total_msat }),
        Some(amp) => {
            let child_index = u32::try_from(amp.child_index).ok()?;
            (
                SetId::Amp { payment_secret, set_id: PaymentId(array(amp.set_id)?) },
                Share(array(amp.share)?),
                Version::Amp { child_index, total_msat },
            )
        }
    };
    Some(Part {
        set_id,
        realm: 0,
        amount_msat: Msat(records.amount_msat?),
        cltv_expiry: u32::try_from(records.cltv_expiry?).ok()?,
        share,
        version,
    })
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}
