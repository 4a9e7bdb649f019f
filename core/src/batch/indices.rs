//! Which children: a range, or a list.

use crate::{batch::job::JobError, scheme::Scheme};

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
    pub(crate) fn part(&self, start: u64, count: u64) -> Self {
        Self(match self.0 {
            Kind::Range { first, .. } => {
                Kind::Range { first: (first as u64 + start) as u32, count }
            }
            Kind::List(list) => Kind::List(&list[start as usize..(start + count) as usize]),
        })
    }

    /// The error if a child of `scheme` cannot have one of these.
    pub(super) fn check(&self, scheme: Scheme) -> Result<(), JobError> {
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
