//! HTLCs through a receiver in memory, 256 in a batch, by the size of their sets and by how many are
//! held beside them.
//!
//! Run with `cargo bench -p ammeter-bench --bench receiver`. Time is the thread's own: what the
//! scheduler gives to others is taken off.

use std::time::Duration;

use ammeter_amp::{
    receiver::{Event, Output, Receiver},
    service::Histogram,
};
use ammeter_bench::receive::{BATCH, Traffic, pass, policy};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const HELD: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn receiver(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receiver");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    for set_size in [1, 4, 16, 256] {
        for held in HELD {
            let mut traffic = Traffic::new(1);
            let (mut output, mut unread) = (Output::default(), Histogram::default());
            let mut receiver = Receiver::new(policy().with_retention_ms(1)).expect("a kernel");
            let waiting = traffic.incomplete_sets(held);
            receiver.step_all(waiting.into_iter().map(Event::Arrived), &mut output);
            let mut now_ms = 0;
            let id = BenchmarkId::new(format!("sets of {set_size}"), format!("{held} held"));
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| {
                    let arrivals = traffic.whole_sets(count as usize, set_size);
                    let each = pass(&mut receiver, arrivals, BATCH, &mut unread);
                    // What has settled is forgotten: the next ones find only what is held.
                    now_ms += 2;
                    receiver.step_all([Event::Clock { now_ms }], &mut output);
                    Duration::from_secs_f64(each * count as f64)
                });
            });
            let metrics = receiver.metrics();
            assert_eq!(metrics.members, held as u64, "what is held stays");
            println!("{} HTLCs held, {} bytes as counted", metrics.members, metrics.bytes);
        }
    }
    group.finish();
}

criterion_group!(benches, receiver);
criterion_main!(benches);
