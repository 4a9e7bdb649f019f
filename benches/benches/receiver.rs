//! HTLCs through a receiver in memory, from arrival to the last trace, by the size of their sets
//! and by how many are held.
//!
//! Run with `cargo bench -p ammeter-bench --bench receiver`. Time is the thread's own: what the
//! scheduler gives to others is taken off.

use ammeter_bench::traffic::{Node, Traffic};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const HELD: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn receiver(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receiver");
    group.throughput(Throughput::Elements(1)).sample_size(10);
    for set_size in [1, 4, 16, 256] {
        for held in HELD {
            // Sets of one part are never held: what is held are sets that wait for a second.
            let background = if set_size == 1 { held } else { 0 };
            let mut traffic = Traffic::new(set_size, held);
            let mut node = Node::new(Traffic::policy());
            node.hold(background);
            let warm_up = traffic.warm_up();
            node.run(&mut traffic, warm_up);
            let id = BenchmarkId::new(format!("sets of {set_size}"), format!("{held} held"));
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| node.run(&mut traffic, count));
            });
            let metrics = node.receiver.metrics();
            let settling = u64::from(background) + 2 * u64::from(set_size);
            assert_eq!(node.failed, 0, "every set is honest");
            assert!(node.settled > 0 && metrics.members + settling > u64::from(held) / 2);
            println!("{} HTLCs held, {} bytes as counted", metrics.members, metrics.bytes);
        }
    }
    group.finish();
}

criterion_group!(benches, receiver);
criterion_main!(benches);
