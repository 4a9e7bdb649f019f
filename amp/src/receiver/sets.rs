//! Sets, and every list, table and counter that follows what becomes of them.
//!
//! Nothing is scanned: sets collect in the order of their opening and are remembered in the order
//! of their end, so the front of a list is the next that is due; and the earliest expiry of each
//! set is in an ordered map of lists.

mod list;
mod names;
mod roster;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;

use self::{
    list::{Kind, Link, Linked, Links, List},
    names::ClosedNames,
    roster::{BLOCK_MEMBERS, Block, Roster, Rosters},
};
use crate::receiver::{
    effect::Reason,
    event::{ClockMs, Htlc, Part, Version},
    htlcs::{FREE_BYTES, Fate, Htlcs, INDEX_BYTES},
    record::{SetRecord, SetState},
    set_id::SetId,
    table::{Keyed, Table},
};
use ammeter_core::{
    scheme::Scheme,
    types::{BYTES, BasePreimage, Msat, PaymentHash, PaymentId, Share},
};

pub(super) use names::{SHORT_BYTES, short};

/// How many sets there are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetCounts {
    /// Shares are missing.
    pub collecting: u64,
    /// Being claimed.
    pub settling: u64,
    /// Being failed.
    pub failing: u64,
    /// Claimed, and remembered.
    pub settled: u64,
    /// Failed, and remembered.
    pub failed: u64,
}

/// How far a set is; [`SetState`] without the root, which is in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Collecting,
    Settling,
    Failing(Reason),
    Settled { since_ms: ClockMs },
    Failed { reason: Reason, since_ms: ClockMs },
}

impl Phase {
    /// When the last HTLC of the set was gone.
    const fn since_ms(self) -> Option<ClockMs> {
        match self {
            Self::Settled { since_ms } | Self::Failed { since_ms, .. } => Some(since_ms),
            Self::Collecting | Self::Settling | Self::Failing(_) => None,
        }
    }

    /// Whether nobody may pay to the set's name without an invoice any more, because somebody has
    /// paid, or because the invoice was withdrawn from under it.
    const fn closes_its_name(self) -> bool {
        match self {
            Self::Collecting => false,
            Self::Settling | Self::Settled { .. } => true,
            Self::Failing(reason) | Self::Failed { reason, .. } => {
                matches!(reason, Reason::InvoiceCancelled | Reason::NoInvoice)
            }
        }
    }

    /// The count of the sets in this phase.
    const fn count(self, counts: &mut SetCounts) -> &mut u64 {
        match self {
            Self::Collecting => &mut counts.collecting,
            Self::Settling => &mut counts.settling,
            Self::Failing(_) => &mut counts.failing,
            Self::Settled { .. } => &mut counts.settled,
            Self::Failed { .. } => &mut counts.failed,
        }
    }
}

/// One set.
pub(super) struct Set {
    id: SetId,
    realm: u8,
    phase: Phase,
    version: Version,
    /// The XOR of the members' shares while it collects, the root while it settles, zero after. The
    /// root of an `mpp` set is the preimage.
    root: BasePreimage,
    /// Of the members, while it collects.
    amount_msat: Msat,
    /// Of the members, while it collects.
    weight: u32,
    /// Of the members, while it collects.
    cltv_expiry_min: Option<u32>,
    roster: Roster,
    opened_ms: ClockMs,
    links: Links,
}

impl Keyed for Set {
    type Key = SetId;

    fn key(&self) -> &SetId {
        &self.id
    }
}

impl Linked for Set {
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }

    fn next(&self, kind: Kind) -> u32 {
        self.links[kind as usize].next()
    }
}

impl Set {
    /// A set as its first part opens it, without that part.
    fn open(part: &Part, opened_ms: ClockMs) -> Self {
        Self {
            id: part.set_id,
            version: part.version.terms(),
            realm: part.realm,
            opened_ms,
            phase: Phase::Collecting,
            root: BasePreimage::ZERO,
            amount_msat: Msat(0),
            weight: 0,
            cltv_expiry_min: None,
            roster: Roster::EMPTY,
            links: [Link::ALONE; 3],
        }
    }

