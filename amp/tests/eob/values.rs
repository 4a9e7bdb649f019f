//! Promise: every value is read back from what it is written as, in a buffer of its size and in no
//! smaller.

use crate::random::Random;
use ammeter_amp::eob::{
    Eob, Fault, FinalHop, Message, Run,
    adaptive::Adaptive,
    basic::{Basic, Folded},
    check::check_value,
    committed::Committed,
    pr31::{Blob, BlobType, DATA_BYTES_MAX, ENCODED_BYTES_MAX, Pivot},
    size::FINAL_HOP_BYTES_MAX,
    size::RUN_BYTES,
    tlv::{Amp, Extra, Forward, Part, Payload, PaymentData},
    tree::Tree,
    writer::{WriteError, Writer},
};
use ammeter_core::{Commitment, Msat, PaymentId, PaymentSecret, Share};

const ROUNDS: usize = 2000;

/// Writes, reads back, and tries every smaller buffer's size but a few.
fn check<'a, T: Message<'a> + PartialEq>(value: &T, buffer: &'a mut [u8]) -> &'a [u8] {
    let needed = value.size();
    for room in [0, 1, needed / 2, needed - 1] {
        let written = value.encode(&mut buffer[..room]).map(|written| written.len());
        assert_eq!(written, Err(WriteError { needed, room }));
    }
    check_value(value, buffer).unwrap_or_else(|broken| panic!("{broken}"))
}

#[test]
fn frames_of_every_version() {
    let mut random = Random::new(1);
    for _ in 0..ROUNDS {
        let (id, share) = (PaymentId(random.array()), Share(random.array()));
        let (short_id, commitment) = (random.array(), Commitment(random.array()));
        let part_count = random.edgy(u32::MAX.into()) as u32;
        let weight = random.edgy(part_count.into()) as u32;
        let folded = Folded { part_count: part_count.max(1), weight: weight.max(1) };
        let eobs = [
            Eob::None,
            Eob::Basic(Basic::new(folded, &id, &share).expect("1 <= weight <= n")),
            Eob::Adaptive(Adaptive { part_count, id: &id, share: &share }),
            Eob::Committed(Committed { id: &short_id, commitment: &commitment, share: &share }),
            Eob::Tree(Tree { index: random.next() as u8, id: &id, share: &share }),
        ];
        for (eob, version) in eobs.into_iter().zip(0..) {
            assert_eq!(eob.version(), version);
            let final_hop = FinalHop {
                realm: random.next() as u8,
                amount_msat: Msat(random.edgy(u64::MAX)),
                cltv_expiry: random.edgy(u32::MAX.into()) as u32,
                eob,
            };
            let mut buffer = [0xee; 130];
            let written = check(&final_hop, &mut buffer);
            assert_eq!(written.len(), if version == 0 { 65 } else { 130 });
        }
    }
}

/// A final hop's frames at every place of a run that they fit in.
#[test]
fn runs_of_frames() {
    let mut random = Random::new(2);
    let (id, share) = (PaymentId(random.array()), Share(random.array()));
    let eob = Eob::Tree(Tree { index: 7, id: &id, share: &share });
    let final_hop = FinalHop { realm: 0, amount_msat: Msat(1), cltv_expiry: 2, eob };
    let mut frames = [0; 130];
    let frames = &*final_hop.encode(&mut frames).expect("two frames");
    for forwards in 0..=20 {
        let mut input = [0xa7; RUN_BYTES];
        for frame in input.chunks_exact_mut(65).take(forwards) {
            frame[21..33].fill(0);
        }
        let start = 65 * forwards;
        let room = frames.len().min(RUN_BYTES - start);
        input[start..start + room].copy_from_slice(&frames[..room]);
        match (Run::decode(&input), forwards) {
            (Ok(run), 0..=18) => {
                assert_eq!(run.forwards().len(), forwards);
                assert_eq!(run.final_hop, final_hop);
                assert_eq!(run.filler().len(), RUN_BYTES - start - 130);
                assert_eq!(check(&run, &mut [0; RUN_BYTES]), input);
            }
            (Err(error), 19) => assert!(matches!(error.fault, Fault::Truncated { .. })),
            (Err(error), 20) => assert_eq!(error.fault, Fault::NoFinalFrame),
            (read, _) => panic!("{read:?} behind {forwards} frames"),
        }
    }
}

#[test]
fn payloads_of_every_shape() {
    let mut random = Random::new(3);
    let streams: Vec<_> = (0..ROUNDS).map(|_| extra_stream(&mut random)).collect();
    for stream in &streams {
        let (share, set_id) = (Share(random.array()), PaymentId(random.array()));
        let secret = PaymentSecret(random.array());
        let total_msat = Msat(random.edgy(u64::MAX));
        let child_index = random.edgy(u32::MAX.into()) as u32;
        let amp = Amp::new(&share, &set_id, child_index).expect("not zero");
        let part = Part {
            payment_data: PaymentData { payment_secret: &secret, total_msat },
            amp: random.one_in(2).then_some(amp),
        };
        let payload = Payload {
            amount_msat: Msat(random.edgy(u64::MAX)),
            cltv_expiry: random.edgy(u32::MAX.into()) as u32,
            part: (!random.one_in(8)).then_some(part),
            extra: Extra::new(stream).expect("well-formed"),
        };
        let mut buffer = [0xee; 4096];
        check(&payload, &mut buffer);

        let forward = Forward {
            amount_msat: payload.amount_msat,
            cltv_expiry: payload.cltv_expiry,
            short_channel_id: random.next(),
            extra: payload.extra,
        };
        let mut buffer = [0xee; 4096];
        let mut writer = Writer::new(&mut buffer);
        forward.write_stream(&mut writer);
        let written = writer.finish().expect("room enough");
        assert_eq!(Forward::decode_stream(written), Ok(forward));
    }
}

/// Up to seven records of odd and custom types, with lengths on both sides of a longer BigSize.
fn extra_stream(random: &mut Random) -> Vec<u8> {
    let mut stream = vec![0; 4096];
    let mut writer = Writer::new(&mut stream);
    let mut kind = 0;
    for _ in 0..random.next() % 8 {
        kind += random.edgy(1 << 20) + 1;
        kind |= u64::from(kind < 65536);
        let length = random.edgy(300) as usize;
        writer.bigsize(kind);
        writer.bigsize(length as u64);
        writer.bytes(&vec![random.next() as u8; length]);
    }
    writer.finish().expect("room enough").to_vec()
}

#[test]
fn blobs_of_every_length() {
    let mut random = Random::new(4);
    let data: [u8; DATA_BYTES_MAX + 1] = core::array::from_fn(|k| k as u8 ^ 0x5a);
    for length in 0..=DATA_BYTES_MAX {
        let pivot = Pivot {
            realm: random.next() as u8,
            short_channel_id: random.next(),
            amount_msat: Msat(random.edgy(u64::MAX)),
            cltv_expiry: random.next() as u32,
        };
        let blob = Blob::new(pivot, BlobType::SphinxSend, &data[..length]).expect("short enough");
        let mut buffer = [0xee; ENCODED_BYTES_MAX];
        let written = check(&blob, &mut buffer);
        assert_eq!(written.len(), 65 * (1 + length.saturating_sub(10).div_ceil(32)));

        // As the hop gets it: with hmacs.
        let mut frames = written.to_vec();
        frames
            .chunks_exact_mut(65)
            .for_each(|frame| frame[33..].copy_from_slice(&random.array::<32>()));
        let read = Blob::decode(&frames).expect("hmacs may be anything");
        assert_eq!(
            (read.pivot, read.blob_type(), read.length()),
            (pivot, BlobType::SphinxSend, length)
        );
        assert_eq!(read.copy_to(&mut [0; DATA_BYTES_MAX]).as_deref(), Ok(&data[..length]));
        assert!(read != blob, "other hmacs");
        assert_eq!(check(&read, &mut [0; ENCODED_BYTES_MAX]), frames);
    }
    let too_long = Blob::new(Pivot::default(), BlobType::SphinxSend, &data);
    assert_eq!(too_long, Err(Fault::TooManyFrames { frames_max: 19 }));
}

/// Blobs that differ in one thing are different, each for each.
#[test]
fn blobs_that_differ_in_one_thing_are_not_equal() {
    let data = [7; 12];
    let blob = |pivot, blob_type, data| Blob::new(pivot, blob_type, data).expect("possible");
    let pivot = Pivot::default();
    let blobs = [
        blob(pivot, BlobType::InnerTlv, &data[..]),
        blob(Pivot { realm: 1, ..pivot }, BlobType::InnerTlv, &data),
        blob(Pivot { cltv_expiry: 1, ..pivot }, BlobType::InnerTlv, &data),
        blob(pivot, BlobType::SphinxSend, &data),
        blob(pivot, BlobType::InnerTlv, &data[..11]),
        blob(pivot, BlobType::InnerTlv, &[7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8]),
    ];
    for (left, one) in blobs.iter().enumerate() {
        for (right, other) in blobs.iter().enumerate() {
            assert_eq!(one == other, left == right, "{one:?} {other:?}");
        }
    }
}

/// What is printed of extra records are the records.
#[test]
fn extra_records_are_printed() {
    let extra = Extra::new(&[1, 1, 0xaa, 2, 1, 1, 3, 0]).expect("in order");
    assert_eq!(
        format!("{extra:?}"),
        "[Record { kind: 1, value: [170] }, Record { kind: 3, value: [] }]"
    );
}

/// A buffer of the announced length is enough, and what is wrong can be asked for by itself.
#[test]
fn the_longest_final_hop_and_the_source_of_an_error() {
    let (id, share) = (PaymentId([1; 32]), Share([2; 32]));
    let eob = Eob::Tree(Tree { index: 3, id: &id, share: &share });
    let hop = FinalHop { realm: 0, amount_msat: Msat(5), cltv_expiry: 9, eob };
    assert_eq!(hop.size(), FINAL_HOP_BYTES_MAX);
    let error = FinalHop::decode(&[0; 3]).expect_err("cut off");
    let source = std::error::Error::source(&error).expect("the fault").to_string();
    assert_eq!(error.to_string(), format!("at offset 3: {source}"));
}
