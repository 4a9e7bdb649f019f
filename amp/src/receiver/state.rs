//! What a receiver holds: HTLCs, sets, invoices, and the tables by which each is found without a scan.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::receiver::{
    accounts::SetCounts,
    effect::Reason,
    event::{Htlc, IncomingHtlc, Invoice},
    index::Index,
    list::{Kind, List},
    policy::Policy,
    record::{Clocks, SetId},
    roster::Rosters,
    set::{Fate, Held, Set},
    slab::{NONE, Slab, linked},
};
use ammeter_core::types::{BYTES, HtlcKey, PaymentHash, Share};

/// Length in bytes of the short id of version 3.
pub(super) const SHORT: usize = crate::eob::committed::SHORT_ID_BYTES;

/// Everything that a receiver knows.
pub(super) struct State {
    pub(super) policy: Policy,
    pub(super) clocks: Clocks,
    pub(super) counts: SetCounts,
    /// HTLCs that are of no set.
    pub(super) refused: u64,
    /// The latest expiry of the refused HTLCs that there was no room to remember.
    pub(super) closed_until: u32,
    /// Where a key is in a table. The seeds differ from process to process, so that nobody can choose
    /// keys that collide; nothing that leaves the receiver depends on them.
    pub(super) hasher: RandomState,
    pub(super) htlcs: Slab<Held>,
    pub(super) htlc_slots: Index,
    /// The shares that are hashed: those of lnd's scheme. All others are in their sets' XOR only.
    pub(super) shares: Slab<Share>,
    pub(super) sets: Slab<Set>,
    pub(super) set_slots: Index,
    pub(super) rosters: Rosters,
    /// HTLCs of each channel that are of a set.
    pub(super) channels: HashMap<u64, u32, RandomState>,
    pub(super) collecting: List,
    /// Settling and failing sets.
    pub(super) leaving: List,
    /// Settled and failed sets.
    pub(super) remembered: List,
    /// Collecting sets by their earliest expiry.
    pub(super) expiries: BTreeMap<u32, List>,
    /// Collecting sets of the TLV format by their payment secret.
    pub(super) secrets: HashMap<[u8; BYTES], List, RandomState>,
    pub(super) invoices: HashMap<[u8; BYTES], Invoice, RandomState>,
    /// The names of open invoices by their beginnings.
    pub(super) short_names: HashMap<[u8; SHORT], [u8; BYTES], RandomState>,
    /// How many sets [close](Set::closes_its_name) a name.
    pub(super) closed: HashMap<[u8; BYTES], u32, RandomState>,
    /// The same by the beginning of the name.
    pub(super) closed_short: HashMap<[u8; SHORT], u32, RandomState>,
}