    pub(super) const fn id(&self) -> &SetId {
        &self.id
    }

    pub(super) const fn realm(&self) -> u8 {
        self.realm
    }

    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    /// What its parts say alike.
    pub(super) const fn version(&self) -> Version {
        self.version
    }

    /// The XOR of the members' shares while it collects, the root while it settles.
    pub(super) const fn root(&self) -> &BasePreimage {
        &self.root
    }

    /// Of the members, while it collects.
    pub(super) const fn amount(&self) -> Msat {
        self.amount_msat
    }

    /// Of the members, while it collects.
    pub(super) const fn weight(&self) -> u32 {
        self.weight
    }

    pub(super) const fn opened_ms(&self) -> ClockMs {
        self.opened_ms
    }

    /// How many members it has.
    pub(super) const fn members(&self) -> u32 {
        self.roster.count()
    }

    /// How the preimages of its members are derived; `None` if the root is the preimage of each.
    pub(super) const fn scheme(&self) -> Option<Scheme> {
        match self.version {
            Version::Basic { .. } | Version::Adaptive { .. } | Version::Committed { .. } => {
                Some(Scheme::Og)
            }
            Version::Tree { .. } => Some(Scheme::Tree),
            Version::Amp { .. } => Some(Scheme::Lnd),
            Version::Mpp { .. } => None,
        }
    }

    /// Whether the weights sum past n.
    pub(super) const fn is_overfull(&self) -> bool {
        match self.version {
            Version::Basic { part_count, .. } => self.weight > part_count,
            Version::Adaptive { part_count } => part_count > 0 && self.weight > part_count,
            _ => false,
        }
    }

    /// What a store keeps of it.
    pub(super) fn record(&self) -> SetRecord {
        let state = match self.phase {
            Phase::Collecting => SetState::Collecting,
            Phase::Settling => SetState::Settling { root: self.root.clone() },
            Phase::Failing(reason) => SetState::Failing(reason),
            Phase::Settled { since_ms } => SetState::Settled { since_ms },
            Phase::Failed { reason, since_ms } => SetState::Failed { reason, since_ms },
        };
        let Self { id, version, realm, opened_ms, .. } = *self;
        SetRecord { id, version, realm, opened_ms, state }
    }

    fn change_phase(&mut self, phase: Phase, counts: &mut SetCounts) {
        *self.phase.count(counts) -= 1;
        *phase.count(counts) += 1;
        self.phase = phase;
    }
}

/// All sets that are remembered.
pub(super) struct Sets {
    table: Table<Set>,
    rosters: Rosters,
    counts: SetCounts,
    collecting: List,
    /// Settling and failing sets.
    leaving: List,
    /// Settled and failed sets.
    remembered: List,
    /// Collecting sets by their earliest expiry.
    expiries: BTreeMap<u32, List>,
    /// Collecting sets of the TLV format by their payment secret.
    secrets: HashMap<[u8; BYTES], List, RandomState>,
    closed: ClosedNames,
}

impl Sets {
    /// What a set is counted as: itself, a block of its roster, its place in an index, among the
    /// expiries and among the closed names.
    pub(super) const BYTES: usize =
        size_of::<Set>() + size_of::<Block>() + 2 * FREE_BYTES + INDEX_BYTES + 128;

    /// What a member takes of a roster.
    pub(super) const MEMBER_BYTES: usize = size_of::<Block>().div_ceil(BLOCK_MEMBERS);

    pub(super) fn new() -> Self {
        Self {
            table: Table::new(),
            rosters: Rosters::new(),
            counts: SetCounts::default(),
            collecting: List::EMPTY,
            leaving: List::EMPTY,
            remembered: List::EMPTY,
            expiries: BTreeMap::new(),
            secrets: HashMap::default(),
            closed: ClosedNames::default(),
        }
    }

    pub(super) fn find(&self, id: &SetId) -> Option<u32> {
        self.table.find(id)
    }

    pub(super) const fn count(&self) -> usize {
        self.table.count()
    }

