//! A history: everything that happens to a receiver, as data.
//!
//! An operation names an HTLC by a payment and one of its parts. [`Twist`]s say where the HTLC that
//! arrives differs from what the sender made. No operation depends on an earlier one, so a history
//! can be cut anywhere and stays a history.

/// A scheme and what its parts say.
pub use ammeter_amp::eob::EobVersion as Form;
use ammeter_amp::receiver::Policy;
use ammeter_core::HtlcKey;

/// Everything that happens to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The receiver's policy.
    pub policy: Policy,
    /// Payments that senders and adversaries have made. Operations name them by position.
    pub payments: Vec<Payment>,
    /// What happens, first to last.
    pub operations: Vec<Operation>,
    /// Whether a replay checks the table of rules as well
    /// ([`Watch::Rules`](crate::sim::invariants::Watch)), because the failure that this history
    /// shows was found that way.
    pub rules: bool,
}

impl History {
    /// A history in which nothing happens.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        Self { policy, payments: Vec::new(), operations: Vec::new(), rules: false }
    }
}

/// One payment. Its secrets follow from its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its scheme.
    pub form: Form,
    /// How its parts are made: honestly, or to confuse the receiver.
    pub make: Make,
    /// How many parts it has: 1 to 255.
    pub parts: u8,
    /// How many shares the last part carries beside its own (basic only).
    pub fold: u8,
    /// The sum that its parts pay, in millisatoshi.
    pub amount_msat: u64,
    /// The payment id, or payment secret, that its parts carry.
    pub name: Name,
    /// The number that root and shares are drawn from. Two payments with the same number have the
    /// same hashes. An `mpp` payment has the hash of the invoice that its name says, or else of the
    /// invoice of this number, whose secret it does not know.
    pub root: u8,
}

/// How a payment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Make {
    /// The parts are made by hand as the scheme says.
    Honest,
    /// `ammeter_amp::sender` makes the parts.
    Planned,
    /// The last share is zero: the other parts are enough for the root (a spare part).
    Spare,
    /// Each part is locked to a child of its own share: a micropayment that needs no other part.
    Micro,
    /// All parts are locked to the hash of the first, as in multi-path payments without AMP.
    OneHash,
    /// All parts carry the same share. For an odd number of parts it is the root.
    OneShare,
}

impl Make {
    /// Every way.
    pub const ALL: [Self; 6] =
        [Self::Honest, Self::Planned, Self::Spare, Self::Micro, Self::OneHash, Self::OneShare];

    /// Its name in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Planned => "planned",
            Self::Spare => "spare",
            Self::Micro => "micro",
            Self::OneHash => "one-hash",
            Self::OneShare => "one-share",
        }
    }
}

/// The name that a payment's parts carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A name that no other payment has.
    Own,
    /// The name of an invoice.
    Invoice(u8),
    /// The name of another payment.
    Payment(u8),
    /// 32 zero bytes.
    Zero,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An HTLC arrives. If its key has been used before, the HTLC of that key is shown again.
    Htlc(Arrival),
    /// The node shows an HTLC again that is not gone.
    Again(HtlcKey),
    /// An invoice is added; one of the same number is replaced.
    Invoice {
        /// Its number. Its name follows from it.
        number: u8,
        /// The amount due, in millisatoshi.
        amount_msat: u64,
        /// Whether it stays open when it was paid.
        reusable: bool,
    },
    /// An invoice is cancelled.
    Cancel {
        /// The invoice's number.
        number: u8,
    },
    /// A block is connected. The height may go back.
    Block {
        /// The height of the best block.
        height: u32,
    },
    /// The node tells the time. It may go back.
    Clock {
        /// Milliseconds since the epoch of the node's clock.
        now_ms: u64,
    },
    /// The node has carried out every settle and fail, and says so.
    Acknowledge,
    /// The node has carried out the settle or fail of one HTLC, and says so.
    AcknowledgeOne(HtlcKey),
    /// An HTLC is gone without the receiver: its channel was closed.
    Gone(HtlcKey),
    /// The receiver is killed between two inputs, and opened again.
    Crash,
    /// The next restart takes this long.
    Downtime {
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The next input that the receiver takes meets a fault.
    Fault(Fault),
}

/// A fault that strikes while the receiver takes one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The receiver is killed before anything is durable.
    BeforeCommit,
    /// The receiver is killed when the first few of its writes have reached the disk.
    Torn {
        /// How many writes.
        writes: u8,
    },
    /// The receiver is killed when everything is durable and no effect has left.
    AfterCommit,
    /// The receiver is killed when everything is durable and the first few effects have left.
    AfterEffects {
        /// How many effects.
        sent: u8,
    },
    /// The disk refuses the write. No effect may leave, and the receiver is opened again.
    WriteError,
    /// The disk is full. No effect may leave, and the receiver is opened again.
    DiskFull,
    /// The disk reports a sync that it did not make: a later crash loses this input.
    SyncLies,
}

/// One HTLC that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its key.
    pub key: HtlcKey,
    /// Position of the payment.
    pub payment: u8,
    /// Position of the part in the payment, modulo the number of parts.
    pub part: u8,
    /// How it differs from what the sender made.
    pub twists: Vec<Twist>,
}

/// One difference between what was made and what arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twist {
    /// The amount of the HTLC on the wire, in millisatoshi.
    Wire(u64),
    /// The amount in the onion, in millisatoshi.
    Amount(u64),
    /// The `cltv_expiry` of the HTLC on the wire, a height.
    Expiry(u32),
    /// The outgoing CLTV in the onion, a height.
    Cltv(u32),
    /// n, the number of shares.
    PartCount(u32),
    /// The weight: how many shares are folded into this one.
    Weight(u32),
    /// `total_msat` (amp).
    Total(u64),
    /// The realm byte.
    Realm(u8),
    /// The child index (tree, amp).
    Index(u32),
    /// One bit of the share is flipped.
    ShareFlipped,
    /// The share of another part of the payment.
    ShareOf(u8),
    /// One bit of the hash is flipped.
    HashFlipped,
    /// The HTLC is locked to the hash of another payment's part.
    HashOf {
        /// Position of the payment.
        payment: u8,
        /// Position of the part.
        part: u8,
    },
    /// One bit of the commitment is flipped.
    CommitmentFlipped,
    /// The onion has another form; its names stay.
    Form(Form),
    /// One byte of the onion is replaced.
    Byte {
        /// Its offset, modulo the length.
        offset: u16,
        /// The new value.
        value: u8,
    },
    /// The onion ends after this many bytes.
    Cut(u16),
    /// These bytes replace the onion.
    Bytes(Vec<u8>),
}

/// The height at which parts expire, unless a twist says otherwise.
pub const EXPIRY: u32 = 1_200;
/// The height at which histories begin.
pub const HEIGHT: u32 = 1_000;
/// The time at which histories begin, in milliseconds.
pub const NOW_MS: u64 = 1_000_000;