impl State {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            clocks: Clocks::default(),
            counts: SetCounts::default(),
            refused: 0,
            closed_until: 0,
            hasher: RandomState::default(),
            htlcs: Slab::new(),
            htlc_slots: Index::new(),
            shares: Slab::new(),
            sets: Slab::new(),
            set_slots: Index::new(),
            rosters: Rosters::new(),
            channels: HashMap::default(),
            collecting: List::EMPTY,
            leaving: List::EMPTY,
            remembered: List::EMPTY,
            expiries: BTreeMap::new(),
            secrets: HashMap::default(),
            invoices: HashMap::default(),
            short_names: HashMap::default(),
            closed: HashMap::default(),
            closed_short: HashMap::default(),
        }
    }

    pub(super) fn find_htlc(&self, key: HtlcKey) -> Option<u32> {
        let hash = self.hash(&key);
        self.htlc_slots.find(hash, |slot| self.htlcs[slot].key == key)
    }

    pub(super) fn find_set(&self, id: &SetId) -> Option<u32> {
        let hash = self.hash(id);
        self.set_slots.find(hash, |slot| self.sets[slot].id == *id)
    }

    pub(super) fn hash(&self, value: &impl core::hash::Hash) -> u64 {
        core::hash::BuildHasher::hash_one(&self.hasher, value)
    }

    /// A few bits of a payment hash that nobody outside can predict.
    fn tag(&self, payment_hash: &PaymentHash) -> u16 {
        (self.hash(payment_hash) >> 48) as u16
    }

    /// Whether the set holds an HTLC with this payment hash.
    pub(super) fn holds_hash(&self, set: &Set, payment_hash: &PaymentHash) -> bool {
        self.rosters
            .tagged(set.roster, self.tag(payment_hash))
            .any(|slot| self.htlcs[slot].payment_hash == *payment_hash)
    }

    /// Keeps an HTLC that is of no set.
    pub(super) fn insert_refused(&mut self, incoming: &IncomingHtlc, reason: Reason) {
        self.refused += 1;
        self.insert_htlc(Held::refused(incoming, reason));
    }

    fn insert_htlc(&mut self, held: Held) -> u32 {
        let hash = self.hash(&held.key);
        let slot = self.htlcs.insert(held);
        self.htlc_slots.insert(hash, slot);
        slot
    }

    /// Puts an HTLC into its set.
    pub(super) fn insert_member(&mut self, htlc: &Htlc, set_slot: u32) -> u32 {
        let hashes_share = self.sets[set_slot].scheme().hashes_share();
        let share = match hashes_share {
            true => self.shares.insert(htlc.part.share.clone()),
            false => NONE,
        };
        let tag = self.tag(&htlc.incoming.payment_hash);
        let slot = self.insert_htlc(Held::member(htlc, set_slot, share));
        *self.channels.entry(htlc.incoming.key.channel_id).or_default() += 1;
        let set = &mut self.sets[set_slot];
        self.rosters.add(&mut set.roster, slot, tag);
        slot
    }

    /// Adds the numbers of a part to the sums of its set, which collects, if they fit.
    pub(super) fn count_part(&mut self, htlc: &Htlc, set_slot: u32) -> Option<()> {
        let set = &mut self.sets[set_slot];
        set.amount = set.amount.checked_add(htlc.part.amount)?;
        set.weight = set.weight.checked_add(htlc.part.version.weight())?;
        for (sum, byte) in set.root.0.iter_mut().zip(&htlc.part.share.0) {
            *sum ^= byte;
        }
        let expiry = htlc.incoming.expiry;
        if set.expiry_min.is_none_or(|earliest| expiry < earliest) {
            self.move_expiry(set_slot, expiry);
        }
        Some(())
    }

    /// The share of a member that is hashed, or of one that is not: zero.
    pub(super) fn share(&self, held: &Held) -> &Share {
        static ZERO: Share = Share::ZERO;
        linked(held.share).map_or(&ZERO, |slot| &self.shares[slot])
    }

    /// Forgets an HTLC. Its set, if it has one, does not list it any more.
    pub(super) fn remove_htlc(&mut self, slot: u32) -> Held {
        let held = self.htlcs.remove(slot);
        let hash = self.hash(&held.key);
        self.htlc_slots.remove(hash, slot);
        let set_slot = match held.fate {
            Fate::Member(set_slot) => set_slot,
            Fate::Refused(_) => {
                self.refused -= 1;
                return held;
            }
        };
        self.rosters.remove(&mut self.sets[set_slot].roster, slot);
        if let Some(share) = linked(held.share) {
            self.shares.remove(share);
        }
        let channel = held.key.channel_id;
        let count = self.channels.get_mut(&channel).expect("every channel is counted");
        *count -= 1;
        if *count == 0 {
            self.channels.remove(&channel);
        }
        held
    }

    /// Makes a collecting set known under its id and in its lists.
    pub(super) fn insert_set(&mut self, set: Set) -> u32 {
        let (id, hash) = (set.id, self.hash(&set.id));
        *self.counts.of(set.phase) += 1;
        let slot = self.sets.insert(set);
        self.set_slots.insert(hash, slot);
        self.collecting.push(&mut self.sets, Kind::Phase, slot);
        if let SetId::Amp { invoice, .. } = id {
            let list = self.secrets.entry(invoice).or_insert(List::EMPTY);
            list.push(&mut self.sets, Kind::Secret, slot);
        }
        slot
    }

    /// Forgets a set that is remembered, and has no member.
    pub(super) fn remove_set(&mut self, slot: u32) -> Set {
        self.remembered.remove(&mut self.sets, Kind::Phase, slot);
        let set = self.sets.remove(slot);
        *self.counts.of(set.phase) -= 1;
        let hash = self.hash(&set.id);
        self.set_slots.remove(hash, slot);
        if set.closes_its_name() {
            self.reopen_name(&set.id);
        }
        set
    }
}
