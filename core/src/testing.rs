//! One checker for all kernels: at start-up on a few children, in tests on every length.

use core::fmt;

use crate::{
    arch,
    dispatch::Kernel,
    engine::Engine,
    isa::Isa,
    job::{Indices, Job, Pairs},
    kernel::{Fold, Keystream},
    lanes::COUNT_MAX,
    reference,
    scheme::Scheme,
    types::{BYTES, BasePreimage, PaymentHash, Preimage, Share},
    work::Stretch,
};

/// The most children that [`check`] derives at once: every length up to two full groups of the
/// widest kernel, and one.
const CHILDREN_MAX: usize = 2 * COUNT_MAX + 1;

/// A child that a kernel got wrong.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MismatchError {
    /// The kernel.
    pub kernel: Kernel,
    /// The scheme.
    pub scheme: Scheme,
    /// How many children were asked for.
    pub children: usize,
    /// Which of them is wrong; `children` if a place behind the last one was written.
    pub position: usize,
}

impl fmt::Display for MismatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, scheme, children, position } = self;
        write!(f, "{kernel:?} on {scheme}: child {position} of {children} is wrong")
    }
}

impl core::error::Error for MismatchError {}

/// Checks `kernel` against the slow twin: every scheme, every length `0..=2 × lanes + 1`, as a
/// range and as a list, at both ends of the indices.
///
/// # Errors
/// The first child that differs.
pub fn check(kernel: Kernel) -> Result<(), MismatchError> {
    for scheme in Scheme::ALL {
        let (first, last) = (*scheme.indices().start(), *scheme.indices().end());
        for children in 0..=2 * kernel.lanes() + 1 {
            let end = last - (children as u32).saturating_sub(1);
            // Every other bit pattern of a list's index differs from a range's.
            let list: [u32; CHILDREN_MAX] = core::array::from_fn(|k| {
                let scattered = (k as u32).wrapping_add(0x9e37).wrapping_mul(0x9e37_79b1);
                first + scattered % (last - first).max(1)
            });
            for indices in [
                Indices::range(first, children as u64),
                Indices::range(end, children as u64),
                Ok(Indices::list(&list[..children])),
            ] {
                let indices = indices.expect("chosen inside the scheme's range");
                check_one(kernel, scheme, indices, children)?;
            }
        }
    }
    Ok(())
}

/// One call of the kernel against the twin.
fn check_one(
    kernel: Kernel,
    scheme: Scheme,
    indices: Indices<'_>,
    children: usize,
) -> Result<(), MismatchError> {
    const UNTOUCHED: [u8; BYTES] = [0x5a; BYTES];
    let root = BasePreimage(core::array::from_fn(|k| (k as u8).wrapping_mul(37) ^ 0xc5));
    let shares: [Share; CHILDREN_MAX] = core::array::from_fn(|child| {
        Share(core::array::from_fn(|k| {
            (((child * BYTES + k) as u32).wrapping_mul(0x9e37_79b1) >> 24) as u8
        }))
    });
    let mut preimages = [Preimage(UNTOUCHED); CHILDREN_MAX + 1];
    let mut payment_hashes = [PaymentHash(UNTOUCHED); CHILDREN_MAX + 1];
    let job = Job { scheme, root: &root, indices, shares: &shares[..children] };
    let pairs = Pairs {
        preimages: &mut preimages[..children],
        payment_hashes: &mut payment_hashes[..children],
    };
    let wrong = |position| MismatchError { kernel, scheme, children, position };
    Engine::with_kernel(kernel).single_threaded().derive(&job, pairs).map_err(|_| wrong(0))?;
    let mut listed = [0; CHILDREN_MAX];
    indices.fill(0, &mut listed[..children], |index| index);
    for (position, index) in listed[..children].iter().enumerate() {
        let share = Some(&shares[position]);
        let expected = reference::pair(kernel.hash(), scheme, &root, share, *index);
        if (preimages[position], payment_hashes[position]) != expected {
            return Err(wrong(position));
        }
    }
    if preimages[children].0 != UNTOUCHED || payment_hashes[children].0 != UNTOUCHED {
        return Err(wrong(children));
    }
    Ok(())
}

