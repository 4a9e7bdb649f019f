//! Histories as text, one operation a line, for people, editors and version control.
//!
//! ```text
//! ammeter history 1
//! policy hash=sha256 deviation=fail-set realms=any spontaneous=yes overpay=2 …
//! payment basic honest parts=2 fold=0 amount=1000 name=invoice:0 root=0
//! invoice 0 amount=1000 reusable=no
//! htlc 1/0 payment=0 part=0
//! fault before-commit
//! htlc 2/0 payment=0 part=1 wire=499
//! ```
//!
//! A line `rules` says that a replay demands the table of rules as well.
//!
//! Words are only ever added: a trace of today means the same tomorrow. Empty lines and lines that
//! begin with `#` say nothing.

mod read;
mod write;

use core::fmt;

use ammeter_amp::receiver::{Deviation, Limits, Policy, Realms};

use crate::sim::history::{Fault, Twist};

/// The first line of every trace.
pub const HEADER: &str = "ammeter history 1";

/// The first error in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with the line.
    pub reason: String,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl core::error::Error for TraceError {}

/// The numbers of a policy, by their names in traces.
fn numbers(policy: &mut Policy) -> [(&'static str, Number<'_>); 12] {
    let Policy {
        overpayment_factor_max, hold_ms, expiry_margin_blocks, retention_ms, limits, ..
    } = policy;
    let Limits { sets_max, set_htlcs_max, channel_htlcs_max, htlcs_max, .. } = limits;
    let Limits { bytes_max, part_count_max, refusals_max, .. } = limits;
    [
        ("overpay", Number::Word(overpayment_factor_max)),
        ("hold-ms", Number::Long(hold_ms)),
        ("margin", Number::Word(expiry_margin_blocks)),
        ("retention-ms", Number::Long(retention_ms)),
        ("sets", Number::Word(sets_max)),
        ("set-htlcs", Number::Word(set_htlcs_max)),
        ("channel-htlcs", Number::Word(channel_htlcs_max)),
        ("htlcs", Number::Word(htlcs_max)),
        ("bytes", Number::Long(bytes_max)),
        ("parts", Number::Word(part_count_max)),
        ("refusals", Number::Word(refusals_max)),
        ("spontaneous", Number::Flag(&mut policy.spontaneous)),
    ]
}

enum Number<'a> {
    Word(&'a mut u32),
    Long(&'a mut u64),
    Flag(&'a mut bool),
}

const DEVIATIONS: [(&str, Deviation); 2] =
    [("fail-set", Deviation::FailSet), ("reject-newcomer", Deviation::RejectNewcomer)];
const REALMS: [(&str, Realms); 2] = [("any", Realms::Any), ("one", Realms::One)];

/// Faults by name; the last two have a number behind an equals sign.
const FAULTS: [(&str, Fault); 7] = [
    ("before-commit", Fault::BeforeCommit),
    ("after-commit", Fault::AfterCommit),
    ("write-error", Fault::WriteError),
    ("disk-full", Fault::DiskFull),
    ("sync-lies", Fault::SyncLies),
    ("torn", Fault::Torn { writes: 0 }),
    ("after-effects", Fault::AfterEffects { sent: 0 }),
];

/// Twists without a value.
const FLIPS: [(&str, Twist); 3] = [
    ("share-flipped", Twist::ShareFlipped),
    ("hash-flipped", Twist::HashFlipped),
    ("commitment-flipped", Twist::CommitmentFlipped),
];
