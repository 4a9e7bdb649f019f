//! The kernel table: which instruction sets can derive pairs, which this machine has, and proof that each
//! one works before it is handed out.
//!
//! A [`Kernel`] cannot be made outside this crate, and is handed out only after its CPU features were
//! found and its answers to a known question were right. Holding one is therefore the proof that it may run,
//! which is what makes [`Engine::derive`](crate::Engine::derive) safe.

use core::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicU8, Ordering},
};

use crate::{
    arch,
    batch::Indices,
    lanes::COUNT_MAX,
    scheme::{Hash, Scheme, UnknownName},
    testing,
    types::BYTES,
};

/// The environment variable that forces a kernel by the name of its [`Isa`].
pub const KERNEL_VARIABLE: &str = "AMMETER_KERNEL";

/// An instruction set that a kernel is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// AVX-512 F and BW: 16 lanes (BLAKE3: two such vectors in step).
    Avx512,
    /// The SHA extensions (SHA-NI): several streams of one message each.
    ShaNi,
    /// AVX2: 8 lanes.
    Avx2,
    /// SSE4.1: 4 lanes.
    Sse41,
    /// ARMv8's SHA-2 instructions: several streams of one message each.
    ArmSha2,
    /// ARMv8's NEON: 4 lanes, two such vectors in step.
    Neon,
    /// Plain integers.
    Portable,
}

impl Isa {
    /// Every instruction set that some architecture has a kernel for.
    pub const ALL: [Self; 7] = [
        Self::Avx512,
        Self::ShaNi,
        Self::Avx2,
        Self::Sse41,
        Self::ArmSha2,
        Self::Neon,
        Self::Portable,
    ];

    /// The name on the command line, in [`KERNEL_VARIABLE`] and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::ShaNi => "shani",
            Self::Avx2 => "avx2",
            Self::Sse41 => "sse41",
            Self::ArmSha2 => "armsha2",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }

    /// The first CPU feature that this instruction set needs and this machine lacks, or the architecture
    /// itself.
    #[must_use]
    pub fn lacking(self) -> Option<&'static str> {
        /// Asks the CPU where there is an operating system to ask through, else the compiler.
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        macro_rules! first_lacking {
            ($($feature:tt)*) => {{
                #[cfg(all(feature = "std", target_arch = "x86_64"))]
                let found = [$(($feature, std::arch::is_x86_feature_detected!($feature))),*];
                #[cfg(all(feature = "std", target_arch = "aarch64"))]
                let found = [$(($feature, std::arch::is_aarch64_feature_detected!($feature))),*];
                #[cfg(not(feature = "std"))]
                let found = [$(($feature, cfg!(target_feature = $feature))),*];
                found.into_iter().find(|(_, found)| !found).map(|(feature, _)| feature)
            }};
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => first_lacking!("avx512f" "avx512bw"),
            #[cfg(target_arch = "x86_64")]
            Self::ShaNi => first_lacking!("sha" "sse4.1"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => first_lacking!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Sse41 => first_lacking!("sse4.1"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::ShaNi | Self::Avx2 | Self::Sse41 => Some("x86-64"),
            #[cfg(target_arch = "aarch64")]
            Self::ArmSha2 => first_lacking!("sha2"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => first_lacking!("neon"),
            #[cfg(not(target_arch = "aarch64"))]
            Self::ArmSha2 | Self::Neon => Some("aarch64"),
            Self::Portable => None,
        }
    }
}

impl FromStr for Isa {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|isa| isa.name() == name).ok_or(UnknownName {
            kind: "kernel",
            known: "avx512, shani, avx2, sse41, armsha2, neon and portable",
        })
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a kernel is called with: as many preimages as payment hashes as indices, and as many shares
/// where the scheme hashes them.
pub(crate) struct Work<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) root: &'a [u8; BYTES],
    pub(crate) indices: Indices<'a>,
    pub(crate) shares: &'a [[u8; BYTES]],
    pub(crate) preimages: &'a mut [[u8; BYTES]],
    pub(crate) payment_hashes: &'a mut [[u8; BYTES]],
}

impl Work<'_> {
    /// The first `count` children, and the others.
    pub(crate) fn split_at(self, count: usize) -> (Self, Self) {
        let Self { scheme, root, indices, shares, preimages, payment_hashes } = self;
        let rest = preimages.len() - count;
        let shares = shares.split_at(count.min(shares.len()));
        let preimages = preimages.split_at_mut(count);
        let payment_hashes = payment_hashes.split_at_mut(count);
        (
            Self {
                scheme,
                root,
                indices: indices.part(0, count as u64),
                shares: shares.0,
                preimages: preimages.0,
                payment_hashes: payment_hashes.0,
            },
            Self {
                scheme,
                root,
                indices: indices.part(count as u64, rest as u64),
                shares: shares.1,
                preimages: preimages.1,
                payment_hashes: payment_hashes.1,
            },
        )
    }
}

