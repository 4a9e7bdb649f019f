//! What the receiver holds, in numbers.

use crate::receiver::{
    roster::{BLOCK_MEMBERS, Block},
    set::{Held, Phase, Set},
    state::State,
};
use ammeter_core::types::Share;

/// An entry of an index that was doubled just now: eight bytes, 3/8 full.
const INDEX_BYTES: usize = 22;

/// The stack of freed slots, doubled just now.
const FREE_BYTES: usize = 8;

/// What one HTLC is counted as: itself, its share, its place in an index, in a channel's count and in a
/// roster.
pub(super) const HTLC_BYTES: u64 = (size_of::<Held>()
    + size_of::<Option<Share>>()
    + FREE_BYTES
    + INDEX_BYTES
    + FREE_BYTES
    + size_of::<Block>().div_ceil(BLOCK_MEMBERS)
    + 16) as u64;

/// What one set is counted as: itself, a block of its roster, its place in an index, among the expiries
/// and among the closed names.
pub(super) const SET_BYTES: u64 =
    (size_of::<Set>() + size_of::<Block>() + 2 * FREE_BYTES + INDEX_BYTES + 128) as u64;

/// How many sets there are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetCounts {
    /// Shares are missing.
    pub collecting: u64,
    /// Being claimed.
    pub settling: u64,
    /// Being failed.
    pub failing: u64,
    /// Claimed, and remembered.
    pub settled: u64,
    /// Failed, and remembered.
    pub failed: u64,
}

/// What a receiver holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Sets by state.
    pub sets: SetCounts,
    /// HTLCs that are of a set.
    pub members: u64,
    /// HTLCs that failed by themselves and are not gone yet.
    pub refused: u64,
    /// Until which height a new HTLC may expire and fails for that: more were refused than
    /// [`Limits::refusals_max`](crate::receiver::Limits::refusals_max). 0 if that never happened.
    pub closed_until: u32,
    /// Bytes for sets and their HTLCs, as [`Limits::bytes_max`](crate::receiver::Limits::bytes_max) counts
    /// them. A refused HTLC takes less than 160 bytes beside.
    pub bytes: u64,
    /// Open invoices.
    pub invoices: u64,
}

impl SetCounts {
    /// The count of the sets in this phase.
    pub(super) const fn of(&mut self, phase: Phase) -> &mut u64 {
        match phase {
            Phase::Collecting => &mut self.collecting,
            Phase::Settling => &mut self.settling,
            Phase::Failing(_) => &mut self.failing,
            Phase::Settled { .. } => &mut self.settled,
            Phase::Failed { .. } => &mut self.failed,
        }
    }
}

impl State {
    /// Bytes, as [`Limits::bytes_max`](crate::receiver::Limits::bytes_max) counts them.
    pub(super) const fn bytes(&self) -> u64 {
        self.members() * HTLC_BYTES + self.sets.count() as u64 * SET_BYTES
    }

    /// HTLCs that are of a set.
    pub(super) const fn members(&self) -> u64 {
        self.htlcs.count() as u64 - self.refused
    }

    pub(super) fn metrics(&self) -> Metrics {
        Metrics {
            sets: self.counts,
            members: self.members(),
            refused: self.refused,
            closed_until: self.closed_until,
            bytes: self.bytes(),
            invoices: self.invoices.len() as u64,
        }
    }
}
