//! The extra onion blob of lightning-onion pull request 31, a draft of 2019 that never shipped.
//!
//! A blob of up to 586 bytes begins in the padding of a real hop's frame, the pivot, and goes on in
//! frames of hops that do not exist. The draft's own code panics on a frame length of 33 and more;
//! here it is a [`Fault::FragmentTooLong`]. Ours, where the draft's code says nothing: every frame
//! but the last is full, none behind the pivot is empty, and bytes that hold no data are zero, so
//! that a blob has one encoding.

use crate::eob::{
    cursor::Cursor,
    error::{Error, Fault},
    field::{Field, NoVisitor, Visitor},
    message::Message,
    size::{FRAME_BYTES, HMAC_BYTES},
    writer::{WriteError, Writer},
};
use ammeter_core::types::Msat;

/// Bytes of a blob that the pivot holds.
pub const PIVOT_DATA_BYTES: usize = 10;
/// Bytes of a blob that a frame behind the pivot holds.
pub const FRAME_DATA_BYTES: usize = 32;
/// Frames of the longest blob, the pivot included: of an onion's 20, one gets it to the pivot.
pub const FRAMES_MAX: usize = 19;
/// Length in bytes of the longest blob.
pub const DATA_BYTES_MAX: usize = PIVOT_DATA_BYTES + (FRAMES_MAX - 1) * FRAME_DATA_BYTES;
/// Length in bytes of the longest blob's frames.
pub const ENCODED_BYTES_MAX: usize = FRAMES_MAX * FRAME_BYTES;

/// Bytes of data in front of a frame's length byte, where realm, channel, amount and expiry would
/// be.
const HEAD_BYTES: usize = 21;
/// Bytes of data behind it, in the padding.
const TAIL_BYTES: usize = FRAME_DATA_BYTES - HEAD_BYTES;
/// Set in the length byte while more frames follow.
const MORE: u8 = 0x80;

/// How the bytes of a blob are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum BlobType {
    /// There is no blob.
    Empty = 0,
    /// The preimage of a spontaneous payment.
    SphinxSend = 1,
    /// A TLV stream.
    InnerTlv = 2,
}

named! {
    /// Its name in records.
    BlobType { Empty = "empty", SphinxSend = "sphinx send", InnerTlv = "inner TLV", }
}

/// What the pivot is told as the hop that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pivot {
    /// Which chain.
    pub realm: u8,
    /// The channel to forward over.
    pub short_channel_id: u64,
    /// What to forward.
    pub amount_msat: Msat,
    /// The expiry of the outgoing HTLC.
    pub cltv_expiry: u32,
}

/// A blob and the hop that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// The hop.
    pub pivot: Pivot,
    blob_type: BlobType,
    data: Data<'a>,
}

/// Where the bytes of a blob are.
#[derive(Clone, Copy, Debug)]
enum Data<'a> {
    /// In one piece, at the sender.
    Whole(&'a [u8]),
    /// Spread over frames, at the hop that got them.
    Framed { frames: &'a [[u8; FRAME_BYTES]], length: usize },
}

impl<'a> Blob<'a> {
    /// A blob to be sent. Its hmacs are zero until the onion is wrapped.
    ///
    /// # Errors
    /// [`Fault::DataInEmptyBlob`]; [`Fault::TooManyFrames`] for more than [`DATA_BYTES_MAX`] bytes.
    pub fn new(pivot: Pivot, blob_type: BlobType, data: &'a [u8]) -> Result<Self, Fault> {
        if data.len() > DATA_BYTES_MAX {
            return Err(Fault::TooManyFrames { frames_max: FRAMES_MAX });
        }
        if blob_type == BlobType::Empty && !data.is_empty() {
            let length = data.len().min(PIVOT_DATA_BYTES) as u8;
            return Err(Fault::DataInEmptyBlob { length });
        }
        Ok(Self { pivot, blob_type, data: Data::Whole(data) })
    }

    /// How its bytes are to be understood.
    #[must_use]
    pub const fn blob_type(&self) -> BlobType {
        self.blob_type
    }

    /// How many bytes it has, at most [`DATA_BYTES_MAX`].
    #[must_use]
    pub const fn length(&self) -> usize {
        match self.data {
            Data::Whole(data) => data.len(),
            Data::Framed { length, .. } => length,
        }
    }

    /// Its bytes, in the pieces that the frames leave of them.
    pub fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let blob = *self;
        (0..self.frame_count()).flat_map(move |frame| <[_; 2]>::from(blob.fragment(frame)))
    }

    /// Its bytes, in one piece at the front of `target`.
    ///
    /// # Errors
    /// [`WriteError`] if there are more than `target` can hold.
    pub fn copy_to<'b>(&self, target: &'b mut [u8]) -> Result<&'b mut [u8], WriteError> {
        let mut writer = Writer::new(target);
        self.pieces().for_each(|piece| writer.bytes(piece));
        writer.finish()
    }

    /// The hmac of each frame; zero if the onion is not wrapped yet.
    pub fn hmacs(&self) -> impl Iterator<Item = [u8; HMAC_BYTES]> + use<'a> {
        let blob = *self;
        (0..self.frame_count()).map(move |frame| blob.hmac(frame))
    }

    fn frame_count(&self) -> usize {
        1 + self.length().saturating_sub(PIVOT_DATA_BYTES).div_ceil(FRAME_DATA_BYTES)
    }

    fn hmac(&self, frame: usize) -> [u8; HMAC_BYTES] {
        match self.data {
            Data::Whole(_) => [0; HMAC_BYTES],
            Data::Framed { frames, .. } => {
                *frames[frame].last_chunk().expect("a frame is longer than an hmac")
            }
        }
    }

    /// What of the blob is in this frame: in front of the length byte, and behind it.
    fn fragment(&self, frame: usize) -> (&'a [u8], &'a [u8]) {
        let start = match frame {
            0 => 0,
            _ => PIVOT_DATA_BYTES + (frame - 1) * FRAME_DATA_BYTES,
        };
        let (head_room, room) = match frame {
            0 => (0, PIVOT_DATA_BYTES),
            _ => (HEAD_BYTES, FRAME_DATA_BYTES),
        };
        let length = (self.length() - start).min(room);
        let head = length.min(head_room);
        match self.data {
            Data::Whole(data) => data[start..start + length].split_at(head),
            Data::Framed { frames, .. } => {
                let frame = &frames[frame];
                let behind = FRAME_BYTES - HMAC_BYTES - (room - head_room);
                (&frame[..head], &frame[behind..behind + length - head])
            }
        }
    }
}

