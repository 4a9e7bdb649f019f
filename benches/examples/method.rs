//! Compares a backend with itself, and prints by how much each way of comparing is wrong:
//! `docs/method.md`.
//!
//! The right answer is 1. Three ways, on the same backend and for the same time each: the ratio of
//! two means, and of two medians, of slices taken one run after the other; and the median of ABBA
//! pair ratios, which is what `ammeter compare` does.
//!
//! `cargo run --release -p ammeter-bench --example method [REPETITIONS [SECONDS]]`

use std::time::{Duration, Instant};

use ammeter_bench::{
    backend::Backend,
    registry,
    sampler::{Plan, sample},
    statistics::Quartiles,
    workload::{Output, Workload},
};
use ammeter_core::{Hash, Scheme};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: f64| {
        arguments.next().map_or(default, |text| text.parse().expect("a number is needed"))
    };
    let (repetitions, seconds) = (number(20.0) as u32, number(2.0));
    let hash = Hash::Sha256;
    let mut entries = registry::entries(hash);
    entries.retain(|entry| entry.name == registry::default_baseline(hash));
    let workload = Workload::new(Scheme::Og, 1, 4096, 1);
    let half = Duration::from_secs_f64(seconds / 2.0);

    let mut errors = [const { Vec::new() }; 3];
    for seed in 0..u64::from(repetitions) {
        let [first, second] = [(); 2].map(|()| slices(&mut *entries[0].make(), &workload, half));
        let mean = |slices: &[f64]| slices.iter().sum::<f64>() / slices.len() as f64;
        let median = |slices: &[f64]| Quartiles::of(slices).median;
        let plan = Plan { hash, threads: 1, time: 2 * half, seed };
        let abba = sample(&entries, 0, &workload, plan, &mut |_| true).noise;
        let ratios = [
            mean(&first) / mean(&second),
            median(&first) / median(&second),
            abba.expect("the baseline is right").median,
        ];
        for (errors, ratio) in errors.iter_mut().zip(ratios) {
            errors.push(100.0 * (ratio - 1.0).abs());
        }
    }
    println!("{repetitions} comparisons of {} with itself, {seconds} s each", entries[0].name);
    println!("{:<28} {:>10} {:>10}", "error in %", "median", "worst");
    let names =
        ["means, one after the other", "medians, one after the other", "ABBA, median of ratios"];
    for (name, errors) in names.into_iter().zip(&errors) {
        let worst = errors.iter().copied().fold(0.0, f64::max);
        println!("{name:<28} {:>10.2} {worst:>10.2}", Quartiles::of(errors).median);
    }
}

/// Wall-clock seconds of one call after the other, for `time`.
fn slices(backend: &mut dyn Backend, workload: &Workload, time: Duration) -> Vec<f64> {
    let mut output = Output::new(workload.pairs());
    let mut slices = Vec::new();
    let start = Instant::now();
    while start.elapsed() < time {
        let output = output.wiped();
        let before = Instant::now();
        backend.derive(workload, output).expect("this backend derives");
        slices.push(before.elapsed().as_secs_f64());
    }
    slices
}
