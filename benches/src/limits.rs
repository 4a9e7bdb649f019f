//! What the silicon allows, measured in the same run as the rows.
//!
//! A limit is the rate of one instruction in independent chains, or of memory. What a pair needs of it is
//! counted by [`ammeter_core::operations`], so that "of limit" has no number in it that somebody typed.

use std::{hint::black_box, str::FromStr, thread, time::Instant};

use ammeter_core::{
    Hash, Isa, Scheme,
    operations::{Operations, sha_round_pairs},
};

use crate::statistics::Quartiles;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `sha256rnds2` a second.
    ShaRounds,
    /// Additions of 32-bit lanes a second, one a vector register.
    VectorAdd(Isa),
    /// Shifts (AVX-512: rotations) of 32-bit lanes a second, one a vector register.
    VectorShift(Isa),
    /// Bytes read a second, from a range far larger than the caches.
    MemoryRead,
    /// Bytes written a second, likewise.
    MemoryWrite,
}

impl Probe {
    /// Its name in records.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::ShaRounds => "sha256rnds2".into(),
            Self::VectorAdd(isa) => format!("{isa}-add"),
            Self::VectorShift(isa) => format!("{isa}-shift"),
            Self::MemoryRead => "memory-read".into(),
            Self::MemoryWrite => "memory-write".into(),
        }
    }

    /// What one unit of its rate is.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::ShaRounds | Self::VectorAdd(_) | Self::VectorShift(_) => "instructions/s",
            Self::MemoryRead | Self::MemoryWrite => "bytes/s",
        }
    }
}

/// Bytes that a pair's output takes.
const PAIR_BYTES: f64 = 64.0;

/// Rates over a run.
#[derive(Debug)]
pub struct Limits {
    threads: usize,
    probes: Vec<(Probe, Vec<f64>)>,
    memory: Vec<u64>,
    window: usize,
}

/// Words that memory probes walk through: 256 MiB, beyond any cache that a benchmark's machine is likely to have.
const MEMORY_WORDS: usize = (256 << 20) / 8;
/// Words of one probe: 8 MiB; the next probe takes the next ones.
const WINDOW_WORDS: usize = (8 << 20) / 8;
/// How many windows there are.
const WINDOWS: usize = MEMORY_WORDS / WINDOW_WORDS;

