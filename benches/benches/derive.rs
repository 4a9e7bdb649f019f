//! The performance core: kernels, batch sizes, threads, matching, shares.
//!
//! Run with `cargo bench -p ammeter-bench --bench derive`, and a part of an id to choose:
//! `kernel/sha256/og`, `batch/`, `find/`, `shares/`. Throughput is in pairs, or shares, a second.

use std::{collections::HashMap, hint::black_box};

use ammeter_amp::sender::Seed;
use ammeter_core::{
    BasePreimage, Engine, Hash, Indices, Job, Kernel, Matching, Pairs, PaymentHash, Preimage,
    Scheme, Share,
    shares::{generate, reduce},
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

static ROOT: BasePreimage = BasePreimage([0x5a; 32]);

/// Children of one payment, and places for what comes out.
struct Batch {
    scheme: Scheme,
    shares: Vec<Share>,
    preimages: Vec<Preimage>,
    payment_hashes: Vec<PaymentHash>,
}

impl Batch {
    fn new(scheme: Scheme, children: usize) -> Self {
        let mut shares = vec![Share::ZERO; if scheme.hashes_share() { children } else { 0 }];
        generate(&Seed::from_bytes([1; 32]), 0, &mut shares);
        Self {
            scheme,
            shares,
            preimages: vec![Preimage::ZERO; children],
            payment_hashes: vec![PaymentHash::ZERO; children],
        }
    }

    fn derive(&mut self, engine: &Engine) {
        let Self { scheme, shares, preimages, payment_hashes } = self;
        let pairs = Pairs { preimages, payment_hashes };
        let children = pairs.preimages.len();
        engine.derive(&job(*scheme, shares, children), pairs).expect("a job that fits");
    }
}

fn job(scheme: Scheme, shares: &[Share], children: usize) -> Job<'_> {
    let indices = Indices::range(1, children as u64).expect("few children");
    Job { scheme, root: &ROOT, indices, shares }
}

/// Every kernel by itself, at a size where set-up no longer counts.
fn kernels(criterion: &mut Criterion) {
    // Tree has 256 indices.
    const CHILDREN: usize = 255;
    let mut group = criterion.benchmark_group("kernel");
    group.throughput(Throughput::Elements(CHILDREN as u64));
    for hash in Hash::ALL {
        for scheme in Scheme::ALL {
            for kernel in Kernel::available(hash) {
                let engine = Engine::with_kernel(kernel).single_threaded();
                let mut batch = Batch::new(scheme, CHILDREN);
                let id = BenchmarkId::new(format!("{hash}/{scheme}"), kernel.isa());
                group.bench_function(id, |bencher| bencher.iter(|| batch.derive(&engine)));
            }
        }
    }
    group.finish();
}

/// What a user of `Engine::new` gets, from one pair to a million, on one thread and on all.
fn batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("batch");
    for hash in Hash::ALL {
        let engine = Engine::new(hash).expect("a kernel");
        for power in [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20] {
            let children = 1 << power;
            let mut batch = Batch::new(Scheme::Og, children);
            group.throughput(Throughput::Elements(children as u64));
            for (threads, engine) in [("one", engine.single_threaded()), ("all", engine)] {
                // Small batches never leave the calling thread.
                if threads == "one" || children >= ammeter_core::engine::PARALLEL_MIN {
                    let id = BenchmarkId::new(format!("{hash}/{threads}-threads"), children);
                    group.bench_function(id, |bencher| bencher.iter(|| batch.derive(&engine)));
                }
            }
        }
    }
    group.finish();
}

/// Derive and match in one, beside deriving into memory and looking up in a map.
fn matching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("find");
    for hash in Hash::ALL {
        let engine = Engine::new(hash).expect("a kernel").single_threaded();
        for children in [1, 4, 16, 64, 256, 1024] {
            let mut batch = Batch::new(Scheme::Og, children);
            batch.derive(&engine);
            let held: Vec<PaymentHash> =
                (0..children).map(|k| batch.payment_hashes[(k * 7919 + 3) % children]).collect();
            let mut positions = vec![None; children];
            let mut preimages = vec![Preimage::ZERO; children];
            group.throughput(Throughput::Elements(children as u64));
            group.bench_function(BenchmarkId::new(format!("{hash}/fused"), children), |bencher| {
                bencher.iter(|| {
                    let matching = Matching {
                        held: black_box(&held),
                        positions: &mut positions,
                        preimages: &mut preimages,
                    };
                    let found = engine.find(&job(Scheme::Og, &[], children), matching);
                    assert_eq!(found, Ok(children));
                });
            });
            group.bench_function(BenchmarkId::new(format!("{hash}/map"), children), |bencher| {
                bencher.iter(|| {
                    batch.derive(&engine);
                    let map: HashMap<PaymentHash, u32> =
                        batch.payment_hashes.iter().copied().zip(0..).collect();
                    for (place, hash) in black_box(&held).iter().enumerate() {
                        let position = map[hash];
                        positions[place] = Some(position);
                        preimages[place] = batch.preimages[position as usize];
                    }
                });
            });
        }
    }
    group.finish();
}

/// Generation and XOR reduction, in a cache and beyond the last one; beside the reduction the bare
/// loads of the same bytes, which bound it.
fn shares(criterion: &mut Criterion) {
    let seed = Seed::from_bytes([2; 32]);
    let mut group = criterion.benchmark_group("shares");
    for count in [16, 512, 1 << 13, 1 << 16, 1 << 21] {
        let mut shares = vec![Share::ZERO; count];
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("generate", count), |bencher| {
            bencher.iter(|| generate(&seed, 0, black_box(&mut shares)));
        });
        group.bench_function(BenchmarkId::new("reduce", count), |bencher| {
            bencher.iter(|| reduce(black_box(&shares)));
        });
        #[cfg(target_arch = "x86_64")]
        group.bench_function(BenchmarkId::new("loads", count), |bencher| {
            bencher.iter(|| ammeter_bench::limits::load(black_box(&shares)));
        });
    }
    group.finish();
}

criterion_group!(benches, kernels, batches, matching, shares);
criterion_main!(benches);
