//! What an HTLC says, field by field, and what became of the bytes that its sender made.

use core::ops::Range;

use ammeter_amp::{
    eob::{Field, FinalHop, Message, tlv::Payload},
    receiver::{IncomingHtlc, Onion, Part, PartError, SetId, Version},
};
use ammeter_core::HtlcKey;

use crate::sim::{
    history::{Arrival, History, Operation, Twist},
    material::Material,
};

/// How many bytes of a name or a share are shown.
const SHOWN: usize = 4;

/// What an HTLC says, in one line.
pub(super) fn said(incoming: &IncomingHtlc, onion: Onion<'_>) -> String {
    let IncomingHtlc { payment_hash, amount_msat, cltv_expiry, .. } = incoming;
    let wire = format!(
        "wire: {} msat, expiry {cltv_expiry}, hash {}",
        amount_msat.0,
        short(&payment_hash.0)
    );
    match Part::read(onion) {
        Ok(part) => format!("{}; {wire}", fields(&part)),
        Err(PartError::Malformed(error)) => format!("cannot be read: {error}; {wire}"),
        Err(PartError::Plain) => format!("a plain payment, no part of a set; {wire}"),
    }
}

fn fields(part: &Part) -> String {
    let version = match part.version {
        Version::Basic { part_count, weight } => format!("basic, n {part_count}, weight {weight}"),
        Version::Adaptive { part_count: 0 } => "adaptive, n not known".to_owned(),
        Version::Adaptive { part_count } => format!("adaptive, n {part_count}"),
        Version::Committed { commitment } => format!("committed to {}", short(&commitment.0)),
        Version::Tree { index } => format!("tree, index {index}"),
        Version::Amp { child_index, total_msat } => {
            format!("lnd, total {} msat, index {child_index}", total_msat.0)
        }
        Version::Mpp { total_msat } => format!("mpp, total {} msat", total_msat.0),
    };
    let id = match part.set_id {
        SetId::Payment(id) => format!("id {}", short(&id.0)),
        SetId::Committed(id) => format!("id {}", short(&id)),
        SetId::Amp { payment_secret, set_id } => {
            format!("secret {}, set id {}", short(&payment_secret), short(&set_id.0))
        }
        SetId::Mpp { payment_secret } => format!("secret {}", short(&payment_secret)),
    };
    let realm = if part.realm == 0 { String::new() } else { format!(", realm {}", part.realm) };
    let share = match part.version {
        Version::Mpp { .. } => String::new(),
        _ => format!(", share {}", short(&part.share.0)),
    };
    let (amount, cltv) = (part.amount_msat.0, part.cltv_expiry);
    format!("{version}, {amount} msat, cltv {cltv}{realm}, {id}{share}")
}

/// The beginning of a name, enough to tell names apart.
pub(super) fn short(bytes: &[u8]) -> String {
    let shown = &bytes[..SHOWN.min(bytes.len())];
    shown.iter().map(|byte| format!("{byte:02x}")).chain(["…".to_owned()]).collect()
}

/// What each change to the bytes of an HTLC's onion means; nothing if its bytes are its sender's.
pub(super) fn changes(history: &History, key: HtlcKey) -> Vec<String> {
    let arrival = history.operations.iter().find_map(|operation| match operation {
        Operation::Htlc(arrival) if arrival.key == key => Some(arrival),
        _ => None,
    });
    let Some(arrival) = arrival else { return Vec::new() };
    let is_of_bytes =
        |twist: &&Twist| matches!(twist, Twist::Byte { .. } | Twist::Cut(_) | Twist::Bytes(_));
    if !arrival.twists.iter().any(|twist| is_of_bytes(&twist)) {
        return Vec::new();
    }
    // As its sender made it, but for the twists of whole fields.
    let twists = arrival.twists.iter().filter(|twist| !is_of_bytes(twist)).cloned().collect();
    let clean = Arrival { twists, ..arrival.clone() };
    let mut bytes = Vec::new();
    let material = Material::new(history.policy.hash, &history.payments);
    let Some((_, encoding)) = material.arrive(&clean, &mut bytes) else { return Vec::new() };
    let fields = places(encoding.onion(&bytes));
    let mut meanings = Vec::new();
    for twist in arrival.twists.iter().filter(is_of_bytes) {
        meanings.push(format!("{twist}: {}", meaning(twist, &bytes, &fields)));
        encoding.spoil(twist, &mut bytes);
    }
    meanings
}

fn meaning(twist: &Twist, bytes: &[u8], fields: &[(Field, Range<usize>)]) -> String {
    match twist {
        Twist::Byte { offset, value } => {
            let offset = usize::from(*offset) % bytes.len().max(1);
            let was = bytes.get(offset).copied().unwrap_or_default();
            let field = fields.iter().find(|(_, span)| span.contains(&offset));
            let place = field.map_or_else(
                || "of no field".to_owned(),
                |(field, span)| {
                    let (position, size) = (offset - span.start + 1, span.len());
                    format!("the {}'s byte {position} of {size}", field.name())
                },
            );
            format!("byte {offset}, {place}, is {value}; it was {was}")
        }
        Twist::Cut(length) => {
            format!("only the first {length} of {} bytes are there", bytes.len())
        }
        Twist::Bytes(other) => {
            format!("{} other bytes stand in for all {}", other.len(), bytes.len())
        }
        _ => String::new(),
    }
}

/// Which field is where.
fn places(onion: Onion<'_>) -> Vec<(Field, Range<usize>)> {
    let mut fields = Vec::new();
    let visitor = |field, span: Range<usize>| fields.push((field, span));
    // What is behind a fault has no name.
    match onion {
        Onion::Frames(bytes) => drop(FinalHop::decode_with(bytes, visitor)),
        Onion::Payload(bytes) => drop(Payload::decode_with(bytes, visitor)),
    }
    fields
}
