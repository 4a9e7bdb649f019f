//! The field's nouns, one type each, so that a share can never stand where a preimage belongs.
//!
//! All 32-byte types are `repr(transparent)` over `[u8; 32]`: a slice of raw bytes is viewed as a
//! slice of them, and back, without a copy ([`bytemuck::TransparentWrapper`]). Secrets
//! ([`BasePreimage`], [`Share`], [`PaymentSecret`], [`Preimage`]) hide themselves from `Debug`; all
//! but the last are wiped when dropped. A [`Preimage`] is `Copy`, because settling publishes it.

use core::fmt;

use bytemuck::TransparentWrapper;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hex;

/// Length in bytes of every hash, preimage and share.
pub const BYTES: usize = 32;

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident, debug: $debug:tt $(, derive: $($derive:ident),+)?) => {
        $(#[$doc])*
        #[derive(Clone, Default, TransparentWrapper, Zeroize $($(, $derive)+)?)]
        #[repr(transparent)]
        pub struct $name(pub [u8; BYTES]);

        impl $name {
            /// All 32 bytes zero.
            pub const ZERO: Self = Self([0; BYTES]);

            /// The bytes, in the order they travel on the wire.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; BYTES] {
                &self.0
            }

            /// Reads 64 hexadecimal digits, upper or lower case.
            ///
            /// # Errors
            /// [`hex::Error`] names the length or the first offset that is not a digit.
            pub fn from_hex(digits: &str) -> Result<Self, hex::Error> {
                hex::decode32(digits.as_bytes()).map(Self)
            }
        }

        impl From<[u8; BYTES]> for $name {
            fn from(bytes: [u8; BYTES]) -> Self {
                Self(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        /// 64 lower-case digits; the one way to print the value, said out loud at the call.
        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(f, &self.0)
            }
        }

        bytes32!(@debug $name, $debug);
    };
    (@debug $name:ident, "secret") => {
        /// In constant time.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    };
    (@debug $name:ident, "public") => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:x})"), self)
            }
        }
    };
}

bytes32!(
    /// BP, the root of a payment: the XOR of all its shares. Secret until the payment settles.
    BasePreimage, debug: "secret", derive: ZeroizeOnDrop
);
bytes32!(
    /// s_i, what one part carries of the base preimage. Secret.
    Share, debug: "secret", derive: ZeroizeOnDrop
);
bytes32!(
    /// r_i, what claims one part. Secret until the part settles.
    Preimage, debug: "secret", derive: Copy
);
bytes32!(
    /// h_i = H(r_i), what one part is locked to.
    PaymentHash, debug: "public", derive: Copy, PartialEq, Eq, PartialOrd, Ord, Hash
);
bytes32!(
    /// The identifier that all parts of one payment share (lnd: set id).
    PaymentId, debug: "public", derive: Copy, PartialEq, Eq, PartialOrd, Ord, Hash
);
bytes32!(
    /// H(BP), by which a receiver knows that its set is complete.
    Commitment, debug: "public", derive: Copy, PartialEq, Eq, PartialOrd, Ord, Hash
);
bytes32!(
    /// What an invoice tells the sender, and the sender tells back (lnd: payment address). Secret.
    PaymentSecret, debug: "secret", derive: ZeroizeOnDrop
);

impl From<Share> for BasePreimage {
    /// The XOR of all shares of a payment *is* its base preimage.
    fn from(share: Share) -> Self {
        Self(share.0)
    }
}

/// Names one HTLC at the receiver. `htlc_id` alone repeats across channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HtlcKey {
    /// The channel it arrived on.
    pub channel_id: u64,
    /// Its number on that channel.
    pub htlc_id: u64,
}

/// An amount in millisatoshi.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msat(pub u64);

impl Msat {
    /// The sum, or `None` on overflow; amounts never wrap.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}
