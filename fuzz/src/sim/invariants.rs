//! The twelve invariants, by name, each its own function over what the oracle sees.
//!
//! A receiver may be more careful than the model: failing an HTLC that the model holds is a violation
//! only once a set that must settle cannot. It may not be less careful.

mod at_rest;
mod effects;
mod view;
mod words;

use core::fmt;

pub use crate::sim::oracle::{Oracle, Watch};
pub(super) use view::View;
pub use words::effect;
pub(super) use words::said;

/// What was broken, what was expected, what was seen.
pub(super) type Broken = (Invariant, String, String);

/// A broken invariant, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Position of the operation; the number of operations if it came out while the world drained.
    pub position: usize,
    /// What should have happened.
    pub expected: String,
    /// What happened.
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
        /// What must hold of any receiver.
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
    /// What leaves as a preimage hashes to what the HTLC is locked to.
    PreimageMatchesHash = "preimage-matches-hash",
    /// Any order of arrival gives the same verdict.
    OrderInvariant = "order-invariant",
    /// Each HTLC is resolved exactly once.
    OneResolution = "one-resolution",
    /// One set never changes another.
    IsolatedSets = "isolated-sets",
    /// A set that is settled or failed stays so, whatever comes.
    TerminalIsAbsorbing = "terminal-is-absorbing",
    /// Nothing settles for less than its invoice asks.
    PaidInFull = "paid-in-full",
    /// What is kept stays within the limits.
    Bounded = "bounded",
    /// A crash never undoes or splits a decision.
    DurableDecision = "durable-decision",
    /// A complete honest set settles.
    HonestSetsSettle = "honest-sets-settle",
    /// No HTLC is held past its deadline.
    NoOverstay = "no-overstay",
    /// Not one of the twelve: an HTLC is held or failed exactly where the table of rules says so.
    Rules = "rules",
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was expected and what was seen, if an invariant is broken.
type Check = fn(&View<'_>) -> Option<(String, String)>;

/// Looked at after each input, also when the receiver was killed amidst its effects.
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

/// Looked at when nothing is under way.
pub(super) const AT_REST: &[(Invariant, Check)] = &[
    (Invariant::DurableDecision, at_rest::durable_decision),
    (Invariant::AllOrNothing, at_rest::all_or_nothing),
    (Invariant::HonestSetsSettle, at_rest::honest_sets_settle),
    (Invariant::NoOverstay, at_rest::no_overstay),
    (Invariant::Bounded, at_rest::bounded),
];

/// What can be asked of a receiver whose disk lied to it.
pub(super) const WITHOUT_DISK: &[(Invariant, Check)] =
    &[(Invariant::PreimageMatchesHash, effects::preimage_matches_hash)];

/// Looked at, if asked for, when nothing is under way.
pub(super) const RULES: &[(Invariant, Check)] = &[(Invariant::Rules, at_rest::rules)];

pub(super) fn first_broken(checks: &[(Invariant, Check)], view: &View<'_>) -> Result<(), Broken> {
    let broken = checks.iter().find_map(|(invariant, check)| {
        check(view).map(|(expected, seen)| (*invariant, expected, seen))
    });
    broken.map_or(Ok(()), Err)
}
