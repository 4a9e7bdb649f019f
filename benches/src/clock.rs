//! Time and reference cycles.
//!
//! Reference cycles are ticks of the timestamp counter: it runs at a fixed rate whatever the core's clock
//! does, so they are a unit of time, and only on a core at exactly that rate are they the core's cycles.

use std::time::{Duration, Instant};

/// How long something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// Wall-clock time.
    pub time: Duration,
    /// Ticks of the timestamp counter, where there is one.
    pub reference_cycles: Option<u64>,
}

impl Elapsed {
    /// The sum of two spans; cycles only where both have them.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            time: self.time + other.time,
            reference_cycles: self
                .reference_cycles
                .zip(other.reference_cycles)
                .map(|(one, other)| one + other),
        }
    }
}

/// Times one call.
pub fn time<T>(call: impl FnOnce() -> T) -> (T, Elapsed) {
    let start_cycles = reference_cycles();
    let start = Instant::now();
    let result = call();
    let time = start.elapsed();
    let reference_cycles = reference_cycles().zip(start_cycles).map(|(end, start)| end - start);
    (result, Elapsed { time, reference_cycles })
}

/// The timestamp counter now.
#[must_use]
pub fn reference_cycles() -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86-64 CPU has `rdtsc`, and operating systems leave it to user code.
        Some(unsafe { core::arch::x86_64::_rdtsc() })
    }
    #[cfg(not(target_arch = "x86_64"))]
    None
}