impl Limits {
    /// Limits for `threads` threads at once; instruction probes for what this CPU has.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let mut probes = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if Isa::ShaNi.lacking().is_none() {
                probes.push(Probe::ShaRounds);
            }
            for isa in [Isa::Avx512, Isa::Avx2, Isa::Sse41] {
                if isa.lacking().is_none() {
                    probes.extend([Probe::VectorAdd(isa), Probe::VectorShift(isa)]);
                }
            }
        }
        probes.extend([Probe::MemoryRead, Probe::MemoryWrite]);
        Self {
            threads: threads.max(1),
            probes: probes.into_iter().map(|probe| (probe, Vec::new())).collect(),
            memory: vec![1; MEMORY_WORDS],
            window: 0,
        }
    }

    /// Takes one sample of every limit; a few milliseconds.
    pub fn sample(&mut self) {
        for position in 0..self.probes.len() {
            let rate = self.rate(self.probes[position].0);
            self.probes[position].1.push(rate);
        }
        self.window = (self.window + 1) % WINDOWS;
    }

    /// One sample of one probe, all threads together.
    fn rate(&mut self, probe: Probe) -> f64 {
        // What was just read is in a cache: writes go to the other half of the memory.
        let half = if probe == Probe::MemoryWrite { WINDOWS / 2 } else { 0 };
        let start = (self.window + half) % WINDOWS * WINDOW_WORDS;
        let window = &mut self.memory[start..start + WINDOW_WORDS];
        let parts = window.chunks_mut(WINDOW_WORDS.div_ceil(self.threads));
        let mut rates = 0.0;
        if self.threads == 1 {
            for part in parts {
                rates += one_thread(probe, part);
            }
        } else {
            thread::scope(|scope| {
                let threads: Vec<_> =
                    parts.map(|part| scope.spawn(move || one_thread(probe, part))).collect();
                for thread in threads {
                    rates += thread.join().expect("a probe does not panic");
                }
            });
        }
        rates
    }

    /// Every probe with its rates over the run.
    pub fn rates(&self) -> impl Iterator<Item = (Probe, Quartiles)> {
        let sampled = self.probes.iter().filter(|(_, rates)| !rates.is_empty());
        sampled.map(|(probe, rates)| (*probe, Quartiles::of(rates)))
    }

    /// How many pairs a second are possible with `isa` (the name in a row; a peer's may say more than the
    /// instruction set), and which probe says so. `None` where no limit is known.
    #[must_use]
    pub fn pairs_per_second(&self, hash: Hash, scheme: Scheme, isa: &str) -> Option<(f64, Probe)> {
        let isa = Isa::from_str(isa.split('-').next()?).ok()?;
        let median = |wanted: Probe| {
            self.rates().find(|(probe, _)| *probe == wanted).map(|(_, rate)| rate.median)
        };
        let memory = (median(Probe::MemoryWrite)? / PAIR_BYTES, Probe::MemoryWrite);
        let compute = match isa {
            Isa::ShaNi if hash == Hash::Sha256 => {
                let needed = f64::from(sha_round_pairs(scheme));
                vec![(median(Probe::ShaRounds)? / needed, Probe::ShaRounds)]
            }
            _ => {
                let needed = Operations::of_pair(hash, scheme).instructions(isa)?;
                let lanes = match isa {
                    Isa::Avx512 => 16.0,
                    Isa::Avx2 => 8.0,
                    _ => 4.0,
                };
                let (add, shift) = (Probe::VectorAdd(isa), Probe::VectorShift(isa));
                vec![
                    (median(add)? * lanes / f64::from(needed.total), add),
                    (median(shift)? * lanes / f64::from(needed.shifts), shift),
                ]
            }
        };
        compute.into_iter().chain([memory]).min_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// The rate of one probe on this thread.
fn one_thread(probe: Probe, window: &mut [u64]) -> f64 {
    let start = Instant::now();
    let done = match probe {
        Probe::MemoryRead => {
            black_box(window.iter().copied().fold(0, u64::wrapping_add));
            size_of_val(window)
        }
        Probe::MemoryWrite => {
            window.fill(black_box(3));
            size_of_val(window)
        }
        #[cfg(target_arch = "x86_64")]
        Probe::ShaRounds | Probe::VectorAdd(_) | Probe::VectorShift(_) => instructions(probe),
        #[cfg(not(target_arch = "x86_64"))]
        Probe::ShaRounds | Probe::VectorAdd(_) | Probe::VectorShift(_) => 0,
    };
    done as f64 / start.elapsed().as_secs_f64()
}

/// Runs independent chains of one instruction and returns how many ran.
#[cfg(target_arch = "x86_64")]
fn instructions(probe: Probe) -> usize {
    use core::arch::asm;

    const PASSES: usize = 150;
    /// Twelve chains, ten links each, between two branches.
    const LINKS: usize = 12 * 10;

    /// `$head` N `$tail` for registers 1 to 12, `$end` after the loop; registers 0 and 15 are only read.
    macro_rules! chains {
        ($head:literal $middle:literal $tail:literal, $end:literal) => {
            chains!(@ $head, $middle, $tail, $end,
                "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12")
        };
        (@ $head:literal, $middle:literal, $tail:literal, $end:literal, $($n:literal)*) => {
            // SAFETY: arithmetic in registers that are named as overwritten; a probe is made only for an
            // instruction that the CPU has.
            unsafe {
                asm!(
                    "2:",
                    ".rept 10",
                    $(concat!($head, $n, $middle, $n, $tail),)*
                    ".endr",
                    "dec {passes}",
                    "jnz 2b",
                    $end,
                    passes = inout(reg) PASSES => _,
                    out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
                    out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
                    out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm15") _,
                    options(nomem, nostack),
                )
            }
        };
    }
    match probe {
        Probe::ShaRounds => chains!("sha256rnds2 xmm" ", xmm15 # " "", ""),
        Probe::VectorAdd(Isa::Avx512) => chains!("vpaddd zmm" ", zmm" ", zmm15", "vzeroupper"),
        Probe::VectorShift(Isa::Avx512) => chains!("vprord zmm" ", zmm" ", 7", "vzeroupper"),
        Probe::VectorAdd(Isa::Avx2) => chains!("vpaddd ymm" ", ymm" ", ymm15", "vzeroupper"),
        Probe::VectorShift(Isa::Avx2) => chains!("vpsrld ymm" ", ymm" ", 7", "vzeroupper"),
        Probe::VectorAdd(_) => chains!("paddd xmm" ", xmm15 # " "", ""),
        Probe::VectorShift(_) => chains!("psrld xmm" ", 7 # " "", ""),
        Probe::MemoryRead | Probe::MemoryWrite => return 0,
    }
    PASSES * LINKS
}
