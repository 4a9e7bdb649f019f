//! Promise: what is made of a valid message's parts is accepted as what it is, and each change of
//! it is read as the naive parser reads it.

use arbitrary::{Result, Unstructured};

use crate::{
    messages::{
        generate,
        mutate::{Shape, mutate},
        promises,
    },
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
    generate: fn(&mut Unstructured<'_>) -> Result<Vec<u8>>,
    shape: Shape,
    check: fn(&[u8]) -> bool,
}

/// Byte 0 of an input, modulo 8, picks a row; new ones go behind these, so that old seeds keep
/// their meaning.
const ROWS: [Row; 6] = [
    Row { generate: generate::final_hop, shape: Shape::Frames, check: promises::check::<Frames> },
    Row { generate: generate::run, shape: Shape::Frames, check: promises::check::<Onion> },
    Row { generate: generate::blob, shape: Shape::Frames, check: promises::check::<Fragments> },
    Row { generate: generate::payload, shape: Shape::Payload, check: promises::check::<Payload> },
    Row {
        generate: generate::payload_stream,
        shape: Shape::Stream,
        check: promises::check::<PayloadStream>,
    },
    Row { generate: generate::forward, shape: Shape::Stream, check: promises::check::<Forward> },
];

pub(crate) fn run(input: &[u8]) {
    let Some((row, rest)) = input.split_first() else { return };
    let Some(row) = ROWS.get(usize::from(*row) % 8) else { return };
    let mut bytes = Unstructured::new(rest);
    let Ok(mut message) = (row.generate)(&mut bytes) else { return };
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
