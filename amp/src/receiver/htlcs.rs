//! The HTLCs that a receiver knows: members of sets, and those that were refused.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::receiver::{
    effect::Reason,
    event::{Htlc, IncomingHtlc, Version},
    table::{Keyed, NONE, Slab, Table, linked},
};
use ammeter_core::types::{HtlcKey, PaymentHash, Share};

/// An entry of an index that was doubled just now: eight bytes, 3/8 full.
pub(super) const INDEX_BYTES: usize = 22;

/// The stack of freed slots, doubled just now.
pub(super) const FREE_BYTES: usize = 8;

/// One HTLC, in one line of cache. What it added to the sums of its set is not kept: an HTLC leaves
/// a collecting set only when the set fails.
#[repr(align(64))]
pub(super) struct KnownHtlc {
    key: HtlcKey,
    payment_hash: PaymentHash,
    fate: Fate,
    /// Which child claims it. Versions 1 to 3 do not tell: 0 until the set settles. Those of `mpp`
    /// have none.
    child_index: u32,
    /// The slot of its share if that is hashed, or [`NONE`].
    share: u32,
}

const _: () = assert!(size_of::<Option<KnownHtlc>>() == 64);

/// What became of an HTLC when it arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Refused(Reason),
    /// Of the set in this slot.
    Member(u32),
}

impl KnownHtlc {
    pub(super) const fn key(&self) -> HtlcKey {
        self.key
    }

    pub(super) const fn payment_hash(&self) -> &PaymentHash {
        &self.payment_hash
    }

    pub(super) const fn fate(&self) -> Fate {
        self.fate
    }

    /// Which child claims it; 0 until that is known.
    pub(super) const fn child_index(&self) -> u32 {
        self.child_index
    }

    /// What [`touch`](Htlcs::touch) reads.
    const fn some_bits(&self) -> u64 {
        self.key.htlc_id ^ self.child_index as u64
    }
}

impl Keyed for KnownHtlc {
    type Key = HtlcKey;

    fn key(&self) -> &HtlcKey {
        &self.key
    }
}

/// All HTLCs that are not gone, counted as the limits count them.
pub(super) struct Htlcs {
    table: Table<KnownHtlc>,
    /// The shares that are hashed: those of lnd's scheme. All others are in their sets' XOR only.
    shares: Slab<Share>,
    /// Members of each channel.
    channels: HashMap<u64, u32, RandomState>,
    refused: u64,
}

impl Htlcs {
    /// What a member is counted as: itself, its share, its place in an index and in a channel's
    /// count. A refused HTLC takes no more.
    pub(super) const BYTES: usize = size_of::<KnownHtlc>()
        + size_of::<Option<Share>>()
        + FREE_BYTES
        + INDEX_BYTES
        + FREE_BYTES
        + 16;

    pub(super) fn new() -> Self {
        Self { table: Table::new(), shares: Slab::new(), channels: HashMap::default(), refused: 0 }
    }

    pub(super) fn find(&self, key: HtlcKey) -> Option<u32> {
        self.table.find(&key)
    }

    /// HTLCs that are of a set.
    pub(super) const fn members(&self) -> u64 {
        self.table.count() as u64 - self.refused
    }

    /// HTLCs that failed by themselves.
    pub(super) const fn refused(&self) -> u64 {
        self.refused
    }

    /// Members of a channel.
    pub(super) fn of_channel(&self, channel_id: u64) -> u32 {
        self.channels.get(&channel_id).copied().unwrap_or(0)
    }

    /// Those that failed by themselves, by their keys.
    pub(super) fn refusals(&self) -> Vec<(HtlcKey, Reason)> {
        let refused = |(_, htlc): (u32, &KnownHtlc)| match htlc.fate {
            Fate::Refused(reason) => Some((htlc.key, reason)),
            Fate::Member(_) => None,
        };
        let mut refused: Vec<_> = self.table.iter().filter_map(refused).collect();
        refused.sort_unstable();
        refused
    }

