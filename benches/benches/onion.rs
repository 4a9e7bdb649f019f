//! Peeling and building onions, beside `fiber-sphinx` (over libsecp256k1) and beside the work on
//! the curve alone, which no implementation over `k256` can be without.
//!
//! Run with `cargo bench -p ammeter-bench --bench onion`.

use std::hint::black_box;

use ammeter_amp::onion::{Framing, Hop, PublicKey, SecretKey, Told, build, open, peel};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fiber_sphinx::OnionPacket;
use k256::{AffinePoint, ProjectivePoint, Scalar, elliptic_curve::sec1::ToSec1Point as _};

const HASH: [u8; 32] = [0x42; 32];
/// Routes as payments have them, and the longest.
const HOPS: [usize; 2] = [4, 19];

fn key(position: usize) -> SecretKey {
    SecretKey::from_bytes(&[1 + position as u8; 32]).expect("a key")
}

/// What the hops are told: one frame each, and the last two.
fn told(hops: usize) -> Vec<Vec<u8>> {
    let mut last = vec![0; 130];
    last[21] = 1;
    (1..hops).map(|_| vec![0; 65]).chain([last]).collect()
}

fn hops<'a>(nodes: &'a [PublicKey], told: &'a [Vec<u8>]) -> Vec<Hop<'a>> {
    let hop = |(node, told)| Hop { node, told: Told::Frames(told) };
    nodes.iter().zip(told.iter().map(Vec::as_slice)).map(hop).collect()
}

fn theirs(bytes: &[u8]) -> OnionPacket {
    OnionPacket::from_bytes_with_packet_data_len(bytes.to_vec(), 1300).expect("theirs")
}

fn peeling(criterion: &mut Criterion) {
    let nodes: Vec<_> = (0..19).map(|position| key(position).public_key()).collect();
    let told = told(19);
    let onion = build(&hops(&nodes, &told), &key(99), &HASH).expect("possible");
    let (packet, secret) = (onion.packet, key(0));
    let mut group = criterion.benchmark_group("onion peel");
    group.throughput(Throughput::Elements(1));
    group.bench_function("ours, forwarding", |bencher| {
        bencher.iter(|| {
            let peeled = peel(black_box(&packet), &secret, &HASH, Framing::Frames);
            peeled.expect("ours").next()
        });
    });
    group.bench_function("the curve alone, forwarding", |bencher| {
        let scalar = Scalar::from(0x1234_5678_9abc_u64).square().square();
        bencher.iter(|| {
            let point = decompressed(black_box(packet.as_bytes()[1..34].try_into().expect("33")));
            let shared = (ProjectivePoint::from(point) * scalar).to_affine().to_sec1_point(true);
            let next = (ProjectivePoint::from(point) * black_box(scalar)).to_affine();
            (shared, next.to_sec1_point(true))
        });
    });
    let (last, last_key) = (onion.last, key(18));
    group.bench_function("ours, receiving", |bencher| {
        bencher.iter(|| peel(black_box(&last), &last_key, &HASH, Framing::Frames));
    });
    group.bench_function("ours, without the curve's products", |bencher| {
        let secret = &onion.secrets[0];
        bencher.iter(|| open(black_box(&packet), secret.clone(), &HASH, Framing::Frames));
    });
    group.bench_function("fiber-sphinx, forwarding", |bencher| {
        let secp = secp256k1::Secp256k1::new();
        let secret = secp256k1::SecretKey::from_slice(&[1; 32]).expect("a key");
        bencher.iter(|| {
            let packet = theirs(black_box(packet.as_bytes()));
            packet.peel(&secret, Some(&HASH), &secp, |_| Some(33)).expect("theirs")
        });
    });
    group.finish();
}

fn decompressed(bytes: &[u8; 33]) -> AffinePoint {
    *k256::PublicKey::from_sec1_bytes(bytes).expect("a point").as_affine()
}

fn building(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("onion build");
    group.throughput(Throughput::Elements(1));
    let session = key(99);
    for count in HOPS {
        let nodes: Vec<_> = (0..count).map(|position| key(position).public_key()).collect();
        let told = told(count);
        let route = hops(&nodes, &told);
        group.bench_function(BenchmarkId::new("ours", count), |bencher| {
            bencher.iter(|| build(black_box(&route), &session, &HASH));
        });
        let points: Vec<_> = nodes.iter().map(|node| decompressed(node.as_bytes())).collect();
        group.bench_function(BenchmarkId::new("the curve alone", count), |bencher| {
            let scalar = Scalar::from(0x1234_5678_9abc_u64).square().square();
            let hop = |point: &AffinePoint| {
                let ephemeral = ProjectivePoint::mul_by_generator(black_box(&scalar)).to_affine();
                let shared = (ProjectivePoint::from(*point) * scalar).to_affine();
                (ephemeral.to_sec1_point(true), shared.to_sec1_point(true))
            };
            bencher.iter(|| points.iter().map(hop).collect::<Vec<_>>());
        });
        let path: Vec<_> = nodes
            .iter()
            .map(|node| secp256k1::PublicKey::from_slice(node.as_bytes()).expect("a key"))
            .collect();
        let their_session = secp256k1::SecretKey::from_slice(&[100; 32]).expect("a key");
        let secp = secp256k1::Secp256k1::new();
        // It cannot put a frame behind the hmac: the last hop has one frame.
        group.bench_function(BenchmarkId::new("fiber-sphinx", count), |bencher| {
            bencher.iter(|| {
                let told = told.iter().map(|told| told[..33].to_vec()).collect();
                let (path, hash) = (path.clone(), Some(HASH.to_vec()));
                OnionPacket::create(their_session, path, told, hash, 1300, &secp).expect("theirs")
            });
        });
    }
    group.finish();
}

criterion_group!(onion, peeling, building);
criterion_main!(onion);
