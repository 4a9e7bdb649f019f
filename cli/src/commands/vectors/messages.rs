//! Valid and invalid messages: one file a format.

use ammeter_amp::{
    eob::{
        Eob, FinalHop,
        adaptive::Adaptive,
        basic::{Basic, Folded},
        committed::Committed,
        pr31::{Blob, BlobType, DATA_BYTES_MAX, Pivot},
        size::RUN_BYTES,
        tlv::{Amp, Extra, Part, Payload, PaymentData},
        tree::Tree,
    },
    sender::SeedRng,
};
use ammeter_core::{Commitment, Msat, PaymentId, PaymentSecret, Share};
use rand_core::Rng as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{faults, kind::Kind, tally::Tally};
use crate::wire::{self, Format, hex};

/// One file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    format: String,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

/// What `hex` says; writing it gives `hex` again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Valid {
    message: Value,
    hex: String,
}

/// What is wrong, and the offset of the first wrong or missing byte.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invalid {
    why: String,
    offset: usize,
    hex: String,
}

/// Amounts and expiries at the ends of their ranges and where an encoding gets longer.
const AMOUNTS: [u64; 8] = [1, 0, 255, 256, 546_000, 1 << 32, 2_100_000_000_000_000_000, u64::MAX];
const EXPIRIES: [u32; 8] = [800_000, 0, 144, 255, 256, 65_535, 65_536, u32::MAX];
/// n and weight.
const FOLDS: [(u32, u32); 8] = [
    (1, 1),
    (2, 1),
    (2, 2),
    (16, 15),
    (1000, 1),
    (65_536, 256),
    (u32::MAX, 1),
    (u32::MAX, u32::MAX),
];

/// All vectors of one format.
pub(super) fn make(kind: Kind, rng: &mut SeedRng) -> File {
    let valid: Vec<_> = (0..AMOUNTS.len()).map(|case| valid(kind, case, rng)).collect();
    let invalid = faults::of(kind, &valid[0])
        .into_iter()
        .map(|faults::Spoiled { why, offset, bytes }| Invalid { why, offset, hex: hex(bytes) })
        .collect();
    let valid = valid
        .into_iter()
        .map(|bytes| {
            let read = wire::read(kind.format(), &bytes);
            Valid { message: read.message.expect("made to be valid"), hex: hex(bytes) }
        })
        .collect();
    File { format: kind.format().name().into(), valid, invalid }
}

/// The bytes of one valid message.
fn valid(kind: Kind, case: usize, rng: &mut SeedRng) -> Vec<u8> {
    match kind {
        Kind::Run => run(case, rng),
        Kind::Tlv => payload(case, rng),
        Kind::Pr31 => blob(case, rng),
        Kind::Plain | Kind::Basic | Kind::Adaptive | Kind::Committed | Kind::Tree => {
            frames(kind, case, rng)
        }
    }
}

