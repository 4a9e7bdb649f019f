//! A final hop's one or two legacy frames.

use crate::messages::naive::{Wrong, number, over, present, zero};

/// The fields of all versions. A field that a version does not have is zero or empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FinalHop<'a> {
    /// The realm.
    pub realm: u8,
    /// The amount in millisatoshi.
    pub amount_msat: u64,
    /// The outgoing CLTV, a height.
    pub cltv_expiry: u32,
    /// The version: 0 to 4.
    pub version: u8,
    /// n, the number of shares.
    pub part_count: u32,
    /// How many shares are folded into this one.
    pub weight: u32,
    /// The index of a tree's leaf.
    pub index: u8,
    /// The payment id: 32 bytes, or 11.
    pub id: &'a [u8],
    /// The commitment, H of the base preimage.
    pub commitment: &'a [u8],
    /// The share.
    pub share: &'a [u8],
}

/// A letter for each field, and its size. `=` must be zero.
type Drawing = &'static [(char, usize)];

/// The drawing in `amp/docs/wire.md`, up to the version.
const HEAD: Drawing = &[('r', 1), ('=', 8), ('a', 8), ('c', 4), ('v', 1)];

/// The drawing by version: what is left of the padding, the hmac, the second frame.
const BODIES: [Drawing; 5] = [
    &[('=', 11), ('=', 32)],
    &[('n', 4), ('w', 4), ('=', 3), ('=', 32), ('i', 32), ('s', 32), ('=', 1)],
    &[('n', 4), ('=', 7), ('=', 32), ('i', 32), ('s', 32), ('=', 1)],
    &[('i', 11), ('=', 32), ('b', 32), ('s', 32), ('=', 1)],
    &[('x', 1), ('=', 10), ('=', 32), ('i', 32), ('s', 32), ('=', 1)],
];

/// All of `input` is a final hop's frames.
///
/// # Errors
/// The first fault in the order of the bytes.
pub fn final_hop(input: &[u8]) -> Result<FinalHop<'_>, Wrong> {
    let (hop, end) = prefix(input, 0)?;
    over(input, end)?;
    Ok(hop)
}

/// The final hop's frames that begin at `start`, and where they end.
pub(crate) fn prefix(input: &[u8], start: usize) -> Result<(FinalHop<'_>, usize), Wrong> {
    let mut hop = FinalHop::default();
    let mut offset = start;
    for field in HEAD {
        offset = read(input, *field, offset, &mut hop)?;
    }
    for field in BODIES[usize::from(hop.version)] {
        offset = read(input, *field, offset, &mut hop)?;
    }
    Ok((hop, offset))
}

/// Reads one field; gives the offset behind it.
fn read<'a>(
    input: &'a [u8],
    (letter, size): (char, usize),
    start: usize,
    hop: &mut FinalHop<'a>,
) -> Result<usize, Wrong> {
    let end = start + size;
    if letter == '=' {
        zero(input, start, end)?;
        return Ok(end);
    }
    let bytes = present(input, start, end)?;
    let value = if size <= 8 { number(bytes) } else { 0 };
    match letter {
        'r' => hop.realm = value as u8,
        'a' => hop.amount_msat = value,
        'c' => hop.cltv_expiry = value as u32,
        'v' if value > 4 => return Err(Wrong::at(start, "UnknownVersion")),
        'v' => hop.version = value as u8,
        'n' if value == 0 && hop.version == 1 => return Err(Wrong::at(start, "NoParts")),
        'n' => hop.part_count = value as u32,
        'w' if value == 0 => return Err(Wrong::at(start, "NoWeight")),
        'w' if value > u64::from(hop.part_count) => {
            return Err(Wrong::at(start, "WeightAboveParts"));
        }
        'w' => hop.weight = value as u32,
        'x' => hop.index = value as u8,
        'i' => hop.id = bytes,
        'b' => hop.commitment = bytes,
        's' => hop.share = bytes,
        _ => unreachable!("a letter of the drawings"),
    }
    Ok(end)
}
