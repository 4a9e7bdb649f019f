//! HTLCs of honest payments, in the order in which they arrive.

use core::mem;

use ammeter_amp::receiver::{Event, Htlc, IncomingHtlc, Part, Policy, SetId, Version};
use ammeter_core::{
    BasePreimage, Engine, Hash, HtlcKey, Indices, Job, Msat, Pairs, PaymentHash, PaymentId,
    Preimage, Scheme, Share, shares,
};

use crate::workload::Words;

/// HTLCs of one channel; BOLT 2 allows 483.
const CHANNEL_HTLCS: u64 = 400;

/// Channels that HTLCs come in through at a time.
const CHANNELS: u64 = 64;

/// Sets whose parts arrive mixed with one another.
pub(super) const MIXED_SETS: usize = 64;

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
    /// Of [`next`](Self::next): what arrives with each of the next sets.
    window: Vec<Vec<Htlc>>,
}

impl Traffic {
    /// From a seed.
    ///
    /// # Panics
    /// If no kernel can derive, which the caller has found out before.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let engine = Engine::new(Hash::Sha256).expect("a kernel").single_threaded();
        Self { engine, words: Words::new(seed), htlcs: 0, window: vec![Vec::new(); MIXED_SETS] }
    }

    /// Begins one more set of `size` parts, which arrive anywhere among those of the next
    /// [`MIXED_SETS`] sets; what arrives meanwhile. A set is whole once so many more have begun.
    pub(super) fn next(&mut self, size: u32) -> Vec<Htlc> {
        let mut parts = Vec::new();
        self.set(size, &mut parts);
        for htlc in parts {
            self.window[self.words.below(MIXED_SETS)].push(htlc);
        }
        let mut due = mem::take(&mut self.window[0]);
        self.window.rotate_left(1);
        self.arrive(&mut due);
        due
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
            self.arrive(&mut all[start..]);
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
        self.count(&mut all);
        all
    }

    /// Mixes them, and counts them in the order in which they arrive.
    fn arrive(&mut self, htlcs: &mut [Htlc]) {
        self.words.shuffle(htlcs);
        self.count(htlcs);
    }

    /// Gives each its key: a channel counts its HTLCs as they come, as in BOLT 2.
    fn count(&mut self, htlcs: &mut [Htlc]) {
        for htlc in htlcs {
            let (number, channel) = (self.htlcs / CHANNELS, self.htlcs % CHANNELS);
            let channel_id = number / CHANNEL_HTLCS * CHANNELS + channel;
            htlc.incoming.key = HtlcKey { channel_id, htlc_id: number };
            self.htlcs += 1;
        }
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
            // Counted when it arrives.
            let key = HtlcKey { channel_id: 0, htlc_id: 0 };
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
