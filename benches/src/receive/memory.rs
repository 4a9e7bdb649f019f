//! HTLCs that arrive, settle and are gone again, in memory.

use std::time::Instant;

use ammeter_amp::{
    receiver::{Effect, Event, Htlc, Output, Receiver},
    service::{Histogram, Latency},
    store::StoreError,
};

use crate::{
    clock,
    receive::{
        SET_SIZE,
        interleave::{Lane, Sample},
        traffic::{Traffic, policy},
    },
};

/// What follows the arrival of settled HTLCs: they are gone.
pub(super) fn resolutions(effects: &[Effect]) -> Vec<Event> {
    let settled = effects.iter().filter(|effect| matches!(effect, Effect::Settle { .. }));
    settled.map(|effect| Event::Resolved(effect.key())).collect()
}

/// Lets HTLCs of whole sets pass as a service does, `batch` at a time, each batch with the
/// resolutions of what settles, which are not counted as HTLCs but are part of the time. Returns
/// seconds an HTLC, time off the core left out.
///
/// # Panics
/// If an honest HTLC does not settle.
pub fn pass(
    receiver: &mut Receiver,
    arrivals: Vec<Htlc>,
    batch: usize,
    latency: &mut Histogram,
) -> f64 {
    let count = arrivals.len();
    let mut output = Output::default();
    let mut arrivals = arrivals.into_iter().map(Event::Arrived).peekable();
    let (settled, elapsed) = clock::time(|| {
        let (mut settled, mut last) = (0, Instant::now());
        while arrivals.peek().is_some() {
            receiver.step_all(arrivals.by_ref().take(batch), &mut output);
            let gone = resolutions(output.committed());
            settled += gone.len();
            receiver.step_all(gone, &mut output);
            let now = Instant::now();
            latency.record(now - last);
            last = now;
        }
        settled
    });
    assert_eq!(settled, count, "every honest HTLC settles");
    elapsed.time.as_secs_f64() / count as f64
}

/// The pure core, with sets of one size beside sets of [`SET_SIZE`]; each slice a receiver that is
/// new.
pub struct InMemory {
    arrivals: Vec<Htlc>,
    reference: Vec<Htlc>,
    latency: Histogram,
}

impl InMemory {
    /// About `htlcs` of them a slice.
    #[must_use]
    pub fn new(seed: u64, htlcs: usize, set_size: u32) -> Self {
        Self {
            arrivals: Traffic::new(seed).whole_sets(htlcs, set_size),
            reference: Traffic::new(seed).whole_sets(htlcs, SET_SIZE),
            latency: Histogram::default(),
        }
    }

    /// Of one arrival, with the resolutions that it leads to.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.latency.summary()
    }
}

impl Lane for InMemory {
    fn sample(&mut self) -> Result<Sample, StoreError> {
        let mut unread = Histogram::default();
        Sample::abba(|is_row| {
            let mut receiver = Receiver::new(policy()).expect("a kernel");
            let (arrivals, latency) = match is_row {
                true => (&self.arrivals, &mut self.latency),
                false => (&self.reference, &mut unread),
            };
            Ok(pass(&mut receiver, arrivals.clone(), 1, latency))
        })
    }
}
