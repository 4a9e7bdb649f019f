//! Time and reference cycles.
//!
//! Reference cycles are ticks of the timestamp counter: it runs at a fixed rate whatever the core's
//! clock does, so they are a unit of time, and only on a core at exactly that rate are they the
//! core's cycles.

use std::time::{Duration, Instant};

/// How long something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// Time on the core: wall-clock time, less the time in which the scheduler ran somebody else
    /// there.
    pub time: Duration,
    /// Ticks of the timestamp counter in that time, where there is one.
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

/// The two clocks disagree by up to this much without a context switch.
pub(crate) const SWITCH_MIN: Duration = Duration::from_micros(5);

/// Times one call.
///
/// Where another process wants the core too, a context switch would hit half of all slices, and
/// their median would measure the scheduler. The CPU clock of the thread tells how long it was
/// switched out; that time is subtracted. The clock is read outside the timed span, so that a call
/// that was not interrupted is timed by the wall clock alone.
pub fn time<T>(call: impl FnOnce() -> T) -> (T, Elapsed) {
    let (outer, cpu) = (Instant::now(), thread_cpu_time());
    let start_cycles = reference_cycles();
    let start = Instant::now();
    let result = call();
    let wall = start.elapsed();
    let cycles = reference_cycles().zip(start_cycles).map(|(end, start)| end - start);
    let cpu = thread_cpu_time().zip(cpu).map(|(end, start)| end.saturating_sub(start));
    let time = on_core(wall, outer.elapsed(), cpu);
    let part = time.as_secs_f64() / wall.as_secs_f64().max(f64::MIN_POSITIVE);
    let reference_cycles = cycles.map(|cycles| (cycles as f64 * part) as u64);
    (result, Elapsed { time, reference_cycles })
}

/// How much of `wall` the thread was on the core, which it was for `cpu` of the somewhat longer
/// span `outer`.
///
/// A switch may fall just before or after the timed span. The time of the CPU clock is an upper
/// bound and close, so that the smaller of the two is right wherever the switch was.
fn on_core(wall: Duration, outer: Duration, cpu: Option<Duration>) -> Duration {
    match cpu {
        Some(cpu) if outer.saturating_sub(cpu) >= SWITCH_MIN => wall.min(cpu),
        _ => wall,
    }
}

/// How long this thread has been on a core, where the system tells.
pub(crate) fn thread_cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};

        clock_gettime(ClockId::ThreadCPUTime).try_into().ok()
    }
    #[cfg(not(unix))]
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_lost_inside_the_call_is_taken_off() {
        let ms = Duration::from_millis;
        assert_eq!(on_core(ms(10), ms(10), Some(ms(10))), ms(10));
        assert_eq!(on_core(ms(16), ms(16), Some(ms(10))), ms(10), "inside");
        assert_eq!(on_core(ms(10), ms(16), Some(ms(10))), ms(10), "before or after");
        assert_eq!(on_core(ms(10), ms(16), None), ms(10));
        let (wall, cpu) = (Duration::from_micros(100), Duration::from_micros(99));
        assert_eq!(on_core(wall, wall, Some(cpu)), wall, "the clocks' own disagreement");
    }

    /// Sleep does not count, work does.
    #[cfg(unix)]
    #[test]
    fn time_off_the_core_is_not_counted() {
        let (asleep, awake) = (Duration::from_millis(60), Duration::from_millis(20));
        let work = || {
            let start = thread_cpu_time().unwrap();
            while thread_cpu_time().unwrap() - start < awake {}
        };
        let ((), both) = time(|| {
            std::thread::sleep(asleep);
            work();
        });
        assert!(both.time >= awake && both.time < asleep, "{both:?}");
        let ((), worked) = time(work);
        assert!(worked.time + SWITCH_MIN >= awake, "{worked:?}");
    }
}
