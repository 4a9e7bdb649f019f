//! All flaws: for each the specimen's name, its class, the invariant that its shortest known
//! history breaks, and a sentence about what is wrong.

use crate::sim::invariants::Invariant;

macro_rules! flaws {
    ($($variant:ident = $name:literal, $class:ident, $breaks:ident, $story:literal;)*) => {
        /// One small difference from a correct receiver.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Flaw {
            $(#[doc = $story] $variant,)*
        }

        impl Flaw {
            /// Every flaw.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row($name, Class::$class, Invariant::$breaks, $story),)*
                }
            }
        }
    };
}

struct Row(&'static str, Class, Invariant, &'static str);

impl Flaw {
    /// The specimen's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The class of its fault.
    #[must_use]
    pub const fn class(self) -> Class {
        self.row().1
    }

    /// The invariant that its shortest known history breaks.
    #[must_use]
    pub const fn breaks(self) -> Invariant {
        self.row().2
    }

    /// What is wrong with the receiver.
    #[must_use]
    pub const fn story(self) -> &'static str {
        self.row().3
    }
}

/// A class of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Parsing of bytes that strangers wrote.
    Parsing,
    /// Shares and weights.
    Counting,
    /// Amounts in millisatoshi.
    Amounts,
    /// Which HTLC, set or invoice something belongs to.
    Identity,
    /// Deadlines and clocks.
    Time,
    /// State after a crash.
    Durability,
    /// Races between threads.
    Concurrency,
    /// Limits on what strangers can make the receiver keep.
    DenialOfService,
    /// Other schemes that AMP could have used.
    Alternative,
    /// Base multi-path payments, whose parts have one hash.
    MultiPath,
}

impl Class {
    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parsing => "parsing",
            Self::Counting => "counting",
            Self::Amounts => "amounts",
            Self::Identity => "identity",
            Self::Time => "time",
            Self::Durability => "durability",
            Self::Concurrency => "concurrency",
            Self::DenialOfService => "denial of service",
            Self::Alternative => "alternative",
            Self::MultiPath => "multi-path",
        }
    }
}

