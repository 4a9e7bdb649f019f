//! What the silicon allows, measured in the same run as the rows.
//!
//! A limit is the rate of a mix of instructions in independent chains, or of memory. What a pair
//! needs of it is counted by [`ammeter_core::operations`], so that "of limit" has no number in it
//! that somebody typed.
//!
//! A sample runs the mix at two lengths, after a warm-up, and divides the difference of the lengths
//! by the difference of the times: what a call costs once cancels out. What disturbs a sample makes
//! it slower, so the limit is the upper end of a run's samples ([`UPPER_END`]) and not their
//! median.

mod instructions;
#[cfg(target_arch = "x86_64")]
mod loads;

#[cfg(target_arch = "x86_64")]
pub use loads::load;

use std::{hint::black_box, str::FromStr, sync::Barrier, thread, time::Duration};

use ammeter_core::{
    Hash, Isa, Scheme,
    operations::{Instructions, Operations, ShaInstructions},
};

use crate::{
    clock::time,
    statistics::{Quartiles, quantile_of},
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Instructions a second, in the mix that a pair of this scheme takes with the SHA extensions.
    Streams(Scheme),
    /// Vector instructions a second, of which so many tenths are shifts (AVX-512: rotations) and
    /// the others additions and exclusive ors.
    Mix(Isa, Tenths),
    /// Bytes read a second, from a range far larger than the caches.
    MemoryRead,
    /// Bytes written a second, likewise.
    MemoryWrite,
}

/// A part of a whole, from none to five tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenths(u8);

impl Tenths {
    /// The part of `needed` that are shifts, rounded down: fewer shifts make the mix faster, never
    /// slower, and what bounds a kernel must not be slower than the kernel's own instructions.
    #[must_use]
    pub fn of_shifts(needed: Instructions) -> Self {
        Self((10 * needed.shifts / needed.total).min(5) as u8)
    }
}

impl Probe {
    /// Its name in records.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Streams(scheme) => {
                let needed = ShaInstructions::of_pair(scheme);
                format!("shani, {} sha256rnds2 of {}", needed.rounds, needed.total())
            }
            Self::Mix(isa, Tenths(shifts)) => format!("{isa}, {shifts}/10 shifts"),
            Self::MemoryRead => "memory-read".into(),
            Self::MemoryWrite => "memory-write".into(),
        }
    }

    /// What one unit of its rate is.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Streams(_) | Self::Mix(..) => "instructions/s",
            Self::MemoryRead | Self::MemoryWrite => "bytes/s",
        }
    }

    const fn is_memory(self) -> bool {
        matches!(self, Self::MemoryRead | Self::MemoryWrite)
    }
}

/// The part of a probe's samples that are below its limit.
pub const UPPER_END: f64 = 0.95;

/// A row beyond its limit by more than this was not measured right, or its limit was not.
pub const OF_LIMIT_MAX: f64 = 1.02;

/// Bytes that a pair's output takes.
const PAIR_BYTES: u64 = 64;

/// Rates over a run.
#[derive(Debug)]
pub struct Limits {
    threads: usize,
    probes: Vec<Probed>,
    memory: Vec<u64>,
    window: usize,
}

#[derive(Debug)]
struct Probed {
    probe: Probe,
    /// Passes of the longer of two lengths beyond the shorter; not known before the first sample.
    passes: Option<u32>,
    rates: Vec<f64>,
}

/// What the samples of a probe were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Their quartiles.
    pub spread: Quartiles,
    /// Their upper end: the limit.
    pub upper: f64,
}

/// Words that memory probes walk through: 256 MiB, beyond any cache that a benchmark's machine is
/// likely to have.
const MEMORY_WORDS: usize = (256 << 20) / 8;
/// Words of one probe: 8 MiB; the next probe takes the next ones.
const WINDOW_WORDS: usize = (8 << 20) / 8;
/// How many windows there are.
const WINDOWS: usize = MEMORY_WORDS / WINDOW_WORDS;
/// The difference of a probe's two lengths lasts about this long.
const DIFFERENCE: Duration = Duration::from_micros(60);

impl Limits {
    /// Limits for `threads` threads at once; instruction probes for what this CPU has and `scheme`
    /// needs.
    #[must_use]
    pub fn new(threads: usize, scheme: Scheme) -> Self {
        let mut probes = Vec::new();
        if cfg!(target_arch = "x86_64") {
            if Isa::ShaNi.lacking().is_none() {
                probes.push(Probe::Streams(scheme));
            }
            for isa in Isa::ALL {
                let mixes = Hash::ALL.map(|hash| mix(hash, scheme, isa));
                for (probe, _) in mixes.into_iter().flatten() {
                    if isa.lacking().is_none() && !probes.contains(&probe) {
                        probes.push(probe);
                    }
                }
            }
        }
        probes.extend([Probe::MemoryRead, Probe::MemoryWrite]);
        let probed = |probe| Probed { probe, passes: None, rates: Vec::new() };
        Self {
            threads: threads.max(1),
            probes: probes.into_iter().map(probed).collect(),
            memory: vec![1; MEMORY_WORDS],
            window: 0,
        }
    }

