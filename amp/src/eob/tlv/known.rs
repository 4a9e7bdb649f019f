//! The records that this crate reads.

/// A record that this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Known {
    /// amt_to_forward: tu64.
    Amount = 2,
    /// outgoing_cltv_value: tu32.
    Cltv = 4,
    /// short_channel_id: 8 bytes; a forwarding hop's only.
    ShortChannelId = 6,
    /// payment_data: 32 bytes and a tu64; the final hop's only.
    PaymentData = 8,
    /// AMP: 64 bytes and a tu32; the final hop's only.
    Amp = 14,
}

impl Known {
    /// The number on the wire.
    #[must_use]
    pub const fn kind(self) -> u64 {
        self as u64
    }

    pub(super) fn of(kind: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.kind() == kind)
    }
}

named! {
    /// What BOLT 4 calls it.
    Known {
        Amount = "amt_to_forward",
        Cltv = "outgoing_cltv_value",
        ShortChannelId = "short_channel_id",
        PaymentData = "payment_data",
        Amp = "AMP",
    }
}
