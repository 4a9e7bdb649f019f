//! Changes a message where it has a structure: a field, a length, a type, a record twice, two frames swapped,
//! an integer longer than it needs to be. What a fuzzer that only knows bytes meets once in a million tries
//! comes up at once, and one change away from a valid message is where a parser is tested best.
//!
//! Every change is decided by bytes, so that it can be replayed.

mod fields;
mod records;

use arbitrary::{Result, Unstructured};

/// What a message is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Frames of 65 bytes.
    Frames,
    /// Records.
    Stream,
    /// A length, records, an hmac.
    Payload,
    /// One record's value.
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

/// For a fuzzer with a custom mutator: changes the first `size` bytes of `data` once or a few times, as `seed`
/// says, and gives the new size, at most that of `data`.
pub fn mutate_in_place(shape: Shape, data: &mut [u8], size: usize, seed: u32) -> usize {
    let mut message = data[..size].to_vec();
    let choices = spread(seed);
    let mut choices = Unstructured::new(&choices);
    // Mostly one: two changes seldom leave anything to be found behind the first fault.
    for _ in 0..=(seed >> 30) / 3 {
        if mutate(shape, &mut message, &mut choices).is_err() {
            break;
        }
    }
    message.truncate(data.len());
    data[..message.len()].copy_from_slice(&message);
    message.len()
}

/// As many bytes as the changes of one message ask for, from four.
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
