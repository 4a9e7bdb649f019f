//! One checker for all kernels: at start-up on a few children, in tests on every length.

use core::fmt;

use bytemuck::TransparentWrapper;

use crate::{
    batch::{Engine, Indices, Job, Pairs, reference_pair},
    kernel::{Kernel, Work},
    lanes::COUNT_MAX,
    scheme::Scheme,
    types::{BYTES, BasePreimage, PaymentHash, Preimage, Share},
};

/// The most children that [`check`] derives at once: every length up to two full groups of the widest
/// kernel, and one.
const CHILDREN_MAX: usize = 2 * COUNT_MAX + 1;

/// A child that a kernel got wrong.
#[derive(Clone, Copy, Debug)]
pub struct Mismatch {
    /// The kernel.
    pub kernel: Kernel,
    /// The scheme.
    pub scheme: Scheme,
    /// How many children were asked for.
    pub children: usize,
    /// Which of them is wrong; `children` if a place behind the last one was written.
    pub position: usize,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, scheme, children, position } = self;
        write!(f, "{kernel:?} on {scheme}: child {position} of {children} is wrong")
    }
}

impl core::error::Error for Mismatch {}

/// Checks `kernel` against the slow twin: every scheme, every length `0..=2 × lanes + 1`, as a range and as a
/// list, at both ends of the indices.
///
/// # Errors
/// The first child that differs.
pub fn check(kernel: Kernel) -> Result<(), Mismatch> {
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
) -> Result<(), Mismatch> {
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
    let wrong = |position| Mismatch { kernel, scheme, children, position };
    Engine::with_kernel(kernel).single_threaded().derive(&job, pairs).map_err(|_| wrong(0))?;
    let mut listed = [0; CHILDREN_MAX];
    indices.fill(0, &mut listed[..children], |index| index);
    for (position, index) in listed[..children].iter().enumerate() {
        let share = Some(&shares[position]);
        let expected = reference_pair(kernel.hash(), scheme, &root, share, *index);
        if (preimages[position], payment_hashes[position]) != expected {
            return Err(wrong(position));
        }
    }
    if preimages[children].0 != UNTOUCHED || payment_hashes[children].0 != UNTOUCHED {
        return Err(wrong(children));
    }
    Ok(())
}

/// The self-test that stands between a kernel and its first use: one partial and one full group of each
/// form of message, against the twin.
pub(crate) fn knows_its_answers(kernel: Kernel) -> bool {
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
                reference_pair(kernel.hash(), scheme, &root, Some(share), child as u32 + 1);
            preimages[child] == r.0 && payment_hashes[child] == h.0
        })
    })
}

/// Runs [`check`] on every kernel of this architecture and prints each one that it has to skip.
///
/// # Errors
/// The first mismatch.
#[cfg(feature = "std")]
pub fn check_all() -> Result<usize, Mismatch> {
    let mut checked = 0;
    for hash in crate::scheme::Hash::ALL {
        for row in Kernel::census().filter(|row| row.hash == hash) {
            match row.kernel {
                Ok(kernel) => {
                    check(kernel)?;
                    std::println!("checked: kernel {} for {hash}", row.isa);
                    checked += 1;
                }
                Err(missing) => std::println!("skipped: {missing}"),
            }
        }
    }
    Ok(checked)
}