flaws! {
    PanicsOnVersion = "panics-on-version", Parsing, HonestSetsSettle,
        "indexes a table by a version byte that a stranger chose (as EOB PR 31 does with frame \
         lengths 33..=127)";
    AllocatesByCount = "allocates-by-count", Parsing, Bounded,
        "makes room for n parts before it looks whether n is possible (the Onion Bomb)";
    SkipsReserved = "skips-reserved", Parsing, NoEarlyRelease,
        "reads over reserved bytes, so that what it decodes is not what it would encode (lnd \
         #8137)";
    NotMinimal = "not-minimal", Parsing, NoEarlyRelease,
        "accepts integers with leading zeros, so that one payload has many encodings";
    AmpAlone = "amp-alone", Parsing, NoEarlyRelease,
        "accepts an AMP record without payment_data, and with it a payment of nobody";
    ZeroIdShared = "zero-id-shared", Identity, IsolatedSets,
        "takes 32 zero bytes for an id, which everybody shares who forgot to set it (lnd #4407)";

    ReplayCountsTwice = "replay-counts-twice", Counting, HonestSetsSettle,
        "counts an HTLC again when it is shown again, so that a set of two looks whole with one";
    IgnoresWeight = "ignores-weight", Counting, HonestSetsSettle,
        "counts HTLCs where shares are folded";
    WeightPastCount = "weight-past-count", Counting, HonestSetsSettle,
        "is content with weights of at least n, so that a stranger's heavy part completes the set";
    UnknownCountIsZero = "unknown-count-is-zero", Counting, HonestSetsSettle,
        "takes the n = 0 of an adaptive part for a number, which is reached at once";
    CountUnderflows = "count-underflows", Counting, HonestSetsSettle,
        "subtracts one from n before it asks whether n is 0 (Fiber)";
    SharesAreKeys = "shares-are-keys", Counting, HonestSetsSettle,
        "tells parts apart by their shares, and fails the second of two that are alike";
    CountsRefused = "counts-refused", Counting, HonestSetsSettle,
        "counts the weight of a part that it refused for its duplicate hash";
    FourBitCounts = "four-bit-counts", Counting, HonestSetsSettle,
        "counts shares in four bits: a set of sixteen is never whole";
    PartCountFixed = "part-count-fixed", Counting, NoEarlyRelease,
        "accepts sets of up to sixteen parts, whatever its policy says";
    DuplicateHashJoins = "duplicate-hash-joins", Counting, NoEarlyRelease,
        "holds two HTLCs with one hash in one set: whoever sees one preimage can claim the other";

    MismatchWaits = "mismatch-waits", Counting, AllOrNothing,
        "goes on waiting when a whole set does not verify, as if a share were missing, and holds its \
         HTLCs until the deadline";

    WireAmountCounts = "wire-amount-counts", Amounts, HonestSetsSettle,
        "sums what the wire pays: a router that forwards too much completes the set early (lnd \
         #7768, LDK #2062)";
    WireBelowOnion = "wire-below-onion", Amounts, PaidInFull,
        "believes the onion's amount, of which the last router kept some";
    SumWraps = "sum-wraps", Amounts, NoEarlyRelease,
        "adds amounts without looking at the carry";
    ExactlyOnly = "exactly-only", Amounts, HonestSetsSettle,
        "fails honest sets that pay a little more than the invoice asks (lnd #7589)";
    AnyOverpayment = "any-overpayment", Amounts, NoEarlyRelease,
        "knows no bound on overpayment";
    DueIgnored = "due-ignored", Amounts, PaidInFull,
        "settles what is whole without a look at the invoice's amount";
    FirstTotalStands = "first-total-stands", Amounts, TerminalIsAbsorbing,
        "compares the sum with the first part's total, and no other total with that (Fiber)";

    SumSaturates = "sum-saturates", Amounts, NoEarlyRelease,
        "lets a sum of amounts stop at 2^64 - 1";
    BoundWraps = "bound-wraps", Amounts, HonestSetsSettle,
        "multiplies an invoice's amount by the overpayment factor in 64 bits, so that large invoices \
         cannot be paid";
    AmountsAreDoubles = "amounts-are-doubles", Amounts, PaidInFull,
        "keeps amounts as floating-point numbers, as some JSON readers do: above 2^53 a sum that is \
         short is as good as paid";
    OverpaymentFixed = "overpayment-fixed", Amounts, NoEarlyRelease,
        "accepts twice the invoice's amount, whatever its policy says";
    InvoiceNeverChanges = "invoice-never-changes", Amounts, PaidInFull,
        "keeps the first amount of an invoice that is added again for another";

    LateInvoiceIgnored = "late-invoice-ignored", Identity, HonestSetsSettle,
        "reads its invoices when it starts, and knows none that was added after the first HTLC";
    OneInvoiceOnly = "one-invoice-only", Identity, HonestSetsSettle,
        "has room for one open invoice, and ignores a second";
    ChannelIdsCut = "channel-ids-cut", Identity, HonestSetsSettle,
        "keeps eight bits of a channel id, so that HTLCs of two channels are one";
    HtlcIdsCut = "htlc-ids-cut", Identity, HonestSetsSettle,
        "keeps two bits of an HTLC id";
    IdsAreDoubles = "ids-are-doubles", Identity, HonestSetsSettle,
        "keeps ids as floating-point numbers, as some JSON readers do: above 2^53 two ids are one";
    KeyWithoutChannel = "key-without-channel", Identity, PreimageMatchesHash,
        "files preimages under the htlc id alone, which repeats across channels (lnd #9050)";
    SettleCancelsOthers = "settle-cancels-others", Identity, IsolatedSets,
        "fails whatever else the channel holds when a set settles (lnd c0f934e36)";
    BadSetClosesInvoice = "bad-set-closes-invoice", Identity, HonestSetsSettle,
        "cancels the invoice with a set that failed (lnd #11198)";
    IdsTruncated = "ids-truncated", Identity, IsolatedSets,
        "files all sets under the 11 bytes that version 3 has room for";
    HashesAreGlobal = "hashes-are-global", Identity, HonestSetsSettle,
        "refuses a hash that another set holds: whoever copies it blocks the payment";
    SecretIgnored = "secret-ignored", Identity, NoEarlyRelease,
        "finds a set by its set id whatever the payment secret is";
    DeviationIgnored = "deviation-ignored", Identity, TerminalIsAbsorbing,
        "lets a part join that says another n, total or commitment than the first";
    RealmIgnored = "realm-ignored", Identity, TerminalIsAbsorbing,
        "lets a set span chains where the policy forbids it";
    DeviantFailsSet = "deviant-fails-set", Identity, HonestSetsSettle,
        "fails the set for a deviating newcomer where the policy says to refuse the newcomer only";

    NeverTimesOut = "never-times-out", Time, NoOverstay,
        "holds what is incomplete for ever (LDK #4553)";
    ExpiryIgnored = "expiry-ignored", Time, NoOverstay,
        "watches the clock and not the blocks: the HTLC expires in its hands";
    HoldRestartsWithParts = "hold-restarts-with-parts", Time, NoOverstay,
        "counts the hold time from the last part, so that a trickle of parts holds a set open";
    FirstExpiryOnly = "first-expiry-only", Time, NoOverstay,
        "watches the expiry of the first part, not the earliest";
    MarginForgotten = "margin-forgotten", Time, NoOverstay,
        "fails a set at its expiry, when it is too late to fail it";
    ClockUnderflows = "clock-underflows", Time, HonestSetsSettle,
        "subtracts times, and dies of a clock that goes back";
    ClockGoesBack = "clock-goes-back", Time, HonestSetsSettle,
        "believes a clock that goes back, and finds sets old when it goes on";
    TimedOutSetReopens = "timed-out-set-reopens", Time, TerminalIsAbsorbing,
        "accepts HTLCs for a set that has timed out (lnd #11176)";
    CancelKeepsHeld = "cancel-keeps-held", Time, NoOverstay,
        "leaves HTLCs held when their invoice is cancelled (lnd #9459)";
    LostMemberIgnored = "lost-member-ignored", Time, NoOverstay,
        "goes on collecting when an HTLC of the set is gone: it can never be whole";
    HoldFixed = "hold-fixed", Time, NoOverstay,
        "holds a set for 60 seconds, whatever its policy says";
    MarginFixed = "margin-fixed", Time, NoOverstay,
        "fails a set 10 blocks before its earliest expiry, whatever its policy says";
    RetentionFixed = "retention-fixed", Time, Bounded,
        "remembers a set for 100 seconds, whatever its policy says";
    HoldWraps = "hold-wraps", Time, NoOverstay,
        "counts how long a set was held in 32 bits of microseconds, which begin again after 72 minutes";
    ForgetsSettled = "forgets-settled", Time, TerminalIsAbsorbing,
        "forgets a set when it has settled, and takes a late part for the first of a new one";

    EffectsFirst = "effects-first", Durability, DurableDecision,
        "tells the node before the disk";
    DecisionNotStored = "decision-not-stored", Durability, DurableDecision,
        "keeps its decisions in memory, and holds again after a restart what it had claimed";
    DecisionPerHtlc = "decision-per-htlc", Durability, DurableDecision,
        "stores a decision HTLC by HTLC: a torn write claims one and forgets the other (LDK #1434)";
    TornBatchApplied = "torn-batch-applied", Durability, HonestSetsSettle,
        "reads back half of what it wrote together";
    SaysNothingAgain = "says-nothing-again", Durability, HonestSetsSettle,
        "does not say again after a restart what it had decided and could not say";
    SilentWhenShownAgain = "silent-when-shown-again", Durability, OneResolution,
        "says nothing when an HTLC that it resolved is shown again: the node has lost the answer, and \
         waits";
    RepeatsResolved = "repeats-resolved", Durability, OneResolution,
        "says after a restart what it ever said, also of HTLCs that are gone";
    ResolvesTwice = "resolves-twice", Durability, OneResolution,
        "tells the node each resolution twice";
    RefusalForgotten = "refusal-forgotten", Durability, DurableDecision,
        "does not store what it refused, and judges it anew after a restart";
    HoldRestarts = "hold-restarts", Durability, NoOverstay,
        "counts the hold time from the restart";
    OneRootForAll = "one-root-for-all", Durability, PreimageMatchesHash,
        "claims what is shown again with the preimage of the set's first HTLC (lnd d76278bc1)";
    WriteErrorIgnored = "write-error-ignored", Durability, DurableDecision,
        "goes on when the disk refuses, and tells the node what it could not store";
    ClosedInvoiceReopens = "closed-invoice-reopens", Durability, PaidInFull,
        "does not store that an invoice was paid: after a restart it can be paid again";

    LostUpdate = "lost-update", Concurrency, HonestSetsSettle,
        "two channels read the set, both add their HTLC, the second to write wins";
    TimerRacesSettle = "timer-races-settle", Concurrency, OneResolution,
        "the timer fails a set that has been claimed meanwhile (LDK #1266)";
    InvoicePaidTwice = "invoice-paid-twice", Concurrency, NoOverstay,
        "looks at the invoice when a set opens and never again: two sets pay one invoice";
    ClaimsOneByOne = "claims-one-by-one", Concurrency, AllOrNothing,
        "claims one HTLC of a set at a time and lets go of the lock in between";
    CancelRacesSettle = "cancel-races-settle", Concurrency, OneResolution,
        "fails the sets of a cancelled invoice from a list that it made before one of them settled";

    NoSetLimit = "no-set-limit", DenialOfService, Bounded,
        "opens a set for everybody who sends an HTLC";
    NoHtlcLimit = "no-htlc-limit", DenialOfService, Bounded,
        "holds as many HTLCs as are sent";
    NoChannelLimit = "no-channel-limit", DenialOfService, Bounded,
        "lets one channel take all the room that there is";
    NoSetHtlcLimit = "no-set-htlc-limit", DenialOfService, Bounded,
        "lets one set have as many HTLCs as are sent";
    NoByteLimit = "no-byte-limit", DenialOfService, Bounded,
        "counts its bytes, and looks at no limit";
    EvictsOldest = "evicts-oldest", DenialOfService, IsolatedSets,
        "fails the oldest set to make room for a new one: who sends the most decides whose \
         payments fail";
    LimitForgotten = "limit-forgotten", DenialOfService, OneResolution,
        "remembers no refusal for want of room: the same HTLC, shown again, is held or claimed after it \
         failed";
    OpensAfterCrash = "opens-after-crash", Durability, DurableDecision,
        "does not store until when it is closed, and takes after a restart what it had failed and had \
         no room to remember";
    KeepsResolved = "keeps-resolved", DenialOfService, Bounded,
        "never deletes what is gone";
    RemembersForEver = "remembers-for-ever", DenialOfService, Bounded,
        "never forgets a set";

    OneSharedHash = "one-shared-hash", Alternative, NoEarlyRelease,
        "plain multi-path: all parts have one hash, and whoever sees the preimage of one can \
         claim them all";
    ThresholdShares = "threshold-shares", Alternative, NoEarlyRelease,
        "t of n shares are enough: settles what was not paid in full";
    SparePart = "spare-part", Alternative, TerminalIsAbsorbing,
        "n of n + 1: claims the spare part as well when it comes late, and the sender pays it on \
         top";
    NotAtomic = "not-atomic", Alternative, NoEarlyRelease,
        "micropayments: claims each part by itself, whether the rest comes or not";

    MppClaimsParts = "mpp-claims-parts", MultiPath, NoEarlyRelease,
        "claims the first part that has the invoice's hash, before the total is reached";
    MppDueIsTotal = "mpp-due-is-total", MultiPath, NoEarlyRelease,
        "compares the sum with what the invoice asks, and not with the total that its parts say";
    MppSecretIgnored = "mpp-secret-ignored", MultiPath, PaidInFull,
        "finds the invoice by its hash, and takes any payment secret: every router knows the hash";
    MppHashIgnored = "mpp-hash-ignored", MultiPath, PreimageMatchesHash,
        "sums over HTLCs with other hashes under one secret, and claims them with one preimage";
    MppReusable = "mpp-reusable", MultiPath, PaidInFull,
        "keeps a reusable invoice open when its preimage is public, and is paid a second time by \
         whoever has seen it";
    MppLatePart = "mpp-late-part", MultiPath, TerminalIsAbsorbing,
        "knows the preimage, so that it claims what comes for the hash after the set has settled";
    MppNeverAgain = "mpp-never-again", MultiPath, HonestSetsSettle,
        "remembers a set that failed, and fails its payer's second try under the same secret";
}

impl Flaw {
    /// The flaw of a specimen.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flaw| flaw.name() == name)
    }
}
