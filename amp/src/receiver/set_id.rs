//! What all parts of a set have in common.

use core::fmt;

use ammeter_core::types::{BYTES, PaymentId};

/// Names a set. Versions 1, 2 and 4 share one room of names: a part of another version in a set is
/// a deviation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetId {
    /// The payment id of versions 1, 2 and 4.
    Payment(PaymentId),
    /// The short one of version 3.
    Committed([u8; 11]),
    /// A TLV payload's. The invoice's name is secret.
    Amp {
        /// The payment secret, by which the invoice is found.
        payment_secret: [u8; BYTES],
        /// The set id.
        set_id: PaymentId,
    },
    /// A TLV payload's without an AMP record: the set is its invoice's, whose name is secret.
    Mpp {
        /// The payment secret, by which the invoice is found.
        payment_secret: [u8; BYTES],
    },
}

impl fmt::Debug for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(id) => write!(f, "Payment({id:x})"),
            Self::Committed(id) => {
                f.write_str("Committed(")?;
                ammeter_core::hex::write(f, id)?;
                f.write_str(")")
            }
            Self::Amp { set_id, .. } => write!(f, "Amp({set_id:x})"),
            Self::Mpp { .. } => f.write_str("Mpp(secret)"),
        }
    }
}
