//! Whether a program's clock agrees with ours.
//!
//! From outside, a run takes the time that the program claims for its calls, and the time in which
//! it digests their outputs. The request `digest` asks for the latter alone. What is left over
//! belongs to the calls, whatever the program claims.

use std::time::Duration;

use crate::backend::Failure;

/// Seconds a call, as seen in one workload.
#[derive(Debug)]
pub(super) struct Audit {
    claimed: Vec<f64>,
    /// What a run took from outside, less what was claimed.
    unclaimed: Vec<f64>,
    digests: Vec<f64>,
    /// Whether all of them are without the time that was spent waiting for a core.
    is_on_core: bool,
}

/// Fewer samples than this say nothing.
const SAMPLES_MIN: usize = 3;
/// A digest is timed in each of the first runs, then in one of so many.
const DIGEST_EVERY: usize = 8;
/// Shorter runs, while calls are still counted, say more about the pipes.
const AUDITED_SECONDS_MIN: f64 = 2e-3;
/// What a request through the pipes may take beyond another one, in seconds.
const PIPE_SECONDS: f64 = 300e-6;

impl Audit {
    /// `is_on_core`: the times that it will be given are without the time spent waiting for a core.
    pub(super) const fn new(is_on_core: bool) -> Self {
        Self { claimed: Vec::new(), unclaimed: Vec::new(), digests: Vec::new(), is_on_core }
    }

    /// Keeps what `calls` calls took.
    pub(super) fn ran(&mut self, calls: u32, claimed: Duration, outside: Duration) {
        let (calls, claimed, outside) =
            (f64::from(calls), claimed.as_secs_f64(), outside.as_secs_f64());
        if outside < AUDITED_SECONDS_MIN {
            return;
        }
        self.claimed.push(claimed / calls);
        self.unclaimed.push((outside - claimed - PIPE_SECONDS).max(0.0) / calls);
    }

    /// Whether a digest should be timed now.
    pub(super) fn wants_digest(&self) -> bool {
        let runs = self.claimed.len();
        runs > 0 && (self.digests.len() < SAMPLES_MIN || runs.is_multiple_of(DIGEST_EVERY))
    }

    /// Keeps what digesting the outputs of `calls` calls took.
    pub(super) fn digested(&mut self, calls: u32, outside: Duration) {
        self.digests.push(outside.as_secs_f64() / f64::from(calls));
    }

    /// # Errors
    /// If more than this part of the claimed time is left over.
    pub(super) fn verdict(&self, disagreement_max: f64) -> Result<(), Failure> {
        if self.claimed.len().min(self.digests.len()) < SAMPLES_MIN {
            return Ok(());
        }
        // Where nobody tells how long the program waited for a core, its least disturbed runs have
        // to say it.
        let typical = |times: &Vec<f64>| {
            let mut sorted = times.clone();
            sorted.sort_by(f64::total_cmp);
            sorted[if self.is_on_core { sorted.len() / 2 } else { sorted.len() / 10 }]
        };
        let [claimed, unclaimed, digest] =
            [&self.claimed, &self.unclaimed, &self.digests].map(typical);
        if unclaimed - digest <= disagreement_max * claimed {
            return Ok(());
        }
        let [claimed, seen] = [claimed, claimed + unclaimed - digest].map(|seconds| 1e3 * seconds);
        Err(Failure(format!(
            "its clock: it claims {claimed:.3} ms a call, and {seen:.3} ms a call pass here"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn us(microseconds: u64) -> Duration {
        Duration::from_micros(microseconds)
    }

    /// Ten calls of 500 µs, and 200 µs of digesting after each.
    fn audited(claimed: u64) -> Result<(), Failure> {
        let mut audit = Audit::new(true);
        for _ in 0..9 {
            audit.ran(10, us(claimed), us(7200));
            audit.digested(10, us(2100));
        }
        audit.verdict(0.25)
    }

    #[test]
    fn a_clock_that_idles_is_found_out() {
        audited(5000).unwrap();
        audited(4500).unwrap();
        for claimed in [1, 2500, 3800] {
            let Failure(text) = audited(claimed).unwrap_err();
            assert!(text.contains("its clock"), "{text}");
        }
    }

    #[test]
    fn one_disturbed_run_is_not_held_against_it() {
        let mut audit = Audit::new(true);
        for outside in [7200, 7200, 90_000, 7200, 7200] {
            audit.ran(10, us(5000), us(outside));
            audit.digested(10, us(2100));
        }
        audit.verdict(0.25).unwrap();
    }
}
