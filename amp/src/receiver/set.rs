//! One HTLC and one set, as the receiver holds them in memory.

use crate::receiver::{
    effect::Reason,
    event::{ClockMs, Htlc, IncomingHtlc, Part, Version},
    list::{Link, Links},
    record::{SetId, SetRecord, SetState},
    roster::Roster,
    slab::NONE,
};
use ammeter_core::{
    scheme::Scheme,
    types::{BasePreimage, HtlcKey, Msat, PaymentHash, Share},
};

/// One HTLC, in one line of cache. What it added to the sums of its set is not kept: an HTLC leaves a
/// collecting set only when the set fails.
#[repr(align(64))]
pub(super) struct Held {
    pub(super) key: HtlcKey,
    pub(super) payment_hash: PaymentHash,
    pub(super) fate: Fate,
    /// Which child claims it. Versions 1 to 3 do not tell: 0 until the set settles.
    pub(super) index: u32,
    /// The slot of its share if that is hashed, or [`NONE`].
    pub(super) share: u32,
}

const _: () = assert!(size_of::<Option<Held>>() == 64);

impl Held {
    /// An HTLC that is of no set.
    pub(super) const fn refused(incoming: &IncomingHtlc, reason: Reason) -> Self {
        let IncomingHtlc { key, payment_hash, .. } = *incoming;
        Self { key, payment_hash, fate: Fate::Refused(reason), index: 0, share: NONE }
    }

    /// An HTLC of the set in this slot, whose share is in that one.
    pub(super) fn member(htlc: &Htlc, set_slot: u32, share: u32) -> Self {
        let index = match htlc.part.version {
            Version::Basic { .. } | Version::Adaptive { .. } | Version::Committed { .. } => 0,
            Version::Tree { index } => index.into(),
            Version::Amp { child_index, .. } => child_index,
        };
        let IncomingHtlc { key, payment_hash, .. } = htlc.incoming;
        Self { key, payment_hash, fate: Fate::Member(set_slot), index, share }
    }
}

/// What became of an HTLC when it arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Refused(Reason),
    /// Of the set in this slot.
    Member(u32),
}

/// How far a set is; [`SetState`] without the root, which is in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Collecting,
    Settling,
    Failing(Reason),
    Settled { since_ms: ClockMs },
    Failed { reason: Reason, since_ms: ClockMs },
}

impl Phase {
    /// When the last HTLC of the set was gone.
    pub(super) const fn since_ms(self) -> Option<ClockMs> {
        match self {
            Self::Settled { since_ms } | Self::Failed { since_ms, .. } => Some(since_ms),
            Self::Collecting | Self::Settling | Self::Failing(_) => None,
        }
    }
}

/// One set.
pub(super) struct Set {
    pub(super) id: SetId,
    pub(super) realm: u8,
    pub(super) phase: Phase,
    pub(super) version: Version,
    /// The XOR of the members' shares while it collects, the root while it settles, zero after.
    pub(super) root: BasePreimage,
    /// Of the members, while it collects.
    pub(super) amount: Msat,
    /// Of the members, while it collects.
    pub(super) weight: u32,
    /// Of the members, while it collects.
    pub(super) expiry_min: Option<u32>,
    pub(super) roster: Roster,
    pub(super) opened_ms: ClockMs,
    pub(super) links: Links,
}

impl Set {
    /// A set as its first part opens it, without that part.
    pub(super) fn open(part: &Part, opened_ms: ClockMs) -> Self {
        Self {
            id: part.set,
            version: part.version.terms(),
            realm: part.realm,
            opened_ms,
            phase: Phase::Collecting,
            root: BasePreimage::ZERO,
            amount: Msat(0),
            weight: 0,
            expiry_min: None,
            roster: Roster::EMPTY,
            links: [Link::ALONE; 3],
        }
    }

    /// The same set after a restart, still without members, and as if it were collecting.
    pub(super) fn restored(record: &SetRecord) -> Self {
        let SetRecord { id, version, realm, opened_ms, .. } = *record;
        let part = Part { set: id, realm, amount: Msat(0), cltv: 0, share: Share::ZERO, version };
        Self::open(&part, opened_ms)
    }

    /// How the preimages of its members are derived.
    pub(super) const fn scheme(&self) -> Scheme {
        match self.version {
            Version::Basic { .. } | Version::Adaptive { .. } | Version::Committed { .. } => {
                Scheme::Og
            }
            Version::Tree { .. } => Scheme::Tree,
            Version::Amp { .. } => Scheme::Lnd,
        }
    }

    /// Whether the weights sum past n.
    pub(super) const fn is_overfull(&self) -> bool {
        match self.version {
            Version::Basic { part_count, .. } => self.weight > part_count,
            Version::Adaptive { part_count } => part_count > 0 && self.weight > part_count,
            Version::Committed { .. } | Version::Tree { .. } | Version::Amp { .. } => false,
        }
    }

    /// What a store keeps of it.
    pub(super) fn record(&self) -> SetRecord {
        let state = match self.phase {
            Phase::Collecting => SetState::Collecting,
            Phase::Settling => SetState::Settling { root: self.root.clone() },
            Phase::Failing(reason) => SetState::Failing(reason),
            Phase::Settled { since_ms } => SetState::Settled { since_ms },
            Phase::Failed { reason, since_ms } => SetState::Failed { reason, since_ms },
        };
        let Self { id, version, realm, opened_ms, .. } = *self;
        SetRecord { id, version, realm, opened_ms, state }
    }

    /// Whether nobody may pay to its name without an invoice any more, because somebody has paid, or
    /// because the invoice was withdrawn from under it.
    pub(super) const fn closes_its_name(&self) -> bool {
        match self.phase {
            Phase::Collecting => false,
            Phase::Settling | Phase::Settled { .. } => true,
            Phase::Failing(reason) | Phase::Failed { reason, .. } => {
                matches!(reason, Reason::InvoiceCancelled | Reason::NoInvoice)
            }
        }
    }
}

impl Version {
    /// How many shares are folded into a part's one.
    pub(super) const fn weight(self) -> u32 {
        match self {
            Self::Basic { weight, .. } => weight,
            Self::Adaptive { .. }
            | Self::Committed { .. }
            | Self::Tree { .. }
            | Self::Amp { .. } => 1,
        }
    }

    /// What all parts of a set say alike; what is a part's own, its weight or index, is zero.
    pub(super) const fn terms(self) -> Self {
        match self {
            Self::Basic { part_count, .. } => Self::Basic { part_count, weight: 0 },
            Self::Tree { .. } => Self::Tree { index: 0 },
            Self::Amp { total, .. } => Self::Amp { child_index: 0, total },
            Self::Adaptive { .. } | Self::Committed { .. } => self,
        }
    }
}
