//! What happens to a receiver.

use core::fmt;

use bytemuck::TransparentWrapper;

use crate::{
    eob::{Eob, EobVersion, Error, FinalHop, Message, tlv::Payload},
    receiver::set_id::SetId,
};
use ammeter_core::types::{
    BYTES, Commitment, HtlcKey, Msat, PaymentHash, PaymentSecret, Preimage, Share,
};

/// Milliseconds since any fixed moment, by the receiver's own clock. A clock that jumps back is
/// read as standing still.
pub type ClockMs = u64;

/// One thing that happened, in the order in which the receiver takes them.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// An HTLC is irrevocably committed on a channel; or is shown again, after a restart of the
    /// node.
    Arrived(Htlc),
    /// The same, but nobody can read what its onion says: it is of no set, and fails.
    Unreadable(IncomingHtlc),
    /// A block was found; the height may go back.
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
    /// Nobody is, any more. Sets that collect for the invoice fail.
    InvoiceCancelled {
        /// Its [name](Invoice::name).
        name: [u8; BYTES],
    },
    /// The node has carried out a settle or a fail: the HTLC is gone for good and will not be shown
    /// again.
    Resolved(HtlcKey),
    /// The receiver was opened from its store. First event of its new life: decisions that were
    /// made and not yet carried out leave again.
    Restarted,
}

/// Without an invoice's name, which is secret.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrived(htlc) => f.debug_tuple("Arrived").field(htlc).finish(),
            Self::Unreadable(incoming) => f.debug_tuple("Unreadable").field(incoming).finish(),
            Self::Block { height } => f.debug_struct("Block").field("height", height).finish(),
            Self::Clock { now_ms } => f.debug_struct("Clock").field("now_ms", now_ms).finish(),
            Self::InvoiceAdded(invoice) => f.debug_tuple("InvoiceAdded").field(invoice).finish(),
            Self::InvoiceCancelled { .. } => f.write_str("InvoiceCancelled(secret)"),
            Self::Resolved(key) => f.debug_tuple("Resolved").field(key).finish(),
            Self::Restarted => f.write_str("Restarted"),
        }
    }
}

/// What the channel says of an HTLC, which no sender can forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncomingHtlc {
    /// Which HTLC.
    pub key: HtlcKey,
    /// What it is locked to.
    pub payment_hash: PaymentHash,
    /// What it pays, on the wire.
    pub amount_msat: Msat,
    /// Block height at which it expires.
    pub cltv_expiry: u32,
}

/// The bytes behind the last layer of an onion, as they came from a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onion<'a> {
    /// Legacy frames: one without an EOB, two with.
    Frames(&'a [u8]),
    /// A TLV payload: its length, its records, the hmac.
    Payload(&'a [u8]),
}

/// An HTLC whose onion could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Htlc {
    /// What the channel says.
    pub incoming: IncomingHtlc,
    /// What the sender says.
    pub part: Part,
}

/// What the sender says of one HTLC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The set that it belongs to.
    pub set_id: SetId,
    /// Which chain; 0 where the payload cannot say.
    pub realm: u8,
    /// What counts toward completion.
    pub amount_msat: Msat,
    /// Block height at which its HTLC was meant to expire.
    pub cltv_expiry: u32,
    /// s_i, or the XOR of several; a leaf of the tree: a share of the seed. Zero where parts carry
    /// none (`mpp`).
    pub share: Share,
    /// What depends on the version.
    pub version: Version,
}

/// What a part says beside its share, version by version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Version 1, `og`: complete when the weights reach n.
    Basic {
        /// n.
        part_count: u32,
        /// How many shares are folded into this one, `1..=n`.
        weight: u32,
    },
    /// Version 2, `og`: complete when there are n, once a part has told n.
    Adaptive {
        /// n, or 0 while the sender does not know it.
        part_count: u32,
    },
    /// Version 3, `og`: complete when the XOR hashes to the commitment.
    Committed {
        /// H(BP).
        commitment: Commitment,
    },
    /// Version 4, `tree`: complete when every held hash is derived from the XOR.
    Tree {
        /// Which child of the seed claims it.
        index: u8,
    },
    /// TLV record 14, `lnd`: complete when the amounts reach the total.
    Amp {
        /// Which child of the root claims it.
        child_index: u32,
        /// What all parts pay together.
        total_msat: Msat,
    },
    /// TLV record 8 alone, BOLT 4's `basic_mpp`: complete when the amounts reach the total. All parts
    /// are claimed with the preimage of the invoice.
    Mpp {
        /// What all parts pay together.
        total_msat: Msat,
    },
}

