//! A parser of onions that shares no code with `ammeter_amp`'s.

use ammeter_amp::receiver::{Onion, Part, SetId, Version};
use ammeter_core::{Commitment, Msat, PaymentId, Share};

use crate::specimens::Flaw;

/// Reads a part; `None` if the onion is invalid.
pub(super) fn part(onion: Onion<'_>, flaw: Option<Flaw>) -> Option<Part> {
    match onion {
        Onion::Frames(bytes) => frames(bytes, flaw),
        Onion::Payload(bytes) => payload(bytes, flaw),
    }
}

fn frames(bytes: &[u8], flaw: Option<Flaw>) -> Option<Part> {
    let bytes: &[u8; 130] = bytes.try_into().ok()?;
    let word =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let name: [u8; 32] = bytes[65..97].try_into().ok()?;
    let payment = SetId::Payment(PaymentId(name));
    if flaw == Some(Flaw::PanicsOnVersion) {
        let _ = ["none", "basic", "adaptive", "committed", "tree"][usize::from(bytes[21])];
    }
    // The offset from which the padding is reserved.
    let (reserved, set_id, version) = match bytes[21] {
        1 => {
            let (part_count, weight) = (word(22), word(26));
            let possible = part_count > 0 && (1..=part_count).contains(&weight);
            if !possible && flaw != Some(Flaw::CountUnderflows) {
                return None;
            }
            (30, payment, Version::Basic { part_count, weight })
        }
        2 => (26, payment, Version::Adaptive { part_count: word(22) }),
        3 => {
            let short = bytes[22..33].try_into().ok()?;
            (33, SetId::Committed(short), Version::Committed { commitment: Commitment(name) })
        }
        4 => (23, payment, Version::Tree { index: bytes[22] }),
        _ => return None,
    };
    let zero = |range: core::ops::Range<usize>| bytes[range].iter().all(|byte| *byte == 0);
    let clean = zero(1..9) && zero(reserved..65) && zero(129..130);
    if !clean && flaw != Some(Flaw::SkipsReserved) {
        return None;
    }
    Some(Part {
        set_id,
        realm: bytes[0],
        amount_msat: Msat(u64::from_be_bytes(bytes[9..17].try_into().ok()?)),
        cltv_expiry: word(17),
        share: Share(bytes[97..129].try_into().ok()?),
        version,
    })
}

fn payload(bytes: &[u8], flaw: Option<Flaw>) -> Option<Part> {
    let mut rest = bytes;
    let length = bigsize(&mut rest)?;
    let stream = take(&mut rest, length)?;
    if rest.len() != 32 || rest.iter().any(|byte| *byte != 0) {
        return None;
    }
    let lenient = flaw == Some(Flaw::NotMinimal);
    let (mut amount, mut cltv, mut data, mut amp) = (None, None, None, None);
    let (mut stream, mut previous) = (stream, None);
    while !stream.is_empty() {
        let kind = bigsize(&mut stream)?;
        if previous.is_some_and(|previous| kind <= previous) {
            return None;
        }
        previous = Some(kind);
        let length = bigsize(&mut stream)?;
        let mut value = take(&mut stream, length)?;
        match kind {
            2 => amount = Some(integer(value, 8, lenient)?),
            4 => cltv = Some(integer(value, 4, lenient)?),
            8 => {
                let secret: [u8; 32] = take(&mut value, 32)?.try_into().ok()?;
                data = Some((secret, integer(value, 8, lenient)?));
            }
            14 => {
                let share: [u8; 32] = take(&mut value, 32)?.try_into().ok()?;
                let set: [u8; 32] = take(&mut value, 32)?.try_into().ok()?;
                if set == [0; 32] && flaw != Some(Flaw::ZeroIdShared) {
                    return None;
                }
                amp = Some((share, set, integer(value, 4, lenient)?));
            }
            _ if kind % 2 == 0 && kind < 65_536 => return None,
            _ => {}
        }
    }
    let (amount, cltv_expiry) = (amount?, cltv?);
    let Some((share, set, child_index)) = amp else {
        let (payment_secret, total_msat) = data?;
        return Some(Part {
            set_id: SetId::Mpp { payment_secret },
            realm: 0,
            amount_msat: Msat(amount),
            cltv_expiry: cltv_expiry as u32,
            share: Share::ZERO,
            version: Version::Mpp { total_msat: Msat(total_msat) },
        });
    };
    let (payment_secret, total) = match data {
        None if flaw == Some(Flaw::AmpAlone) => ([0; 32], amount),
        data => data?,
    };
    Some(Part {
        set_id: SetId::Amp { payment_secret, set_id: PaymentId(set) },
        realm: 0,
        amount_msat: Msat(amount),
        cltv_expiry: cltv_expiry as u32,
        share: Share(share),
        version: Version::Amp { child_index: child_index as u32, total_msat: Msat(total) },
    })
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = behind;
    Some(taken)
}

fn bigsize(rest: &mut &[u8]) -> Option<u64> {
    let first = *take(rest, 1)?.first()?;
    let (length, least) = match first {
        0..=252 => return Some(first.into()),
        253 => (2, 253),
        254 => (4, 0x1_0000),
        255 => (8, 0x1_0000_0000),
    };
    let number = integer(take(rest, length)?, 8, true)?;
    (number >= least).then_some(number)
}

/// A big-endian number of at most `length_max` bytes. Unless `lenient`, leading zeros are refused.
fn integer(bytes: &[u8], length_max: usize, lenient: bool) -> Option<u64> {
    let minimal = bytes.first() != Some(&0);
    (bytes.len() <= length_max && (minimal || lenient))
        .then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