/// What a batch costs, in core cycles of one CPU: good enough to tell which of two kernels is done first.
/// `docs/performance.md` has the measurements.
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
    const fn of(self, children: usize) -> u32 {
        let children = children as u32;
        let groups = children.div_ceil(self.group_children);
        self.setup + groups * self.group + children * self.child
    }
}

/// One way of deriving pairs on this machine.
#[derive(Clone, Copy)]
pub struct Kernel {
    hash: Hash,
    isa: Isa,
    lanes: usize,
    run: unsafe fn(Work<'_>),
    cost: Cost,
}

impl Kernel {
    pub(crate) const fn new(
        hash: Hash,
        isa: Isa,
        lanes: usize,
        run: unsafe fn(Work<'_>),
        cost: Cost,
    ) -> Self {
        Self { hash, isa, lanes, run, cost }
    }

    /// The kernels of `hash` that this machine has and that passed their self-test, best first; the
    /// portable one is always the last.
    pub fn available(hash: Hash) -> impl Iterator<Item = Self> {
        Self::census().filter(move |row| row.hash == hash).filter_map(|row| row.kernel.ok())
    }

    /// Every kernel that this architecture could have, and why one is missing here.
    pub fn census() -> impl Iterator<Item = Row> {
        arch::KERNELS.iter().enumerate().map(|(row, kernel)| Row {
            hash: kernel.hash,
            isa: kernel.isa,
            lanes: kernel.lanes,
            kernel: kernel.prove(row),
        })
    }

    /// The kernel of `hash` for one instruction set.
    ///
    /// # Errors
    /// [`Missing`] says what stands in the way.
    pub fn named(hash: Hash, isa: Isa) -> Result<Self, Missing> {
        Self::census()
            .find(|row| row.hash == hash && row.isa == isa)
            .map_or(Err(Missing::NotWritten { hash, isa }), |row| row.kernel)
    }

    /// The best kernel of `hash`, or the one that [`KERNEL_VARIABLE`] forces.
    ///
    /// An instruction set with no kernel for this hash forces nothing here: `AMMETER_KERNEL=shani` leaves
    /// BLAKE3 to its best kernel.
    ///
    /// # Errors
    /// When the variable names no instruction set, or one that this machine lacks.
    pub fn chosen(hash: Hash) -> Result<Self, Missing> {
        match forced()? {
            Some(isa) if arch::KERNELS.iter().any(|row| row.hash == hash && row.isa == isa) => {
                Self::named(hash, isa)
            }
            _ => Self::available(hash).next().ok_or(Missing::SelfTest { hash, isa: Isa::Portable }),
        }
    }

    /// The hash that it computes.
    #[must_use]
    pub const fn hash(self) -> Hash {
        self.hash
    }

    /// The instruction set that it is written for.
    #[must_use]
    pub const fn isa(self) -> Isa {
        self.isa
    }

    /// How many children one pass derives; a count that is no multiple leaves lanes idle.
    #[must_use]
    pub const fn lanes(self) -> usize {
        self.lanes
    }

    /// Derives all of `work`.
    pub(crate) fn run(self, work: Work<'_>) {
        let count = work.preimages.len();
        assert_eq!(work.payment_hashes.len(), count);
        assert!(work.indices.covers(count));
        assert!(!work.scheme.hashes_share() || work.shares.len() == count);
        // SAFETY: a `Kernel` leaves this module only through `prove`, which found its CPU features;
        // the lengths are those that `Work` promises.
        unsafe { (self.run)(work) }
    }

    /// Finds the CPU features of the kernel in `row` of the table, then asks it a known question, once
    /// a process.
    fn prove(self, row: usize) -> Result<Self, Missing> {
        const UNKNOWN: u8 = 0;
        const PASSED: u8 = 1;
        const FAILED: u8 = 2;
        static PROVEN: [AtomicU8; arch::KERNELS.len()] =
            [const { AtomicU8::new(UNKNOWN) }; arch::KERNELS.len()];

        let (hash, isa) = (self.hash, self.isa);
        if let Some(feature) = isa.lacking() {
            return Err(Missing::Feature { hash, isa, feature });
        }
        // Two threads may both ask; they get the same answer.
        if PROVEN[row].load(Ordering::Relaxed) == UNKNOWN {
            let verdict = if testing::knows_its_answers(self) { PASSED } else { FAILED };
            PROVEN[row].store(verdict, Ordering::Relaxed);
        }
        match PROVEN[row].load(Ordering::Relaxed) {
            PASSED => Ok(self),
            _ => Err(Missing::SelfTest { hash, isa }),
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({}/{}, {} lanes)", self.hash, self.isa, self.lanes)
    }
}

/// The kernels of one hash by what they are best at: the widest for whole groups, for fewer children the one
/// that is done first.
#[derive(Clone, Copy)]
pub(crate) struct Ladder {
    widest: Kernel,
    /// For each count of children below a whole group, the row of its kernel in the table; `None` if one
    /// kernel does all.
    rows: Option<[u8; COUNT_MAX]>,
}

impl Ladder {
    /// One kernel for all.
    pub(crate) const fn single(kernel: Kernel) -> Self {
        Self { widest: kernel, rows: None }
    }

    /// Every kernel of `hash` that this machine has, or the one that [`KERNEL_VARIABLE`] forces.
    pub(crate) fn chosen(hash: Hash) -> Result<Self, Missing> {
        let widest = Kernel::chosen(hash)?;
        let forced = forced()?.is_some_and(|isa| isa == widest.isa);
        if forced {
            return Ok(Self::single(widest));
        }
        let mut rows = [0; COUNT_MAX];
        let mut costs = [u32::MAX; COUNT_MAX];
        for (row, found) in Kernel::census().enumerate() {
            let Some(kernel) = found.kernel.ok().filter(|kernel| kernel.hash == hash) else {
                continue;
            };
            for (children, (best, cost)) in rows.iter_mut().zip(&mut costs).enumerate() {
                if kernel.cost.of(children) < *cost {
                    (*best, *cost) = (row as u8, kernel.cost.of(children));
                }
            }
        }
        Ok(Self { widest, rows: Some(rows) })
    }

    pub(crate) const fn widest(&self) -> Kernel {
        self.widest
    }

    /// The kernel of the children that fill no whole group.
    pub(crate) fn narrow(&self, children: usize) -> Kernel {
        match (&self.rows, children % self.widest.lanes) {
            (Some(rows), rest @ 1..) => arch::KERNELS[rows[rest] as usize],
            _ => self.widest,
        }
    }

    /// Derives all of `work`: whole groups, then the rest.
    pub(crate) fn run(&self, work: Work<'_>) {
        let children = work.preimages.len();
        let narrow = self.narrow(children);
        if narrow.isa == self.widest.isa || children < self.widest.lanes {
            return narrow.run(work);
        }
        let (whole, rest) = work.split_at(children - children % self.widest.lanes);
        self.widest.run(whole);
        narrow.run(rest);
    }
}

impl fmt::Debug for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ladder").field(&self.widest).finish()
    }
}

/// One row of a table of functions that need no self-test: each instruction set's way to do one thing.
pub(crate) struct Routine<F> {
    pub(crate) isa: Isa,
    /// # Safety
    /// The CPU has what `isa` needs.
    pub(crate) run: F,
}

impl<F: Copy> Routine<F> {
    /// The first row of `table` that this machine can run, or the one that [`KERNEL_VARIABLE`] forces; the last,
    /// which needs nothing, if that is not to be had.
    pub(crate) fn chosen(table: &[Self]) -> F {
        let forced = forced().ok().flatten();
        let row = table
            .iter()
            .filter(|row| row.isa.lacking().is_none())
            .find(|row| forced.is_none_or(|isa| isa == row.isa));
        row.or(table.last()).expect("the portable row is always there").run
    }
}

/// One row of [`Kernel::census`].
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The hash.
    pub hash: Hash,
    /// The instruction set.
    pub isa: Isa,
    /// Children a pass.
    pub lanes: usize,
    /// The kernel, or why there is none here.
    pub kernel: Result<Kernel, Missing>,
}

