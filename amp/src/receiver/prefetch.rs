//! Prefetching: what the next events will need, brought into the cache together.
//!
//! An arrival needs a line of the index of HTLCs, one of the index of sets, the set and its roster,
//! each found through the one before. With a million HTLCs held every one of them is a miss, and
//! one event after the other they are waited for one by one. Here each is asked for all events at
//! once, and the waiting overlaps.

use crate::receiver::{
    event::{Event, Version},
    output::Output,
    sets::Phase,
    state::State,
    step::Receiver,
    table::{NONE, linked},
};

/// Events that are looked at together: what they need stays in the first-level cache.
const GROUP: usize = 64;

/// Fewer events wait for little together, and looking ahead costs as much as a step.
const GROUP_MIN: usize = 8;

impl Receiver {
    /// Takes events in their order, as [`step`](Self::step) does, and faster: what they need is
    /// fetched from memory together.
    pub fn step_all(&mut self, events: impl IntoIterator<Item = Event>, output: &mut Output) {
        let mut events = events.into_iter();
        let mut group = Vec::new();
        loop {
            group.extend(events.by_ref().take(GROUP));
            if group.is_empty() {
                return;
            }
            if group.len() >= GROUP_MIN {
                self.prefetch(&group);
            }
            group.drain(..).for_each(|event| self.step(event, output));
        }
    }

    /// Events to show [`prefetch`](Self::prefetch) at a time.
    pub const PREFETCH_EVENTS: usize = GROUP;

    /// Makes [`step`](Self::step) faster for these events, which come next; changes nothing. Only
    /// the first [`PREFETCH_EVENTS`](Self::PREFETCH_EVENTS) are looked at.
    pub fn prefetch(&self, events: &[Event]) {
        let events = &events[..events.len().min(GROUP)];
        let mut fetch = Fetch { state: &self.state, touched: 0 };
        // Where a set is, and where an HTLC is.
        let mut hashes = [(None, None); GROUP];
        for (event, hashes) in events.iter().zip(&mut hashes) {
            *hashes = fetch.places(event);
        }
        let mut slots = [(NONE, NONE); GROUP];
        for ((set, htlc), slots) in hashes.into_iter().zip(&mut slots) {
            let State { htlcs, sets, .. } = &self.state;
            let set = set.and_then(|hash| sets.guess(hash)).unwrap_or(NONE);
            *slots = (set, htlc.and_then(|hash| htlcs.guess(hash)).unwrap_or(NONE));
        }
        for (set, htlc) in &mut slots {
            if let Some(slot) = linked(*htlc) {
                *set = fetch.htlc(slot);
            }
            if let Some(slot) = linked(*set) {
                fetch.touched ^= self.state.sets.touch(slot);
            }
        }
        for (set, htlc) in slots {
            if let Some(slot) = linked(set) {
                fetch.roster(slot, htlc == NONE);
            }
        }
        core::hint::black_box(fetch.touched);
    }
}

/// Reads what will be needed. The sum of what was read means nothing, and keeps the compiler from
/// leaving the reading out.
struct Fetch<'a> {
    state: &'a State,
    touched: u64,
}

impl Fetch<'_> {
    /// The hash of the set that an event is for, or of the HTLC that it ends.
    fn places(&mut self, event: &Event) -> (Option<u64>, Option<u64>) {
        let State { htlcs, sets, .. } = self.state;
        match event {
            Event::Arrived(htlc) => {
                self.touched ^= htlcs.touch_index(&htlc.incoming.key).1;
                let (hash, read) = sets.touch_index(&htlc.part.set_id);
                self.touched ^= read;
                (Some(hash), None)
            }
            Event::Resolved(key) => {
                let (hash, read) = htlcs.touch_index(key);
                self.touched ^= read;
                (None, Some(hash))
            }
            _ => (None, None),
        }
    }

    /// The slot of the set that an HTLC is of.
    fn htlc(&mut self, slot: u32) -> u32 {
        let (set_slot, read) = self.state.htlcs.touch(slot);
        self.touched ^= read;
        set_slot
    }

    /// The roster of a set; the members too if one more makes the set whole.
    fn roster(&mut self, slot: u32, one_more: bool) {
        let sets = &self.state.sets;
        self.touched ^= sets.touch_roster(slot);
        let set = &sets[slot];
        let part_count = match set.version() {
            Version::Basic { part_count, .. } | Version::Adaptive { part_count } => part_count,
            _ => return,
        };
        let collects = set.phase() == Phase::Collecting;
        if one_more && collects && set.weight().wrapping_add(1) == part_count {
            for member in sets.members(slot).take(GROUP) {
                self.htlc(member);
            }
        }
    }
}