    /// The share of a member that is hashed, or of one that is not: zero.
    pub(super) fn share(&self, htlc: &KnownHtlc) -> &Share {
        static ZERO: Share = Share::ZERO;
        linked(htlc.share).map_or(&ZERO, |slot| &self.shares[slot])
    }

    /// Keeps an HTLC that is of no set.
    pub(super) fn insert_refused(&mut self, incoming: &IncomingHtlc, reason: Reason) {
        self.refused += 1;
        let IncomingHtlc { key, payment_hash, .. } = *incoming;
        let fate = Fate::Refused(reason);
        self.table.insert(KnownHtlc { key, payment_hash, fate, child_index: 0, share: NONE });
    }

    /// Keeps an HTLC of the set in `set_slot`, which lists it.
    pub(super) fn insert_member(&mut self, htlc: &Htlc, set_slot: u32) -> u32 {
        let (child_index, share) = match htlc.part.version {
            Version::Basic { .. }
            | Version::Adaptive { .. }
            | Version::Committed { .. }
            | Version::Mpp { .. } => (0, NONE),
            Version::Tree { index } => (index.into(), NONE),
            Version::Amp { child_index, .. } => {
                (child_index, self.shares.insert(htlc.part.share.clone()))
            }
        };
        let IncomingHtlc { key, payment_hash, .. } = htlc.incoming;
        *self.channels.entry(key.channel_id).or_default() += 1;
        let fate = Fate::Member(set_slot);
        self.table.insert(KnownHtlc { key, payment_hash, fate, child_index, share })
    }

    /// Which child claims a member.
    pub(super) fn found_child(&mut self, slot: u32, child_index: u32) {
        self.table[slot].child_index = child_index;
    }

    /// Forgets an HTLC. The set that lists it is the caller's.
    pub(super) fn remove(&mut self, slot: u32) -> Fate {
        let htlc = self.table.remove(slot);
        if matches!(htlc.fate, Fate::Refused(_)) {
            self.refused -= 1;
            return htlc.fate;
        }
        if let Some(share) = linked(htlc.share) {
            self.shares.remove(share);
        }
        let channel = htlc.key.channel_id;
        let count = self.channels.get_mut(&channel).expect("every channel is counted");
        *count -= 1;
        if *count == 0 {
            self.channels.remove(&channel);
        }
        htlc.fate
    }

    /// Counts everything again.
    pub(super) fn audit(&self) {
        self.table.audit();
        let (mut channels, mut refused, mut shares) = (BTreeMap::<u64, u32>::new(), 0, 0);
        for (_, htlc) in self.table.iter() {
            match htlc.fate {
                Fate::Refused(_) => refused += 1,
                Fate::Member(_) => *channels.entry(htlc.key.channel_id).or_default() += 1,
            }
            shares += usize::from(htlc.share != NONE);
        }
        assert_eq!(self.refused, refused, "HTLCs that failed by themselves");
        assert_eq!(self.shares.count(), shares, "shares that are hashed");
        let counted: BTreeMap<_, _> = self.channels.iter().map(|(id, n)| (*id, *n)).collect();
        assert_eq!(counted, channels, "members of each channel");
    }
}

/// For [`prefetch`](crate::receiver::prefetch): values that are read mean nothing.
impl Htlcs {
    /// The hash under which a key is found, and what was read.
    pub(super) fn touch_index(&self, key: &HtlcKey) -> (u64, u64) {
        let hash = self.table.hash(key);
        (hash, self.table.touch(hash))
    }

    /// The slot that is probably the one under this hash.
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.table.guess(hash)
    }

    /// The slot of the set that an HTLC is of, and what was read.
    pub(super) fn touch(&self, slot: u32) -> (u32, u64) {
        let htlc = &self.table[slot];
        let set_slot = match htlc.fate {
            Fate::Member(set_slot) => set_slot,
            Fate::Refused(_) => NONE,
        };
        (set_slot, htlc.some_bits())
    }
}

impl core::ops::Index<u32> for Htlcs {
    type Output = KnownHtlc;

    #[inline]
    fn index(&self, slot: u32) -> &KnownHtlc {
        &self.table[slot]
    }
}
