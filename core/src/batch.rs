//! The batch engine: from a job to lanes, chunks and threads. The only place that names rayon.

use core::fmt;

use bytemuck::TransparentWrapper;

use crate::{
    kernel::{Kernel, Missing, Work},
    scheme::{Hash, Scheme},
    types::{BasePreimage, PaymentHash, Preimage, Share},
};

/// Fewer pairs than this are derived on the calling thread: waking another one costs more.
#[cfg(feature = "rayon")]
pub const PARALLEL_MIN: usize = 1 << 13;

/// Pairs in one piece of a parallel batch: its output stays in a core's second-level cache, and it is a
/// multiple of every kernel's lanes, so that only the last piece leaves lanes idle.
#[cfg(feature = "rayon")]
const PARALLEL_PIECE: usize = 1 << 12;

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
    fn part(&self, start: u64, count: u64) -> Self {
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
    /// The shares that are hashed, none where the scheme hashes none; or why the job contradicts its scheme.
    fn checked_shares(&self) -> Result<&'a [Share], JobError> {
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
}

/// Where the children go: both slices as long as the indices.
#[derive(Debug)]
pub struct Pairs<'a> {
    /// r_i.
    pub preimages: &'a mut [Preimage],
    /// h_i = H(r_i).
    pub payment_hashes: &'a mut [PaymentHash],
}

/// Why a job was refused; nothing has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        }
    }
}

impl core::error::Error for JobError {}

/// Derives batches with one kernel.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    kernel: Kernel,
    #[cfg_attr(
        not(feature = "rayon"),
        expect(dead_code, reason = "without threads all is single")
    )]
    parallel: bool,
}

impl Engine {
    /// With the kernel that is [chosen](Kernel::chosen) on this machine, and threads for large batches.
    ///
    /// # Errors
    /// Those of [`Kernel::chosen`].
    pub fn new(hash: Hash) -> Result<Self, Missing> {
        Kernel::chosen(hash).map(Self::with_kernel)
    }

    /// With this kernel, and threads for large batches.
    #[must_use]
    pub const fn with_kernel(kernel: Kernel) -> Self {
        Self { kernel, parallel: true }
    }

    /// The same engine, on the calling thread only.
    #[must_use]
    pub const fn single_threaded(self) -> Self {
        Self { parallel: false, ..self }
    }

    /// The kernel.
    #[must_use]
    pub const fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Derives every child of `job` into `pairs`.
    ///
    /// With the `rayon` feature, batches of [`PARALLEL_MIN`] pairs and more are shared out to rayon's
    /// current pool; smaller ones never leave the calling thread. Nothing is allocated.
    ///
    /// # Errors
    /// [`JobError`] if the job contradicts its scheme or the lengths differ.
    pub fn derive(&self, job: &Job<'_>, pairs: Pairs<'_>) -> Result<(), JobError> {
        let children = job.indices.count();
        let Pairs { preimages, payment_hashes } = pairs;
        if preimages.len() as u64 != children || payment_hashes.len() as u64 != children {
            return Err(JobError::OutputLength {
                preimages: preimages.len(),
                payment_hashes: payment_hashes.len(),
                children,
            });
        }
        let shares = Share::peel_slice(job.checked_shares()?);
        self.run(Work {
            scheme: job.scheme,
            root: &job.root.0,
            indices: job.indices,
            shares,
            preimages: Preimage::peel_slice_mut(preimages),
            payment_hashes: PaymentHash::peel_slice_mut(payment_hashes),
        });
        Ok(())
    }

    /// Derives every child of `job`, `pairs` at a time, and shows each full buffer to `sink` with the
    /// position of its first child: for ranges larger than memory.
    ///
    /// # Errors
    /// Those of [`derive`](Self::derive), before anything is derived, and whatever `sink` returns, which
    /// ends the stream.
    ///
    /// # Panics
    /// If the two slices of `pairs` differ in length or are empty.
    pub fn stream<E: From<JobError>>(
        &self,
        job: &Job<'_>,
        pairs: Pairs<'_>,
        mut sink: impl FnMut(u64, &[Preimage], &[PaymentHash]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Pairs { preimages, payment_hashes } = pairs;
        assert_eq!(preimages.len(), payment_hashes.len(), "one payment hash a preimage");
        assert!(!preimages.is_empty(), "a stream needs a buffer");
        let children = job.indices.count();
        let all_shares = job.checked_shares()?;
        let mut start = 0;
        while start < children {
            let count = (children - start).min(preimages.len() as u64);
            let (r, h) = (&mut preimages[..count as usize], &mut payment_hashes[..count as usize]);
            let shares =
                all_shares.get(start as usize..(start + count) as usize).unwrap_or_default();
            let part = Job { indices: job.indices.part(start, count), shares, ..*job };
            self.derive(&part, Pairs { preimages: r, payment_hashes: h })?;
            sink(start, r, h)?;
            start += count;
        }
        Ok(())
    }

    #[cfg(not(feature = "rayon"))]
    fn run(&self, work: Work<'_>) {
        self.kernel.run(work);
    }

    #[cfg(feature = "rayon")]
    fn run(&self, work: Work<'_>) {
        use rayon::prelude::*;

        let count = work.preimages.len();
        if !self.parallel || count < PARALLEL_MIN {
            return self.kernel.run(work);
        }
        let Work { scheme, root, indices, shares, preimages, payment_hashes } = work;
        preimages
            .par_chunks_mut(PARALLEL_PIECE)
            .zip(payment_hashes.par_chunks_mut(PARALLEL_PIECE))
            .enumerate()
            .for_each(|(piece, (preimages, payment_hashes))| {
                let (start, count) = (piece * PARALLEL_PIECE, preimages.len());
                let shares = shares.get(start..start + count).unwrap_or_default();
                let indices = indices.part(start as u64, count as u64);
                self.kernel.run(Work { scheme, root, indices, shares, preimages, payment_hashes });
            });
    }
}

/// One pair by the slow twins: what every kernel is checked against.
///
/// # Panics
/// If the scheme hashes the share and there is none.
#[must_use]
pub fn reference_pair(
    hash: Hash,
    scheme: Scheme,
    root: &BasePreimage,
    share: Option<&Share>,
    index: u32,
) -> (Preimage, PaymentHash) {
    let mut message = [0; crate::scheme::MESSAGE_SIZE_MAX];
    let length = scheme.message(root, share, index, &mut message);
    let preimage = hash.digest(&message[..length]);
    (Preimage(preimage), PaymentHash(hash.digest(&preimage)))
}

const _: () = {
    #[cfg(feature = "rayon")]
    assert!(PARALLEL_PIECE.is_multiple_of(crate::lanes::COUNT_MAX));
};
