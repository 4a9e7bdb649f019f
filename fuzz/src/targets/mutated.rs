//! Promise: what is made of a valid message's parts is accepted as what it is, and each change of it is read as
//! the plain parser reads it.

use arbitrary::{Result, Unstructured};

use crate::{
    format, make,
    mutate::{Shape, mutate},
    targets::{
        blob::Fragments,
        extra,
        final_hop::Frames,
        forward::Forward,
        payload::{Payload, PayloadStream},
        run::Onion,
    },
};

/// Changes of one message. A change that is not refused makes the next one deeper.
const CHANGES_MAX: usize = 4;

/// How a message is made, how it is changed, and how it is read.
struct Row {
    make: fn(&mut Unstructured<'_>) -> Result<Vec<u8>>,
    shape: Shape,
    check: fn(&[u8]) -> bool,
}

/// Byte 0 of an input, modulo 8, picks a row; new ones go behind these, so that old seeds keep their meaning.
const ROWS: [Row; 6] = [
    Row { make: make::final_hop, shape: Shape::Frames, check: format::check::<Frames> },
    Row { make: make::run, shape: Shape::Frames, check: format::check::<Onion> },
    Row { make: make::blob, shape: Shape::Frames, check: format::check::<Fragments> },
    Row { make: make::payload, shape: Shape::Payload, check: format::check::<Payload> },
    Row { make: make::payload_stream, shape: Shape::Stream, check: format::check::<PayloadStream> },
    Row { make: make::forward, shape: Shape::Stream, check: format::check::<Forward> },
];

pub(crate) fn run(input: &[u8]) {
    let Some((row, rest)) = input.split_first() else { return };
    let Some(row) = ROWS.get(usize::from(*row) % 8) else { return };
    let mut bytes = Unstructured::new(rest);
    let Ok(mut message) = (row.make)(&mut bytes) else { return };
    assert!((row.check)(&message), "a valid message is refused: {message:02x?}");
    for _ in 0..CHANGES_MAX {
        if bytes.is_empty() || mutate(row.shape, &mut message, &mut bytes).is_err() {
            return;
        }
        (row.check)(&message);
        if row.shape == Shape::Stream {
            extra::run(&message);
        }
    }
}
