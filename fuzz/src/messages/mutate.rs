//! Changes a message where it has a structure: a field, a length, a type, a record twice, two
//! frames swapped, an integer longer than it needs to be. A fuzzer that only knows bytes would need
//! a million tries for what comes at once here, and messages that are one change away from a valid
//! one test a parser best.
//!
//! Bytes decide each change, so that it can be replayed.

mod fields;
mod records;

use arbitrary::{Result, Unstructured};

/// The structure of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Frames of 65 bytes.
    Frames,
    /// A stream of TLV records.
    Stream,
    /// A length, a stream of TLV records, an hmac.
    Payload,
    /// The value of one TLV record.
    Value,
}

/// Changes `message` as `choices` say.
///
/// # Errors
/// None that matter: when the choices run out, zeros are drawn.
pub fn mutate(shape: Shape, message: &mut Vec<u8>, choices: &mut Unstructured<'_>) -> Result<()> {
    match shape {
        Shape::Frames => fields::mutate_frames(message, choices),
        Shape::Stream => records::mutate_stream(message, choices),
        Shape::Payload => records::mutate_payload(message, choices),
        Shape::Value => fields::mutate_value(message, choices),
    }
}

/// For a fuzzer with a custom mutator: changes the first `size` bytes of `data` once or twice, as
/// `seed` says, and returns the new size, at most that of `data`.
pub fn mutate_in_place(shape: Shape, data: &mut [u8], size: usize, seed: u32) -> usize {
    let mut message = data[..size].to_vec();
    let choices = spread(seed);
    let mut choices = Unstructured::new(&choices);
    // Mostly one change: behind the first fault a second one is seldom read.
    for _ in 0..=(seed >> 30) / 3 {
        if mutate(shape, &mut message, &mut choices).is_err() {
            break;
        }
    }
    message.truncate(data.len());
    data[..message.len()].copy_from_slice(&message);
    message.len()
}

/// Spreads four bytes to as many as the changes of one message draw.
fn spread(seed: u32) -> [u8; 128] {
    let mut bytes = [0; 128];
    let mut state = u64::from(seed) + 1;
    for chunk in bytes.as_chunks_mut::<4>().0 {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        *chunk = ((state >> 32) as u32).to_le_bytes();
    }
    bytes
}

/// An offset in a message of `length` bytes; 0 if it is empty.
fn offset(choices: &mut Unstructured<'_>, length: usize) -> Result<usize> {
    Ok(usize::from(choices.arbitrary::<u16>()?) % length.max(1))
}

/// A number that a parser may get wrong: small, at the edge of a width, or any.
fn edge(choices: &mut Unstructured<'_>) -> Result<u64> {
    const EDGES: [u64; 20] = [
        0,
        1,
        2,
        3,
        8,
        10,
        32,
        33,
        0x7f,
        0xfc,
        0xfd,
        0xff,
        0x100,
        0xfffe,
        0xffff,
        0x1_0000,
        0xffff_ffff,
        0x1_0000_0000,
        1 << 63,
        u64::MAX,
    ];
    let choice = usize::from(choices.arbitrary::<u8>()?);
    EDGES.get(choice % 24).map_or_else(|| choices.arbitrary(), |edge| Ok(*edge))
}
