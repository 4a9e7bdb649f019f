//! Changes of messages whose fields have fixed offsets.

use arbitrary::{Result, Unstructured};

use crate::messages::mutate::{edge, offset};

/// Length of a frame, in bytes.
const FRAME: usize = 65;

/// Offset and size of each field of a frame, from `amp/docs/wire.md`.
const FRAME_FIELDS: &[(usize, usize)] = &[
    (0, 1),
    (1, 8),
    (9, 8),
    (17, 4),
    (21, 1),
    (22, 1),
    (22, 4),
    (26, 4),
    (30, 3),
    (22, 11),
    (33, 32),
    (0, 32),
    (32, 32),
    (64, 1),
    (0, 21),
    (23, 10),
];

/// Offset and size of each field in the values of records 8 and 14.
const VALUE_FIELDS: &[(usize, usize)] = &[(0, 32), (32, 32), (32, 8), (64, 4), (32, 1), (64, 1)];

/// Makes one change of a message made of frames.
pub(super) fn mutate_frames(message: &mut Vec<u8>, choices: &mut Unstructured<'_>) -> Result<()> {
    let count = message.len() / FRAME;
    let frame = offset(choices, count)? * FRAME;
    let other = offset(choices, count)? * FRAME;
    match choices.arbitrary::<u8>()? % 8 {
        0 if count > 0 => {
            let copy = message[frame..frame + FRAME].to_vec();
            message.splice(other..other, copy);
        }
        1 if count > 0 => {
            message.drain(frame..frame + FRAME);
        }
        2 if count > 0 => {
            for byte in 0..FRAME {
                message.swap(frame + byte, other + byte);
            }
        }
        // Changes the version, or a length byte: they decide how the rest is read.
        3 if count > 0 => {
            let place = frame + 21 + usize::from(choices.arbitrary::<bool>()?);
            message[place] = match choices.arbitrary::<u8>()? {
                low @ 0..64 => low % 5,
                low @ 64..128 => low % 35,
                any => any,
            };
        }
        _ => mutate_fields(message, frame, FRAME_FIELDS, choices)?,
    }
    Ok(())
}

/// Makes one change of the value of a record.
pub(super) fn mutate_value(message: &mut Vec<u8>, choices: &mut Unstructured<'_>) -> Result<()> {
    mutate_fields(message, 0, VALUE_FIELDS, choices)
}

/// Makes one change of a field, of a byte, or of the length.
fn mutate_fields(
    message: &mut Vec<u8>,
    start: usize,
    fields: &[(usize, usize)],
    choices: &mut Unstructured<'_>,
) -> Result<()> {
    match choices.arbitrary::<u8>()? % 16 {
        0 => message.truncate(offset(choices, message.len())?),
        1 => message.push(choices.arbitrary()?),
        2 => drop(message.pop()),
        3..8 => {
            let place = offset(choices, message.len())?;
            if let Some(byte) = message.get_mut(place) {
                *byte ^= choices.arbitrary::<u8>()?.max(1);
            }
        }
        _ => {
            let (field, size) = *choices.choose(fields)?;
            let value = value(choices, size)?;
            let places = message.iter_mut().skip(start + field).take(size);
            places.zip(value).for_each(|(byte, value)| *byte = value);
        }
    }
    Ok(())
}

/// `size` bytes: zeros, ones, an edge, or any.
fn value(choices: &mut Unstructured<'_>, size: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    match choices.arbitrary::<u8>()? % 4 {
        0 => {}
        1 => bytes.fill(0xff),
        2 => {
            let edge = edge(choices)?.to_be_bytes();
            let places = bytes.iter_mut().rev().zip(edge.into_iter().rev());
            places.for_each(|(byte, value)| *byte = value);
        }
        _ => choices.fill_buffer(&mut bytes)?,
    }
    Ok(bytes)
}
