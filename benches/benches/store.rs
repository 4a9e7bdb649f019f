//! Durable HTLCs, by batch and by set, beside redb alone putting the same records.
//!
//! Run with `cargo bench -p ammeter-bench --bench store`. The files are in the folder for temporary
//! files, so `TMPDIR` decides whose disk is measured.

use std::time::Duration;

use ammeter_bench::receive::{Durable, Lane as _, Sample};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn flow(criterion: &mut Criterion, name: &str, set_size: u32, batch: usize) {
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    let case = format!("{name}/sets of {set_size}, batches of {batch}");
    for (row, raw) in [("ammeter", false), ("redb alone", true)] {
        group.bench_function(BenchmarkId::new(row, &case), |bencher| {
            let folder = tempfile::tempdir().expect("a folder");
            let mut durable = Durable::new(folder.path(), 1, set_size, batch).expect("a disk");
            bencher.iter_custom(|runs| {
                let seconds = |_| {
                    let Sample { row, ratio } = durable.sample().expect("a disk");
                    let own = row.iter().sum::<f64>() / row.len() as f64;
                    if raw { ratio * own } else { own }
                };
                Duration::from_secs_f64((0..runs).map(seconds).sum())
            });
        });
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    for batch in [1, 16, 256, 1024] {
        flow(criterion, "by batch", 16, batch);
    }
    for set_size in [1, 4, 64, 256] {
        flow(criterion, "by set", set_size, 256);
    }
}

criterion_group!(benches, store);
criterion_main!(benches);
