//! Which kernel a batch goes to, by its number of children.

use core::fmt;

use super::{Kernel, KernelError, forced};
use crate::{
    arch, isa,
    job::Indices,
    lanes::COUNT_MAX,
    scheme::{Hash, Scheme},
    types::BYTES,
    work::Work,
};

/// The kernels of one hash by what they are best at: the widest for whole groups, for fewer
/// children the one that is done first.
#[derive(Clone, Copy)]
pub(crate) struct Ladder {
    widest: Kernel,
    /// `None` if one kernel does all.
    narrow: Option<Narrow>,
}

/// For each count of children below a whole group, the row of its kernel in the table.
#[derive(Clone, Copy)]
struct Narrow {
    /// For a batch of no more children.
    alone: [u8; COUNT_MAX],
    /// For the children that are left after whole groups.
    after: [u8; COUNT_MAX],
}

impl Ladder {
    /// One kernel for all.
    pub(crate) const fn single(kernel: Kernel) -> Self {
        Self { widest: kernel, narrow: None }
    }

    /// Every kernel of `hash` that this machine has, or the one that
    /// [`KERNEL_VARIABLE`](super::KERNEL_VARIABLE) forces; by the costs of the table. Chosen once a
    /// process: it takes longer than to derive a payment, and some make an engine for each.
    #[cfg(feature = "std")]
    pub(crate) fn chosen(hash: Hash) -> Result<Self, KernelError> {
        use std::sync::OnceLock;

        static CHOSEN: [OnceLock<Result<Ladder, KernelError>>; Hash::ALL.len()] =
            [const { OnceLock::new() }; Hash::ALL.len()];
        *CHOSEN[hash as usize].get_or_init(|| Self::choose(hash))
    }

    /// The same, each time anew.
    #[cfg(not(feature = "std"))]
    pub(crate) fn chosen(hash: Hash) -> Result<Self, KernelError> {
        Self::choose(hash)
    }

    fn choose(hash: Hash) -> Result<Self, KernelError> {
        let widest = Kernel::chosen(hash)?;
        if forced()?.is_some_and(|isa| isa == widest.isa()) {
            return Ok(Self::single(widest));
        }
        // Asked once: finding CPU features takes longer than all costs.
        let found: [_; arch::KERNELS.len()] = {
            let mut kernels = kernels(hash);
            core::array::from_fn(|_| kernels.next())
        };
        let is_intel = isa::is_intel();
        let rows = core::array::from_fn(|children| {
            let found = found.iter().flatten();
            least(found.map(|(row, kernel)| (*row, kernel.0.cost_here(is_intel).of(children))))
        });
        Ok(Self { widest, narrow: Some(Narrow { alone: rows, after: rows }) })
    }

    /// The same by `now`'s ticks on this machine, the widest kernel too.
    pub(crate) fn calibrated(
        hash: Hash,
        now: &mut dyn FnMut() -> u64,
    ) -> Result<Self, KernelError> {
        let chosen = Self::chosen(hash)?;
        if chosen.narrow.is_none() {
            return Ok(chosen);
        }
        let mut stand = Stand { now, preimages: [[0; BYTES]; BULK], hashes: [[0; BYTES]; BULK] };
        let bulk = kernels(hash).map(|(row, kernel)| {
            let once = Self::single(kernel);
            (row, stand.ticks(BULK, |work| once.run(work)))
        });
        let row = least(bulk);
        let widest = Kernel(&arch::KERNELS[usize::from(row)]);
        let lanes = widest.lanes();
        let mut narrow = Narrow { alone: [row; COUNT_MAX], after: [row; COUNT_MAX] };
        for children in 1..lanes {
            narrow.alone[children] = least(
                kernels(hash).map(|(row, k)| (row, stand.ticks(children, |work| k.run(work)))),
            );
            narrow.after[children] = least(kernels(hash).map(|(row, k)| {
                let all = stand.ticks(lanes + children, |work| together(widest, k, work));
                (row, all)
            }));
        }
        Ok(Self { widest, narrow: Some(narrow) })
    }

    pub(crate) const fn widest(&self) -> Kernel {
        self.widest
    }

    /// The kernel of the children that fill no whole group.
    #[inline]
    pub(crate) fn narrow(&self, children: usize) -> Kernel {
        let Some(Narrow { alone, after }) = &self.narrow else { return self.widest };
        let lanes = self.widest.lanes();
        let row = if children < lanes {
            alone[children]
        } else {
            match children % lanes {
                0 => return self.widest,
                rest => after[rest],
            }
        };
        // Only rows of proven kernels were entered.
        Kernel(&arch::KERNELS[usize::from(row)])
    }

    /// Derives all of `work`: whole groups, then the rest.
    #[inline]
    pub(crate) fn run(&self, work: Work<'_>) {
        let children = work.preimages.len();
        together(self.widest, self.narrow(children), work);
    }
}

impl fmt::Debug for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ladder").field(&self.widest).finish()
    }
}

/// Whole groups by the one, the rest by the other; where they are the same, all at once.
#[inline]
fn together(widest: Kernel, narrow: Kernel, work: Work<'_>) {
    let children = work.preimages.len();
    if narrow.isa() == widest.isa() || children < widest.lanes() {
        return narrow.run(work);
    }
    let (whole, rest) = work.split_at(children - children % widest.lanes());
    widest.run(whole);
    narrow.run(rest);
}

/// The kernels of `hash` that work here, with their rows in the table, best first.
fn kernels(hash: Hash) -> impl Iterator<Item = (u8, Kernel)> {
    let all = Kernel::census().enumerate();
    all.filter_map(|(row, found)| Some((row as u8, found.kernel.ok()?)))
        .filter(move |(_, kernel)| kernel.hash() == hash)
}

/// The row that costs least; of equals the first.
fn least<C: Ord>(rows: impl Iterator<Item = (u8, C)>) -> u8 {
    rows.min_by(|(_, one), (_, other)| one.cmp(other)).expect("the portable kernel works").0
}

/// Children by which the widest kernel is chosen: some groups of each kernel.
const BULK: usize = 4 * COUNT_MAX;
/// A batch is timed so many times, and the shortest time counts: whatever disturbs it adds to it.
const TIMED: usize = 8;
/// Batches in one timing: a batch of one child takes as long as some clocks take to be read.
const AT_ONCE: usize = 4;

/// Where kernels are timed.
struct Stand<'a> {
    now: &'a mut dyn FnMut() -> u64,
    preimages: [[u8; BYTES]; BULK],
    hashes: [[u8; BYTES]; BULK],
}

impl Stand<'_> {
    /// The shortest time in which `run` derives so many children, of [`AT_ONCE`] batches.
    fn ticks(&mut self, children: usize, run: impl Fn(Work<'_>)) -> u64 {
        let mut least = u64::MAX;
        // The first timing warms up.
        for _ in 0..=TIMED {
            let start = (self.now)();
            for _ in 0..AT_ONCE {
                run(Work {
                    scheme: Scheme::Og,
                    root: &[0x5a; BYTES],
                    indices: Indices::range(0, children as u64).expect("far from the last index"),
                    shares: &[],
                    preimages: &mut self.preimages[..children],
                    payment_hashes: &mut self.hashes[..children],
                });
            }
            least = least.min((self.now)().wrapping_sub(start));
        }
        least
    }
}
