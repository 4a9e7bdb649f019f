//! The twelve invariants. Each is a function over what the oracle sees.
//!
//! A receiver may be more careful than the model: if it fails an HTLC that the model holds, that is
//! a violation only when a set that must settle cannot settle any more. It may not be less careful.

mod at_rest;
mod effects;
mod view;
mod words;

use core::fmt;

pub(super) use view::View;
pub use words::effect;
pub(super) use words::{complained, said};

/// How closely the receiver is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// Only panics are seen, as in most fuzzing.
    Panics,
    /// The twelve invariants are checked.
    #[default]
    Invariants,
    /// The twelve invariants are checked, and that each HTLC is held, claimed or failed as the
    /// table of rules says.
    Rules,
}

/// The broken invariant, what was expected, and what was seen.
pub(super) type Broken = (Invariant, String, String);

/// A broken invariant, and where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: Invariant,
    /// The position of the operation; the number of operations if the violation was seen after the
    /// last.
    pub position: usize,
    /// What the receiver should have done.
    pub expected: String,
    /// What it did.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, position, expected, seen } = self;
        write!(f, "{invariant} at operation {position}: expected: {expected}; seen: {seen}")
    }
}

macro_rules! invariants {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A promise that every receiver keeps.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Invariant {
            $($(#[$doc])* $variant,)*
        }

        impl Invariant {
            /// Every invariant.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name as reported.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

invariants! {
    /// No preimage leaves before its set is complete and verified.
    NoEarlyRelease = "no-early-release",
    /// At rest a set is settled whole or failed whole.
    AllOrNothing = "all-or-nothing",
    /// H of a preimage that leaves is the HTLC's payment hash.
    PreimageMatchesHash = "preimage-matches-hash",
    /// Any order of arrival gives the same verdict.
    OrderInvariant = "order-invariant",
    /// Each HTLC is resolved exactly once, and the same way when it is shown again.
    OneResolution = "one-resolution",
    /// One set never changes another.
    IsolatedSets = "isolated-sets",
    /// A set that is settled or failed stays so, and nothing joins it.
    TerminalIsAbsorbing = "terminal-is-absorbing",
    /// Nothing settles for less than its invoice asks.
    PaidInFull = "paid-in-full",
    /// What the receiver keeps stays within its limits.
    Bounded = "bounded",
    /// A crash never undoes or splits a decision.
    DurableDecision = "durable-decision",
    /// A complete honest set settles.
    HonestSetsSettle = "honest-sets-settle",
    /// No HTLC is held past its deadline.
    NoOverstay = "no-overstay",
    /// Not one of the twelve: what a program writes is what `docs/protocol.md` says.
    Protocol = "protocol",
    /// Not one of the twelve: an HTLC is held or failed exactly where the table of rules says so.
    Rules = "rules",
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Returns what was expected and what was seen if the invariant is broken.
type Check = fn(&View<'_>) -> Option<(String, String)>;

/// Checks after each input, also if the receiver was killed before all of its effects had left.
pub(super) const AFTER_INPUT: &[(Invariant, Check)] = &[
    (Invariant::PreimageMatchesHash, effects::preimage_matches_hash),
    (Invariant::DurableDecision, effects::durable_decision),
    (Invariant::OneResolution, effects::one_resolution),
    (Invariant::PaidInFull, effects::paid_in_full),
    (Invariant::TerminalIsAbsorbing, effects::terminal_is_absorbing),
    (Invariant::IsolatedSets, effects::isolated_sets),
    (Invariant::Bounded, effects::bounded),
    (Invariant::NoEarlyRelease, effects::no_early_release),
];

/// Checks when no input is being processed.
pub(super) const AT_REST: &[(Invariant, Check)] = &[
    (Invariant::DurableDecision, at_rest::durable_decision),
    (Invariant::AllOrNothing, at_rest::all_or_nothing),
    (Invariant::HonestSetsSettle, at_rest::honest_sets_settle),
    (Invariant::NoOverstay, at_rest::no_overstay),
    (Invariant::Bounded, at_rest::bounded),
    (Invariant::OneResolution, at_rest::one_resolution),
];

/// Checks that remain when the disk has reported a sync that it did not make.
pub(super) const WITHOUT_DISK: &[(Invariant, Check)] =
    &[(Invariant::PreimageMatchesHash, effects::preimage_matches_hash)];

/// The check that [`Watch::Rules`] adds when no input is being processed.
pub(super) const RULES: &[(Invariant, Check)] = &[(Invariant::Rules, at_rest::rules)];

pub(super) fn first_broken(checks: &[(Invariant, Check)], view: &View<'_>) -> Result<(), Broken> {
    let broken = checks.iter().find_map(|(invariant, check)| {
        check(view).map(|(expected, seen)| (*invariant, expected, seen))
    });
    broken.map_or(Ok(()), Err)
}