    pub(super) const fn counts(&self) -> SetCounts {
        self.counts
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Set> {
        self.table.iter().map(|(_, set)| set)
    }

    /// The slots of a set's members, in no order that means anything.
    pub(super) fn members(&self, slot: u32) -> impl Iterator<Item = u32> {
        self.rosters.slots(self.table[slot].roster)
    }

    /// Whether the set holds an HTLC with this payment hash.
    pub(super) fn holds_hash(&self, set: &Set, hash: &PaymentHash, htlcs: &Htlcs) -> bool {
        self.rosters
            .tagged(set.roster, self.tag(hash))
            .any(|slot| htlcs[slot].payment_hash() == hash)
    }

    /// A few bits of a payment hash that nobody outside can predict.
    fn tag(&self, payment_hash: &PaymentHash) -> u16 {
        (self.table.hash(payment_hash) >> 48) as u16
    }

    /// Opens a set for its first part, which is added next.
    pub(super) fn open(&mut self, part: &Part, opened_ms: ClockMs) -> u32 {
        let slot = self.table.insert(Set::open(part, opened_ms));
        self.counts.collecting += 1;
        self.collecting.push(&mut self.table, Kind::Phase, slot);
        if let Some(payment_secret) = part.set_id.secret() {
            let list = self.secrets.entry(payment_secret).or_insert(List::EMPTY);
            list.push(&mut self.table, Kind::Secret, slot);
        }
        slot
    }

    /// A set after a restart: still without members, and collecting until it is
    /// [filed](Self::refile).
    pub(super) fn reopen(&mut self, record: &SetRecord) -> u32 {
        let SetRecord { id, version, realm, opened_ms, .. } = *record;
        let part = Part {
            set_id: id,
            realm,
            amount_msat: Msat(0),
            cltv_expiry: 0,
            share: Share::ZERO,
            version,
        };
        self.open(&part, opened_ms)
    }

    /// Takes n from a part that tells it, if no part did before; whether the record is another now.
    pub(super) fn learn(&mut self, slot: u32, told: Version) -> bool {
        let version = &mut self.table[slot].version;
        let learns = *version == (Version::Adaptive { part_count: 0 }) && *version != told;
        if learns {
            *version = told;
        }
        learns
    }

    /// Lists a member of a collecting set and adds its numbers to the sums.
    ///
    /// `None` if they do not fit. Then the set is of no use any more.
    pub(super) fn add(&mut self, slot: u32, member: u32, htlc: &Htlc) -> Option<()> {
        let tag = self.tag(&htlc.incoming.payment_hash);
        let set = &mut self.table[slot];
        self.rosters.add(&mut set.roster, member, tag);
        set.amount_msat = set.amount_msat.checked_add(htlc.part.amount_msat)?;
        set.weight = set.weight.checked_add(htlc.part.version.weight())?;
        for (sum, byte) in set.root.0.iter_mut().zip(&htlc.part.share.0) {
            *sum ^= byte;
        }
        let expiry = htlc.incoming.cltv_expiry;
        if set.cltv_expiry_min.is_none_or(|earliest| expiry < earliest) {
            self.leave_expiry(slot);
            self.table[slot].cltv_expiry_min = Some(expiry);
            let list = self.expiries.entry(expiry).or_insert(List::EMPTY);
            list.push(&mut self.table, Kind::Expiry, slot);
        }
        Some(())
    }

    /// Takes a member off the set's list. The sums stay: a collecting set fails of it.
    pub(super) fn remove_member(&mut self, slot: u32, member: u32) {
        self.rosters.remove(&mut self.table[slot].roster, member);
    }

    /// A set is filed once it has a member that expires.
    fn leave_expiry(&mut self, slot: u32) {
        let Some(expiry) = self.table[slot].cltv_expiry_min.take() else { return };
        let list = self.expiries.get_mut(&expiry).expect("every collecting set is filed");
        list.remove(&mut self.table, Kind::Expiry, slot);
        if list.is_empty() {
            self.expiries.remove(&expiry);
        }
    }

    /// A collecting set becomes a settling one, which keeps its root.
    pub(super) fn settle(&mut self, slot: u32) {
        self.leave(slot, Phase::Settling);
    }

    /// A collecting set becomes a failing one.
    pub(super) fn fail(&mut self, slot: u32, reason: Reason) {
        self.leave(slot, Phase::Failing(reason));
        self.table[slot].root = BasePreimage::ZERO;
    }

    fn leave(&mut self, slot: u32, phase: Phase) {
        self.leave_expiry(slot);
        self.collecting.remove(&mut self.table, Kind::Phase, slot);
        if let Some(payment_secret) = self.table[slot].id.secret() {
            let list =
                self.secrets.get_mut(&payment_secret).expect("every collecting set is filed");
            list.remove(&mut self.table, Kind::Secret, slot);
            if list.is_empty() {
                self.secrets.remove(&payment_secret);
            }
        }
        self.leaving.push(&mut self.table, Kind::Phase, slot);
        let set = &mut self.table[slot];
        set.change_phase(phase, &mut self.counts);
        if phase.closes_its_name() {
            self.closed.close(&set.id);
        }
    }

    /// The root of a set whose members do not add up to it: a settling one as a store kept it, some of
    /// whose members may be gone; or the preimage of the invoice that a set pays.
    pub(super) fn put_root(&mut self, slot: u32, root: BasePreimage) {
        self.table[slot].root = root;
    }

    /// The last HTLC of a settling or failing set is gone.
    pub(super) fn conclude(&mut self, slot: u32, since_ms: ClockMs) {
        self.leaving.remove(&mut self.table, Kind::Phase, slot);
        self.remembered.push(&mut self.table, Kind::Phase, slot);
        let set = &mut self.table[slot];
        set.root = BasePreimage::ZERO;
        let phase = match set.phase {
            Phase::Settling => Phase::Settled { since_ms },
            Phase::Failing(reason) => Phase::Failed { reason, since_ms },
            other => unreachable!("{other:?} has not been decided"),
        };
        set.change_phase(phase, &mut self.counts);
    }

    /// Whether a set is forgotten as soon as its last HTLC is gone: it failed, and its payer has no
    /// other id to try again under than the invoice's.
    pub(super) fn may_come_again(&self, slot: u32) -> bool {
        let set = &self[slot];
        set.scheme().is_none() && matches!(set.phase, Phase::Failed { .. })
    }

    /// Forgets a set that is remembered, and has no member.
    pub(super) fn forget(&mut self, slot: u32) -> SetId {
        self.remembered.remove(&mut self.table, Kind::Phase, slot);
        let set = self.table.remove(slot);
        *set.phase.count(&mut self.counts) -= 1;
        if set.phase.closes_its_name() {
            self.closed.reopen(&set.id);
        }
        set.id
    }

    /// Whether a remembered set closes the name that `id` would be paid under.
    pub(super) fn is_closed(&self, id: &SetId) -> bool {
        let by_short = id.name().and_then(|name| self.find(&SetId::Committed(short(&name))));
        self.closed.is_closed(id) || by_short.is_some_and(|slot| self[slot].phase.closes_its_name())
    }

    /// The collecting sets that are paid for the invoice of this name, found by each of the ways in
    /// which a set can name it; by their ids.
    pub(super) fn collecting_for(&self, name: &[u8; BYTES]) -> Vec<u32> {
        let ids = [SetId::Payment(PaymentId(*name)), SetId::Committed(short(name))];
        let named = ids.iter().filter_map(|id| self.find(id));
        let mut sets: Vec<_> =
            named.filter(|slot| self[*slot].phase == Phase::Collecting).collect();
        if let Some(list) = self.secrets.get(name) {
            sets.extend(list.iter(&self.table, Kind::Secret));
        }
        self.sorted(sets)
    }

    fn sorted(&self, mut sets: Vec<u32>) -> Vec<u32> {
        sets.sort_unstable_by_key(|slot| self[*slot].id);
        sets
    }

    /// The collecting sets that have waited for `hold_ms`, or have a member that expires at
    /// `expiry_max` or before; each with the reason, by their ids: no output depends on the order
    /// in which a list was made.
    pub(super) fn due(&self, now_ms: ClockMs, hold_ms: u64, expiry_max: u32) -> Vec<(u32, Reason)> {
        let is_late = |slot: &u32| self[*slot].opened_ms.saturating_add(hold_ms) <= now_ms;
        let too_long = self.collecting.iter(&self.table, Kind::Phase).take_while(is_late);
        let mut sets: Vec<_> = too_long.map(|slot| (slot, Reason::HeldTooLong)).collect();
        for (_, list) in self.expiries.range(..=expiry_max) {
            let soon = list.iter(&self.table, Kind::Expiry);
            sets.extend(soon.map(|slot| (slot, Reason::ExpiresSoon)));
        }
        sets.sort_unstable_by_key(|(slot, reason)| (self[*slot].id, *reason));
        sets.dedup_by_key(|(slot, _)| *slot);
        sets
    }

    /// The sets that have been remembered for `retention_ms`, by their ids.
    pub(super) fn over(&self, now_ms: ClockMs, retention_ms: u64) -> Vec<u32> {
        let is_over = |slot: &u32| {
            let since_ms = self[*slot].phase.since_ms().expect("remembered sets are over");
            since_ms.saturating_add(retention_ms) <= now_ms
        };
        let over = self.remembered.iter(&self.table, Kind::Phase).take_while(is_over);
        self.sorted(over.collect())
    }

    /// Settling and failing sets in the order in which they were opened.
    pub(super) fn leaving(&self) -> Vec<u32> {
        let mut sets: Vec<_> = self.leaving.iter(&self.table, Kind::Phase).collect();
        sets.sort_unstable_by_key(|slot| (self[*slot].opened_ms, self[*slot].id));
        sets
    }

    /// Lists the sets, all of which collect so far, in the order in which they will be due.
    pub(super) fn refile(&mut self, slots: impl Iterator<Item = u32>) {
        self.collecting = List::EMPTY;
        for slot in slots {
            self.collecting.push(&mut self.table, Kind::Phase, slot);
        }
    }
}

impl core::ops::Index<u32> for Sets {
    type Output = Set;

