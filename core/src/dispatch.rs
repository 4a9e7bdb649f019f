//! Choice: which kernels this machine has, proof that each one works, and which one a batch goes
//! to.
//!
//! A [`Kernel`] cannot be made outside this file, and is handed out only after its CPU features
//! were found and its answers to a known question were right. Holding one is therefore the proof
//! that it may run, which is what makes [`Engine::derive`](crate::Engine::derive) safe. XOR folds
//! and keystreams are chosen here by the same rules.

mod ladder;

use core::{
    fmt,
    sync::atomic::{AtomicU8, Ordering},
};

use bytemuck::TransparentWrapper;

use crate::{
    arch,
    isa::Isa,
    job::Indices,
    kernel::{Candidate, Routine},
    lanes::COUNT_MAX,
    reference,
    scheme::{Hash, Scheme, UnknownNameError},
    types::{BYTES, BasePreimage, Share},
    work::{Stretch, Work},
};

pub(crate) use ladder::Ladder;

/// The environment variable that forces a kernel by the name of its [`Isa`].
pub const KERNEL_VARIABLE: &str = "AMMETER_KERNEL";

/// One way of deriving pairs that works on this machine.
#[derive(Clone, Copy)]
pub struct Kernel(&'static Candidate);

impl Kernel {
    /// The kernels of `hash` that this machine has and that passed their self-test, best first; the
    /// portable one is always the last.
    pub fn available(hash: Hash) -> impl Iterator<Item = Self> {
        Self::census().filter(move |row| row.hash == hash).filter_map(|row| row.kernel.ok())
    }

    /// Every kernel that this architecture could have, and why one is missing here.
    pub fn census() -> impl Iterator<Item = Row> {
        (0..arch::KERNELS.len()).map(|row| {
            let Candidate { hash, isa, lanes, .. } = arch::KERNELS[row];
            Row { hash, isa, lanes, kernel: Self::prove(row) }
        })
    }

    /// The kernel of `hash` for one instruction set.
    ///
    /// # Errors
    /// [`KernelError`] says what stands in the way.
    pub fn named(hash: Hash, isa: Isa) -> Result<Self, KernelError> {
        Self::census()
            .find(|row| row.hash == hash && row.isa == isa)
            .map_or(Err(KernelError::NotWritten { hash, isa }), |row| row.kernel)
    }

    /// The best kernel of `hash`, or the one that [`KERNEL_VARIABLE`] forces.
    ///
    /// An instruction set with no kernel for this hash forces nothing here: `AMMETER_KERNEL=shani`
    /// leaves BLAKE3 to its best kernel.
    ///
    /// # Errors
    /// When the variable names no instruction set, or one that this machine lacks.
    pub fn chosen(hash: Hash) -> Result<Self, KernelError> {
        match forced()? {
            Some(isa) if arch::KERNELS.iter().any(|row| row.hash == hash && row.isa == isa) => {
                Self::named(hash, isa)
            }
            _ => Self::available(hash)
                .next()
                .ok_or(KernelError::SelfTest { hash, isa: Isa::Portable }),
        }
    }

    /// The hash that it computes.
    #[must_use]
    pub const fn hash(self) -> Hash {
        self.0.hash
    }

    /// The instruction set that it is written for.
    #[must_use]
    pub const fn isa(self) -> Isa {
        self.0.isa
    }

    /// How many children one pass derives; a count that is no multiple leaves lanes idle.
    #[must_use]
    pub const fn lanes(self) -> usize {
        self.0.lanes
    }

    /// Derives all of `work`.
    #[inline]
    pub(crate) fn run(self, work: Work<'_>) {
        let count = work.preimages.len();
        assert_eq!(work.payment_hashes.len(), count);
        assert!(work.indices.covers(count));
        assert!(!work.scheme.hashes_share() || work.shares.len() == count);
        // SAFETY: a `Kernel` leaves this file only through `prove`, which found its CPU features;
        // the lengths are those that `Work` promises.
        unsafe { (self.0.run)(work) }
    }

    /// Finds the CPU features of the kernel in `row` of the table, then asks it a known question,
    /// once a process.
    fn prove(row: usize) -> Result<Self, KernelError> {
        static TESTED: [SelfTest; arch::KERNELS.len()] =
            [const { SelfTest::new() }; arch::KERNELS.len()];

        let candidate = &arch::KERNELS[row];
        let Candidate { hash, isa, .. } = *candidate;
        if let Some(feature) = isa.lacking() {
            return Err(KernelError::Feature { hash, isa, feature });
        }
        let kernel = Self(candidate);
        match TESTED[row].passed(|| derives_known_pairs(kernel)) {
            true => Ok(kernel),
            false => Err(KernelError::SelfTest { hash, isa }),
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel({}/{}, {} lanes)", self.hash(), self.isa(), self.lanes())
    }
}

/// The XOR of all `values`; zero for none.
pub(crate) fn fold(values: &[[u8; BYTES]]) -> [u8; BYTES] {
    static CHOSEN: AtomicU8 = AtomicU8::new(UNCHOSEN);
    // SAFETY: nothing that the chosen row's instruction set needs is lacking.
    unsafe { first(arch::FOLDS, &CHOSEN, folds_known_values)(values) }
}

/// Fills `shares` with the key's stream from share number `first` on.
pub(crate) fn keystream(stretch: Stretch<'_>) {
    static CHOSEN: AtomicU8 = AtomicU8::new(UNCHOSEN);
    // SAFETY: nothing that the chosen row's instruction set needs is lacking.
    unsafe { first(arch::KEYSTREAMS, &CHOSEN, streams_known_shares)(stretch) }
}

/// No row of a table.
const UNCHOSEN: u8 = u8::MAX;

/// The first row of `table` that this machine can run and that passes its self-test, or the one
/// that [`KERNEL_VARIABLE`] forces; the last, which needs nothing, if that is not to be had. It is
/// looked for once a process: to ask for CPU features takes longer than to fold a payment.
fn first<F: Copy>(table: &[Routine<F>], chosen: &AtomicU8, test: fn(F) -> bool) -> F {
    let mut row = chosen.load(Ordering::Relaxed);
    if row == UNCHOSEN {
        let forced = forced().ok().flatten();
        let works = |row: &Routine<F>| {
            row.isa.lacking().is_none() && forced.is_none_or(|isa| isa == row.isa) && test(row.run)
        };
        row = table.iter().position(works).unwrap_or(table.len() - 1) as u8;
        // Two threads may both look; they find the same row.
        chosen.store(row, Ordering::Relaxed);
    }
    table[usize::from(row)].run
}

/// Whether a row gave the right answer to its known question; asked once a process.
struct SelfTest(AtomicU8);

impl SelfTest {
    const UNKNOWN: u8 = 0;
    const PASSED: u8 = 1;
    const FAILED: u8 = 2;

    const fn new() -> Self {
        Self(AtomicU8::new(Self::UNKNOWN))
    }

    fn passed(&self, test: impl FnOnce() -> bool) -> bool {
        // Two threads may both ask; they get the same answer.
        if self.0.load(Ordering::Relaxed) == Self::UNKNOWN {
            self.0.store(if test() { Self::PASSED } else { Self::FAILED }, Ordering::Relaxed);
        }
        self.0.load(Ordering::Relaxed) == Self::PASSED
    }
}

/// One partial and one full group of each form of message, against the reference.
fn derives_known_pairs(kernel: Kernel) -> bool {
    let root = BasePreimage([0xa5; BYTES]);
    let children = kernel.lanes() + 1;
    let mut records = [[[0x3c; BYTES]; COUNT_MAX + 1]; 3];
    for (child, share) in records[0].iter_mut().enumerate() {
        share.fill(child as u8);
    }
    let [shares, preimages, payment_hashes] = &mut records;
    Scheme::ALL.into_iter().all(|scheme| {
        let indices = Indices::range(1, children as u64).expect("far from the last index");
        kernel.run(Work {
            scheme,
            root: &root.0,
            indices,
            shares: if scheme.hashes_share() { &shares[..children] } else { &[] },
            preimages: &mut preimages[..children],
            payment_hashes: &mut payment_hashes[..children],
        });
        (0..children).all(|child| {
            let share = Share::wrap_ref(&shares[child]);
            let (r, h) =
                reference::pair(kernel.hash(), scheme, &root, Some(share), child as u32 + 1);
            preimages[child] == r.0 && payment_hashes[child] == h.0
        })
    })
}

/// A whole step of the widest row, and a rest.
fn folds_known_values(fold: unsafe fn(&[[u8; BYTES]]) -> [u8; BYTES]) -> bool {
    let values: [[u8; BYTES]; 37] = core::array::from_fn(|value| {
        core::array::from_fn(|k| ((value * BYTES + k) as u32).wrapping_mul(0x9e37_79b1) as u8)
    });
    // SAFETY: asked of rows whose instruction set this CPU has.
    unsafe { fold(&values) == reference::fold(&values) }
}

/// Two groups of the widest row and one share, from an odd one on, across the end of the low
/// counter word.
fn streams_known_shares(keystream: unsafe fn(Stretch<'_>)) -> bool {
    const FIRST: u64 = (1 << 33) - 33;
    let key = core::array::from_fn(|k| 7 * k as u8);
    let (mut shares, mut expected) = ([[0x5a; BYTES]; 65], [[0; BYTES]; 65]);
    reference::keystream(&key, FIRST, &mut expected);
    // SAFETY: asked of rows whose instruction set this CPU has.
    unsafe { keystream(Stretch { key: &key, first: FIRST, shares: &mut shares }) };
    shares == expected
}

/// One row of [`Kernel::census`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The hash.
    pub hash: Hash,
    /// The instruction set.
    pub isa: Isa,
    /// Children a pass.
    pub lanes: usize,
    /// The kernel, or why there is none here.
    pub kernel: Result<Kernel, KernelError>,
}

/// Why a kernel is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
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
    Variable(UnknownNameError),
}

impl fmt::Display for KernelError {
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

impl core::error::Error for KernelError {}

/// What [`KERNEL_VARIABLE`] asks for, read once a process: to look takes as long as to XOR some
/// hundred shares. An empty value asks for nothing.
#[cfg(feature = "std")]
pub(crate) fn forced() -> Result<Option<Isa>, KernelError> {
    static FORCED: std::sync::OnceLock<Result<Option<Isa>, KernelError>> =
        std::sync::OnceLock::new();
    *FORCED.get_or_init(|| match std::env::var_os(KERNEL_VARIABLE) {
        Some(name) if !name.is_empty() => {
            name.to_string_lossy().parse().map(Some).map_err(KernelError::Variable)
        }
        _ => Ok(None),
    })
}

/// Without `std` there is no environment.
#[cfg(not(feature = "std"))]
pub(crate) fn forced() -> Result<Option<Isa>, KernelError> {
    Ok(None)
}
