//! From a job to kernels.

use bytemuck::TransparentWrapper;

use crate::{
    dispatch::{Kernel, KernelError, Ladder},
    job::{Job, JobError, Pairs},
    parallel,
    scheme::Hash,
    types::{PaymentHash, Preimage, Share},
    work::Work,
};

/// Derives batches.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    ladder: Ladder,
    parallel: bool,
}

impl Engine {
    /// With the kernels that are [chosen](Kernel::chosen) on this machine, and threads for large
    /// batches.
    ///
    /// # Errors
    /// Those of [`Kernel::chosen`].
    pub fn new(hash: Hash) -> Result<Self, KernelError> {
        Ok(Self { ladder: Ladder::chosen(hash)?, parallel: true })
    }

    /// As [`new`](Self::new), but which kernel a batch goes to is measured here: `now` is a clock in
    /// ticks of any length that nothing sets back. It takes some milliseconds, once for a program
    /// that runs for long; a busy machine may make it choose a kernel that is not the fastest, and
    /// never a wrong one.
    ///
    /// ```
    /// # use ammeter_core::{Engine, Hash};
    /// let start = std::time::Instant::now();
    /// let engine = Engine::calibrated(Hash::Sha256, || start.elapsed().as_nanos() as u64)?;
    /// # assert!(engine.kernel().lanes() >= 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Kernel::chosen`].
    pub fn calibrated(hash: Hash, mut now: impl FnMut() -> u64) -> Result<Self, KernelError> {
        Ok(Self { ladder: Ladder::calibrated(hash, &mut now)?, parallel: true })
    }

    /// With this kernel for every batch, and threads for large ones.
    #[must_use]
    pub const fn with_kernel(kernel: Kernel) -> Self {
        Self { ladder: Ladder::single(kernel), parallel: true }
    }

    /// The same engine, on the calling thread only.
    #[must_use]
    pub const fn single_threaded(self) -> Self {
        Self { parallel: false, ..self }
    }

    /// The kernel of whole groups.
    #[must_use]
    pub const fn kernel(&self) -> Kernel {
        self.ladder.widest()
    }

    /// The kernel of a batch of `children`, of its last group if that is a smaller one.
    #[must_use]
    pub fn kernel_for(&self, children: usize) -> Kernel {
        self.ladder.narrow(children)
    }

    /// Derives every child of `job` into `pairs`.
    ///
    /// With the `rayon` feature, batches of [`PARALLEL_MIN`](crate::engine::PARALLEL_MIN) pairs and
    /// more are shared out to rayon's current pool; smaller ones never leave the calling thread.
    /// Nothing is allocated.
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
        let work = Work {
            scheme: job.scheme,
            root: &job.root.0,
            // Field by field. A copy of all bytes waits until the caller's stores have retired, and
            // those wait for whatever was derived before.
            indices: job.indices.part(0, children),
            shares: Share::peel_slice(job.checked_shares()?),
            preimages: Preimage::peel_slice_mut(preimages),
            payment_hashes: PaymentHash::peel_slice_mut(payment_hashes),
        };
        match self.parallel {
            true => parallel::run(&self.ladder, work),
            false => self.ladder.run(work),
        }
        Ok(())
    }

    /// Derives every child of `job`, `pairs` at a time, and shows each full buffer to `sink` with
    /// the position of its first child: for ranges larger than memory.
    ///
    /// # Errors
    /// Those of [`derive`](Self::derive), before anything is derived, and whatever `sink` returns,
    /// which ends the stream.
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
        job.checked_shares()?;
        let mut start = 0;
        while start < children {
            let count = (children - start).min(preimages.len() as u64);
            let (r, h) = (&mut preimages[..count as usize], &mut payment_hashes[..count as usize]);
            self.derive(&job.part(start, count), Pairs { preimages: r, payment_hashes: h })?;
            sink(start, r, h)?;
            start += count;
        }
        Ok(())
    }
}
