//! What a receiver accepts, and how much of it.

use ammeter_core::scheme::Hash;

/// What the operator decides.
///
/// Its fields can be written: begin with [`new`](Self::new).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// H.
    pub hash: Hash,
    /// What a part that contradicts its set's first does.
    pub deviation: Deviation,
    /// Which chains the parts of one set may travel on.
    pub realms: Realms,
    /// Whether payments that nobody asked for are taken.
    pub spontaneous: bool,
    /// A set may pay up to this many times what its invoice asks (BOLT 4 allows 2); 0 counts as 1.
    pub overpayment_factor_max: u32,
    /// How long a set may collect, from its first HTLC on.
    pub hold_ms: u64,
    /// A set fails this many blocks before its earliest HTLC expires.
    pub expiry_margin_blocks: u32,
    /// How long a set is remembered once it is settled or failed.
    pub retention_ms: u64,
    /// How much.
    pub limits: Limits,
}

/// What a deviating part does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// The whole set fails, as the mail of 2018 says.
    FailSet,
    /// Only the newcomer fails: a stranger who learns an id cannot kill the set.
    RejectNewcomer,
}

named! {
    /// Its name in traces, on the command line and on the screen.
    Deviation { FailSet = "fail-set", RejectNewcomer = "reject-newcomer", }
    "rule for deviations", "fail-set and reject-newcomer"
}

/// The realm rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realms {
    /// A set may span chains.
    Any,
    /// All parts of a set travel on the chain of its first.
    One,
}

named! {
    /// Its name in traces, on the command line and on the screen.
    Realms { Any = "any", One = "one", }
    "rule for realms", "any and one"
}

/// Bounds on what strangers can make the receiver keep. A newcomer above one fails; nothing that is
/// held is evicted.
///
/// Its fields can be written: begin with [`DEFAULT`](Self::DEFAULT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Sets: collecting, on their way out, and remembered.
    pub sets_max: u32,
    /// HTLCs of one set.
    pub set_htlcs_max: u32,
    /// HTLCs of one channel that are of a set (BOLT 2 allows 483).
    pub channel_htlcs_max: u32,
    /// HTLCs that are of a set.
    pub htlcs_max: u32,
    /// Bytes of memory for sets and their HTLCs, as the receiver counts them.
    pub bytes_max: u64,
    /// n, and the weights of a set.
    pub part_count_max: u32,
    /// HTLCs that were refused and are not gone yet. With 483 times the number of channels it
    /// cannot be reached. When it is, an HTLC that is refused is not remembered by itself; in its
    /// place every new HTLC fails that expires no later than it does.
    pub refusals_max: u32,
}

impl Policy {
    /// The default for a hash.
    #[must_use]
    pub const fn new(hash: Hash) -> Self {
        Self {
            hash,
            deviation: Deviation::FailSet,
            realms: Realms::Any,
            spontaneous: true,
            overpayment_factor_max: 2,
            hold_ms: 60_000,
            expiry_margin_blocks: 18,
            retention_ms: 3_600_000,
            limits: Limits::DEFAULT,
        }
    }

    /// What a part that contradicts its set's first does.
    #[must_use]
    pub const fn with_deviation(self, deviation: Deviation) -> Self {
        Self { deviation, ..self }
    }

    /// Which chains the parts of one set may travel on.
    #[must_use]
    pub const fn with_realms(self, realms: Realms) -> Self {
        Self { realms, ..self }
    }

    /// Whether payments that nobody asked for are taken.
    #[must_use]
    pub const fn with_spontaneous(self, spontaneous: bool) -> Self {
        Self { spontaneous, ..self }
    }

    /// How many times its invoice a set may pay.
    #[must_use]
    pub const fn with_overpayment_factor_max(self, overpayment_factor_max: u32) -> Self {
        Self { overpayment_factor_max, ..self }
    }

    /// How long a set may collect.
    #[must_use]
    pub const fn with_hold_ms(self, hold_ms: u64) -> Self {
        Self { hold_ms, ..self }
    }

    /// How many blocks before its earliest HTLC expires a set fails.
    #[must_use]
    pub const fn with_expiry_margin_blocks(self, expiry_margin_blocks: u32) -> Self {
        Self { expiry_margin_blocks, ..self }
    }

    /// How long a set is remembered once it is settled or failed.
    #[must_use]
    pub const fn with_retention_ms(self, retention_ms: u64) -> Self {
        Self { retention_ms, ..self }
    }

    /// How much is kept.
    #[must_use]
    pub const fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

impl Limits {
    /// Room for a large node.
    pub const DEFAULT: Self = Self {
        sets_max: 1 << 20,
        set_htlcs_max: 483,
        channel_htlcs_max: 483,
        htlcs_max: 1 << 20,
        bytes_max: 1 << 30,
        part_count_max: 1 << 10,
        refusals_max: 483 * 64,
    };
}
