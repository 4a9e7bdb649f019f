//! A second parser of each format, written from `amp/docs/wire.md` and not from the code of
//! `ammeter_amp`, which it is compared with. It is simple, and need not be fast.
//!
//! It uses the names of [`Fault`], so that "the same fault at the same offset" is one comparison.

pub mod blob;
pub mod frame;
pub mod run;
pub mod tlv;

use ammeter_amp::eob::{Error, Fault};

/// The first fault of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The offset of the first wrong byte, or of the first missing byte.
    pub offset: usize,
    /// The name of a [`Fault`].
    pub fault: &'static str,
}

impl Wrong {
    pub(crate) const fn at(offset: usize, fault: &'static str) -> Self {
        Self { offset, fault }
    }
}

impl From<&Error> for Wrong {
    fn from(error: &Error) -> Self {
        Self { offset: error.offset, fault: name(&error.fault) }
    }
}

macro_rules! faults {
    ($($fault:ident),+ $(,)?) => {
        /// The name of every fault. A variant that is not in the list does not compile.
        pub const FAULTS: &[&str] = &[$(stringify!($fault)),+];

        /// The name of a fault, as it is in the source.
        #[must_use]
        pub const fn name(fault: &Fault) -> &'static str {
            match fault {
                $(Fault::$fault { .. } => stringify!($fault)),+
            }
        }
    };
}

faults! {
    Truncated, Trailing, NotZero, UnknownVersion, NoParts, NoWeight, WeightAboveParts, RunLength,
    NoFinalFrame, NotMinimal, PastEnd, RecordLength, TypeOrder, UnknownEven, Missing, WrongHop,
    AmpAlone, ZeroSetId, UnknownBlobType, FragmentTooLong, FragmentNotFull, FragmentEmpty,
    DataInEmptyBlob, TooManyFrames,
}

/// A big-endian number of up to eight bytes.
pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value * 256 + u64::from(*byte))
}

/// Returns the bytes `start..end` of `input`, if they are there.
pub(crate) fn present(input: &[u8], start: usize, end: usize) -> Result<&[u8], Wrong> {
    input.get(start..end).ok_or(Wrong::at(input.len(), "Truncated"))
}

/// Checks that the bytes `start..end` of `input` are there and zero. A wrong byte in front of a
/// missing one is the first fault.
pub(crate) fn zero(input: &[u8], start: usize, end: usize) -> Result<(), Wrong> {
    let there = &input[start.min(input.len())..end.min(input.len())];
    match there.iter().position(|byte| *byte != 0) {
        Some(position) => Err(Wrong::at(start + position, "NotZero")),
        None => present(input, start, end).map(drop),
    }
}

/// Checks that the input ends at `end`.
pub(crate) fn over(input: &[u8], end: usize) -> Result<(), Wrong> {
    if input.len() > end { Err(Wrong::at(end, "Trailing")) } else { Ok(()) }
}
