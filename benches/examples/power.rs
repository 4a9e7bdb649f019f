//! The power of a comparison, measured: how often a planted slow-down is seen, and how often one is
//! seen where there is none.
//!
//! A row is our own best kernel, and so is the baseline; the row's clock is made to run slow by the
//! part that is planted. It is seen if the interval of the ratio, widened by that run's A/A, lies
//! below 1. Run with `just power`, or `cargo run --release -p ammeter-bench --example power -- RUNS
//! SECONDS`.

use std::time::Duration;

use ammeter_bench::{
    backend::{Backend, Entry, Failure},
    clock::Elapsed,
    registry,
    sampler::{Outcome, Plan, sample},
    workload::Workload,
};
use ammeter_core::{Hash, Pairs, Scheme};

/// Slow-downs in per cent; none is an A/A run.
const PLANTED: [f64; 4] = [0.0, 1.0, 2.0, 5.0];

/// A backend whose calls seem to take longer than they do.
struct Slowed {
    honest: Box<dyn Backend>,
    factor: f64,
}

impl Backend for Slowed {
    fn derive(&mut self, workload: &Workload, output: Pairs<'_>) -> Result<Elapsed, Failure> {
        let elapsed = self.honest.derive(workload, output)?;
        Ok(Elapsed { time: elapsed.time.mul_f64(self.factor), ..elapsed })
    }
}

fn slowed(per_cent: f64) -> Entry {
    let make = move || -> Box<dyn Backend> {
        let honest = registry::entries(Hash::Sha256).remove(0).make();
        Box::new(Slowed { honest, factor: 1.0 + per_cent / 100.0 })
    };
    Entry { make: Box::new(make), ..registry::entries(Hash::Sha256).remove(0) }
}

/// Whether one run sees the row slower, and whether it sees it faster.
fn seen(per_cent: f64, seconds: f64, seed: u64) -> [bool; 2] {
    let entries = [registry::entries(Hash::Sha256).remove(0), slowed(per_cent)];
    let workload = Workload::new(Scheme::Og, 1, 4096, seed);
    let time = Duration::from_secs_f64(seconds);
    let plan = Plan { hash: Hash::Sha256, threads: 1, time, seed };
    let run = sample(&entries, 0, &workload, plan, &mut |_: f64| true);
    let noise = 1.0 + run.noise.expect("the baseline is right").distance_from_one();
    let Outcome::Verified(sampled) = &run.outcomes[1] else { panic!("{:?}", run.outcomes[1]) };
    [sampled.ratio.high * noise < 1.0, sampled.ratio.low > noise]
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| {
        argument.parse::<f64>().unwrap_or_else(|error| panic!("`{argument}`: {error}"))
    });
    let runs = arguments.next().unwrap_or(100.0) as u64;
    let seconds = arguments.next().unwrap_or(2.0);
    println!("{runs} runs of {seconds} s each");
    println!("planted  seen as slower  seen as faster");
    for per_cent in PLANTED {
        let all: Vec<[bool; 2]> = (0..runs).map(|seed| seen(per_cent, seconds, seed)).collect();
        let of = |which: usize| {
            let count = all.iter().filter(|seen| seen[which]).count();
            100.0 * count as f64 / runs as f64
        };
        println!("{per_cent:>5} %  {:>12.1} %  {:>12.1} %", of(0), of(1));
    }
}