impl PartialEq for Blob<'_> {
    /// Whether the same hop is told the same bytes, wherever they are, under the same hmacs.
    fn eq(&self, other: &Self) -> bool {
        self.pivot == other.pivot
            && self.blob_type == other.blob_type
            && self.length() == other.length()
            && self.hmacs().eq(other.hmacs())
            && self.pieces().flatten().eq(other.pieces().flatten())
    }
}

impl Eq for Blob<'_> {}

impl<'a> Message<'a> for Blob<'a> {
    fn decode(input: &'a [u8]) -> Result<Self, Error> {
        Self::decode_with(input, NoVisitor)
    }

    fn read<W: Visitor>(cursor: &mut Cursor<'a, W>) -> Result<Self, Error> {
        let start = cursor.offset();
        let (pivot, blob_type, mut fragment) = read_pivot(cursor)?;
        let mut length = usize::from(fragment.length);
        let mut frame_count = 1;
        while fragment.more {
            if frame_count == FRAMES_MAX {
                return Err(fragment.fault(Fault::TooManyFrames { frames_max: FRAMES_MAX }));
            }
            fragment = read_frame(cursor)?;
            length += usize::from(fragment.length);
            frame_count += 1;
        }
        let (frames, _) = cursor.since(start).as_chunks();
        Ok(Self { pivot, blob_type, data: Data::Framed { frames, length } })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let last = self.frame_count() - 1;
        for frame in 0..=last {
            let (head, tail) = self.fragment(frame);
            let more = if frame < last { MORE } else { 0 };
            let length_byte = more | (head.len() + tail.len()) as u8;
            let tail_room = if frame == 0 {
                let Pivot { realm, short_channel_id, amount_msat, cltv_expiry } = self.pivot;
                writer.u8(realm);
                writer.u64(short_channel_id);
                writer.u64(amount_msat.0);
                writer.u32(cltv_expiry);
                writer.u8(self.blob_type as u8);
                PIVOT_DATA_BYTES
            } else {
                writer.bytes(head);
                writer.zeros(HEAD_BYTES - head.len());
                TAIL_BYTES
            };
            writer.u8(length_byte);
            writer.bytes(tail);
            writer.zeros(tail_room - tail.len());
            writer.bytes(&self.hmac(frame));
        }
    }
}

/// A length byte.
struct Fragment {
    offset: usize,
    more: bool,
    length: u8,
}

impl Fragment {
    /// Checks that the length can be, and that only the last frame has room left.
    fn read<W: Visitor>(cursor: &mut Cursor<'_, W>, length_max: usize) -> Result<Self, Error> {
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

    fn fault(&self, fault: Fault) -> Error {
        Error { offset: self.offset, size: 1, fault }
    }
}

/// The hop, and the beginning of its blob.
fn read_pivot<W: Visitor>(
    cursor: &mut Cursor<'_, W>,
) -> Result<(Pivot, BlobType, Fragment), Error> {
    let pivot = Pivot {
        realm: cursor.u8(Field::Realm)?,
        short_channel_id: cursor.u64(Field::ShortChannelId)?,
        amount_msat: cursor.msat(Field::Amount)?,
        cltv_expiry: cursor.u32(Field::Cltv)?,
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
fn read_frame<W: Visitor>(cursor: &mut Cursor<'_, W>) -> Result<Fragment, Error> {
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
fn read_data<W: Visitor>(
    cursor: &mut Cursor<'_, W>,
    used: usize,
    room: usize,
) -> Result<(), Error> {
    cursor.bytes(Field::BlobData, used)?;
    cursor.zero_bytes(Field::UnusedData, room - used)
}

const _: () = assert!(
    1 + 8 + 8 + 4 == HEAD_BYTES
        && HEAD_BYTES + 1 + TAIL_BYTES + HMAC_BYTES == FRAME_BYTES
        && HEAD_BYTES + 2 + PIVOT_DATA_BYTES + HMAC_BYTES == FRAME_BYTES
        && DATA_BYTES_MAX == 586
);
