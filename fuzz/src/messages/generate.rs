//! Valid messages of every format, from any bytes.

use ammeter_amp::eob::{
    Eob, FinalHop, Message,
    adaptive::Adaptive,
    basic::{Basic, Folded},
    committed::Committed,
    pr31::{Blob, BlobType, DATA_BYTES_MAX, Pivot},
    size::FRAME_BYTES,
    size::FRAMES,
    tlv::{Amp, Extra, Forward, Part, Payload, PaymentData},
    tree::Tree,
    writer::Writer,
};
use ammeter_core::{Commitment, Msat, PaymentId, PaymentSecret, Share};
use arbitrary::{Result, Unstructured};

/// The bytes that `write` writes, at most 64 KiB.
fn written(write: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut counter = Writer::counter();
    write(&mut counter);
    let mut bytes = vec![0; counter.written()];
    write(&mut Writer::new(&mut bytes));
    bytes
}

/// A final hop's frames.
///
/// # Errors
/// None that matter: when the bytes run out, zeros are drawn.
pub fn final_hop(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let (id, share) = (PaymentId(bytes.arbitrary()?), Share(bytes.arbitrary()?));
    let (short_id, commitment) = (bytes.arbitrary()?, Commitment(bytes.arbitrary()?));
    let eob = match bytes.int_in_range(0..=4)? {
        0 => Eob::None,
        1 => {
            let part_count = bytes.int_in_range(1..=u32::MAX)?;
            let weight = bytes.int_in_range(1..=part_count)?;
            let folded = Folded { part_count, weight };
            Eob::Basic(Basic::new(folded, &id, &share).expect("1 <= weight <= n"))
        }
        2 => Eob::Adaptive(Adaptive { part_count: bytes.arbitrary()?, id: &id, share: &share }),
        3 => Eob::Committed(Committed { id: &short_id, commitment: &commitment, share: &share }),
        _ => Eob::Tree(Tree { index: bytes.arbitrary()?, id: &id, share: &share }),
    };
    let amount_msat = Msat(bytes.arbitrary()?);
    let hop =
        FinalHop { realm: bytes.arbitrary()?, amount_msat, cltv_expiry: bytes.arbitrary()?, eob };
    Ok(written(|writer| hop.write(writer)))
}

/// A whole onion in the clear.
///
/// # Errors
/// As above.
pub fn run(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let final_hop = final_hop(bytes)?;
    let room = FRAMES - final_hop.len() / FRAME_BYTES;
    let mut run = Vec::with_capacity(FRAMES * FRAME_BYTES);
    for _ in 0..bytes.int_in_range(0..=room)? {
        let mut frame: [u8; FRAME_BYTES] = bytes.arbitrary()?;
        frame[21..33].fill(0);
        // A final hop's hmac is zero; this frame is not a final hop's.
        frame[64] |= 1;
        run.extend(frame);
    }
    run.extend(final_hop);
    run.resize(FRAMES * FRAME_BYTES, bytes.arbitrary()?);
    Ok(run)
}

/// The frames of a blob.
///
/// # Errors
/// As above.
pub fn blob(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let pivot = Pivot {
        realm: bytes.arbitrary()?,
        short_channel_id: bytes.arbitrary()?,
        amount_msat: Msat(bytes.arbitrary()?),
        cltv_expiry: bytes.arbitrary()?,
    };
    let blob_type = *bytes.choose(&BlobType::ALL)?;
    let size =
        if blob_type == BlobType::Empty { 0 } else { bytes.int_in_range(0..=DATA_BYTES_MAX)? };
    let mut data = vec![0xda; size];
    bytes.fill_buffer(&mut data)?;
    let blob = Blob::new(pivot, blob_type, &data).expect("short enough, and of a type");
    let mut frames = written(|writer| blob.write(writer));
    for frame in frames.chunks_exact_mut(FRAME_BYTES) {
        bytes.fill_buffer(&mut frame[FRAME_BYTES - 32..])?;
    }
    Ok(frames)
}

/// A final hop's records.
///
/// # Errors
/// As above.
pub fn payload_stream(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let (secret, total_msat) = (PaymentSecret(bytes.arbitrary()?), Msat(edge(bytes)?));
    let payment_data = PaymentData { payment_secret: &secret, total_msat };
    let (share, mut set_id) = (Share(bytes.arbitrary()?), PaymentId(bytes.arbitrary()?));
    set_id.0[0] |= 1;
    let amp = Amp::new(&share, &set_id, edge(bytes)? as u32).expect("not a zero set id");
    let part = match bytes.int_in_range(0..=3)? {
        0 => None,
        1 => Some(Part { payment_data, amp: None }),
        _ => Some(Part { payment_data, amp: Some(amp) }),
    };
    let extra = extra(bytes)?;
    let extra = Extra::new(&extra).expect("records in order");
    let payload =
        Payload { amount_msat: Msat(edge(bytes)?), cltv_expiry: edge(bytes)? as u32, part, extra };
    Ok(written(|writer| payload.write_stream(writer)))
}

/// A final hop's payload.
///
/// # Errors
/// As above.
pub fn payload(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let stream = payload_stream(bytes)?;
    Ok(written(|writer| {
        writer.bigsize(stream.len() as u64);
        writer.bytes(&stream);
        writer.zeros(32);
    }))
}

/// A forwarding hop's records.
///
/// # Errors
/// As above.
pub fn forward(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let extra = extra(bytes)?;
    let forward = Forward {
        amount_msat: Msat(edge(bytes)?),
        cltv_expiry: edge(bytes)? as u32,
        short_channel_id: bytes.arbitrary()?,
        extra: Extra::new(&extra).expect("records in order"),
    };
    Ok(written(|writer| forward.write_stream(writer)))
}

/// A number of any width.
fn edge(bytes: &mut Unstructured<'_>) -> Result<u64> {
    Ok(bytes.arbitrary::<u64>()? >> bytes.int_in_range(0..=63)?)
}

/// A few records of unknown types, in order.
fn extra(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut kind = 0;
    let mut records = Vec::new();
    for _ in 0..bytes.int_in_range(0..=3)? {
        kind += 1 + edge(bytes)? / 4;
        if kind < 65_536 {
            kind |= 1;
        }
        let size = bytes.int_in_range(0..=9)? * 30;
        let mut value = vec![0x5a; size];
        bytes.fill_buffer(&mut value)?;
        records.push((kind, value));
    }
    Ok(written(|writer| {
        for (kind, value) in &records {
            writer.bigsize(*kind);
            writer.bigsize(value.len() as u64);
            writer.bytes(value);
        }
    }))
}