/// Why a kernel is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The CPU, or without `std` the compiler's target, lacks a feature.
    Feature {
        /// The kernel's hash.
        hash: Hash,
        /// The kernel's instruction set.
        isa: Isa,
        /// The first feature that was not found.
        feature: &'static str,
    },
    /// It answered a known question wrongly.
    SelfTest {
        /// The kernel's hash.
        hash: Hash,
        /// The kernel's instruction set.
        isa: Isa,
    },
    /// This architecture has no such kernel for this hash.
    NotWritten {
        /// The hash.
        hash: Hash,
        /// The instruction set.
        isa: Isa,
    },
    /// [`KERNEL_VARIABLE`] holds a name that no kernel has.
    Variable(UnknownName),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature { hash, isa, feature } => {
                write!(f, "kernel {isa} for {hash}: this CPU lacks {feature}")
            }
            Self::SelfTest { hash, isa } => {
                write!(f, "kernel {isa} for {hash}: failed its self-test on this machine")
            }
            Self::NotWritten { hash, isa } => {
                write!(f, "kernel {isa} for {hash}: there is none on this architecture")
            }
            Self::Variable(unknown) => write!(f, "{KERNEL_VARIABLE}: {unknown}"),
        }
    }
}

impl core::error::Error for Missing {}

/// What [`KERNEL_VARIABLE`] asks for, read once a process: to look takes as long as to XOR some hundred shares. An empty
/// value asks for nothing.
#[cfg(feature = "std")]
pub(crate) fn forced() -> Result<Option<Isa>, Missing> {
    static FORCED: std::sync::OnceLock<Result<Option<Isa>, Missing>> = std::sync::OnceLock::new();
    *FORCED.get_or_init(|| match std::env::var_os(KERNEL_VARIABLE) {
        Some(name) if !name.is_empty() => {
            name.to_string_lossy().parse().map(Some).map_err(Missing::Variable)
        }
        _ => Ok(None),
    })
}

/// Without `std` there is no environment.
#[cfg(not(feature = "std"))]
pub(crate) fn forced() -> Result<Option<Isa>, Missing> {
    Ok(None)
}
