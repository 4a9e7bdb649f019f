//! Rows of data: what an instruction set supplies for one routine, and what it costs. The rows are
//! filled by `arch`, and chosen by `dispatch`.

use crate::{
    isa::Isa,
    scheme::Hash,
    types::BYTES,
    work::{Stretch, Work},
};

/// What a batch costs, in core cycles of one CPU: good enough to tell which of two kernels is done
/// first. `docs/performance.md` has the measurements.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// Folding a root.
    pub(crate) setup: u32,
    /// A group, and how many children it has.
    pub(crate) group: u32,
    pub(crate) group_children: u32,
    /// Each child beside that.
    pub(crate) child: u32,
}

impl Cost {
    pub(crate) const fn of(self, children: usize) -> u32 {
        let children = children as u32;
        let groups = children.div_ceil(self.group_children);
        self.setup + groups * self.group + children * self.child
    }
}

/// A kernel that derives pairs, before anybody has asked whether this machine can run it.
pub(crate) struct Candidate {
    pub(crate) hash: Hash,
    pub(crate) isa: Isa,
    /// Children a pass.
    pub(crate) lanes: usize,
    pub(crate) cost: Cost,
    /// Where an Intel CPU differs by so much that another kernel would be done first.
    pub(crate) cost_on_intel: Option<Cost>,
    /// # Safety
    /// The CPU has what `isa` needs, and the lengths are those that [`Work`] promises.
    pub(crate) run: unsafe fn(Work<'_>),
}

impl Candidate {
    /// The cost on this CPU.
    pub(crate) fn cost_here(&self, is_intel: bool) -> Cost {
        self.cost_on_intel.filter(|_| is_intel).unwrap_or(self.cost)
    }
}

/// Each instruction set's way to do one thing with bytes.
pub(crate) struct Routine<F> {
    pub(crate) isa: Isa,
    /// # Safety
    /// The CPU has what `isa` needs.
    pub(crate) run: F,
}

/// The XOR of all values.
pub(crate) type Fold = Routine<unsafe fn(&[[u8; BYTES]]) -> [u8; BYTES]>;

/// A stretch of a key's stream of shares.
pub(crate) type Keystream = Routine<unsafe fn(Stretch<'_>)>;
