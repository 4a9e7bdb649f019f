//! Frames of a blob, one by one.

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, Witness},
    frame::HMAC_BYTES,
    pr31::{BlobType, FRAME_DATA_BYTES, HEAD_BYTES, MORE, PIVOT_DATA_BYTES, Pivot, TAIL_BYTES},
};

/// A length byte.
pub(super) struct Fragment {
    offset: usize,
    pub(super) more: bool,
    pub(super) length: u8,
}

impl Fragment {
    /// Checks that the length can be, and that only the last frame has room left.
    fn read<W: Witness>(cursor: &mut Cursor<'_, W>, length_max: usize) -> Result<Self, Error> {
        let offset = cursor.offset();
        let byte = cursor.u8(Field::FragmentLength)?;
        let (more, length, length_max) = (byte & MORE != 0, byte & !MORE, length_max as u8);
        let fragment = Self { offset, more, length };
        if length > length_max {
            return Err(fragment.fault(Fault::FragmentTooLong { length, length_max }));
        }
        if more && length < length_max {
            return Err(fragment.fault(Fault::FragmentNotFull { length, length_max }));
        }
        Ok(fragment)
    }

    pub(super) fn fault(&self, fault: Fault) -> Error {
        Error { offset: self.offset, size: 1, fault }
    }
}

/// The hop, and the beginning of its blob.
pub(super) fn read_pivot<W: Witness>(
    cursor: &mut Cursor<'_, W>,
) -> Result<(Pivot, BlobType, Fragment), Error> {
    let pivot = Pivot {
        realm: cursor.u8(Field::Realm)?,
        short_channel_id: cursor.u64(Field::ShortChannelId)?,
        amount: cursor.msat(Field::Amount)?,
        cltv: cursor.u32(Field::Cltv)?,
    };
    let offset = cursor.offset();
    let byte = cursor.u8(Field::BlobType)?;
    let blob_type = BlobType::ALL.into_iter().find(|known| *known as u8 == byte).ok_or(Error {
        offset,
        size: 1,
        fault: Fault::UnknownBlobType { blob_type: byte },
    })?;
    let fragment = Fragment::read(cursor, PIVOT_DATA_BYTES)?;
    let length = fragment.length;
    if blob_type == BlobType::Empty && length > 0 {
        return Err(fragment.fault(Fault::DataInEmptyBlob { length }));
    }
    read_data(cursor, length.into(), PIVOT_DATA_BYTES)?;
    cursor.bytes(Field::Hmac, HMAC_BYTES)?;
    Ok((pivot, blob_type, fragment))
}

/// The length byte comes behind the first 21 bytes, and says how many of them are data.
pub(super) fn read_frame<W: Witness>(cursor: &mut Cursor<'_, W>) -> Result<Fragment, Error> {
    let head = match cursor.peek(HEAD_BYTES + 1) {
        Some(frame) => usize::from(frame[HEAD_BYTES] & !MORE).min(HEAD_BYTES),
        None => HEAD_BYTES,
    };
    read_data(cursor, head, HEAD_BYTES)?;
    let fragment = Fragment::read(cursor, FRAME_DATA_BYTES)?;
    if fragment.length == 0 {
        return Err(fragment.fault(Fault::FragmentEmpty));
    }
    let tail = usize::from(fragment.length).saturating_sub(HEAD_BYTES);
    read_data(cursor, tail, TAIL_BYTES)?;
    cursor.bytes(Field::Hmac, HMAC_BYTES)?;
    Ok(fragment)
}

/// `used` bytes of data, and zeros up to `room`.
fn read_data<W: Witness>(
    cursor: &mut Cursor<'_, W>,
    used: usize,
    room: usize,
) -> Result<(), Error> {
    cursor.bytes(Field::BlobData, used)?;
    cursor.zero_bytes(Field::UnusedData, room - used)
}