fn bytes<const N: usize>(rng: &mut SeedRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn frames(kind: Kind, case: usize, rng: &mut SeedRng) -> Vec<u8> {
    let (id, share) = (PaymentId(bytes(rng)), Share(bytes(rng)));
    let (short_id, commitment) = (bytes(rng), Commitment(bytes(rng)));
    let (part_count, weight) = FOLDS[case];
    let eob = match kind {
        Kind::Basic => {
            let folded = Folded { part_count, weight };
            Eob::Basic(Basic::new(folded, &id, &share).expect("weights are possible"))
        }
        Kind::Adaptive => {
            let part_count = if case.is_multiple_of(2) { 0 } else { part_count };
            Eob::Adaptive(Adaptive { part_count, id: &id, share: &share })
        }
        Kind::Committed => {
            Eob::Committed(Committed { id: &short_id, commitment: &commitment, share: &share })
        }
        Kind::Tree => Eob::Tree(Tree { index: 255 - 36 * case as u8, id: &id, share: &share }),
        Kind::Plain | Kind::Run | Kind::Tlv | Kind::Pr31 => Eob::None,
    };
    let realm = u8::from(case == 3);
    wire::write(&FinalHop {
        realm,
        amount_msat: Msat(AMOUNTS[case]),
        cltv_expiry: EXPIRIES[case],
        eob,
    })
}

/// The final hop's frames behind 0, 1, 2 … forwarding frames.
fn run(case: usize, rng: &mut SeedRng) -> Vec<u8> {
    let mut run = bytes::<RUN_BYTES>(rng);
    let forwards = [0, 1, 2, 3, 9, 17, 18, 18][case];
    for frame in run.chunks_exact_mut(65).take(forwards) {
        frame[21..33].fill(0);
    }
    let kind = if case == 1 { Kind::Plain } else { Kind::Basic };
    let frames = frames(kind, case, rng);
    run[65 * forwards..][..frames.len()].copy_from_slice(&frames);
    run.to_vec()
}

fn payload(case: usize, rng: &mut SeedRng) -> Vec<u8> {
    const CHILD_INDICES: [u32; 8] = [0, 1, 255, 256, 65_536, 1 << 24, 1 << 31, u32::MAX];
    // Odd and custom records, which are kept.
    const EXTRA: [&[u8]; 8] = [
        &[],
        &[1, 1, 0xaa],
        &[],
        &[3, 0, 5, 2, 1, 2, 13, 1, 0],
        &[],
        &[0xfe, 0, 1, 0, 0, 1, 0x55],
        &[],
        &[0xfd, 0xff, 0xff, 0, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 7],
    ];
    let (share, set_id) = (Share(bytes(rng)), PaymentId(bytes(rng)));
    let secret = PaymentSecret(bytes(rng));
    let total_msat = Msat(AMOUNTS[AMOUNTS.len() - 1 - case]);
    let amp = Amp::new(&share, &set_id, CHILD_INDICES[case]).expect("not zero");
    let payment_data = PaymentData { payment_secret: &secret, total_msat };
    let part = match case {
        6 => None,
        5 => Some(Part { payment_data, amp: None }),
        _ => Some(Part { payment_data, amp: Some(amp) }),
    };
    wire::write(&Payload {
        amount_msat: Msat(AMOUNTS[case]),
        cltv_expiry: EXPIRIES[case],
        part,
        extra: Extra::new(EXTRA[case]).expect("well-formed"),
    })
}

fn blob(case: usize, rng: &mut SeedRng) -> Vec<u8> {
    const LENGTHS: [usize; 8] = [75, 0, 5, 10, 11, 31, 42, DATA_BYTES_MAX];
    let data = bytes::<DATA_BYTES_MAX>(rng);
    let pivot = Pivot {
        realm: 0,
        short_channel_id: if case == 0 { 0 } else { rng.next_u64() },
        amount_msat: Msat(AMOUNTS[case]),
        cltv_expiry: EXPIRIES[case],
    };
    let blob_type = match case {
        1 => BlobType::Empty,
        2 | 3 => BlobType::SphinxSend,
        _ => BlobType::InnerTlv,
    };
    let blob = Blob::new(pivot, blob_type, &data[..LENGTHS[case]]).expect("short enough");
    let mut frames = wire::write(&blob);
    if case > 2 {
        frames.chunks_exact_mut(65).for_each(|frame| rng.fill_bytes(&mut frame[33..]));
    }
    frames
}

/// Checks every vector with the parsers of this crate.
pub(super) fn check(kind: Kind, file: &File, name: &str, tally: &mut Tally) {
    let format = kind.format();
    tally.title(name, &file.format, format.name());
    tally.section(name, "valid", &file.valid);
    tally.section(name, "invalid", &file.invalid);
    for (position, vector) in file.valid.iter().enumerate() {
        tally.count(|| format!("{name}: valid {position}"), check_valid(format, vector));
    }
    for (position, vector) in file.invalid.iter().enumerate() {
        tally.count(|| format!("{name}: invalid {position}"), check_invalid(format, vector));
    }
}

fn check_valid(format: Format, vector: &Valid) -> Result<(), String> {
    let bytes = unhex(&vector.hex)?;
    let reading = wire::read(format, &bytes);
    let message = reading.message.map_err(|error| format!("refused: {error}"))?;
    if message != vector.message {
        return Err(format!("says {message}"));
    }
    if reading.written != bytes {
        return Err(format!("is written as {}", hex(reading.written)));
    }
    Ok(())
}

fn check_invalid(format: Format, vector: &Invalid) -> Result<(), String> {
    match wire::read(format, &unhex(&vector.hex)?).message {
        Ok(_) => Err(format!("accepted although {}", vector.why)),
        Err(error) if error.offset != vector.offset => {
            Err(format!("refused at offset {} and not {}: {error}", error.offset, vector.offset))
        }
        Err(_) => Ok(()),
    }
}

fn unhex(digits: &str) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; digits.len() / 2];
    ammeter_core::hex::decode(digits.as_bytes(), &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
