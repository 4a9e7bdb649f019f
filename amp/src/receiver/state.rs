//! What a receiver holds: each room keeps its own tables and counters in step, and here are the few
//! things that touch two of them.

use crate::receiver::{
    effect::Reason,
    event::{Htlc, IncomingHtlc, Invoice},
    htlcs::{Fate, Htlcs},
    invoices::Invoices,
    policy::{Limits, Policy},
    record::{Change, Clocks, HtlcRecord, Standing},
    set_id::SetId,
    sets::{Set, SetCounts, Sets},
};
use ammeter_core::types::HtlcKey;

/// What one HTLC is counted as: itself, its share, its places in an index, in a channel's count and
/// in a roster.
pub(super) const HTLC_BYTES: u64 = (Htlcs::BYTES + Sets::MEMBER_BYTES) as u64;

/// What one set is counted as, without its HTLCs.
pub(super) const SET_BYTES: u64 = Sets::BYTES as u64;

impl Limits {
    /// The most bytes of memory that strangers can make the receiver hold:
    /// [`bytes_max`](Self::bytes_max), and what refused HTLCs take beside it.
    #[must_use]
    pub const fn bytes_worst(&self) -> u64 {
        let refusals = self.refusals_max as u64 * HTLC_BYTES;
        self.bytes_max.saturating_add(refusals)
    }
}

/// What a receiver holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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
    /// Bytes for sets and their HTLCs, as [`Limits::bytes_max`](crate::receiver::Limits::bytes_max)
    /// counts them. A refused HTLC takes less than 160 bytes beside.
    pub bytes: u64,
    /// Open invoices.
    pub invoices: u64,
}

/// Everything that a receiver knows.
pub(super) struct State {
    pub(super) policy: Policy,
    pub(super) clocks: Clocks,
    /// The latest expiry of the refused HTLCs that there was no room to remember.
    pub(super) closed_until: u32,
    /// What the store says of the policy.
    pub(super) stored_policy: Option<Policy>,
    pub(super) htlcs: Htlcs,
    pub(super) sets: Sets,
    pub(super) invoices: Invoices,
}

impl State {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            clocks: Clocks::default(),
            closed_until: 0,
            stored_policy: None,
            htlcs: Htlcs::new(),
            sets: Sets::new(),
            invoices: Invoices::default(),
        }
    }

    /// Bytes, as [`Limits::bytes_max`](crate::receiver::Limits::bytes_max) counts them.
    pub(super) const fn bytes(&self) -> u64 {
        self.htlcs.members() * HTLC_BYTES + self.sets.count() as u64 * SET_BYTES
    }

    pub(super) fn metrics(&self) -> Metrics {
        Metrics {
            sets: self.sets.counts(),
            members: self.htlcs.members(),
            refused: self.htlcs.refused(),
            closed_until: self.closed_until,
            bytes: self.bytes(),
            invoices: self.invoices.count() as u64,
        }
    }

    /// Moves the clocks on; whether they moved. A clock that jumps back stands still, and a
    /// reorganised chain may become as high again at any moment: deadlines that were reached stay
    /// reached.
    pub(super) fn advance(&mut self, seen: Clocks) -> bool {
        let before = self.clocks;
        self.clocks.height = before.height.max(seen.height);
        self.clocks.now_ms = before.now_ms.max(seen.now_ms);
        self.clocks != before
    }

    /// HTLCs that expire at this height or before have to be failed now, to be gone before they
    /// expire.
    pub(super) const fn expiry_max(&self) -> u32 {
        self.clocks.height.saturating_add(self.policy.expiry_margin_blocks)
    }

    /// The sets that have waited long enough, each with the reason.
    pub(super) fn due(&self) -> Vec<(u32, Reason)> {
        self.sets.due(self.clocks.now_ms, self.policy.hold_ms, self.expiry_max())
    }

    pub(super) fn holds_hash(&self, set: &Set, htlc: &IncomingHtlc) -> bool {
        self.sets.holds_hash(set, &htlc.payment_hash, &self.htlcs)
    }

    /// Puts an HTLC into a collecting set. `None` if it does not fit the sums.
    pub(super) fn insert_member(&mut self, htlc: &Htlc, set_slot: u32) -> Option<u32> {
        let slot = self.htlcs.insert_member(htlc, set_slot);
        self.sets.add(set_slot, slot, htlc).map(|()| slot)
    }

    /// Remembers that an HTLC was refused: by itself while there is room, and then by its expiry.
    pub(super) fn refuse(&mut self, incoming: IncomingHtlc, reason: Reason) -> Option<Change> {
        if self.htlcs.refused() < self.policy.limits.refusals_max.into() {
            self.htlcs.insert_refused(&incoming, reason);
            let standing = Standing::Refused(reason);
            return Some(Change::PutHtlc(HtlcRecord { incoming, standing }));
        }
        let is_later = self.closed_until < incoming.cltv_expiry;
        is_later.then(|| {
            self.closed_until = incoming.cltv_expiry;
            Change::PutClosedUntil(incoming.cltv_expiry)
        })
    }

    /// Forgets an HTLC, if it is known.
    pub(super) fn remove_htlc(&mut self, key: HtlcKey) -> Option<Fate> {
        let slot = self.htlcs.find(key)?;
        let fate = self.htlcs.remove(slot);
        if let Fate::Member(set_slot) = fate {
            self.sets.remove_member(set_slot, slot);
        }
        Some(fate)
    }

    /// Fails a collecting set, which is over at once if it has no member left.
    pub(super) fn fail_set(&mut self, set_slot: u32, reason: Reason) {
        self.sets.fail(set_slot, reason);
        if self.sets[set_slot].members() == 0 {
            self.sets.conclude(set_slot, self.clocks.now_ms);
        }
    }

    /// Whether a set may be opened: for an invoice that is open, or where spontaneous payments are
    /// taken and no remembered set has closed the name.
    pub(super) fn is_welcome(&self, id: &SetId) -> bool {
        self.invoices.of(id).is_some() || self.policy.spontaneous && !self.sets.is_closed(id)
    }

    /// What is wrong with what a complete set pays. An invoice that closed since the set was opened
    /// has failed the set; if none is open, the set is spontaneous.
    pub(super) fn check_payment(&self, set: &Set) -> Result<Option<&Invoice>, Reason> {
        let Some(invoice) = self.invoices.of(set.id()) else {
            return if self.policy.spontaneous { Ok(None) } else { Err(Reason::NoInvoice) };
        };
        let due = invoice.amount_msat.0;
        let most = due.saturating_mul(self.policy.overpayment_factor_max.max(1).into());
        match set.amount().0 {
            _ if due == 0 => Ok(Some(invoice)),
            paid if paid < due => Err(Reason::Underpaid),
            paid if paid > most => Err(Reason::Overpaid),
            _ => Ok(Some(invoice)),
        }
    }

    /// Counts every list, table and counter again.
    pub(super) fn audit(&self) {
        self.htlcs.audit();
        self.sets.audit(&self.htlcs);
        self.invoices.audit();
    }

    pub(super) fn assert_same(&self, other: &Self) {
        assert_eq!(self.metrics(), other.metrics());
        assert_eq!(self.clocks, other.clocks);
        assert_eq!(self.stored_policy, other.stored_policy);
        self.sets.assert_same(&other.sets);
    }
}
