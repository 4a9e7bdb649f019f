//! The extra onion blob of lightning-onion pull request 31.

use crate::messages::naive::{Wrong, number, over, present, zero};

/// The fields of a blob's frames.
#[derive(Debug, PartialEq, Eq)]
pub struct Blob {
    /// The realm.
    pub realm: u8,
    /// The channel to forward over.
    pub short_channel_id: u64,
    /// The amount in millisatoshi.
    pub amount_msat: u64,
    /// The outgoing CLTV, a height.
    pub cltv_expiry: u32,
    /// The blob's type: 0, 1 or 2.
    pub blob_type: u8,
    /// The blob's data.
    pub data: Vec<u8>,
    /// The concatenated hmacs of all frames.
    pub hmacs: Vec<u8>,
}

/// Reads `input` as the frames of a blob.
///
/// # Errors
///
/// The first fault in the order of the bytes.
pub fn blob(input: &[u8]) -> Result<Blob, Wrong> {
    let hop = present(input, 0, 21)?;
    let blob_type = present(input, 21, 22)?[0];
    if blob_type > 2 {
        return Err(Wrong::at(21, "UnknownBlobType"));
    }
    let (mut more, length) = length_byte(input, 22, 10)?;
    if blob_type == 0 && length > 0 {
        return Err(Wrong::at(22, "DataInEmptyBlob"));
    }
    let mut data = Vec::with_capacity(input.len());
    data.extend(present(input, 23, 23 + length)?);
    zero(input, 23 + length, 33)?;
    let mut hmacs = Vec::with_capacity(input.len());
    hmacs.extend(present(input, 33, 65)?);
    let mut start = 65;
    while more {
        if start == 19 * 65 {
            // The length byte that says so is the nineteenth's.
            return Err(Wrong::at(start - 65 + 21, "TooManyFrames"));
        }
        more = frame(input, start, &mut data)?;
        hmacs.extend(present(input, start + 33, start + 65)?);
        start += 65;
    }
    over(input, start)?;
    Ok(Blob {
        realm: hop[0],
        short_channel_id: number(&hop[1..9]),
        amount_msat: number(&hop[9..17]),
        cltv_expiry: number(&hop[17..21]) as u32,
        blob_type,
        data,
        hmacs,
    })
}

/// Reads the data of the frame at `start`: 21 bytes in front of the length byte and 11 behind it,
/// unused ones zero. Returns whether another frame follows.
fn frame(input: &[u8], start: usize, data: &mut Vec<u8>) -> Result<bool, Wrong> {
    let claimed = usize::from(present(input, start + 21, start + 22)?[0] & 0x7f);
    zero(input, start + claimed.min(21), start + 21)?;
    let (more, length) = length_byte(input, start + 21, 32)?;
    if length == 0 {
        return Err(Wrong::at(start + 21, "FragmentEmpty"));
    }
    let (head, tail) = (length.min(21), length.saturating_sub(21));
    data.extend(&input[start..start + head]);
    data.extend(present(input, start + 22, start + 22 + tail)?);
    zero(input, start + 22 + tail, start + 33)?;
    Ok(more)
}

/// Returns whether another frame follows, and how many bytes this frame holds, of at most `room`.
fn length_byte(input: &[u8], offset: usize, room: usize) -> Result<(bool, usize), Wrong> {
    let byte = present(input, offset, offset + 1)?[0];
    let (more, length) = (byte >= 128, usize::from(byte % 128));
    if length > room {
        return Err(Wrong::at(offset, "FragmentTooLong"));
    }
    if more && length != room {
        return Err(Wrong::at(offset, "FragmentNotFull"));
    }
    Ok((more, length))
}
