//! HTLCs of honest payments, in the order in which they arrive.

use ammeter_amp::receiver::{Event, Htlc, IncomingHtlc, Part, Policy, SetId, Version};
use ammeter_core::{
    BasePreimage, Engine, Hash, HtlcKey, Indices, Job, Msat, Pairs, PaymentHash, PaymentId,
    Preimage, Scheme, Share, shares,
};

use crate::workload::Words;

/// HTLCs of one channel; BOLT 2 allows 483.
const CHANNEL_HTLCS: u64 = 400;

/// Sets whose parts arrive mixed with one another.
const MIXED_SETS: usize = 64;

/// A policy that never says no.
#[must_use]
pub fn policy() -> Policy {
    let mut policy = Policy::new(Hash::Sha256);
    policy.limits.sets_max = u32::MAX >> 1;
    policy.limits.htlcs_max = u32::MAX >> 1;
    policy.limits.bytes_max = u64::MAX;
    policy.limits.set_htlcs_max = 1 << 16;
    policy.limits.part_count_max = 1 << 16;
    policy
}

/// A source of HTLCs, the same from the same seed.
pub struct Traffic {
    engine: Engine,
    words: Words,
    htlcs: u64,
}

impl Traffic {
    /// From a seed.
    ///
    /// # Panics
    /// If no kernel can derive, which the caller has found out before.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let engine = Engine::new(Hash::Sha256).expect("a kernel").single_threaded();
        Self { engine, words: Words::new(seed), htlcs: 0 }
    }

    /// About `htlcs` of them, of whole sets of `size` parts, in mixed order.
    pub fn whole_sets(&mut self, htlcs: usize, size: u32) -> Vec<Htlc> {
        let sets = htlcs.div_ceil(size as usize);
        let mut all = Vec::with_capacity(sets * size as usize);
        for first in (0..sets).step_by(MIXED_SETS) {
            let start = all.len();
            for _ in first..sets.min(first + MIXED_SETS) {
                self.set(size, &mut all);
            }
            for last in (start + 1..all.len()).rev() {
                all.swap(last, start + self.words.below(last + 1 - start));
            }
        }
        all
    }

    /// Exactly `htlcs`, of sets of 16 that miss one.
    pub fn incomplete_sets(&mut self, htlcs: usize) -> Vec<Htlc> {
        let mut all = Vec::with_capacity(htlcs + 16);
        while all.len() < htlcs {
            self.set(16, &mut all);
            all.pop();
        }
        all.truncate(htlcs);
        all
    }

    fn set(&mut self, size: u32, all: &mut Vec<Htlc>) {
        let parts: Vec<_> = (0..size).map(|_| Share(self.words.bytes())).collect();
        let root = BasePreimage::from(shares::reduce(&parts));
        let mut preimages = vec![Preimage::ZERO; size as usize];
        let mut payment_hashes = vec![PaymentHash::ZERO; size as usize];
        let indices = Indices::range(1, size.into()).expect("few");
        let job = Job { scheme: Scheme::Og, root: &root, indices, shares: &[] };
        let pairs = Pairs { preimages: &mut preimages, payment_hashes: &mut payment_hashes };
        self.engine.derive(&job, pairs).expect("slices of one length");
        let set_id = SetId::Payment(PaymentId(self.words.bytes()));
        for (share, payment_hash) in parts.into_iter().zip(payment_hashes) {
            let number = self.htlcs;
            self.htlcs += 1;
            let key = HtlcKey { channel_id: number / CHANNEL_HTLCS, htlc_id: number };
            let (amount_msat, cltv_expiry) = (Msat(1_000), 800_000);
            let version = Version::Basic { part_count: size, weight: 1 };
            all.push(Htlc {
                incoming: IncomingHtlc { key, payment_hash, amount_msat, cltv_expiry },
                part: Part { set_id, realm: 0, amount_msat, cltv_expiry, share, version },
            });
        }
    }
}

/// Arrivals, so many at a time.
pub(super) fn batches(htlcs: &[Htlc], size: usize) -> impl Iterator<Item = Vec<Event>> {
    htlcs.chunks(size).map(|chunk| chunk.iter().cloned().map(Event::Arrived).collect())
}