    #[inline]
    fn index(&self, slot: u32) -> &Set {
        &self.table[slot]
    }
}

/// For [`prefetch`](crate::receiver::prefetch): values that are read mean nothing.
impl Sets {
    /// The hash under which an id is found, and what was read.
    pub(super) fn touch_index(&self, id: &SetId) -> (u64, u64) {
        let hash = self.table.hash(id);
        (hash, self.table.touch(hash))
    }

    /// The slot that is probably the one under this hash.
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.table.guess(hash)
    }

    /// Brings a set into the cache.
    pub(super) fn touch(&self, slot: u32) -> u64 {
        let set = &self[slot];
        let first_id_byte = match &set.id {
            SetId::Payment(id) | SetId::Amp { set_id: id, .. } => id.0[0],
            SetId::Committed(id) => id[0],
            SetId::Mpp { payment_secret } => payment_secret[0],
        };
        u64::from(first_id_byte ^ set.root.0[0]) ^ set.amount_msat.0 ^ set.roster.some_bits()
    }

    /// Brings the beginning of a set's roster into the cache.
    pub(super) fn touch_roster(&self, slot: u32) -> u64 {
        self.rosters.touch(self[slot].roster)
    }
}

/// Everything that is kept twice, counted again from scratch.
impl Sets {
    pub(super) fn audit(&self, htlcs: &Htlcs) {
        self.table.audit();
        let (mut counts, mut blocks) = (SetCounts::default(), 0);
        for (slot, set) in self.table.iter() {
            *set.phase.count(&mut counts) += 1;
            self.audit_members(slot, set, htlcs);
            blocks += (set.members() as usize).div_ceil(BLOCK_MEMBERS);
        }
        assert_eq!(self.counts, counts, "sets by state");
        assert_eq!(self.rosters.count(), blocks, "blocks of rosters");
        let members = self.iter().map(|set| u64::from(set.members())).sum::<u64>();
        assert_eq!(members, htlcs.members(), "every member is listed once");
        self.audit_lists();
        self.audit_secrets();
        let closed = self.iter().filter(|set| set.phase.closes_its_name());
        assert!(self.closed == ClosedNames::of(closed.map(|set| &set.id)), "closed names");
    }