/// What became of one row of the tables of XOR folds and keystreams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutineCheck {
    /// `XOR fold` or `keystream`.
    pub routine: &'static str,
    /// The row's instruction set.
    pub isa: Isa,
    /// What was found.
    pub verdict: RoutineVerdict,
}

/// Whether a row gives what its definition gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutineVerdict {
    /// At every length.
    Right,
    /// Not for this many values.
    Wrong {
        /// How many.
        length: usize,
    },
    /// It was not run: the CPU lacks this feature.
    Lacking(&'static str),
}

/// Checks every XOR fold and every keystream against its definition: each length from none to past
/// two groups of the widest row; folds at every address within a cache line, keystreams from even
/// and odd shares and across the end of the low counter word.
pub fn check_routines() -> impl Iterator<Item = RoutineCheck> {
    let fold = |row: &Fold| RoutineCheck {
        routine: "XOR fold",
        isa: row.isa,
        verdict: verdict(row.isa, || (0..=VALUES_MAX).find(|length| !folds(row, *length))),
    };
    let keystream = |row: &Keystream| RoutineCheck {
        routine: "keystream",
        isa: row.isa,
        verdict: verdict(row.isa, || (0..=VALUES_MAX).find(|length| !streams(row, *length))),
    };
    arch::FOLDS.iter().map(fold).chain(arch::KEYSTREAMS.iter().map(keystream))
}

/// One more than two groups of the widest row.
const VALUES_MAX: usize = 2 * COUNT_MAX + 3;

fn verdict(isa: Isa, wrong: impl FnOnce() -> Option<usize>) -> RoutineVerdict {
    match isa.lacking() {
        Some(feature) => RoutineVerdict::Lacking(feature),
        None => wrong().map_or(RoutineVerdict::Right, |length| RoutineVerdict::Wrong { length }),
    }
}

fn folds(row: &Fold, length: usize) -> bool {
    const LINE: usize = 64;
    let bytes: [u8; VALUES_MAX * BYTES + LINE] =
        core::array::from_fn(|k| ((k as u32).wrapping_mul(0x9e37_79b1) >> 13) as u8);
    (0..LINE).all(|shift| {
        let values: &[[u8; BYTES]] = bytemuck::cast_slice(&bytes[shift..shift + length * BYTES]);
        // SAFETY: `verdict` found that the CPU lacks nothing.
        unsafe { (row.run)(values) == reference::fold(values) }
    })
}

fn streams(row: &Keystream, length: usize) -> bool {
    let key = core::array::from_fn(|k| 7 * k as u8);
    [0, 1, 2, (1 << 33) - 5, (1 << 33) - 64].into_iter().all(|first| {
        let (mut shares, mut expected) = ([[0x5a; BYTES]; VALUES_MAX], [[0; BYTES]; VALUES_MAX]);
        reference::keystream(&key, first, &mut expected[..length]);
        let stretch = Stretch { key: &key, first, shares: &mut shares[..length] };
        // SAFETY: `verdict` found that the CPU lacks nothing.
        unsafe { (row.run)(stretch) };
        shares[..length] == expected[..length]
    })
}

/// Runs [`check`] on every kernel of this architecture and [`check_routines`], and prints each row
/// that it has to skip.
///
/// # Errors
/// The first mismatch of a kernel.
///
/// # Panics
/// If an XOR fold or a keystream is wrong.
#[cfg(feature = "std")]
pub fn check_all() -> Result<usize, MismatchError> {
    let mut checked = 0;
    for row in crate::scheme::Hash::ALL
        .into_iter()
        .flat_map(|hash| Kernel::census().filter(move |row| row.hash == hash))
    {
        match row.kernel {
            Ok(kernel) => {
                check(kernel)?;
                std::println!("checked: kernel {} for {}", row.isa, row.hash);
                checked += 1;
            }
            Err(missing) => std::println!("skipped: {missing}"),
        }
    }
    for RoutineCheck { routine, isa, verdict } in check_routines() {
        match verdict {
            RoutineVerdict::Right => std::println!("checked: {routine} {isa}"),
            RoutineVerdict::Lacking(feature) => {
                std::println!("skipped: {routine} {isa}: this CPU lacks {feature}");
            }
            RoutineVerdict::Wrong { length } => panic!("{routine} {isa} is wrong for {length}"),
        }
    }
    Ok(checked)
}