    /// Takes one sample of every limit; a few milliseconds.
    pub fn sample(&mut self) {
        for position in 0..self.probes.len() {
            let probe = self.probes[position].probe;
            let known = self.probes[position].passes;
            let passes = known.unwrap_or_else(|| passes_lasting(probe, DIFFERENCE));
            self.probes[position].passes = Some(passes);
            let rate = self.rate(probe, passes);
            self.probes[position].rates.extend(rate);
        }
        self.window = (self.window + 1) % WINDOWS;
    }

    /// One sample of one probe, all threads together; `None` if a disturbance spoilt it.
    fn rate(&mut self, probe: Probe, passes: u32) -> Option<f64> {
        // What was just read is in a cache: writes go to the other half of the memory.
        let half = if probe == Probe::MemoryWrite { WINDOWS / 2 } else { 0 };
        let start = (self.window + half) % WINDOWS * WINDOW_WORDS;
        let window = &mut self.memory[start..start + WINDOW_WORDS];
        let parts = window.chunks_mut(WINDOW_WORDS.div_ceil(self.threads));
        if self.threads == 1 {
            return parts.map(|part| one_thread(probe, passes, part)).sum();
        }
        let begin = Barrier::new(parts.len());
        thread::scope(|scope| {
            let threads: Vec<_> = parts
                .map(|part| {
                    scope.spawn(|| {
                        begin.wait();
                        one_thread(probe, passes, part)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("a probe does not panic")).sum()
        })
    }

    /// Every probe with its rates over the run.
    pub fn rates(&self) -> impl Iterator<Item = (Probe, Rate)> {
        let sampled = self.probes.iter().filter(|probed| !probed.rates.is_empty());
        sampled.map(|Probed { probe, rates, .. }| {
            (*probe, Rate { spread: Quartiles::of(rates), upper: quantile_of(rates, UPPER_END) })
        })
    }

    /// How many pairs a second are possible with `isa` (the name in a row; a peer's may say more
    /// than the instruction set) in calls of `pairs`, and which probe says so. `None` where no
    /// limit is known.
    #[must_use]
    pub fn pairs_per_second(
        &self,
        hash: Hash,
        scheme: Scheme,
        isa: &str,
        pairs: u64,
    ) -> Option<(f64, Probe)> {
        let isa = Isa::from_str(isa.split('-').next()?).ok()?;
        let (probe, each) = match isa {
            Isa::ShaNi if hash == Hash::Sha256 => {
                let needed = ShaInstructions::of_pair(scheme);
                (Probe::Streams(scheme), f64::from(needed.total()))
            }
            _ => mix(hash, scheme, isa)?,
        };
        let upper = |wanted: Probe| {
            self.rates().find(|(probe, _)| *probe == wanted).map(|(_, rate)| rate.upper)
        };
        let compute = (upper(probe)? / each, probe);
        // Output that a cache may hold is not bounded by what memory takes.
        let output_bytes = pairs * PAIR_BYTES * self.threads as u64;
        if output_bytes < size_of_val(&*self.memory) as u64 {
            return Some(compute);
        }
        let memory = (upper(Probe::MemoryWrite)? / PAIR_BYTES as f64, Probe::MemoryWrite);
        Some(if memory.0 < compute.0 { memory } else { compute })
    }
}

/// The probe for a vector kernel, and how many of its instructions a pair takes.
fn mix(hash: Hash, scheme: Scheme, isa: Isa) -> Option<(Probe, f64)> {
    let lanes = match isa {
        Isa::Avx512 => 16.0,
        Isa::Avx512Vl | Isa::Avx2 => 8.0,
        Isa::Sse41 => 4.0,
        _ => return None,
    };
    let needed = Operations::of_pair(hash, scheme).instructions(isa)?;
    Some((Probe::Mix(isa, Tenths::of_shifts(needed)), f64::from(needed.total) / lanes))
}

/// The rate of one probe on this thread; `None` if the longer length took no longer.
fn one_thread(probe: Probe, passes: u32, window: &mut [u64]) -> Option<f64> {
    if probe.is_memory() {
        let ((), elapsed) = time(|| match probe {
            Probe::MemoryRead => {
                black_box(window.iter().copied().fold(0, u64::wrapping_add));
            }
            _ => window.fill(black_box(3)),
        });
        return Some(size_of_val(window) as f64 / elapsed.time.as_secs_f64());
    }
    let timed = |passes| time(|| instructions::run(probe, passes)).1.time.as_secs_f64();
    let done = f64::from(passes) * f64::from(instructions::of_pass(probe));
    Some(done / lasting(passes, timed)?)
}

/// Seconds that `passes` take beyond what a call costs once; `None` if there is no such difference.
fn lasting(passes: u32, mut timed: impl FnMut(u32) -> f64) -> Option<f64> {
    let short = (passes / 4).max(1);
    // The first one warms up and does not count: registers this wide may be asleep. Of the two
    // others that are short the undisturbed one counts.
    timed(short);
    let (before, long, after) = (timed(short), timed(short + passes), timed(short));
    let difference = long - before.min(after);
    (difference > 0.0).then_some(difference)
}

/// How many passes last about so long; memory has no passes.
fn passes_lasting(probe: Probe, wanted: Duration) -> u32 {
    if probe.is_memory() {
        return 1;
    }
    let mut passes = 16;
    while time(|| instructions::run(probe, passes)).1.time < wanted && passes < 1 << 20 {
        passes *= 2;
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mix with more shifts than the kernel has could be slower than the kernel.
    #[test]
    fn a_mix_has_no_more_shifts_than_the_kernel() {
        for (hash, scheme) in Hash::ALL.into_iter().flat_map(|hash| Scheme::ALL.map(|s| (hash, s)))
        {
            for isa in [Isa::Avx512, Isa::Avx512Vl, Isa::Avx2, Isa::Sse41] {
                let needed = Operations::of_pair(hash, scheme).instructions(isa).unwrap();
                let Tenths(shifts) = Tenths::of_shifts(needed);
                assert!(u32::from(shifts) * needed.total <= 10 * needed.shifts, "{hash} {scheme}");
                assert!((2..=4).contains(&shifts), "{hash} {scheme} {isa}: {shifts}");
            }
        }
    }

    #[test]
    fn memory_bounds_only_what_no_cache_can_hold() {
        let mut limits = Limits::new(1, Scheme::Og);
        let rate = |probe, rate| Probed { probe, passes: None, rates: vec![rate] };
        let needed = f64::from(ShaInstructions::of_pair(Scheme::Og).total());
        let streams = Probe::Streams(Scheme::Og);
        limits.probes = vec![rate(streams, 1e9 * needed), rate(Probe::MemoryWrite, 64e6)];
        let of = |pairs| limits.pairs_per_second(Hash::Sha256, Scheme::Og, "shani-4", pairs);
        assert_eq!(of(4096), Some((1e9, streams)));
        assert_eq!(of(1 << 22), Some((1e6, Probe::MemoryWrite)));
        assert_eq!(limits.pairs_per_second(Hash::Sha256, Scheme::Og, "assembly", 1), None);
    }

    /// What wakes the registers up may be slower or, where the clock falls with them, faster.
    #[test]
    fn the_first_run_wakes_up_and_does_not_count() {
        let of = |seconds: [f64; 4]| {
            let mut runs = [25, 25, 125, 25].into_iter().zip(seconds);
            let mut timed = |passes| {
                let (expected, seconds) = runs.next().expect("four runs");
                assert_eq!(passes, expected);
                seconds
            };
            lasting(100, &mut timed)
        };
        assert_eq!(of([9.0, 2.0, 6.0, 2.0]), Some(4.0));
        assert_eq!(of([1.0, 2.0, 6.0, 2.0]), Some(4.0));
        assert_eq!(of([2.0, 2.0, 6.0, 3.0]), Some(4.0), "disturbed after");
        assert_eq!(of([2.0, 3.0, 6.0, 2.0]), Some(4.0), "disturbed before");
        assert_eq!(of([2.0, 2.0, 2.0, 2.0]), None);
    }

    /// Every probe of this machine gives a rate on one thread and on several.
    #[test]
    fn probes_have_rates() {
        for threads in [1, 2] {
            let mut limits = Limits::new(threads, Scheme::Lnd);
            for _ in 0..5 {
                limits.sample();
            }
            let rates: Vec<_> = limits.rates().collect();
            assert_eq!(rates.len(), limits.probes.len());
            for (probe, Rate { spread, upper }) in rates {
                assert!(spread.q1 > 0.0 && upper >= spread.q3, "{probe:?} {spread:?} {upper}");
            }
        }
    }
}
