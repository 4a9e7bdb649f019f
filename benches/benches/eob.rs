//! Decoding and encoding one message of each format, beside a copy of its bytes.
//!
//! Run with `cargo bench -p ammeter-bench --bench eob`.

use std::hint::black_box;

use ammeter_amp::eob::{
    Eob, FinalHop, Message, Run,
    adaptive::Adaptive,
    basic::{Basic, Folded},
    committed::Committed,
    pr31::{Blob, BlobType, DATA_BYTES_MAX, Pivot},
    size::RUN_BYTES,
    tlv::{Amp, Extra, Part, Payload, PaymentData},
    tree::Tree,
};
use ammeter_core::{Commitment, Msat, PaymentId, PaymentSecret, Share};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const ID: PaymentId = PaymentId([0x1d; 32]);
const COMMITMENT: Commitment = Commitment([0xc0; 32]);
const AMOUNT: Msat = Msat(546_000);
const CLTV: u32 = 800_000;

/// Copy, decode and encode of `bytes`, which are a message of this type.
fn message<'a, M: Message<'a>>(criterion: &mut Criterion, name: &str, bytes: &'a [u8]) {
    let mut group = criterion.benchmark_group("eob");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let mut target = vec![0; bytes.len()];
    group.bench_function(BenchmarkId::new("copy", name), |bencher| {
        bencher.iter(|| black_box(&mut target[..]).copy_from_slice(black_box(bytes)));
    });
    group.bench_function(BenchmarkId::new("decode", name), |bencher| {
        bencher.iter(|| black_box(M::decode(black_box(bytes))).is_ok());
    });
    let Ok(value) = M::decode(bytes) else { panic!("{name} is not valid") };
    group.bench_function(BenchmarkId::new("encode", name), |bencher| {
        bencher.iter(|| black_box(black_box(&value).encode(&mut target)).is_ok());
    });
    assert_eq!(target, bytes, "{name} is written as it was read");
    group.finish();
}

/// The bytes of a message.
fn written<'a>(message: &impl Message<'a>) -> Vec<u8> {
    let mut bytes = vec![0; message.size()];
    message.encode(&mut bytes).expect("room enough");
    bytes
}

fn final_hop(eob: Eob<'_>) -> Vec<u8> {
    written(&FinalHop { realm: 0, amount_msat: AMOUNT, cltv_expiry: CLTV, eob })
}

fn frames(criterion: &mut Criterion) {
    let share = Share([0x5a; 32]);
    let folded = Folded { part_count: 16, weight: 1 };
    let basic = Basic::new(folded, &ID, &share).expect("a possible weight");
    let short_id = [0x1d; 11];
    for eob in [
        Eob::None,
        Eob::Basic(basic),
        Eob::Adaptive(Adaptive { part_count: 16, id: &ID, share: &share }),
        Eob::Committed(Committed { id: &short_id, commitment: &COMMITMENT, share: &share }),
        Eob::Tree(Tree { index: 7, id: &ID, share: &share }),
    ] {
        message::<FinalHop<'_>>(criterion, eob.name(), &final_hop(eob));
    }
    let mut run = [1; RUN_BYTES];
    run[..130].copy_from_slice(&final_hop(Eob::Basic(basic)));
    message::<Run<'_>>(criterion, "run", &run);
}

fn payload(criterion: &mut Criterion) {
    let (share, secret) = (Share([0x5a; 32]), PaymentSecret([0x5e; 32]));
    let amp = Amp::new(&share, &ID, 0x8000_0000).expect("not a zero set id");
    let payment_data = PaymentData { payment_secret: &secret, total_msat: Msat(10 * AMOUNT.0) };
    let part = Part { payment_data, amp: Some(amp) };
    let payload =
        Payload { amount_msat: AMOUNT, cltv_expiry: CLTV, part: Some(part), extra: Extra::NONE };
    message::<Payload<'_>>(criterion, "tlv", &written(&payload));
}

fn blob(criterion: &mut Criterion) {
    let data = [0xda; DATA_BYTES_MAX];
    for length in [42, DATA_BYTES_MAX] {
        let blob = Blob::new(Pivot::default(), BlobType::InnerTlv, &data[..length]);
        let bytes = written(&blob.expect("short enough"));
        message::<Blob<'_>>(criterion, &format!("pr31 {length}"), &bytes);
    }
}

criterion_group!(eob, frames, payload, blob);
criterion_main!(eob);
