//! BOLT 4's failures: their codes, and the fields that belong to each.

use core::fmt;

/// The onion could not be peeled: the failure goes back in the clear.
const BADONION: u16 = 0x8000;
/// Trying again is of no use.
const PERM: u16 = 0x4000;
/// The node, not one of its channels.
const NODE: u16 = 0x2000;
/// A `channel_update` comes with it.
const UPDATE: u16 = 0x1000;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $number:expr, $name:literal, [$($field:ident),*];)*) => {
        /// A failure of BOLT 4. A final node makes few of them; a sender may read any.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum FailureCode {
            $(#[doc = concat!("`", $name, "`.")] $(#[$doc])* $code = $number,)*
        }

        impl FailureCode {
            /// Every failure.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// The name that BOLT 4 gives it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }

            /// What follows the code, in this order.
            #[must_use]
            pub const fn fields(self) -> &'static [FailureField] {
                match self {
                    $(Self::$code => &[$(FailureField::$field),*],)*
                }
            }
        }
    };
}

codes! {
    FinalIncorrectCltvExpiry = 18, "final_incorrect_cltv_expiry", [CltvExpiry];
    FinalIncorrectHtlcAmount = 19, "final_incorrect_htlc_amount", [IncomingHtlcAmt];
    ExpiryTooFar = 21, "expiry_too_far", [];
    MppTimeout = 23, "mpp_timeout", [];
    TemporaryChannelFailure = UPDATE | 7, "temporary_channel_failure", [ChannelUpdate];
    AmountBelowMinimum = UPDATE | 11, "amount_below_minimum", [HtlcMsat, ChannelUpdate];
    FeeInsufficient = UPDATE | 12, "fee_insufficient", [HtlcMsat, ChannelUpdate];
    IncorrectCltvExpiry = UPDATE | 13, "incorrect_cltv_expiry", [CltvExpiry, ChannelUpdate];
    ExpiryTooSoon = UPDATE | 14, "expiry_too_soon", [ChannelUpdate];
    ChannelDisabled = UPDATE | 20, "channel_disabled", [DisabledFlags, ChannelUpdate];
    TemporaryNodeFailure = NODE | 2, "temporary_node_failure", [];
    PermanentChannelFailure = PERM | 8, "permanent_channel_failure", [];
    RequiredChannelFeatureMissing = PERM | 9, "required_channel_feature_missing", [];
    UnknownNextPeer = PERM | 10, "unknown_next_peer", [];
    /// It does not tell a prober which of them is wrong.
    IncorrectOrUnknownPaymentDetails = PERM | 15, "incorrect_or_unknown_payment_details",
        [HtlcMsat, Height];
    InvalidOnionPayload = PERM | 22, "invalid_onion_payload", [Type, Offset];
    PermanentNodeFailure = PERM | NODE | 2, "permanent_node_failure", [];
    RequiredNodeFeatureMissing = PERM | NODE | 3, "required_node_feature_missing", [];
    InvalidOnionVersion = BADONION | PERM | 4, "invalid_onion_version", [Sha256OfOnion];
    InvalidOnionHmac = BADONION | PERM | 5, "invalid_onion_hmac", [Sha256OfOnion];
    InvalidOnionKey = BADONION | PERM | 6, "invalid_onion_key", [Sha256OfOnion];
    InvalidOnionBlinding = BADONION | PERM | 24, "invalid_onion_blinding", [Sha256OfOnion];
}

impl FailureCode {
    /// The `failure_code` of BOLT 4.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Whether the onion could not be peeled, so that the failure goes back in the clear:
    /// `update_fail_malformed_htlc`.
    #[must_use]
    pub const fn is_bad_onion(self) -> bool {
        self.code() & BADONION != 0
    }

    /// The failure with this `failure_code`, if BOLT 4 has one.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|failure| failure.code() == code)
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A field behind a failure's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureField {
    /// The amount of the HTLC, in millisatoshi: 8 bytes.
    HtlcMsat,
    /// The amount of the incoming HTLC, in millisatoshi: 8 bytes.
    IncomingHtlcAmt,
    /// The height of the best block: 4 bytes.
    Height,
    /// The height at which the HTLC expires: 4 bytes.
    CltvExpiry,
    /// Reserved: 2 bytes.
    DisabledFlags,
    /// The type of the record that is wrong, 0 if it is none: a BigSize.
    Type,
    /// Where in the payload it is wrong: 2 bytes.
    Offset,
    /// SHA-256 of the onion: 32 bytes.
    Sha256OfOnion,
    /// A length of 2 bytes, and a message of BOLT 7 of that length.
    ChannelUpdate,
}

impl FailureField {
    /// The name that BOLT 4 gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HtlcMsat => "htlc_msat",
            Self::IncomingHtlcAmt => "incoming_htlc_amt",
            Self::Height => "height",
            Self::CltvExpiry => "cltv_expiry",
            Self::DisabledFlags => "disabled_flags",
            Self::Type => "type",
            Self::Offset => "offset",
            Self::Sha256OfOnion => "sha256_of_onion",
            Self::ChannelUpdate => "channel_update",
        }
    }
}
