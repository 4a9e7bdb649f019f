//! What a receiver wants done.

use core::fmt;

use ammeter_core::{
    scheme::UnknownNameError,
    types::{HtlcKey, Preimage},
};

use crate::receiver::failure::FailureCode;

/// One thing to do, for the node that the receiver works for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Keep the HTLC: its set is not complete.
    Hold(HtlcKey),
    /// Claim the HTLC.
    Settle {
        /// Which.
        key: HtlcKey,
        /// r_i.
        preimage: Preimage,
    },
    /// Fail the HTLC back.
    Fail {
        /// Which.
        key: HtlcKey,
        /// Why. For the receiver's operator: telling a stranger helps to probe.
        reason: Reason,
    },
}

impl Effect {
    /// The HTLC that it is about.
    #[must_use]
    pub const fn key(&self) -> HtlcKey {
        match self {
            Self::Hold(key) | Self::Settle { key, .. } | Self::Fail { key, .. } => *key,
        }
    }
}

macro_rules! reasons {
    ($(
        $(#[$doc:meta])*
        $variant:ident = $code:literal $name:literal, $failure:ident, $lnd:literal;
    )*) => {
        /// Why an HTLC, or a whole set, fails.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Reason {
            $($(#[$doc])* $variant = $code,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in JSON, in traces and on the screen.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.row().0
            }

            /// What the sender is told.
            #[must_use]
            pub const fn failure(self) -> FailureCode {
                self.row().1
            }

            /// The name in lnd's `invoices` package of the nearest result, if there is one.
            #[must_use]
            pub const fn lnd_result(self) -> Option<&'static str> {
                let name = self.row().2;
                if name.is_empty() { None } else { Some(name) }
            }

            const fn row(self) -> (&'static str, FailureCode, &'static str) {
                match self {
                    $(Self::$variant => ($name, FailureCode::$failure, $lnd),)*
                }
            }
        }
    };
}

reasons! {
    /// The onion cannot be read, or is a plain payment's.
    Unreadable = 1 "unreadable", InvalidOnionPayload, "";
    /// All bytes of the payment's id are zero: whoever forgot to set it would share a set with
    /// others.
    ZeroId = 2 "zero-id", InvalidOnionPayload, "ResultAmpError";
    /// n is above the policy's bound.
    TooManyParts = 3 "too-many-parts", IncorrectOrUnknownPaymentDetails, "";
    /// n is 0 or the weight is not in `1..=n`.
    BadWeight = 4 "bad-weight", InvalidOnionPayload, "";
    /// The weights of the set would sum past n.
    WeightOverflow = 5 "weight-overflow", IncorrectOrUnknownPaymentDetails, "";
    /// n, version, commitment, total or realm is not what the set's first part said.
    Deviates = 6 "deviates", IncorrectOrUnknownPaymentDetails, "ResultHtlcSetTotalMismatch";
    /// The set already holds an HTLC with this payment hash.
    DuplicateHash = 7 "duplicate-hash", IncorrectOrUnknownPaymentDetails, "";
    /// The wire pays less than the onion says.
    AmountBelowOnion = 8 "amount-below-onion", FinalIncorrectHtlcAmount, "";
    /// The HTLC expires before the onion says.
    ExpiryBelowOnion = 9 "expiry-below-onion", FinalIncorrectCltvExpiry, "";
    /// The amounts of the set sum past 2^64 − 1.
    AmountOverflow = 10 "amount-overflow", IncorrectOrUnknownPaymentDetails, "";
    /// No more sets.
    SetLimit = 11 "set-limit", TemporaryNodeFailure, "";
    /// No more HTLCs in this set.
    SetHtlcLimit = 12 "set-htlc-limit", TemporaryNodeFailure, "";
    /// No more HTLCs of this channel.
    ChannelLimit = 13 "channel-limit", TemporaryNodeFailure, "";
    /// No more HTLCs.
    HtlcLimit = 14 "htlc-limit", TemporaryNodeFailure, "";
    /// No more bytes.
    ByteLimit = 15 "byte-limit", TemporaryNodeFailure, "";
    /// The set was not whole in time.
    HeldTooLong = 16 "held-too-long", MppTimeout, "ResultMppTimeout";
    /// An HTLC of the set expires soon.
    ExpiresSoon = 17 "expires-soon", IncorrectOrUnknownPaymentDetails, "ResultExpiryTooSoon";
    /// Nobody was asked to pay this, or no longer.
    NoInvoice = 18 "no-invoice", IncorrectOrUnknownPaymentDetails, "ResultInvoiceNotFound";
    /// The set is complete and pays less than the invoice asks.
    Underpaid = 19 "underpaid", IncorrectOrUnknownPaymentDetails, "ResultHtlcSetTotalTooLow";
    /// The set is complete and pays more than the policy's bound allows.
    Overpaid = 20 "overpaid", IncorrectOrUnknownPaymentDetails, "ResultHtlcSetOverpayment";
    /// The set is complete, and a held hash is not derived from its shares.
    HashMismatch = 21 "hash-mismatch", IncorrectOrUnknownPaymentDetails, "ResultAmpReconstruction";
    /// The invoice was cancelled while the set collected.
    InvoiceCancelled = 22 "invoice-cancelled", IncorrectOrUnknownPaymentDetails, "ResultCanceled";
    /// The set has settled already, or is settling.
    SetSettled = 23 "set-settled", IncorrectOrUnknownPaymentDetails, "ResultInvoiceNotOpen";
    /// The set has failed already, or is failing.
    SetFailed = 24 "set-failed", IncorrectOrUnknownPaymentDetails, "ResultInvoiceNotOpen";
    /// An HTLC of the set was gone before the set was whole.
    MemberLost = 25 "member-lost", MppTimeout, "";
    /// No more refusals can be remembered, and the HTLC expires no later than one that was not.
    RefusalLimit = 26 "refusal-limit", TemporaryNodeFailure, "";
}

impl Reason {
    /// Its number in a store.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason of a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// Whether the HTLC was refused for want of room.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        matches!(
            self,
            Self::SetLimit
                | Self::SetHtlcLimit
                | Self::ChannelLimit
                | Self::HtlcLimit
                | Self::ByteLimit
                | Self::RefusalLimit
        )
    }
}

impl core::str::FromStr for Reason {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, UnknownNameError> {
        let unknown = UnknownNameError { kind: "reason", known: "those of `Reason::ALL`" };
        Self::ALL.iter().copied().find(|reason| reason.name() == name).ok_or(unknown)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
