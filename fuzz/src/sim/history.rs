//! A history: everything that happens to a receiver, as data.
//!
//! HTLCs are said by reference to a payment and one of its parts, with [`Twist`]s where the one that
//! arrives is not what the sender made. So a history can be cut anywhere and stay a history: no
//! operation depends on an earlier one.

/// A scheme and what its parts say.
pub use ammeter_amp::eob::EobVersion as Form;
use ammeter_amp::receiver::Policy;
use ammeter_core::HtlcKey;

/// Everything that happens to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// What the receiver's operator decided.
    pub policy: Policy,
    /// What senders and adversaries have made; operations name them by position.
    pub payments: Vec<Payment>,
    /// What happens, in this order.
    pub operations: Vec<Operation>,
}

/// One payment, of which every secret follows from its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// How its parts are made and what they say.
    pub form: Form,
    /// How honest its maker is.
    pub make: Make,
    /// How many parts.
    pub parts: u8,
    /// Shares that the last part carries beside its own (basic only).
    pub fold: u8,
    /// What all parts pay together, in millisatoshi.
    pub amount: u64,
    /// Whom the receiver has to thank.
    pub name: Name,
    /// Number from which root and shares are drawn: two payments with one number share hashes.
    pub root: u8,
}

/// How a payment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Make {
    /// As its scheme says.
    Honest,
    /// The same, through the plans of `ammeter_amp::sender`.
    Planned,
    /// The last share is zero: all others together are the root already (a spare part).
    Spare,
    /// Each part is locked to a child of its own share: micropayments that need no others.
    Micro,
    /// All parts are locked to the hash of the first: plain multi-path.
    OneHash,
    /// All parts carry the same share, where their number makes the XOR come out.
    OneShare,
}

impl Make {
    /// All.
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

/// What a payment's parts call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A name of its own.
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
    /// An HTLC arrives; if its key has been used before, that one is shown again.
    Htlc(Arrival),
    /// The node shows an HTLC again that it has not carried out.
    Again(HtlcKey),
    /// Somebody is asked to pay.
    Invoice {
        /// Its number, from which its name follows.
        number: u8,
        /// What is due.
        amount: u64,
        /// Whether it stays open.
        reusable: bool,
    },
    /// Nobody is, any more.
    Cancel {
        /// The invoice's number.
        number: u8,
    },
    /// A block; the height may go back.
    Block {
        /// Its height.
        height: u32,
    },
    /// The clock; it may go back.
    Clock {
        /// What it says.
        now_ms: u64,
    },
    /// The node has carried out everything that it was told, and says so.
    Acknowledge,
    /// The node has carried out what it was told about one HTLC.
    AcknowledgeOne(HtlcKey),
    /// An HTLC that is held goes away by itself: its channel was closed.
    Gone(HtlcKey),
    /// The receiver is killed while it rests, and opened again.
    Crash,
    /// The next restart takes this long.
    Downtime {
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The next input that the receiver takes meets a fault.
    Fault(Fault),
}

/// What goes wrong while the receiver takes one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It is killed before anything is durable.
    BeforeCommit,
    /// It is killed when this many of its writes have reached the disk and no more.
    Torn {
        /// Writes.
        writes: u8,
    },
    /// It is killed when everything is durable and no effect has left.
    AfterCommit,
    /// It is killed when this many effects have left.
    AfterEffects {
        /// Effects.
        sent: u8,
    },
    /// The disk refuses the write; the receiver may not tell anybody anything, and is opened again.
    WriteError,
    /// The disk is full; the same.
    DiskFull,
    /// The disk says that it is done and is not: a later crash loses this input.
    SyncLies,
}

/// One HTLC: which part it is, and in what it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which.
    pub key: HtlcKey,
    /// Position of the payment.
    pub payment: u8,
    /// Position of the part in it; positions past the last wrap.
    pub part: u8,
    /// In what it differs from what the sender made.
    pub twists: Vec<Twist>,
}

/// One difference between what was made and what arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twist {
    /// What the wire pays.
    Wire(u64),
    /// What the onion says it pays.
    Amount(u64),
    /// When the HTLC expires.
    Expiry(u32),
    /// When the onion says it expires.
    Cltv(u32),
    /// n.
    PartCount(u32),
    /// How many shares are folded in.
    Weight(u32),
    /// What all parts pay together (amp).
    Total(u64),
    /// Which chain.
    Realm(u8),
    /// Which child (tree, amp).
    Index(u32),
    /// One bit of the share is flipped.
    ShareFlipped,
    /// The share of another part of the payment.
    ShareOf(u8),
    /// One bit of the hash is flipped.
    HashFlipped,
    /// Locked to the hash of another payment's part.
    HashOf {
        /// Position of the payment.
        payment: u8,
        /// Position of the part.
        part: u8,
    },
    /// One bit of the commitment is flipped.
    CommitmentFlipped,
    /// Said in another form, under the same name.
    Form(Form),
    /// One byte of the onion is another.
    Byte {
        /// Where.
        offset: u16,
        /// What it is.
        value: u8,
    },
    /// The onion ends early.
    Cut(u16),
    /// The onion is these bytes.
    Bytes(Vec<u8>),
}

/// When parts expire, unless a twist says otherwise.
pub const EXPIRY: u32 = 1_200;
/// The height at which histories begin.
pub const HEIGHT: u32 = 1_000;
/// What the clock says when histories begin.
pub const NOW_MS: u64 = 1_000_000;
