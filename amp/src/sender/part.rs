//! One part of a payment.

use ammeter_core::types::{Msat, PaymentHash, Share};

/// A part: what it pays, what it carries, what it is locked to. Where it travels is its [`Leg`], so
/// that the same part can be sent again on another.
#[derive(Debug)]
pub struct Part {
    /// What it pays.
    pub amount_msat: Msat,
    pub(super) share: Share,
    pub(super) index: u32,
    pub(super) weight: u32,
    /// How many splits lead to it; 0 but for a tree's.
    pub(super) depth: u8,
    pub(super) payment_hash: PaymentHash,
}

impl Part {
    /// s_i.
    #[must_use]
    pub const fn share(&self) -> &Share {
        &self.share
    }

    /// i: which child of the base preimage claims it.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// How many shares are folded into its one.
    #[must_use]
    pub const fn weight(&self) -> u32 {
        self.weight
    }

    /// h_i: what its HTLC is locked to.
    #[must_use]
    pub const fn payment_hash(&self) -> &PaymentHash {
        &self.payment_hash
    }
}

/// The last hop of a part's route, as far as the receiver is told about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which chain. The parts of one payment may arrive on several; a TLV payload does not say.
    pub realm: u8,
    /// When the HTLC expires.
    pub cltv_expiry: u32,
}
