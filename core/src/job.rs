//! What is derived, and why it may be refused.

use core::fmt;

use crate::{
    scheme::Scheme,
    types::{BasePreimage, PaymentHash, Preimage, Share},
};

/// Which children are derived.
#[derive(Clone, Copy, Debug)]
pub struct Indices<'a>(Kind<'a>);

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Range { first: u32, count: u64 },
    List(&'a [u32]),
}

impl<'a> Indices<'a> {
    /// `first`, `first + 1`, … : `count` indices.
    ///
    /// # Errors
    /// [`JobError::PastLastIndex`] if the last of them would be past 2^32 − 1.
    pub const fn range(first: u32, count: u64) -> Result<Self, JobError> {
        if count > (1 << 32) - first as u64 {
            return Err(JobError::PastLastIndex { first, count, last: u32::MAX });
        }
        Ok(Self(Kind::Range { first, count }))
    }

    /// Any indices in any order; lnd's are random.
    #[must_use]
    pub const fn list(list: &'a [u32]) -> Self {
        Self(Kind::List(list))
    }

    /// How many.
    #[must_use]
    #[inline]
    pub const fn count(&self) -> u64 {
        match self.0 {
            Kind::Range { count, .. } => count,
            Kind::List(list) => list.len() as u64,
        }
    }

    /// Whether there are `count` of them.
    pub(crate) fn covers(&self, count: usize) -> bool {
        self.count() == count as u64
    }

    /// Writes `word(index)` for the indices from position `start` on.
    #[inline(always)]
    pub(crate) fn fill(&self, start: usize, target: &mut [u32], word: impl Fn(u32) -> u32) {
        match self.0 {
            Kind::Range { first, .. } => {
                let first = first.wrapping_add(start as u32);
                for (target, offset) in target.iter_mut().zip(0u32..) {
                    *target = word(first.wrapping_add(offset));
                }
            }
            Kind::List(list) => {
                for (target, index) in target.iter_mut().zip(&list[start..]) {
                    *target = word(*index);
                }
            }
        }
    }

    /// `count` of them from position `start` on.
    #[inline]
    pub(crate) fn part(&self, start: u64, count: u64) -> Self {
        Self(match self.0 {
            Kind::Range { first, .. } => {
                Kind::Range { first: (first as u64 + start) as u32, count }
            }
            Kind::List(list) => Kind::List(&list[start as usize..(start + count) as usize]),
        })
    }

    /// The error if a child of `scheme` cannot have one of these.
    fn check(&self, scheme: Scheme) -> Result<(), JobError> {
        let allowed = scheme.indices();
        match self.0 {
            Kind::Range { count: 0, .. } => Ok(()),
            Kind::Range { first, .. } if first < *allowed.start() => {
                Err(JobError::Index { scheme, position: 0, index: first })
            }
            Kind::Range { first, count } if first as u64 + count - 1 > *allowed.end() as u64 => {
                Err(JobError::PastLastIndex { first, count, last: *allowed.end() })
            }
            Kind::Range { .. } => Ok(()),
            Kind::List(list) => match list.iter().position(|index| !allowed.contains(index)) {
                Some(position) => Err(JobError::Index { scheme, position, index: list[position] }),
                None => Ok(()),
            },
        }
    }
}

/// What is derived: children of one payment.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// How.
    pub scheme: Scheme,
    /// From which base preimage (`tree`: the seed).
    pub root: &'a BasePreimage,
    /// Which children.
    pub indices: Indices<'a>,
    /// The share of each child, in the order of the indices, where the scheme
    /// [hashes it](Scheme::hashes_share); not read elsewhere.
    pub shares: &'a [Share],
}

impl<'a> Job<'a> {
    /// The shares that are hashed, none where the scheme hashes none; or why the job contradicts
    /// its scheme.
    #[inline]
    pub(crate) fn checked_shares(&self) -> Result<&'a [Share], JobError> {
        self.indices.check(self.scheme)?;
        let children = self.indices.count();
        if !self.scheme.hashes_share() {
            Ok(&[])
        } else if self.shares.len() as u64 == children {
            Ok(self.shares)
        } else {
            Err(JobError::ShareCount { shares: self.shares.len(), children })
        }
    }

    /// `count` of its children from position `start` on.
    pub(crate) fn part(&self, start: u64, count: u64) -> Self {
        let shares = self.shares.get(start as usize..(start + count) as usize).unwrap_or_default();
        Job { indices: self.indices.part(start, count), shares, ..*self }
    }
}

/// Where the children go: both slices as long as the indices.
#[derive(Debug)]
pub struct Pairs<'a> {
    /// r_i.
    pub preimages: &'a mut [Preimage],
    /// h_i = H(r_i).
    pub payment_hashes: &'a mut [PaymentHash],
}

/// The most hashes that one call looks for: more than a channel can have HTLCs (483), and a table
/// that fits the stack.
pub const HELD_MAX: usize = 1 << 10;

/// Why a job was refused; nothing has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// A child of this scheme cannot have this index.
    Index {
        /// The scheme.
        scheme: Scheme,
        /// Position among the job's indices.
        position: usize,
        /// The index there.
        index: u32,
    },
    /// A range that ends past the last index.
    PastLastIndex {
        /// Its first index.
        first: u32,
        /// Its length.
        count: u64,
        /// The last index that there is.
        last: u32,
    },
    /// The scheme hashes one share a child, and there are not that many.
    ShareCount {
        /// How many there are.
        shares: usize,
        /// How many are needed.
        children: u64,
    },
    /// An output slice does not have one place a child.
    OutputLength {
        /// Places for preimages.
        preimages: usize,
        /// Places for payment hashes.
        payment_hashes: usize,
        /// Children.
        children: u64,
    },
    /// The slices of a matching differ in length, or there are too many.
    Matching {
        /// Held hashes.
        held: usize,
        /// Places for positions.
        positions: usize,
        /// Places for preimages.
        preimages: usize,
    },
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index { scheme, position, index } => {
                let allowed = scheme.indices();
                write!(
                    f,
                    "index {index} (position {position}) is outside {}..={} of scheme {scheme}",
                    allowed.start(),
                    allowed.end()
                )
            }
            Self::PastLastIndex { first, count, last } => {
                write!(f, "{count} indices from {first} on end past the last index, {last}")
            }
            Self::ShareCount { shares, children } => {
                write!(f, "{shares} shares for {children} children; each child needs its own")
            }
            Self::OutputLength { preimages, payment_hashes, children } => write!(
                f,
                "{children} children into {preimages} preimages and {payment_hashes} payment hashes"
            ),
            Self::Matching { held, positions, preimages } => write!(
                f,
                "{held} held hashes into {positions} positions and {preimages} preimages; \
                 these must be equal, and at most {HELD_MAX}"
            ),
        }
    }
}

impl core::error::Error for JobError {}
