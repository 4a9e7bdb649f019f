//! What a receiver under test is given.

use ammeter_amp::receiver::{ClockMs, Event, IncomingHtlc, Invoice, Onion};
use ammeter_core::HtlcKey;

/// One thing that happens, as it comes to a receiver: onions are bytes, because a stranger's receiver
/// reads them itself.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// An HTLC arrives, or shown again.
    Htlc {
        /// What the channel says.
        incoming: IncomingHtlc,
        /// What the sender says.
        onion: Onion<'a>,
    },
    /// A block was found.
    Block {
        /// Height of the best block.
        height: u32,
    },
    /// Time went on.
    Clock {
        /// What the clock says.
        now_ms: ClockMs,
    },
    /// Somebody is asked to pay.
    InvoiceAdded(Invoice),
    /// Nobody is, any more.
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
    /// The core's word for it.
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
