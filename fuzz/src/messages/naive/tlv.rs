//! TLV payloads: a length, records, an hmac.

use crate::messages::naive::{Wrong, number, over, zero};

/// The reader of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The final hop.
    FinalHop,
    /// A hop that forwards.
    Forward,
    /// No hop: every record is allowed, none is required, and values are not read.
    Anybody,
}

/// The records of a payload.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Records<'a> {
    /// Record 2, `amt_to_forward`, in millisatoshi.
    pub amount_msat: Option<u64>,
    /// Record 4, `outgoing_cltv_value`.
    pub cltv_expiry: Option<u64>,
    /// Record 6, `short_channel_id`.
    pub channel: Option<u64>,
    /// Record 8, `payment_data`.
    pub payment_data: Option<PaymentData<'a>>,
    /// Record 14, AMP.
    pub amp: Option<Amp<'a>>,
    /// Type and value of each other record.
    pub extra: Vec<(u64, &'a [u8])>,
}

/// Record 8, `payment_data`.
#[derive(Debug, PartialEq, Eq)]
pub struct PaymentData<'a> {
    /// 32 bytes.
    pub payment_secret: &'a [u8],
    /// `total_msat`.
    pub total_msat: u64,
}

/// Record 14, AMP.
#[derive(Debug, PartialEq, Eq)]
pub struct Amp<'a> {
    /// 32 bytes.
    pub share: &'a [u8],
    /// 32 bytes.
    pub set_id: &'a [u8],
    /// The child index.
    pub child_index: u64,
}

/// All of `input` is a final hop's payload.
///
/// # Errors
/// The first fault in the order of the bytes.
pub fn payload(input: &[u8]) -> Result<Records<'_>, Wrong> {
    let (length, start) = bigsize(input, 0)?;
    let end = start as u128 + u128::from(length);
    if end > input.len() as u128 {
        return Err(Wrong::at(0, "PastEnd"));
    }
    let end = end as usize;
    let records = records(&input[..end], start, Reader::FinalHop)?;
    zero(input, end, end + 32)?;
    over(input, end + 32)?;
    Ok(records)
}

/// All of `input` from `start` on is records.
///
/// # Errors
/// The first fault in the order of the bytes; what is missing comes last.
pub fn records(input: &[u8], start: usize, reader: Reader) -> Result<Records<'_>, Wrong> {
    let mut records = Records::default();
    let mut places = Places::default();
    let mut last = None;
    let mut offset = start;
    while offset < input.len() {
        let (kind, length_at) = bigsize(input, offset)?;
        if last.is_some_and(|last| kind <= last) {
            return Err(Wrong::at(offset, "TypeOrder"));
        }
        if kind % 2 == 0 && kind < 65536 && ![2, 4, 6, 8, 14].contains(&kind) {
            return Err(Wrong::at(offset, "UnknownEven"));
        }
        match reader {
            Reader::FinalHop if kind == 6 => return Err(Wrong::at(offset, "WrongHop")),
            Reader::Forward if kind == 8 || kind == 14 => {
                return Err(Wrong::at(offset, "WrongHop"));
            }
            _ => {}
        }
        last = Some(kind);
        if let Some(place) = usize::try_from(kind).ok().and_then(|kind| places.get_mut(kind)) {
            *place = Some(offset);
        }
        let (length, value_at) = bigsize(input, length_at)?;
        let end = value_at as u128 + u128::from(length);
        if end > input.len() as u128 {
            return Err(Wrong::at(length_at, "PastEnd"));
        }
        let value = &input[value_at..end as usize];
        let read = if reader == Reader::Anybody { Ok(()) } else { records.take(kind, value) };
        read.map_err(|wrong| Wrong { offset: value_at + wrong.offset, ..wrong })?;
        if ![2, 4, 6, 8, 14].contains(&kind) {
            records.extra.push((kind, value));
        }
        offset = end as usize;
    }
    records.complete(&places, offset, reader)
}

/// The offset of each record whose type has a meaning here, by its type.
type Places = [Option<usize>; 15];

impl<'a> Records<'a> {
    fn take(&mut self, kind: u64, value: &'a [u8]) -> Result<(), Wrong> {
        match kind {
            2 => self.amount_msat = Some(integer(value, 0, 8)?),
            4 => self.cltv_expiry = Some(integer(value, 0, 4)?),
            6 if value.len() != 8 => return Err(Wrong::at(0, "RecordLength")),
            6 => self.channel = Some(number(value)),
            8 => self.payment_data = Some(payment_data(value)?),
            14 => self.amp = Some(amp(value)?),
            _ => {}
        }
        Ok(())
    }

    /// The records end at `end`.
    fn complete(self, places: &Places, end: usize, reader: Reader) -> Result<Self, Wrong> {
        let must: &[usize] = match reader {
            Reader::FinalHop => &[2, 4],
            Reader::Forward => &[2, 4, 6],
            Reader::Anybody => return Ok(self),
        };
        if must.iter().any(|kind| places[*kind].is_none()) {
            return Err(Wrong::at(end, "Missing"));
        }
        match (places[14], places[8]) {
            (Some(offset), None) => Err(Wrong::at(offset, "AmpAlone")),
            _ => Ok(self),
        }
    }
}

/// All of `value` is the value of record 8.
///
/// # Errors
/// The first fault in the order of the bytes.
pub fn payment_data(value: &[u8]) -> Result<PaymentData<'_>, Wrong> {
    if value.len() < 32 {
        return Err(Wrong::at(0, "RecordLength"));
    }
    Ok(PaymentData { total_msat: integer(value, 32, 8)?, payment_secret: &value[..32] })
}

/// All of `value` is the value of record 14.
///
/// # Errors
/// The first fault in the order of the bytes.
pub fn amp(value: &[u8]) -> Result<Amp<'_>, Wrong> {
    if !(64..=68).contains(&value.len()) {
        return Err(Wrong::at(0, "RecordLength"));
    }
    if value[32..64] == [0; 32] {
        return Err(Wrong::at(32, "ZeroSetId"));
    }
    let child_index = integer(value, 64, 4)?;
    Ok(Amp { share: &value[..32], set_id: &value[32..64], child_index })
}

/// A truncated integer from `start` to the end of the value, of at most `size_max` bytes.
fn integer(value: &[u8], start: usize, size_max: usize) -> Result<u64, Wrong> {
    let bytes = &value[start..];
    if bytes.len() > size_max {
        return Err(Wrong::at(0, "RecordLength"));
    }
    if bytes.first() == Some(&0) {
        return Err(Wrong::at(start, "NotMinimal"));
    }
    Ok(number(bytes))
}

/// A BigSize at `offset`, and the offset behind it.
fn bigsize(input: &[u8], offset: usize) -> Result<(u64, usize), Wrong> {
    let cut_off = Wrong::at(input.len(), "Truncated");
    let marker = *input.get(offset).ok_or(cut_off)?;
    let (start, end) = match marker {
        253 => (offset + 1, offset + 3),
        254 => (offset + 1, offset + 5),
        255 => (offset + 1, offset + 9),
        _ => (offset, offset + 1),
    };
    let value = number(input.get(start..end).ok_or(cut_off)?);
    let shortest = match value {
        0..=252 => 1,
        253..=65_535 => 3,
        65_536..=4_294_967_295 => 5,
        _ => 9,
    };
    if end - offset == shortest { Ok((value, end)) } else { Err(Wrong::at(offset, "NotMinimal")) }
}
