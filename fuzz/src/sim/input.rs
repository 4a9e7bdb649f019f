//! What a receiver under test is given.

use ammeter_amp::receiver::{ClockMs, Event, IncomingHtlc, Invoice, Onion};
use ammeter_core::HtlcKey;

/// One input of a receiver. Onions are bytes, because a stranger's receiver reads them itself.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// An HTLC arrives, or is shown again.
    Htlc {
        /// The HTLC on the wire.
        incoming: IncomingHtlc,
        /// Its onion's payload, decrypted.
        onion: Onion<'a>,
    },
    /// A block was connected.
    Block {
        /// Height of the best block.
        height: u32,
    },
    /// The node tells the time.
    Clock {
        /// The time in milliseconds.
        now_ms: ClockMs,
    },
    /// An invoice is added, or replaced.
    InvoiceAdded(Invoice),
    /// An invoice is cancelled.
    InvoiceCancelled {
        /// The invoice's name.
        name: [u8; 32],
    },
    /// An HTLC is gone for good.
    Resolved(HtlcKey),
    /// The receiver was opened from its store.
    Restarted,
}

impl Input<'_> {
    /// The same as an event of `ammeter_amp`'s receiver.
    #[must_use]
    pub fn event(&self) -> Event {
        match *self {
            Self::Htlc { incoming, onion } => Event::arrived(incoming, onion),
            Self::Block { height } => Event::Block { height },
            Self::Clock { now_ms } => Event::Clock { now_ms },
            Self::InvoiceAdded(invoice) => Event::InvoiceAdded(invoice),
            Self::InvoiceCancelled { name } => Event::InvoiceCancelled { name },
            Self::Resolved(key) => Event::Resolved(key),
            Self::Restarted => Event::Restarted,
        }
    }
}
