//! Matching: which child of a root claims each of the hashes that a receiver holds.
//!
//! Children are derived a few dozen at a time into a buffer that never leaves the first-level
//! cache, and looked up there; the search ends with the last held hash that is found. What is
//! looked up is payment hashes, which every router on the way has seen. No branch and no address
//! depends on a preimage: a preimage is copied where its *hash* was held.
//!
//! Strangers choose the held hashes, so the table must not care which they are: chains are built in
//! constant time whatever collides, and only derived hashes, which nobody can choose without
//! grinding, walk them.

use core::hint::black_box;

use crate::{
    engine::Engine,
    job::{HELD_MAX, Job, JobError, Pairs},
    types::{PaymentHash, Preimage},
};

/// Children derived between two looks at the table: a multiple of every kernel's lanes. Also the
/// places of a middling table.
const CHUNK: usize = 64;

/// Both of a payment of a few parts.
const TINY: usize = 16;
const TINY_CHILDREN: u64 = TINY as u64;

/// What to look for, and where to put what is found: three slices of one length, at most
/// [`HELD_MAX`].
#[derive(Debug)]
pub struct Matching<'a> {
    /// The hashes, in any order. One that occurs twice is found once for each child that has it.
    pub held: &'a [PaymentHash],
    /// For each of them, the position among the job's indices of the child that claims it.
    pub positions: &'a mut [Option<u32>],
    /// For each of them, that child's preimage; zero where there is none.
    pub preimages: &'a mut [Preimage],
}

impl Engine {
    /// Derives the children of `job` until each held hash has been found, one-to-one, and returns
    /// how many were.
    ///
    /// Runs on the calling thread and allocates nothing.
    ///
    /// # Errors
    /// [`JobError`] if the job contradicts its scheme, if the lengths of `matching` differ, or if
    /// it holds more than [`HELD_MAX`]; nothing has been written then.
    ///
    /// # Panics
    /// Never: the buffers of each part are of its length.
    pub fn find(&self, job: &Job<'_>, matching: Matching<'_>) -> Result<usize, JobError> {
        let Matching { held, positions, preimages } = matching;
        if positions.len() != held.len() || preimages.len() != held.len() || held.len() > HELD_MAX {
            let (positions, preimages) = (positions.len(), preimages.len());
            return Err(JobError::Matching { held: held.len(), positions, preimages });
        }
        job.checked_shares()?;
        positions.fill(None);
        preimages.fill(Preimage::ZERO);
        let matching = Matching { held, positions, preimages };
        // To clear a table of a thousand places takes as long as a few pairs.
        Ok(match (held.len(), job.indices.count()) {
            (0, _) => 0,
            (1..=TINY, 0..=TINY_CHILDREN) => self.search::<TINY, TINY>(job, matching),
            (1..=CHUNK, _) => self.search::<CHUNK, CHUNK>(job, matching),
            _ => self.search::<HELD_MAX, CHUNK>(job, matching),
        })
    }

    /// [`find`](Self::find) with a table of `PLACES`, `CHUNK` children at a time.
    fn search<const PLACES: usize, const CHUNK: usize>(
        &self,
        job: &Job<'_>,
        matching: Matching<'_>,
    ) -> usize {
        let Matching { held, positions, preimages } = matching;
        let mut table = Table::<PLACES>::new(held);
        let mut r = [Preimage::ZERO; CHUNK];
        let mut h = [PaymentHash::ZERO; CHUNK];
        let engine = self.single_threaded();
        let (children, mut start, mut found) = (job.indices.count(), 0, 0);
        while start < children && found < held.len() {
            let count = (children - start).min(CHUNK as u64);
            let part = ..count as usize;
            let pairs = Pairs { preimages: &mut r[part], payment_hashes: &mut h[part] };
            engine.derive(&job.part(start, count), pairs).expect("the whole job was checked");
            for (child, hash) in h[part].iter().enumerate() {
                if let Some(place) = table.take(held, hash) {
                    // 2^32 indices have positions below 2^32.
                    positions[place] = Some((start + child as u64) as u32);
                    preimages[place] = r[child];
                    found += 1;
                }
            }
            start += count;
        }
        // What was not held is nobody's; what was, is in the caller's hands now.
        r.fill(Preimage::ZERO);
        black_box(&r);
        found
    }
}

/// Held hashes by a few of their bits: a chain a bucket.
struct Table<const PLACES: usize> {
    /// The first place of each chain; [`END`] if it is empty.
    heads: [u16; PLACES],
    /// The place behind each place.
    next: [u16; PLACES],
}

const END: u16 = u16::MAX;

impl<const PLACES: usize> Table<PLACES> {
    #[inline]
    fn new(held: &[PaymentHash]) -> Self {
        let mut table = Self { heads: [END; PLACES], next: [END; PLACES] };
        // From the last to the first, so that of equal hashes the first is found first.
        for (place, hash) in held.iter().enumerate().rev() {
            let head = &mut table.heads[bucket::<PLACES>(hash)];
            table.next[place] = *head;
            *head = place as u16;
        }
        table
    }

    /// The place of a held hash that equals `hash`, which is then held no more.
    #[inline]
    fn take(&mut self, held: &[PaymentHash], hash: &PaymentHash) -> Option<usize> {
        let Self { heads, next } = self;
        let head = &mut heads[bucket::<PLACES>(hash)];
        let (mut before, mut link) = (END, *head);
        while link != END {
            let place = link as usize;
            if held[place] == *hash {
                match before {
                    END => *head = next[place],
                    before => next[before as usize] = next[place],
                }
                return Some(place);
            }
            (before, link) = (link, next[place]);
        }
        None
    }
}

/// Bits of a hash are as good as any hash of it.
#[inline]
fn bucket<const PLACES: usize>(hash: &PaymentHash) -> usize {
    const { assert!(PLACES.is_power_of_two() && PLACES <= 1 << 16) };
    u16::from_le_bytes([hash.0[0], hash.0[1]]) as usize % PLACES
}

const _: () = assert!(HELD_MAX < END as usize && CHUNK.is_multiple_of(crate::lanes::COUNT_MAX));