    /// The members of a set name it.
    fn audit_members(&self, set_slot: u32, set: &Set, htlcs: &Htlcs) {
        let members: BTreeSet<_> = self.members(set_slot).collect();
        assert_eq!(members.len(), set.members() as usize, "members of {:?}", set.id);
        for slot in &members {
            let htlc = &htlcs[*slot];
            assert!(htlc.fate() == Fate::Member(set_slot), "{:?} names its set", htlc.key());
            assert!(self.holds_hash(set, htlc.payment_hash(), htlcs), "its hash is found");
        }
        assert_eq!(members.is_empty(), set.phase.since_ms().is_some(), "{:?} is over", set.id);
        if set.phase == Phase::Collecting {
            assert!(!set.is_overfull(), "the weights of {:?}", set.id);
        } else {
            assert!(set.phase == Phase::Settling || set.root == BasePreimage::ZERO, "wiped");
            assert_eq!(set.cltv_expiry_min, None, "{:?} is not filed", set.id);
        }
    }

    /// Each set is in the lists that belong to its phase, and in no other.
    fn audit_lists(&self) {
        let slots = |list: List, kind| list.iter(&self.table, kind);
        let lengths = [self.collecting, self.leaving, self.remembered]
            .map(|list| slots(list, Kind::Phase).count() as u64);
        let SetCounts { collecting, settling, failing, settled, failed } = self.counts;
        assert_eq!(lengths, [collecting, settling + failing, settled + failed], "lists of phases");
        assert!(slots(self.collecting, Kind::Phase).is_sorted_by_key(|slot| self[slot].opened_ms));
        let since_ms = |slot| self[slot].phase.since_ms().expect("over");
        assert!(slots(self.remembered, Kind::Phase).is_sorted_by_key(since_ms));
        let mut filed = 0;
        for (expiry, list) in &self.expiries {
            assert!(!list.is_empty());
            for slot in slots(*list, Kind::Expiry) {
                assert_eq!(self[slot].cltv_expiry_min, Some(*expiry));
                filed += 1;
            }
        }
        assert_eq!(filed, collecting, "every collecting set is filed under its expiry");
    }

