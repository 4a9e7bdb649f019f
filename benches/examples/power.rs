//! The power of a comparison, measured: how often a planted slow-down is seen, and how often one is
//! seen where there is none.
//!
//! A row is our own best kernel, and so is the baseline; the time of the row's calls is multiplied
//! by what is planted. It is seen if the interval of the ratio, widened by that run's A/A, lies
//! below 1. A false alarm is a run without a slow-down that sees the row slower or faster.
//!
//! ```text
//! just power [--runs N] [--aa-runs N] [--seconds S] [--load PROCESSES]
//! ```
//!
//! `--load` keeps so many processes of its own busy meanwhile; without it, the machine is as it is.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

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
/// What a process of `--load` is started with, and how long it lives if nobody ends it.
const SPIN: &str = "--spin";
const SPIN_MAX: Duration = Duration::from_secs(3600);

fn main() {
    if std::env::args().nth(1).as_deref() == Some(SPIN) {
        return spin();
    }
    let options = Options::read().unwrap_or_else(|reason| {
        eprintln!("{reason}");
        std::process::exit(2);
    });
    let Options { runs, aa_runs, seconds, load } = options;
    let _load = Load::start(load);
    println!("runs of {seconds} s of `{}`, {load} busy processes beside them", best().name);
    println!("planted   runs  seen slower  seen faster  cannot tell  widest noise");
    for per_cent in PLANTED {
        let count = if per_cent == 0.0 { aa_runs } else { runs };
        let tally = (0..count).fold(Tally::default(), |mut tally, seed| {
            tally.count(seen(per_cent, seconds, seed));
            tally
        });
        let Tally { slower, faster, unclear, noise } = tally;
        let part = |of: u64| 100.0 * of as f64 / count.max(1) as f64;
        println!(
            "{per_cent:>5} %  {count:>5}  {:>9.1} %  {:>9.1} %  {:>9.1} %  {:>10.2} %",
            part(slower),
            part(faster),
            part(unclear),
            100.0 * noise
        );
    }
}

/// What the command line says.
struct Options {
    /// Runs for each planted slow-down.
    runs: u64,
    /// Runs without one.
    aa_runs: u64,
    /// Seconds of sampling a run.
    seconds: f64,
    /// Busy processes.
    load: u64,
}

impl Options {
    fn read() -> Result<Self, String> {
        let mut options = Self { runs: 100, aa_runs: 200, seconds: 2.0, load: 0 };
        let mut words = std::env::args().skip(1);
        while let Some(flag) = words.next() {
            let value = words.next().ok_or_else(|| format!("{flag}: a number is needed"))?;
            let whole = || value.parse::<u64>().map_err(|error| format!("{flag} {value}: {error}"));
            match flag.as_str() {
                "--runs" => options.runs = whole()?,
                "--aa-runs" => options.aa_runs = whole()?,
                "--load" => options.load = whole()?,
                "--seconds" => match value.parse::<f64>() {
                    Ok(seconds) if (0.0..=3600.0).contains(&seconds) => options.seconds = seconds,
                    _ => return Err(format!("{flag} {value}: seconds from 0 to 3600 are needed")),
                },
                _ => {
                    return Err(format!("{flag}: there are --runs, --aa-runs, --seconds, --load"));
                }
            }
        }
        Ok(options)
    }
}

/// Processes that keep cores busy until they are dropped.
struct Load(Vec<Child>);

impl Load {
    fn start(count: u64) -> Self {
        let this = std::env::current_exe().expect("a program knows its own path");
        let start = |_| {
            let spinning = Command::new(&this).arg(SPIN).stdout(Stdio::null()).spawn();
            spinning.expect("this program could be started once already")
        };
        Self((0..count).map(start).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spin() {
    let start = Instant::now();
    while start.elapsed() < SPIN_MAX {
        std::hint::black_box((0..1 << 16).fold(1_u64, |x, k| x.wrapping_mul(3) ^ k));
    }
}

/// What one run said.
struct Seen {
    /// The interval of the row's speed over the baseline's, widened by A/A.
    low: f64,
    high: f64,
    /// A/A, as a distance from 1.
    noise: f64,
}

#[derive(Default)]
struct Tally {
    slower: u64,
    faster: u64,
    unclear: u64,
    noise: f64,
}

impl Tally {
    fn count(&mut self, Seen { low, high, noise }: Seen) {
        *(if high < 1.0 {
            &mut self.slower
        } else if low > 1.0 {
            &mut self.faster
        } else {
            &mut self.unclear
        }) += 1;
        self.noise = self.noise.max(noise);
    }
}

/// Our best kernel for SHA-256.
fn best() -> Entry {
    registry::entries(Hash::Sha256).remove(0)
}

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
    let factor = 1.0 + per_cent / 100.0;
    let make = move || -> Box<dyn Backend> { Box::new(Slowed { honest: best().make(), factor }) };
    Entry { make: Box::new(make), ..best() }
}

/// One run.
fn seen(per_cent: f64, seconds: f64, seed: u64) -> Seen {
    let workload = Workload::new(Scheme::Og, 1, 4096, seed);
    let time = Duration::from_secs_f64(seconds);
    let plan = Plan { hash: Hash::Sha256, threads: 1, time, seed };
    let run = sample(&[best(), slowed(per_cent)], 0, &workload, plan, &mut |_: f64| true);
    let noise = run.noise.expect("the baseline is right").distance_from_one();
    let Outcome::Verified(sampled) = &run.outcomes[1] else { panic!("{:?}", run.outcomes[1]) };
    Seen { low: sampled.ratio.low / (1.0 + noise), high: sampled.ratio.high * (1.0 + noise), noise }
}