impl Version {
    /// Which version of the extra onion blob says this.
    #[must_use]
    pub const fn eob(self) -> EobVersion {
        match self {
            Self::Basic { .. } => EobVersion::Basic,
            Self::Adaptive { .. } => EobVersion::Adaptive,
            Self::Committed { .. } => EobVersion::Committed,
            Self::Tree { .. } => EobVersion::Tree,
            Self::Amp { .. } => EobVersion::Amp,
            Self::Mpp { .. } => EobVersion::Mpp,
        }
    }
}

/// Why an onion makes no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartError {
    /// Its bytes are no message.
    Malformed(Error),
    /// It is a plain payment: version 0, or no payment_data.
    Plain,
}

impl fmt::Display for PartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the onion cannot be read: {error}"),
            Self::Plain => {
                f.write_str("the onion is a plain payment's, without an EOB or payment_data")
            }
        }
    }
}

impl core::error::Error for PartError {}

impl Part {
    /// Reads a part off the bytes of an onion.
    ///
    /// # Errors
    /// [`PartError`]; any bytes give a part or an error.
    pub fn read(onion: Onion<'_>) -> Result<Self, PartError> {
        match onion {
            Onion::Frames(bytes) => {
                Self::of_frames(&FinalHop::decode(bytes).map_err(PartError::Malformed)?)
            }
            Onion::Payload(bytes) => {
                Self::of_payload(&Payload::decode(bytes).map_err(PartError::Malformed)?)
            }
        }
        .ok_or(PartError::Plain)
    }

    fn of_frames(hop: &FinalHop<'_>) -> Option<Self> {
        let share = hop.eob.share()?.clone();
        let (set_id, version) = match hop.eob {
            Eob::None => return None,
            Eob::Basic(basic) => {
                let (part_count, weight) = (basic.part_count(), basic.weight());
                (SetId::Payment(*basic.id()), Version::Basic { part_count, weight })
            }
            Eob::Adaptive(part) => {
                (SetId::Payment(*part.id), Version::Adaptive { part_count: part.part_count })
            }
            Eob::Committed(part) => {
                (SetId::Committed(*part.id), Version::Committed { commitment: *part.commitment })
            }
            Eob::Tree(leaf) => (SetId::Payment(*leaf.id), Version::Tree { index: leaf.index }),
        };
        Some(Self {
            set_id,
            realm: hop.realm,
            amount_msat: hop.amount_msat,
            cltv_expiry: hop.cltv_expiry,
            share,
            version,
        })
    }

    fn of_payload(payload: &Payload<'_>) -> Option<Self> {
        let part = payload.part?;
        let payment_secret = *PaymentSecret::peel_ref(part.payment_data.payment_secret);
        let total_msat = part.payment_data.total_msat;
        let (set_id, share, version) = match part.amp {
            None => (SetId::Mpp { payment_secret }, Share::ZERO, Version::Mpp { total_msat }),
            Some(amp) => (
                SetId::Amp { payment_secret, set_id: *amp.set_id() },
                amp.share().clone(),
                Version::Amp { child_index: amp.child_index(), total_msat },
            ),
        };
        Some(Self {
            set_id,
            realm: 0,
            amount_msat: payload.amount_msat,
            cltv_expiry: payload.cltv_expiry,
            share,
            version,
        })
    }
}

impl Event {
    /// An HTLC as it comes off the wire. [`read`](Self::read) also says why an onion cannot be
    /// read.
    #[must_use]
    pub fn arrived(incoming: IncomingHtlc, onion: Onion<'_>) -> Self {
        Self::read(incoming, onion).0
    }

    /// An HTLC as it comes off the wire; and why its onion makes no part, if it makes none. The
    /// cause is for whoever shows the HTLC:
    /// [`Reason::Unreadable`](crate::receiver::Reason::Unreadable) is all that the receiver keeps
    /// of it.
    #[must_use]
    pub fn read(incoming: IncomingHtlc, onion: Onion<'_>) -> (Self, Option<PartError>) {
        match Part::read(onion) {
            Ok(part) => (Self::Arrived(Htlc { incoming, part }), None),
            Err(error) => (Self::Unreadable(incoming), Some(error)),
        }
    }
}

/// Who is asked to pay, and how much.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Invoice {
    /// 32 bytes that the payer repeats: as the payment id of frames, its first 11 bytes as the
    /// committed version's, or as the payment secret of a TLV payload. Secret.
    pub name: [u8; BYTES],
    /// What is due; 0 if the payer decides.
    pub amount_msat: Msat,
    /// Whether it stays open when a set has settled, for the next set (lnd's AMP invoices). A set of
    /// [`Mpp`](Version::Mpp) closes it all the same: its preimage is public then.
    pub reusable: bool,
    /// What claims all parts of an `mpp` set; `None` if it cannot be paid by one. An open invoice that
    /// has one keeps it.
    pub preimage: Option<Preimage>,
}

impl fmt::Debug for Invoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { amount_msat, reusable, .. } = self;
        write!(f, "Invoice({} msat, reusable: {reusable})", amount_msat.0)
    }
}
