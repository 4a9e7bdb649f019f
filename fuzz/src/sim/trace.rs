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

use ammeter_amp::receiver::{Policy, Setting};

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

/// The fields of a policy, each behind its name in traces.
const SETTINGS: [(&str, &str); Policy::SETTINGS.len()] = [
    ("hash", "hash"),
    ("deviation", "deviation"),
    ("realms", "realms"),
    ("overpay", "overpayment_factor_max"),
    ("hold-ms", "hold_ms"),
    ("margin", "expiry_margin_blocks"),
    ("retention-ms", "retention_ms"),
    ("sets", "sets_max"),
    ("set-htlcs", "set_htlcs_max"),
    ("channel-htlcs", "channel_htlcs_max"),
    ("htlcs", "htlcs_max"),
    ("bytes", "bytes_max"),
    ("parts", "part_count_max"),
    ("refusals", "refusals_max"),
    ("spontaneous", "spontaneous"),
];

fn settings() -> impl Iterator<Item = (&'static str, Setting)> {
    let known = |name| Setting::named(name).expect("every policy has this field");
    SETTINGS.into_iter().map(move |(word, name)| (word, known(name)))
}

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
