//! What the baseline receiver knows.

use std::collections::BTreeMap;

use ammeter_amp::receiver::{IncomingHtlc, Invoice, Part, Reason, SetId, Version};
use ammeter_core::HtlcKey;

/// How many bytes an HTLC and a set count as.
pub(super) const HTLC_BYTES: u64 = 400;
pub(super) const SET_BYTES: u64 = 300;

/// An HTLC.
#[derive(Clone, Debug)]
pub(super) struct Htlc {
    pub(super) incoming: IncomingHtlc,
    /// `Err` if it failed when it arrived.
    pub(super) part: Result<Part, Reason>,
    /// Its own verdict, for flaws that keep verdicts with HTLCs.
    pub(super) own: Option<State>,
}

/// The state of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Collecting,
    Settled([u8; 32]),
    Failed(Reason),
}

/// A set.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) version: Version,
    pub(super) realm: u8,
    pub(super) opened_ms: u64,
    /// The `cltv_expiry` of its first HTLC.
    pub(super) cltv_expiry: u32,
    pub(super) state: State,
    /// When the last of its HTLCs was gone, in milliseconds.
    pub(super) since_ms: Option<u64>,
    /// Shares that a flaw counts beside those of its HTLCs.
    pub(super) extra: u32,
}

/// Everything that the receiver knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) htlcs: BTreeMap<HtlcKey, Htlc>,
    pub(super) sets: BTreeMap<SetId, Set>,
    pub(super) invoices: BTreeMap<[u8; 32], Invoice>,
    pub(super) now_ms: u64,
    pub(super) height: u32,
    /// The latest expiry of an HTLC that was refused and not remembered.
    pub(super) closed_until: u32,
    /// The most bytes that a flaw has allocated for one message.
    pub(super) bytes: u64,
}

impl Memory {
    /// How many HTLCs are of sets.
    pub(super) fn members(&self) -> u64 {
        self.htlcs.values().filter(|htlc| htlc.part.is_ok()).count() as u64
    }

    /// How many bytes all sets and their HTLCs count as.
    pub(super) fn bytes(&self) -> u64 {
        self.members() * HTLC_BYTES + self.sets.len() as u64 * SET_BYTES
    }
}
