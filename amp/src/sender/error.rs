//! Why a plan has no such part.

use core::fmt;

use ammeter_core::types::Msat;

/// Why a plan refused; it has not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// A part that pays nothing.
    NoAmount,
    /// A part that leaves nothing for the parts behind it. The last one takes all that is left.
    AmountTooLarge {
        /// What the part was to pay.
        amount_msat: Msat,
        /// What is left to pay.
        left_msat: Msat,
    },
    /// The last part has been handed out.
    Complete,
    /// A payment in no parts.
    NoParts,
    /// More parts than the payment has millisatoshi.
    TooManyParts {
        /// How many.
        part_count: u32,
        /// What they were to pay together.
        total_msat: Msat,
    },
    /// No shares folded into one.
    NoWeight,
    /// Folding that leaves no share for the parts behind it. The last one takes all that are left.
    WeightTooLarge {
        /// How many shares the part was to carry.
        weight: u32,
        /// How many are left.
        left: u32,
    },
    /// The leaf has been split so often that no index is left.
    TooDeep {
        /// Its depth.
        depth: u8,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAmount => f.write_str("a part must pay something"),
            Self::AmountTooLarge { amount_msat, left_msat } => write!(
                f,
                "a part of {} msat leaves nothing of {} msat for the last part",
                amount_msat.0, left_msat.0
            ),
            Self::Complete => f.write_str("the last part has been handed out already"),
            Self::NoParts => f.write_str("a payment has at least one part"),
            Self::TooManyParts { part_count, total_msat } => {
                write!(f, "{} msat cannot be split into {part_count} parts", total_msat.0)
            }
            Self::NoWeight => f.write_str("a part must carry at least one share"),
            Self::WeightTooLarge { weight, left } => {
                write!(f, "a part of weight {weight} leaves nothing of {left} for the last part")
            }
            Self::TooDeep { depth } => write!(f, "a leaf at depth {depth} cannot be split"),
        }
    }
}

impl core::error::Error for PlanError {}
