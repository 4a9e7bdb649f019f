//! What a receiver must not forget: one record for each HTLC, set and invoice, and one for its
//! clocks.
//!
//! An HTLC's record is written once, when it arrives, and deleted when it is gone. A set's is
//! written when the set opens, when a part tells what its first did not, and when a decision is
//! made; that one record is the decision on all HTLCs of the set, so no crash can split it.
//! Preimages are not stored: a settling set stores its root, and they are derived again.

use core::fmt;

use crate::receiver::{
    effect::Reason,
    event::{ClockMs, IncomingHtlc, Invoice, Part, Version},
    policy::Policy,
    set_id::SetId,
};
use ammeter_core::types::{BYTES, BasePreimage, HtlcKey};

/// What is kept of one HTLC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HtlcRecord {
    /// What the channel said.
    pub incoming: IncomingHtlc,
    /// What became of it when it arrived.
    pub standing: Standing,
}

/// What became of an HTLC when it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is of a set, and shares its fate.
    Member(Part),
    /// It failed by itself.
    Refused(Reason),
}

/// What is kept of one set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRecord {
    /// Which.
    pub id: SetId,
    /// What its parts say alike: a part's own weight or index is 0 here. An adaptive set's n as
    /// soon as a part said it.
    pub version: Version,
    /// The chain of its first part.
    pub realm: u8,
    /// When its first part came.
    pub opened_ms: ClockMs,
    /// How far it is.
    pub state: SetState,
}

/// How far a set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetState {
    /// Shares are missing.
    Collecting,
    /// Whole and verified: its HTLCs are claimed with children of this root.
    Settling {
        /// BP; a tree's seed.
        root: BasePreimage,
    },
    /// Its HTLCs fail.
    Failing(Reason),
    /// All its HTLCs were claimed and are gone.
    Settled {
        /// Since when.
        since_ms: ClockMs,
    },
    /// All its HTLCs failed and are gone.
    Failed {
        /// Why.
        reason: Reason,
        /// Since when.
        since_ms: ClockMs,
    },
}

/// The receiver's clocks, so that a restart does not turn them back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The highest block height seen.
    pub height: u32,
    /// The latest time seen.
    pub now_ms: ClockMs,
}

/// What one event changes in the store. All changes of an event are durable together, and before
/// its effects leave.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// An HTLC is new.
    PutHtlc(HtlcRecord),
    /// An HTLC is gone.
    DeleteHtlc(HtlcKey),
    /// A set is new, or another.
    PutSet(SetRecord),
    /// A set is forgotten.
    DeleteSet(SetId),
    /// An invoice is open, or changed.
    PutInvoice(Invoice),
    /// An invoice is closed.
    DeleteInvoice([u8; BYTES]),
    /// Time went on, or a block was found.
    PutClocks(Clocks),
    /// A refused HTLC is not remembered by itself: new ones that expire at this height or before
    /// fail.
    PutClosedUntil(u32),
    /// The policy with which the receiver was opened.
    PutPolicy(Policy),
}

/// Without an invoice's name, which is secret.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PutHtlc(record) => f.debug_tuple("PutHtlc").field(record).finish(),
            Self::DeleteHtlc(key) => f.debug_tuple("DeleteHtlc").field(key).finish(),
            Self::PutSet(record) => f.debug_tuple("PutSet").field(record).finish(),
            Self::DeleteSet(id) => f.debug_tuple("DeleteSet").field(id).finish(),
            Self::PutInvoice(invoice) => f.debug_tuple("PutInvoice").field(invoice).finish(),
            Self::DeleteInvoice(_) => f.write_str("DeleteInvoice(secret)"),
            Self::PutClocks(clocks) => f.debug_tuple("PutClocks").field(clocks).finish(),
            Self::PutClosedUntil(height) => f.debug_tuple("PutClosedUntil").field(height).finish(),
            Self::PutPolicy(policy) => f.debug_tuple("PutPolicy").field(policy).finish(),
        }
    }
}

/// What a store gives back when a receiver is opened, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An HTLC.
    Htlc(HtlcRecord),
    /// A set.
    Set(SetRecord),
    /// An open invoice.
    Invoice(Invoice),
    /// The clocks.
    Clocks(Clocks),
    /// Until which height new HTLCs that expire fail.
    ClosedUntil(u32),
    /// The policy of the last life.
    Policy(Policy),
}