    fn audit_secrets(&self) {
        let mut listed = 0;
        for (secret, list) in &self.secrets {
            assert!(!list.is_empty());
            for slot in list.iter(&self.table, Kind::Secret) {
                let set = &self[slot];
                assert_eq!(set.id.secret().as_ref(), Some(secret));
                assert_eq!(set.phase, Phase::Collecting);
                listed += 1;
            }
        }
        let collecting =
            self.iter().filter(|set| set.id.secret().is_some() && set.phase == Phase::Collecting);
        assert_eq!(listed, collecting.count(), "sets by their payment secret");
    }

    /// Compares set by set, with all sums.
    pub(super) fn assert_same(&self, other: &Self) {
        for set in self.iter() {
            let twin = &other[other.find(&set.id).expect("the same sets")];
            assert_eq!((set.phase, set.opened_ms), (twin.phase, twin.opened_ms), "{:?}", set.id);
            assert_eq!(set.members(), twin.members(), "members of {:?}", set.id);
            assert!(set.root == twin.root, "the XOR of {:?}", set.id);
            assert_eq!(
                set.cltv_expiry_min, twin.cltv_expiry_min,
                "the earliest expiry of {:?}",
                set.id
            );
            if set.phase == Phase::Collecting {
                assert_eq!(
                    (set.amount_msat, set.weight),
                    (twin.amount_msat, twin.weight),
                    "{:?}",
                    set.id
                );
            }
        }
    }
}

impl Version {
    /// How many shares are folded into a part's one.
    pub(super) const fn weight(self) -> u32 {
        match self {
            Self::Basic { weight, .. } => weight,
            _ => 1,
        }
    }

    /// What all parts of a set say alike; what is a part's own, its weight or index, is zero.
    pub(super) const fn terms(self) -> Self {
        match self {
            Self::Basic { part_count, .. } => Self::Basic { part_count, weight: 0 },
            Self::Tree { .. } => Self::Tree { index: 0 },
            Self::Amp { total_msat, .. } => Self::Amp { child_index: 0, total_msat },
            Self::Adaptive { .. } | Self::Committed { .. } | Self::Mpp { .. } => self,
        }
    }
}
